/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"
#include "sim/soc.h"
#include "test/suite.h"

static struct arena *arena;
static struct fault fault;
static struct soc soc;

static void setup(void)
{
    arena = arena_create();
    fault = FAULT_NONE;
    soc = (struct soc){.pe_count = -1};
}

static void teardown(void)
{
    arena_destroy(arena);
}

/* Loads text as the file "chip.yaml" of a folder of its own. */
static bool load_text(const char *text)
{
    char folder[] = P_tmpdir "/test_soc_XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char path[sizeof folder + 16];
    snprintf(path, sizeof path, "%s/chip.yaml", folder);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    bool loaded = soc_load(&soc, arena, path, &fault);
    unlink(path);
    rmdir(folder);
    return loaded;
}

static void load_shipped(const char *name)
{
    const char *path = arena_printf(arena, "%s/sim/platforms/%s.yaml", TEST_SOURCE_ROOT, name);
    bool loaded = soc_load(&soc, arena, path, &fault);
    ck_assert_msg(loaded, "%s: %s", fault.where, fault.what);
}

static double bandwidth(int32_t from_pe, int32_t to_pe)
{
    return soc.lanes[soc_lane(&soc, from_pe, to_pe)].bandwidth_bytes_per_us;
}

#define HEAD "format: 1\nplatform: chip\nsummary: a chip\n"
#define BODY                                                                                       \
    HEAD "kinds:\n"                                                                                \
         "  A: {class: cpu, opps: [{mhz: 600, mv: 900}, {mhz: 800, mv: 950.5}], active_mw: 390}\n" \
         "  F: {class: fpga}\n"                                                                    \
         "clusters:\n"                                                                             \
         "  - {name: big, kind: A, count: 2}\n"                                                    \
         "  - {name: F}\n"                                                                         \
         "  - {name: small, kind: A, count: 3}\n"
#define MATRIX "interconnect: {kind: matrix, bandwidth_bytes_per_us: 100, latency_us: 0.25}\n"
#define LINKS                                                                                      \
    "interconnect:\n"                                                                              \
    "  kind: matrix\n"                                                                             \
    "  bandwidth_bytes_per_us: 100\n"                                                              \
    "  latency_us: 0.25\n"                                                                         \
    "  links:\n"

START_TEST(pes_are_numbered_cluster_by_cluster_and_named_after_it)
{
    ck_assert(load_text(BODY MATRIX));
    static const char *const names[] = {"big_0", "big_1", "F_2", "small_3", "small_4", "small_5"};
    static const int32_t clusters[] = {0, 0, 1, 2, 2, 2};
    static const int32_t kinds[] = {0, 0, 1, 0, 0, 0};
    ck_assert_int_eq(soc.pe_count, 6);
    ck_assert_int_eq(soc.cluster_count, 3);
    for (int32_t p = 0; p < 6; p++) {
        ck_assert_str_eq(soc.pes[p].name, names[p]);
        ck_assert_int_eq(soc.pes[p].cluster, clusters[p]);
        ck_assert_int_eq(soc.pes[p].kind, kinds[p]);
    }
    ck_assert_int_eq(soc.clusters[2].first_pe, 3);
    ck_assert_int_eq(soc.clusters[2].pe_count, 3);
    ck_assert_str_eq(soc.name, "chip");
    ck_assert_str_eq(soc.summary, "a chip");
}
END_TEST

START_TEST(kinds_keep_their_class_and_their_operating_points)
{
    ck_assert(load_text(BODY MATRIX));
    ck_assert_int_eq(soc.kind_count, 2);
    ck_assert_int_eq(soc_find_kind(&soc, "A"), 0);
    ck_assert_int_eq(soc_find_kind(&soc, "F"), 1);
    ck_assert_int_eq(soc_find_kind(&soc, "big"), -1);
    ck_assert_str_eq(soc_class_name(soc.kinds[0].class), "cpu");
    ck_assert_str_eq(soc_class_name(soc.kinds[1].class), "fpga");
    ck_assert_int_eq(soc.kinds[0].opp_count, 2);
    ck_assert_double_eq(soc.kinds[0].opps[1].freq_mhz, 800.0);
    ck_assert_double_eq(soc.kinds[0].opps[1].voltage_mv, 950.5);
    ck_assert_int_eq(soc.kinds[1].opp_count, 0);
}
END_TEST

