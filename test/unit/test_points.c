/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <malloc.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "lab/points.h"
#include "test/race.h"
#include "test/suite.h"

static struct scratch scratch;
static struct fault fault;
static struct experiment experiment;
static struct points points;

static void setup(void)
{
    scratch_init(&scratch);
    scratch_write_shelf(&scratch);
    fault = FAULT_NONE;
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

#define POISSON "arrivals: {kind: poisson, rate_jobs_per_ms: 5}, jobs: 9"

static bool expand(const char *text)
{
    return race_expand(&scratch, text, &experiment, &points, &fault);
}

static void assert_expands(const char *text)
{
    bool ok = expand(text);
    ck_assert_msg(ok, "%s: %s", fault.where, fault.what);
}

static void assert_refused(const char *text, const char *place, const char *words)
{
    ck_assert_msg(!expand(text), "not refused: %s", words);
    assert_holds(fault.where, place);
    assert_holds(fault.what, words);
    ck_assert_str_ne(fault.hint, "");
}

/* The value of a swept key of a point. */
static const char *key_of(int32_t index, const char *path)
{
    const struct point *point = &points.list[index];
    for (int32_t i = 0; i < point->key_count; i++)
        if (strcmp(point->keys[i].path, path) == 0)
            return point->keys[i].value;
    return "";
}

START_TEST(an_experiment_without_lists_is_one_point)
{
    assert_expands("name: race\nplatform: duo\nworkload: {apps: [pair], " POISSON
                   ", warmup_jobs: 2}\nschedulers: [heft]\nreplicates: 4\n");
    const struct point *point = &points.list[0];
    ck_assert_int_eq(points.count, 1);
    ck_assert_int_eq(points.replicates, 4);
    ck_assert_str_eq(point->platform, "duo");
    ck_assert_str_eq(point->workload, "pair");
    ck_assert_str_eq(point->scheduler, "heft");
    ck_assert_str_eq(point->policy->name, "heft");
    ck_assert_str_eq(point->engine->name, "simgrid");
    ck_assert_str_eq(point->arrivals.kind->name, "poisson");
    ck_assert_double_eq(point->rate_jobs_per_ms, 5);
    ck_assert_double_eq(point->arrivals.mean_interarrival_us, 200);
    ck_assert_int_eq(point->jobs, 9);
    ck_assert_int_eq(point->warmup_jobs, 2);
    ck_assert_int_eq(point->app_count, 1);
    ck_assert_int_eq(point->noise.exec.dist, NOISE_NONE);
    ck_assert_double_eq(point->noise.slow_gap_us, 0);
    ck_assert(!point->compat_ds3);
    ck_assert_int_eq(point->key_count, 0);
    ck_assert_int_eq(bind_cost_ps(&point->binds[0], 0, 2), 4 * INT64_C(1000000));
}
END_TEST

START_TEST(the_last_key_runs_fastest)
{
    /* In the file the order is the reverse of the enumeration's. */
    scratch_write(&scratch, "duo2.yaml",
                  "format: 1\nplatform: duo2\nsummary: three PEs\n"
                  "kinds: {A: {class: cpu}, B: {class: dsp}}\n"
                  "clusters: [{name: A, count: 1}, {name: B, count: 1}]\n"
                  "interconnect: {kind: matrix, bandwidth_bytes_per_us: 1}\n");
    assert_expands("name: race\n"
                   "noise: [none, {name: ln, exec: {dist: lognormal, sigma: 0.3}}]\n"
                   "schedulers: [heft, etf]\n"
                   "engine: [heap, simgrid]\n"
                   "workload:\n"
                   "  - {name: one, apps: [pair], jobs: [9, 10], "
                   "arrivals: {kind: poisson, rate_jobs_per_ms: [5, 6]}}\n"
                   "  - {name: two, apps: [pair], jobs: 3, "
                   "arrivals: {kind: poisson, rate_jobs_per_ms: 7}}\n"
                   "platform: [duo, duo2]\n");
    /* Per platform: `one` 2 rates x 2 engines x 2 jobs, `two` 1 x 2 x 1; x 2 noises x 2 policies.
     */
    ck_assert_int_eq(points.count, 2 * (8 + 2) * 4);
    int32_t at = 0;
    for (int platform = 0; platform < 2; platform++)
        for (int workload = 0; workload < 2; workload++)
            for (int rate = 0; rate < (workload == 0 ? 2 : 1); rate++)
                for (int engine = 0; engine < 2; engine++)
                    for (int jobs = 0; jobs < (workload == 0 ? 2 : 1); jobs++)
                        for (int noise = 0; noise < 2; noise++)
                            for (int policy = 0; policy < 2; policy++) {
                                const struct point *point = &points.list[at++];
                                ck_assert_str_eq(point->platform, platform == 0 ? "duo" : "duo2");
                                ck_assert_str_eq(point->workload, workload == 0 ? "one" : "two");
                                ck_assert_double_eq(point->rate_jobs_per_ms,
                                                    workload == 0 ? 5 + rate : 7);
                                ck_assert_str_eq(point->engine->name,
                                                 engine == 0 ? "heap" : "simgrid");
                                ck_assert_int_eq(point->jobs, workload == 0 ? 9 + jobs : 3);
                                ck_assert_str_eq(point->noise.name, noise == 0 ? "none" : "ln");
                                ck_assert_str_eq(point->scheduler, policy == 0 ? "heft" : "etf");
                            }
}
END_TEST

START_TEST(swept_keys_without_a_column_are_named_in_every_point)
{
    assert_expands("name: race\nplatform: duo\ncompat: [ds3, none]\nschedulers: [heft]\n"
                   "workload:\n"
                   "  - {name: one, apps: [pair], arrivals: single}\n"
                   "  - {name: two, apps: [pair], jobs: [4, 5], "
                   "arrivals: {kind: poisson, rate_jobs_per_ms: 7}}\n");
    ck_assert_int_eq(points.count, 2 + 4);
    for (int32_t i = 0; i < points.count; i++) {
        ck_assert_int_eq(points.list[i].key_count, 2);
        ck_assert_str_eq(points.list[i].keys[0].path, "compat");
        ck_assert_str_eq(points.list[i].keys[1].path, "workload.jobs");
        ck_assert_int_eq(points.list[i].compat_ds3, strcmp(key_of(i, "compat"), "ds3") == 0);
    }
    ck_assert_str_eq(key_of(0, "compat"), "ds3");
    ck_assert_str_eq(key_of(1, "compat"), "none");
    ck_assert_str_eq(key_of(0, "workload.jobs"), ""); /* `one` does not say */
    ck_assert_str_eq(key_of(2, "workload.jobs"), "4");
    ck_assert_str_eq(key_of(3, "workload.jobs"), "5");
}
END_TEST

START_TEST(no_key_below_a_list_is_sweepable)
{
    for (int i = 0; i < experiment_schema.count; i++) {
        const struct schema_row *row = &experiment_schema.rows[i];
        ck_assert_msg(!row->sweepable || strstr(row->path, "[]") == NULL, "%s", row->path);
    }
}
END_TEST

START_TEST(a_gap_and_a_rate_say_the_same)
{
    assert_expands(
        "name: race\nplatform: duo\nschedulers: [heft]\nworkload: {apps: [pair], jobs: 2, "
        "arrivals: {kind: periodic, mean_interarrival_us: [250, 50]}}\n");
    ck_assert_int_eq(points.count, 2);
    ck_assert_double_eq(points.list[0].rate_jobs_per_ms, 4);
    ck_assert_double_eq(points.list[1].rate_jobs_per_ms, 20);
    ck_assert_double_eq(points.list[1].arrivals.mean_interarrival_us, 50);
    ck_assert_int_eq(points.list[0].key_count, 0);
}
END_TEST

START_TEST(shares_become_cumulative_and_variants_share_equally)
{
    assert_expands("name: race\nplatform: duo\nschedulers: [heft]\n"
                   "workload: {apps: [{app: pair, share: 3}, {app: many, share: 1}], " POISSON
                   "}\n");
    const struct point *point = &points.list[0];
    const double expected[] = {0.75, 0.8125, 0.875, 0.9375, 1};
    ck_assert_int_eq(point->app_count, 5);
    for (int i = 0; i < 5; i++)
        ck_assert_double_eq_tol(point->app_share[i], expected[i], 1e-15);
    ck_assert(point->app_share[4] == 1);
    ck_assert_str_eq(point->binds[1].app->name, "many#0");
    ck_assert_str_eq(point->binds[4].app->name, "many#3");
    ck_assert_str_eq(point->workload, "pair+many");
}
END_TEST

START_TEST(noise_is_read_in_all_its_forms)
{
    assert_expands(
        "name: race\nplatform: duo\nschedulers: [heft]\nworkload: {apps: [pair], " POISSON
        "}\nnoise:\n"
        "  - {name: a, exec: {dist: normal, cv: 0.1}}\n"
        "  - {name: b, exec: {dist: lognormal, sigma: 0.3}}\n"
        "  - {name: c, exec: {dist: lognormal, cv: 0.5}, "
        "slowdown: {gap_us: 9, length_us: 3, factor: 2.5}}\n"
        "  - {name: d, exec: {dist: none}}\n"
        "  - {name: e, tail: {share: 0.03, factor: 6}}\n");
    ck_assert_int_eq(points.list[0].noise.exec.dist, NOISE_NORMAL);
    ck_assert_double_eq(points.list[0].noise.exec.sigma, 0.1);
    ck_assert_int_eq(points.list[1].noise.exec.dist, NOISE_LOGNORMAL);
    ck_assert_double_eq(points.list[1].noise.exec.sigma, 0.3);
    ck_assert_double_eq_tol(points.list[2].noise.exec.sigma, sqrt(log(1.25)), 1e-12);
    ck_assert_double_eq(points.list[2].noise.slow_gap_us, 9);
    ck_assert_double_eq(points.list[2].noise.slow_length_us, 3);
    ck_assert_double_eq(points.list[2].noise.slow_factor, 2.5);
    ck_assert_double_eq(points.list[2].noise.tail_share, 0);
    ck_assert_int_eq(points.list[3].noise.exec.dist, NOISE_NONE);
    ck_assert_double_eq(points.list[4].noise.tail_share, 0.03);
    ck_assert_double_eq(points.list[4].noise.tail_factor, 6);
}
END_TEST

START_TEST(a_trace_gives_the_number_of_jobs)
{
    scratch_write(&scratch, "when.csv", "arrival_us,app\n0,pair\n1.5,solo\n7,pair\n");
    assert_expands("name: race\nplatform: duo\nschedulers: [heft]\n"
                   "workload:\n"
                   "  - {name: all, apps: [solo, pair], arrivals: {kind: trace, file: when.csv}}\n"
                   "  - {name: few, apps: [solo, pair], arrivals: {kind: trace, file: when.csv}, "
                   "jobs: 2}\n"
                   "  - {name: more, apps: [solo, pair], arrivals: {kind: trace, file: when.csv}, "
                   "jobs: 20}\n");
    ck_assert_int_eq(points.list[0].jobs, 3);
    ck_assert_int_eq(points.list[1].jobs, 2);
    ck_assert_int_eq(points.list[2].jobs, 3);
    ck_assert(isnan(points.list[0].rate_jobs_per_ms));
    ck_assert_int_eq(points.list[0].arrivals.rows[0].app, 1);
    ck_assert_int_eq(points.list[0].arrivals.rows[1].app, 0);
    ck_assert_ptr_eq(points.list[0].arrivals.rows, points.list[2].arrivals.rows);
    assert_refused("name: race\nplatform: duo\nschedulers: [heft]\nworkload: {apps: [solo, pair], "
                   "arrivals: {kind: trace, file: when.csv}, warmup_jobs: 3}\n",
                   "race.yaml:4:", "none of 3 jobs");
}
END_TEST

START_TEST(points_of_one_machine_and_workload_share_them)
{
    assert_expands("name: race\nplatform: duo\nschedulers: [heft, etf]\n"
                   "workload: {apps: [pair, many], jobs: 2, "
                   "arrivals: {kind: poisson, rate_jobs_per_ms: [1, 2, 3]}}\n"
                   "noise: [none, {name: x, exec: {dist: normal, sigma: 1}}]\n");
    ck_assert_int_eq(points.count, 12);
    for (int32_t i = 1; i < points.count; i++) {
        ck_assert_ptr_eq(points.list[i].soc, points.list[0].soc);
        ck_assert_ptr_eq(points.list[i].binds, points.list[0].binds);
    }
}
END_TEST

START_TEST(a_sweep_that_would_fill_the_memory_is_refused)
{
    const char *list = "1";
    for (int i = 2; i <= 400; i++)
        list = arena_printf(scratch.arena, "%s, %d", list, i);
    assert_refused(arena_printf(scratch.arena,
                                "name: race\nplatform: duo\nschedulers: [heft]\nworkload: {apps: "
                                "[pair], jobs: [%s], arrivals: {kind: poisson, rate_jobs_per_ms: "
                                "[%s]}}\n",
                                list, list),
                   "race.yaml", "more than 100000 combinations");
}
END_TEST

/* "1, 1, 1, ...", or "1, 2, 3, ..." with a step of 1. */
static const char *numbers(int count, int step)
{
    enum { NUMBER_BYTES = 10 };
    char *list = arena_zeroed(scratch.arena, (size_t)count, NUMBER_BYTES), *end = list;
    for (int i = 0; i < count; i++)
        end += sprintf(end, "%s%d", i == 0 ? "" : ", ", 1 + i * step);
    return list;
}

/* An experiment that sweeps five keys together, of which only the last one changes. */
static const char *long_zip(int count)
{
    const char *same = numbers(count, 0);
    return arena_printf(
        scratch.arena,
        "name: race\nplatform: duo\nschedulers: [heft]\n"
        "workload: {apps: [pair], arrivals: {kind: poisson}}\n"
        "sweep:\n  zip: {workload.arrivals.rate_jobs_per_ms: [%s], workload.batch: [%s], "
        "prefetch: [%s], workload.arrivals.max_in_flight: [%s], workload.jobs: [%s]}\n",
        same, same, same, same, numbers(count, 1));
}

/* Of the heap, and of large blocks beside it. */
static size_t count_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

START_TEST(a_point_does_not_hold_the_values_of_all_others)
{
    enum { VALUES = 600 };
    const char *text = long_zip(VALUES);
    size_t before = count_bytes();
    assert_expands(text);
    ck_assert_int_eq(points.count, VALUES);
    ck_assert_uint_lt((count_bytes() - before) / VALUES, 60000);
}
END_TEST

/* Values that differ in the last key only are the worst to tell apart. */
START_TEST(a_sweep_over_many_values_is_read_in_no_time)
{
    enum { VALUES = 8000, SECONDS = 12 };
    const char *text = long_zip(VALUES);
    clock_t start = clock();
    assert_expands(text);
    ck_assert_int_eq(points.count, VALUES);
    ck_assert_double_lt((double)(clock() - start) / CLOCKS_PER_SEC, SECONDS);
}
END_TEST

START_TEST(names_that_mean_nothing_are_refused)
{
    assert_refused(
        "name: race\nplatform: dou\nschedulers: [heft]\nworkload: {apps: [pair], " POISSON "}\n",
        "race.yaml:2:11", "unknown platform `dou`");
    assert_refused(
        "name: race\nplatform: duo\nschedulers: [heft]\nworkload: {apps: [pear], " POISSON "}\n",
        "race.yaml:4:19", "unknown app `pear`");
    assert_refused("name: race\nplatform: duo\nbaseline: hefty\nschedulers: [hefty]\n"
                   "workload: {apps: [pair], " POISSON "}\n",
                   "race.yaml:4:14", "unknown scheduler `hefty`");
    assert_holds(fault.hint, "`heft`");
    assert_refused("name: race\nplatform: duo\nschedulers: [heft]\nworkload: {apps: [pair], "
                   "arrivals: {kind: trace, file: no.csv}}\n",
                   "race.yaml:4:56", "no.csv");
}
END_TEST

START_TEST(a_task_that_no_pe_supports_is_refused)
{
    scratch_write(&scratch, "odd.yaml",
                  "format: 1\napp: odd\nsummary: x\nkinds: {t: {Z: 1}}\ntasks: [t]\n");
    assert_refused("name: race\nplatform: duo\nschedulers: [heft]\nworkload: {apps: [odd], " POISSON
                   "}\n",
                   "odd.yaml", "t");
}
END_TEST

START_TEST(values_and_names_that_cannot_be_told_apart_are_refused)
{
    assert_refused(
        "name: race\nplatform: duo\nschedulers: [heft]\nworkload: {apps: [pair], jobs: 2, "
        "arrivals: {kind: poisson, rate_jobs_per_ms: [1, 2, 1.0]}}\n",
        "race.yaml:4:", "1.0 twice");
    assert_refused("name: race\nplatform: [duo, duo]\nschedulers: [heft]\n"
                   "workload: {apps: [pair], " POISSON "}\n",
                   "race.yaml:2:17", "duo twice");
    assert_refused("name: race\nplatform: duo\nschedulers: [heft]\nworkload:\n"
                   "  - {apps: [pair], arrivals: single}\n  - {apps: [pair], " POISSON "}\n",
                   "race.yaml:6:5", "same name `pair`");
    scratch_write(&scratch, "other/duo.yaml", scratch_read(&scratch, "duo.yaml"));
    assert_refused("name: race\nplatform: [duo, other/duo.yaml]\nschedulers: [heft]\n"
                   "workload: {apps: [pair], " POISSON "}\n",
                   "race.yaml:2:17", "same name `duo`");
    assert_refused("name: race\nplatform: [duo, duo.yaml]\nschedulers: [heft]\n"
                   "workload: {apps: [pair], " POISSON "}\n",
                   "race.yaml:2:17", "`duo` and `duo.yaml` are one platform");
    scratch_write(&scratch, "other/pair.yaml", scratch_read(&scratch, "pair.yaml"));
    assert_refused("name: race\nplatform: duo\nschedulers: [heft]\n"
                   "workload: {apps: [pair, other/pair.yaml], " POISSON "}\n",
                   "race.yaml:4:", "same name `pair`");
}
END_TEST

/* A has points at 500 and 800 MHz, B none: `first` takes 10 us at 800 MHz and 16 at 500. */
START_TEST(a_governor_stretches_what_schedulers_plan_with)
{
    const char *duo = scratch_read(&scratch, "duo.yaml");
    const char *kind = strstr(duo, "A: {class: cpu}");
    scratch_write(&scratch, "duo.yaml",
                  arena_printf(scratch.arena,
                               "%.*sA: {class: cpu, opps: [{mhz: 500, mv: 900}, "
                               "{mhz: 800, mv: 1000}]}%s",
                               (int)(kind - duo), duo, kind + strlen("A: {class: cpu}")));
    assert_expands("name: race\nplatform: duo\nworkload: {apps: [pair], " POISSON
                   "}\nschedulers: [heft]\n"
                   "governor: [performance, powersave, fixed]\nfrequency_mhz: 799\n");
    static const double first_us[] = {10, 16, 16};
    ck_assert_int_eq(points.count, 3);
    for (int32_t i = 0; i < 3; i++) {
        const struct bind *bind = &points.list[i].binds[0];
        ck_assert_int_eq(bind_cost_ps(bind, 0, 0), (int64_t)(first_us[i] * 1e6));
        ck_assert_int_eq(bind_cost_ps(bind, 0, 2), 4000000);
        ck_assert_str_eq(points.list[i].platform, "duo");
    }
    ck_assert_str_ne(points.list[0].identity, points.list[1].identity);
}
END_TEST

START_TEST(a_governor_that_follows_loads_and_a_thermal_model_are_read)
{
    scratch_write(&scratch, "warm.yaml",
                  "format: 1\nplatform: warm\nsummary: warm\nkinds: {A: {class: cpu, "
                  "opps: [{mhz: 500, mv: 900}, {mhz: 800, mv: 1000}], "
                  "power: {dynamic_mw: 9, static_mw: 1}}}\nclusters: [{name: A}]\n"
                  "interconnect: {kind: matrix, bandwidth_bytes_per_us: 1}\n"
                  "thermal: {period_us: 9, ambient_c: 1, hotspots: [{keeps: [0.5]}], "
                  "sources: [{cluster: A, c_per_w: [1]}]}\n");
    assert_expands("name: race\nplatform: warm\nworkload: {apps: [pair], " POISSON
                   "}\nschedulers: [heft]\ngovernor: ondemand\n"
                   "ondemand: {period_us: [10, 2.5], up: 0.7}\nthermal: [watch, throttle]\n");
    ck_assert_int_eq(points.count, 4);
    for (int32_t i = 0; i < 4; i++) {
        const struct soc *soc = points.list[i].soc;
        ck_assert_int_eq(soc->ondemand.period_ps, i < 2 ? 10000000 : 2500000);
        ck_assert_double_eq(soc->ondemand.up, 0.7);
        ck_assert_double_eq(soc->ondemand.down, 0.3);
        ck_assert_int_eq(soc->thermal_mode, i % 2 ? SOC_THERMAL_THROTTLE : SOC_THERMAL_WATCH);
        ck_assert_int_eq(soc->kinds[0].opp, 1);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("points");
    TCase *tcase = tcase_create("points");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_experiment_without_lists_is_one_point);
    tcase_add_test(tcase, the_last_key_runs_fastest);
    tcase_add_test(tcase, swept_keys_without_a_column_are_named_in_every_point);
    tcase_add_test(tcase, no_key_below_a_list_is_sweepable);
    tcase_add_test(tcase, a_gap_and_a_rate_say_the_same);
    tcase_add_test(tcase, shares_become_cumulative_and_variants_share_equally);
    tcase_add_test(tcase, noise_is_read_in_all_its_forms);
    tcase_add_test(tcase, a_trace_gives_the_number_of_jobs);
    tcase_add_test(tcase, points_of_one_machine_and_workload_share_them);
    tcase_add_test(tcase, a_governor_stretches_what_schedulers_plan_with);
    tcase_add_test(tcase, a_governor_that_follows_loads_and_a_thermal_model_are_read);
    tcase_add_test(tcase, a_sweep_that_would_fill_the_memory_is_refused);
    tcase_add_test(tcase, a_point_does_not_hold_the_values_of_all_others);
    tcase_add_test(tcase, a_sweep_over_many_values_is_read_in_no_time);
    tcase_add_test(tcase, names_that_mean_nothing_are_refused);
    tcase_add_test(tcase, a_task_that_no_pe_supports_is_refused);
    tcase_add_test(tcase, values_and_names_that_cannot_be_told_apart_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