START_TEST(a_kind_may_give_the_power_of_a_busy_pe)
{
    ck_assert(load_text(BODY MATRIX));
    ck_assert_double_eq(soc.kinds[0].active_mw, 390.0);
    ck_assert_double_eq(soc.kinds[1].active_mw, 0.0);
}
END_TEST

START_TEST(a_kind_may_give_its_power_in_parts)
{
    ck_assert(load_text(HEAD "base_mw: 12\nkinds: {A: {class: cpu, power: {dynamic_mw: 300, "
                             "static_mw: 40}}}\nclusters: [{name: A}]\n" MATRIX));
    ck_assert(soc.has_power);
    ck_assert_double_eq(soc.base_mw, 12.0);
    ck_assert_double_eq(soc.kinds[0].active_mw, 340.0);
    ck_assert(load_text(BODY MATRIX));
    ck_assert(!soc.has_power);
    ck_assert(!load_text(HEAD "kinds: {A: {class: cpu, active_mw: 1, power: {dynamic_mw: 1, "
                              "static_mw: 1}}}\nclusters: [{name: A}]\n" MATRIX));
    assert_holds(fault.what, "the sum of what `power` says");
}
END_TEST

START_TEST(a_pe_has_no_delay_to_itself_and_the_default_lane_to_others)
{
    ck_assert(load_text(BODY MATRIX));
    ck_assert_int_eq(soc.lane_count, 2);
    for (int32_t from = 0; from < soc.pe_count; from++) {
        for (int32_t to = 0; to < soc.pe_count; to++) {
            ck_assert_int_eq(soc_lane(&soc, from, to), from == to ? 0 : 1);
        }
    }
    ck_assert(isinf(soc.lanes[0].bandwidth_bytes_per_us));
    ck_assert_double_eq(soc.lanes[0].latency_us, 0.0);
    ck_assert_double_eq(soc.lanes[1].bandwidth_bytes_per_us, 100.0);
    ck_assert_double_eq(soc.lanes[1].latency_us, 0.25);
    ck_assert(!soc.truncate_us);
}
END_TEST

START_TEST(a_link_holds_both_ways_and_takes_what_it_leaves_out_from_the_interconnect)
{
    ck_assert(load_text(BODY LINKS "    - {between: [small, F], bandwidth_bytes_per_us: 7}\n"
                                   "    - {between: [big, small], latency_us: 3}\n"));
    int32_t lane = soc_lane(&soc, 2, 5);
    ck_assert_int_eq(lane, soc_lane(&soc, 5, 2));
    ck_assert_double_eq(soc.lanes[lane].bandwidth_bytes_per_us, 7.0);
    ck_assert_double_eq(soc.lanes[lane].latency_us, 0.25);
    lane = soc_lane(&soc, 0, 3);
    ck_assert_int_eq(lane, soc_lane(&soc, 4, 1));
    ck_assert_double_eq(soc.lanes[lane].bandwidth_bytes_per_us, 100.0);
    ck_assert_double_eq(soc.lanes[lane].latency_us, 3.0);
    ck_assert_double_eq(bandwidth(0, 2), 100.0);
}
END_TEST

START_TEST(a_cluster_named_twice_is_the_way_between_its_pes)
{
    ck_assert(load_text(BODY LINKS "    - {between: [small, small], bandwidth_bytes_per_us: 9}\n"));
    ck_assert_double_eq(bandwidth(3, 5), 9.0);
    ck_assert_int_eq(soc_lane(&soc, 4, 4), 0);
    ck_assert_double_eq(bandwidth(0, 1), 100.0);
}
END_TEST

START_TEST(ways_with_the_same_numbers_share_a_lane)
{
    ck_assert(load_text(BODY LINKS "    - {between: [big, F], bandwidth_bytes_per_us: 7}\n"
                                   "    - {between: [F, small], bandwidth_bytes_per_us: 7}\n"
                                   "    - {between: [big, big], bandwidth_bytes_per_us: 100}\n"));
    ck_assert_int_eq(soc.lane_count, 3);
    ck_assert_int_eq(soc_lane(&soc, 0, 2), soc_lane(&soc, 2, 3));
    ck_assert_int_eq(soc_lane(&soc, 0, 1), soc_lane(&soc, 0, 3));
}
END_TEST

START_TEST(a_machine_may_tell_how_its_memory_is_reached)
{
    ck_assert(load_text(BODY MATRIX));
    ck_assert_double_eq(soc.memory_bandwidth_bytes_per_us, 0.0);
    ck_assert(load_text(BODY "interconnect:\n  kind: matrix\n  bandwidth_bytes_per_us: 100\n"
                             "  memory: {bandwidth_bytes_per_us: 2.5}\n"));
    ck_assert_double_eq(soc.memory_bandwidth_bytes_per_us, 2.5);
    ck_assert_double_eq(bandwidth(0, 5), 100.0);
}
END_TEST

START_TEST(a_machine_may_have_4096_pes_and_not_one_more)
{
    const char *most =
        HEAD "kinds: {A: {class: cpu}}\n"
             "clusters: [{name: x, kind: A, count: 4000}, {name: A, count: 96}]\n" MATRIX;
    ck_assert(load_text(most));
    ck_assert_int_eq(soc.pe_count, 4096);
    ck_assert_str_eq(soc.pes[4095].name, "A_4095");
    const char *more =
        HEAD "kinds: {A: {class: cpu}}\n"
             "clusters: [{name: x, kind: A, count: 4000}, {name: A, count: 97}]\n" MATRIX;
    ck_assert(!load_text(more));
    assert_holds(fault.what, "4096");
}
END_TEST

/* Bad input: the text after HEAD, where it is wrong, what the fault and the hint must say. */
static const struct {
    const char *text, *where, *what, *hint;
} bad[] = {
    {HEAD "kinds: {A15: {class: cpu}}\nclusters: [{name: c, kind: A51}]\n" MATRIX, "chip.yaml:5:12",
     "unknown PE kind 'A51'", "'A15'"},
    {HEAD "kinds: {A: {class: cpu}}\nclusters: [{name: strange}]\n" MATRIX, "chip.yaml:5:12",
     "unknown PE kind 'strange'", "kinds"},
    {HEAD "kinds: {A: {class: cpu}}\nclusters: [{name: A}, {name: A}]\n" MATRIX, "chip.yaml:5:23",
     "two clusters are called 'A'", "another name"},
    {HEAD "kinds: {A: {class: cpu}, A: {class: gpu}}\nclusters: [{name: A}]\n" MATRIX,
     "chip.yaml:4:26", "A", ""},
    {HEAD "kinds: {A: {class: cpu}}\nclusters: []\n" MATRIX, "chip.yaml:5:11", "no PE", "cluster"},
    {HEAD "kinds: {A: {class: cpu}}\nclusters: [{name: A, count: 0}]\n" MATRIX, "chip.yaml:5:29",
     "count", ""},
    {HEAD "kinds: {A: {class: quantum}}\nclusters: [{name: A}]\n" MATRIX, "chip.yaml:4:20", "class",
     ""},
    {HEAD "kinds: {A: {class: cpu, opps: [{mhz: 5, mv: 1}, {mhz: 5, mv: 2}]}}\n"
          "clusters: [{name: A}]\n" MATRIX,
     "chip.yaml:4:49", "do not ascend", "slowest"},
    {HEAD "kinds: {A: {class: cpu, active_mw: 0}}\nclusters: [{name: A}]\n" MATRIX,
     "chip.yaml:4:36", "active_mw", ""},
    {HEAD "kinds: {A: {class: cpu, active_mw: inf}}\nclusters: [{name: A}]\n" MATRIX,
     "chip.yaml:4:36", "active_mw", ""},
    {BODY LINKS "    - {between: [bog, F], latency_us: 1}\n", "chip.yaml:16:18",
     "unknown cluster 'bog'", "'big'"},
    {BODY LINKS "    - {between: [big, elsewhere], latency_us: 1}\n", "chip.yaml:16:23",
     "unknown cluster 'elsewhere'", "clusters"},
    {BODY LINKS "    - {between: [big], latency_us: 1}\n", "chip.yaml:16:17", "two clusters, not 1",
     "[A, B]"},
    {BODY LINKS "    - {between: [big, F], latency_us: 1}\n"
                "    - {between: [F, big], latency_us: 2}\n",
     "chip.yaml:17:7", "'F' and 'big' is given twice", "both directions"},
    {BODY LINKS "    - {between: [big, big], latency_us: 1}\n"
                "    - {between: [big, big], latency_us: 1}\n",
     "chip.yaml:17:7", "given twice", ""},
    {BODY LINKS "    - {between: [big, F]}\n", "chip.yaml:16:7", "says nothing",
     "bandwidth_bytes_per_us"},
    {BODY LINKS "    - {between: [big, F], bandwidth_bytes_per_us: 0}\n",
     "chip.yaml:16:", "bandwidth_bytes_per_us", ""},
    {BODY LINKS "    - {between: [big, F], latency_us: -1}\n", "chip.yaml:16:", "latency_us", ""},
    {BODY "interconnect: {kind: matrix}\n", "chip.yaml:11:", "bandwidth_bytes_per_us", ""},
    {BODY "interconnect: {kind: matrix, bandwidth_bytes_per_us: 1, memory: {}}\n",
     "chip.yaml:11:", "bandwidth_bytes_per_us", ""},
    {BODY "interconnect:\n  kind: matrix\n  bandwidth_bytes_per_us: 1\n"
          "  memory: {bandwidth_bytes_per_us: 0}\n",
     "chip.yaml:14:", "bandwidth_bytes_per_us", ""},
    {BODY "interconnect: {kind: tube, bandwidth_bytes_per_us: 1}\n", "chip.yaml:11:22", "kind", ""},
    {BODY, "chip.yaml:1:1", "interconnect", ""},
    {"format: 1\nplatform: chop\nsummary: x\nkinds: {A: {class: cpu}}\nclusters: [{name: "
     "A}]\n" MATRIX,
     "chip.yaml:2:11", "'chop'", "rename"},
    {"format: 2\nplatform: chip\nsummary: x\nkinds: {A: {class: cpu}}\nclusters: [{name: "
     "A}]\n" MATRIX,
     "chip.yaml:1:9", "format", ""},
    {BODY MATRIX "colour: red\n", "chip.yaml:12:", "colour", ""},
};

START_TEST(bad_input_is_refused_with_its_place_and_changes_nothing)
{
    ck_assert_msg(!load_text(bad[_i].text), "case %d was accepted", _i);
    assert_holds(fault.where, bad[_i].where);
    assert_holds(fault.what, bad[_i].what);
    assert_holds(fault.hint, bad[_i].hint);
    ck_assert_int_eq(soc.pe_count, -1);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_a_fault)
{
    ck_assert(!soc_load(&soc, arena, P_tmpdir "/no_such_platform.yaml", &fault));
    ck_assert(fault_is_set(&fault));
}
END_TEST

/* Bandwidths of the learning study by kind, and how many PEs of each kind its machines have. */
static const char *const study_kinds[] = {"LITTLE", "BIG", "MM", "FFT", "VIT"};
static const double study_bandwidth[5][5] = {
    {1.0, 1.0, 0.7, 0.5, 1.0}, {1.0, 1.0, 0.7, 0.5, 1.0}, {0.7, 0.7, 1.0, 0.7, 0.7},
    {0.5, 0.5, 0.7, 1.0, 0.5}, {1.0, 1.0, 0.7, 0.5, 1.0},
};
static const struct {
    const char *name;
    int32_t pes[5];
} studies[] = {
    {"study16", {4, 4, 2, 4, 2}}, {"study12", {3, 3, 2, 3, 1}}, {"study10", {3, 3, 1, 2, 1}},
    {"study8", {2, 2, 2, 1, 1}},  {"study3", {1, 1, 1, 0, 0}},
};

START_TEST(the_study_machines_are_those_of_the_study)
{
    load_shipped(studies[_i].name);
    int32_t kind_of[16], count = 0;
    for (int32_t k = 0; k < 5; k++) {
        for (int32_t i = 0; i < studies[_i].pes[k]; i++) {
            kind_of[count++] = k;
        }
    }
    ck_assert_int_eq(soc.pe_count, count);
    ck_assert(!soc.truncate_us);
    for (int32_t p = 0; p < count; p++) {
        ck_assert_str_eq(soc.kinds[soc.pes[p].kind].name, study_kinds[kind_of[p]]);
        for (int32_t q = 0; q < count; q++) {
            if (p != q) {
                ck_assert_double_eq(bandwidth(p, q), study_bandwidth[kind_of[p]][kind_of[q]]);
                ck_assert_double_eq(soc.lanes[soc_lane(&soc, p, q)].latency_us, 0.0);
            }
        }
    }
}
END_TEST

/* Opens a file of the reference data, NULL with a message where it is absent. */
static struct csv_reader *open_shared(const char *name)
{
    const char *folder = TEST_SHARED_DATA;
    const char *path = arena_printf(arena, "%s/ds3_data/%s", folder != NULL ? folder : "", name);
    if (folder == NULL || access(path, R_OK) != 0) {
        printf("skipped: no reference data %s\n", name);
        return NULL;
    }
    struct csv_reader *reader = csv_open(path, &fault);
    ck_assert_msg(reader != NULL, "%s: %s", fault.where, fault.what);
    return reader;
}

static const char *cell(const struct csv_reader *reader, const char *column)
{
    return csv_cell(reader, csv_column(reader, column));
}

static int32_t cluster_of(const char *name)
{
    for (int32_t c = 0; c < soc.cluster_count; c++) {
        if (strcmp(soc.clusters[c].name, name) == 0) {
            return c;
        }
    }
    return -1;
}

static const struct {
    const char *name, *ds3;
} ds3_machines[] = {{"top3", "ds3:SoC.Top"}, {"ds3_bal", "ds3:SoC.MULTIPLE_BAL"}};

/* Compares "600:1000;800:1075" with the points of a kind. */
static void check_opps(const struct soc_kind *kind, const char *text)
{
    for (int32_t i = 0; i < kind->opp_count; i++) {
        double mhz, mv;
        int used = 0;
        ck_assert_int_eq(sscanf(text, "%lf:%lf%n", &mhz, &mv, &used), 2);
        ck_assert_double_eq(kind->opps[i].freq_mhz, mhz);
        ck_assert_double_eq(kind->opps[i].voltage_mv, mv);
        text += used;
        text += *text == ';';
    }
    ck_assert_str_eq(text, "");
}

/* Compares "1000=0.19/0.29;1400=0.39/0.59", watts for 1, 2, ... busy cores by frequency, with a
 * kind: one busy core at the highest frequency. */
static void check_power(const struct soc_kind *kind, const char *text)
{
    const char *last = strrchr(text, ';');
    double mhz, watts;
    ck_assert_int_eq(sscanf(last != NULL ? last + 1 : text, "%lf=%lf", &mhz, &watts), 2);
    ck_assert_double_eq(kind->opps[kind->opp_count - 1].freq_mhz, mhz);
    ck_assert_double_eq_tol(kind->active_mw, 1000.0 * watts, 1e-9);
}

START_TEST(the_ds3_machines_have_the_clusters_of_ds3)
{
    load_shipped(ds3_machines[_i].name);
    ck_assert(soc.truncate_us);
    struct csv_reader *reader = open_shared("pes.csv");
    if (reader == NULL) {
        return;
    }
    int32_t seen = 0;
    while (csv_next(reader, &fault)) {
        if (strcmp(cell(reader, "soc"), ds3_machines[_i].ds3) != 0 ||
            strcmp(cell(reader, "pe_type"), "MEM") == 0) {
            continue;
        }
        int32_t c = (int32_t)strtol(cell(reader, "pe_cluster_id"), NULL, 10);
        ck_assert_int_lt(c, soc.cluster_count);
        ck_assert_str_eq(soc.clusters[c].name, cell(reader, "pe_name"));
        ck_assert_int_eq(soc.clusters[c].pe_count, strtol(cell(reader, "count"), NULL, 10));
        check_opps(&soc.kinds[soc.clusters[c].kind], cell(reader, "opp_MHz:mV"));
        check_power(&soc.kinds[soc.clusters[c].kind],
                    cell(reader, "power_profile_MHz=W_for_1..n_cores"));
        seen++;
    }
    csv_close(reader);
    ck_assert(!fault_is_set(&fault));
    ck_assert_int_eq(seen, soc.cluster_count);
}
END_TEST

START_TEST(the_ds3_machines_have_the_bandwidths_of_ds3)
{
    load_shipped(ds3_machines[_i].name);
    struct csv_reader *reader = open_shared("bandwidth.csv");
    if (reader == NULL) {
        return;
    }
    /* DS3: 1 where nothing is given; what it gives within a one-PE cluster is never used. */
    double expected[8][8];
    for (int32_t a = 0; a < 8; a++) {
        for (int32_t b = 0; b < 8; b++) {
            expected[a][b] = 1.0;
        }
    }
    while (csv_next(reader, &fault)) {
        int32_t a = cluster_of(cell(reader, "src")), b = cluster_of(cell(reader, "dst"));
        if (strcmp(cell(reader, "soc"), ds3_machines[_i].ds3) == 0 && a >= 0 && b >= 0) {
            expected[a][b] = expected[b][a] = strtod(cell(reader, "bandwidth"), NULL);
        }
        if (strcmp(cell(reader, "soc"), ds3_machines[_i].ds3) == 0 && a >= 0 && b < 0) {
            ck_assert_double_eq(soc.memory_bandwidth_bytes_per_us,
                                strtod(cell(reader, "bandwidth"), NULL));
        }
    }
    csv_close(reader);
    ck_assert(!fault_is_set(&fault));
    for (int32_t p = 0; p < soc.pe_count; p++) {
        for (int32_t q = 0; q < soc.pe_count; q++) {
            if (p != q) {
                ck_assert_double_eq(bandwidth(p, q),
                                    expected[soc.pes[p].cluster][soc.pes[q].cluster]);
            }
        }
    }
}
END_TEST

START_TEST(a_bus_and_a_mesh_have_lanes_for_a_transfer_that_is_alone)
{
    ck_assert(load_text(BODY "interconnect: {kind: bus, bandwidth_bytes_per_us: 100, "
                             "latency_us: 0.25, dma_channels: 2}\n"));
    ck_assert_int_eq(soc.interconnect, SOC_BUS);
    ck_assert(soc_is_contended(&soc) && soc.at_assign);
    ck_assert_int_eq(soc.network.dma_channels, 2);
    ck_assert_int_eq(soc_hops(&soc, 0, 5), 1);
    ck_assert_double_eq(bandwidth(0, 5), 100);
    /* 0 1 2
     * 3 4 5   F is PE 2, `small` is 3, 4, 5: 3, 2 and 1 links away. */
    ck_assert(load_text(BODY "interconnect: {kind: mesh, columns: 3, bandwidth_bytes_per_us: 50, "
                             "latency_us: 0.25}\n"));
    ck_assert_int_eq(soc.network.rows, 2);
    ck_assert_int_eq(soc_hops(&soc, 3, 2), 3);
    ck_assert_int_eq(soc_hops(&soc, 2, 3), 3);
    ck_assert_int_eq(soc_hops(&soc, 5, 5), 0);
    ck_assert_double_eq(soc.lanes[soc_lane(&soc, 2, 4)].latency_us, 0.5);
}
END_TEST

START_TEST(a_mesh_is_as_square_as_it_can_be_if_its_width_is_left_out)
{
    ck_assert(load_text(BODY "interconnect: {kind: mesh, bandwidth_bytes_per_us: 50}\n"));
    ck_assert_int_eq(soc.network.columns, 3);
    ck_assert_int_eq(soc.network.rows, 2);
    ck_assert_int_eq(soc.network.dma_channels, 4);
}
END_TEST

START_TEST(shared_memory_has_one_lane_that_also_leads_a_pe_to_itself)
{
    ck_assert(load_text(BODY "interconnect: {kind: shared_memory, latency_us: 1, memory: "
                             "{bandwidth_bytes_per_us: 8}}\n"));
    ck_assert_int_eq(soc.lane_count, 1);
    ck_assert_int_eq(soc_lane(&soc, 0, 5), 0);
    ck_assert_double_eq(bandwidth(3, 3), 8);
    ck_assert_int_eq(soc_legs(&soc), 2);
    ck_assert(!soc.at_assign);
}
END_TEST

START_TEST(an_interconnect_takes_the_keys_of_its_kind_and_no_others)
{
    static const struct {
        const char *keys, *what;
    } cases[] = {
        {"kind: shared_memory", "interconnect.memory is missing"},
        {"kind: matrix", "interconnect.bandwidth_bytes_per_us is missing"},
        {"kind: bus, bandwidth_bytes_per_us: 1, columns: 2", "columns has no meaning"},
        {"kind: bus, bandwidth_bytes_per_us: 1, truncate_us: true", "truncate_us has no meaning"},
        {"kind: bus, bandwidth_bytes_per_us: 1, transfer: at_finish", "cannot be at_finish"},
        {"kind: mesh, bandwidth_bytes_per_us: 1, links: []", "links has no meaning"},
        {"kind: matrix, bandwidth_bytes_per_us: 1, dma_channels: 2", "dma_channels has no meaning"},
        {"kind: shared_memory, bandwidth_bytes_per_us: 1, memory: {bandwidth_bytes_per_us: 1}",
         "bandwidth_bytes_per_us has no meaning"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fault = FAULT_NONE;
        ck_assert(!load_text(arena_printf(arena, BODY "interconnect: {%s}\n", cases[i].keys)));
        ck_assert_msg(strstr(fault.what, cases[i].what) != NULL, "%s: %s", cases[i].keys,
                      fault.what);
        assert_holds(fault.where, "chip.yaml:11:");
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("soc");
    TCase *tcase = tcase_create("soc");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_kind_may_give_its_power_in_parts);
    tcase_add_test(tcase, a_bus_and_a_mesh_have_lanes_for_a_transfer_that_is_alone);
    tcase_add_test(tcase, a_mesh_is_as_square_as_it_can_be_if_its_width_is_left_out);
    tcase_add_test(tcase, shared_memory_has_one_lane_that_also_leads_a_pe_to_itself);
    tcase_add_test(tcase, an_interconnect_takes_the_keys_of_its_kind_and_no_others);
    tcase_add_test(tcase, pes_are_numbered_cluster_by_cluster_and_named_after_it);
    tcase_add_test(tcase, kinds_keep_their_class_and_their_operating_points);
    tcase_add_test(tcase, a_kind_may_give_the_power_of_a_busy_pe);
    tcase_add_test(tcase, a_pe_has_no_delay_to_itself_and_the_default_lane_to_others);
    tcase_add_test(tcase,
                   a_link_holds_both_ways_and_takes_what_it_leaves_out_from_the_interconnect);
    tcase_add_test(tcase, a_cluster_named_twice_is_the_way_between_its_pes);
    tcase_add_test(tcase, ways_with_the_same_numbers_share_a_lane);
    tcase_add_test(tcase, a_machine_may_tell_how_its_memory_is_reached);
    tcase_add_test(tcase, a_machine_may_have_4096_pes_and_not_one_more);
    tcase_add_loop_test(tcase, bad_input_is_refused_with_its_place_and_changes_nothing, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tcase, a_file_that_is_not_there_is_a_fault);
    tcase_add_loop_test(tcase, the_study_machines_are_those_of_the_study, 0, 5);
    tcase_add_loop_test(tcase, the_ds3_machines_have_the_clusters_of_ds3, 0, 2);
    tcase_add_loop_test(tcase, the_ds3_machines_have_the_bandwidths_of_ds3, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
