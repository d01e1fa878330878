/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "base/tick.h"
#include "sim/bind.h"
#include "test/suite.h"

#define COUNT(array) ((int32_t)(sizeof(array) / sizeof(array)[0]))

static struct arena *arena;
static struct fault fault;
static struct soc soc;
static struct bind bind;

static void setup(void)
{
    arena = arena_create();
    fault = FAULT_NONE;
    bind = (struct bind){.app = NULL};
}

static void teardown(void)
{
    arena_destroy(arena);
}

static void load_shipped(const char *name)
{
    const char *path = arena_printf(arena, "%s/sim/platforms/%s.yaml", TEST_SOURCE_ROOT, name);
    bool loaded = soc_load(&soc, arena, path, &fault);
    ck_assert_msg(loaded, "%s: %s", fault.where, fault.what);
}

/* What a task costs; ends with a cost whose kind is NULL. */
struct costs {
    struct {
        const char *pe_kind;
        double exec_us;
    } list[6];
};

struct edge {
    int32_t from, to;
    double bytes;
};

/* An app of tasks "t1", "t2", ..., each a kind of its own called "k1", "k2", ... */
static struct app make_app(const struct costs *costs, int32_t tasks, const struct edge *edges,
                           int32_t edge_count)
{
    struct app app = {.name = "toy", .summary = "toy", .task_count = tasks, .kind_count = tasks};
    app.file = "toy.yaml";
    app.tasks = arena_zeroed(arena, (size_t)tasks, sizeof *app.tasks);
    app.kinds = arena_zeroed(arena, (size_t)tasks, sizeof *app.kinds);
    app.bytes = arena_zeroed(arena, (size_t)edge_count, sizeof *app.bytes);
    app.edge_count = edge_count;
    for (int32_t i = 0; i < tasks; i++) {
        app.tasks[i].name = arena_printf(arena, "t%d", (int)i + 1);
        app.tasks[i].kind = i;
        app.tasks[i].line = 10 + i;
        app.kinds[i].name = arena_printf(arena, "k%d", (int)i + 1);
        struct app_cost *list = arena_zeroed(arena, 6, sizeof *list);
        int32_t count = 0;
        for (; costs[i].list[count].pe_kind != NULL; count++)
            list[count] = (struct app_cost){.pe_kind = costs[i].list[count].pe_kind,
                                            .exec_us = costs[i].list[count].exec_us};
        app.kinds[i].costs = list;
        app.kinds[i].cost_count = count;
    }
    int32_t *ends = arena_zeroed(arena, 2 * (size_t)edge_count, sizeof *ends);
    for (int32_t i = 0; i < edge_count; i++) {
        ends[i] = edges[i].from;
        ends[edge_count + i] = edges[i].to;
        app.bytes[i] = edges[i].bytes;
    }
    ck_assert(app_finish(&app, arena, ends, ends + edge_count, &fault));
    return app;
}

static void bind_well(const struct app *app)
{
    ck_assert_msg(bind_app(&bind, arena, app, &soc, &fault), "%s: %s", fault.where, fault.what);
}

/* A machine of two kinds in clusters of `pes` PEs, one lane. */
static void make_pair(const int32_t pes[2], double bandwidth_bytes_per_us, double latency_us)
{
    static struct soc_kind kinds[] = {{.name = "A"}, {.name = "B"}};
    static struct soc_cluster clusters[2];
    static struct soc_pe all[8];
    static struct soc_lane lanes[2] = {{.bandwidth_bytes_per_us = INFINITY}};
    static uint16_t cluster_lane[] = {1, 1, 1, 1};
    soc = (struct soc){.name = "pair",
                       .kinds = kinds,
                       .kind_count = 2,
                       .clusters = clusters,
                       .pes = all,
                       .lanes = lanes,
                       .lane_count = 2,
                       .cluster_lane = cluster_lane};
    lanes[1] = (struct soc_lane){bandwidth_bytes_per_us, latency_us};
    for (int32_t k = 0; k < 2 && pes[k] > 0; k++) {
        clusters[k] = (struct soc_cluster){.kind = k, .first_pe = soc.pe_count, .pe_count = pes[k]};
        soc.cluster_count++;
        for (int32_t i = 0; i < pes[k]; i++) {
            all[soc.pe_count++] = (struct soc_pe){.cluster = k, .kind = k};
        }
    }
}

/* The example of Topcuoglu et al. 2002, figure 2, for the PEs of top3. */
static const struct costs topcuoglu[] = {
    {{{"P1", 14}, {"P2", 16}, {"P3", 9}}},  {{{"P1", 13}, {"P2", 19}, {"P3", 18}}},
    {{{"P1", 11}, {"P2", 13}, {"P3", 19}}}, {{{"P1", 13}, {"P2", 8}, {"P3", 17}}},
    {{{"P1", 12}, {"P2", 13}, {"P3", 10}}}, {{{"P1", 13}, {"P2", 16}, {"P3", 9}}},
    {{{"P1", 7}, {"P2", 15}, {"P3", 11}}},  {{{"P1", 5}, {"P2", 11}, {"P3", 14}}},
    {{{"P1", 18}, {"P2", 12}, {"P3", 20}}}, {{{"P1", 21}, {"P2", 7}, {"P3", 16}}},
};
static const struct edge topcuoglu_edges[] = {
    {0, 1, 18}, {0, 2, 12}, {0, 3, 9},  {0, 4, 11}, {0, 5, 14}, {1, 7, 19}, {1, 8, 16}, {2, 6, 23},
    {3, 7, 27}, {3, 8, 23}, {4, 8, 13}, {5, 7, 15}, {6, 9, 17}, {7, 9, 11}, {8, 9, 13},
};

START_TEST(upward_ranks_are_those_of_the_heft_paper)
{
    load_shipped("top3");
    struct app app = make_app(topcuoglu, 10, topcuoglu_edges, COUNT(topcuoglu_edges));
    bind_well(&app);
    static const double expected_us[] = {108,    77,     80,     80,     69,
                                         63.333, 42.667, 35.667, 44.333, 14.667};
    double rank_ps[10];
    bind_upward_rank(&bind, rank_ps);
    for (int32_t i = 0; i < 10; i++) {
        ck_assert_double_eq_tol(rank_ps[i] / 1e6, expected_us[i], 0.0005);
    }
}
END_TEST

START_TEST(ranks_take_several_exits_and_edges_without_data)
{
    const int32_t pes[] = {1, 1};
    make_pair(pes, 1, 0);
    const struct costs costs[] = {
        {{{"A", 2}}}, {{{"A", 4}}}, {{{"A", 1}, {"B", 3}}}, {{{"B", 8}}}, {{{"A", 5}}}};
    const struct edge edges[] = {{0, 1, 0}, {0, 2, 3}, {1, 3, 0}, {4, 3, 6}};
    struct app app = make_app(costs, 5, edges, COUNT(edges));
    bind_well(&app);
    double rank_ps[5];
    bind_upward_rank(&bind, rank_ps);
    static const double expected_us[] = {14, 12, 2, 8, 19};
    for (int32_t i = 0; i < 5; i++) {
        ck_assert_double_eq(rank_ps[i], expected_us[i] * 1e6);
    }
}
END_TEST

START_TEST(costs_follow_the_kind_of_the_pe)
{
    load_shipped("study16");
    const struct costs costs[] = {{{{"LITTLE", 22}, {"BIG", 10.0078125}, {"FFT", 1.25}}},
                                  {{{"VIT", 2}, {"ELSEWHERE", 1}}}};
    struct app app = make_app(costs, 2, NULL, 0);
    bind_well(&app);
    ck_assert_int_eq(bind_cost_ps(&bind, 0, 0), 22000000);
    ck_assert_int_eq(bind_cost_ps(&bind, 0, 4), 10007813);
    ck_assert_int_eq(bind_cost_ps(&bind, 0, 13), 1250000);
    ck_assert(bind_cost_ps(&bind, 0, 8) == BIND_INCAPABLE);
    ck_assert(bind_cost_ps(&bind, 1, 0) == BIND_INCAPABLE);
    ck_assert_int_eq(bind_cost_ps(&bind, 1, 15), 2000000);
    ck_assert_int_eq(bind.min_cost_ps[0], 1250000);
    ck_assert_int_eq(bind.min_cost_ps[1], 2000000);
}
END_TEST

START_TEST(an_app_runs_on_the_kinds_that_any_of_its_tasks_runs_on)
{
    load_shipped("study16");
    const struct costs costs[] = {{{{"LITTLE", 22}}}, {{{"VIT", 2}}}};
    struct app app = make_app(costs, 2, NULL, 0);
    bind_well(&app);
    for (int32_t kind = 0; kind < soc.kind_count; kind++) {
        const char *name = soc.kinds[kind].name;
        ck_assert_msg(bind_runs_on(&bind, kind) ==
                          (strcmp(name, "LITTLE") == 0 || strcmp(name, "VIT") == 0),
                      "%s", name);
    }
}
END_TEST

START_TEST(the_mean_cost_counts_every_pe_that_supports_the_task)
{
    load_shipped("study10");
    const struct costs costs[] = {{{{"LITTLE", 22}, {"BIG", 10}, {"FFT", 1}}}, {{{"MM", 7}}}};
    struct app app = make_app(costs, 2, NULL, 0);
    bind_well(&app);
    ck_assert_double_eq(bind.mean_cost_ps[0], (3 * 22e6 + 3 * 10e6 + 2 * 1e6) / 8);
    ck_assert_double_eq(bind.mean_cost_ps[1], 7e6);
}
END_TEST

START_TEST(a_kind_without_pes_supports_nothing)
{
    const int32_t pes[] = {2, 0};
    make_pair(pes, 1, 0);
    const struct costs costs[] = {{{{"A", 6}, {"B", 1}}}, {{{"B", 1}}}};
    struct app both = make_app(costs, 1, NULL, 0);
    bind_well(&both);
    ck_assert_int_eq(bind.min_cost_ps[0], 6000000);
    ck_assert_double_eq(bind.mean_cost_ps[0], 6e6);
    struct app only = make_app(costs, 2, NULL, 0);
    ck_assert(!bind_app(&bind, arena, &only, &soc, &fault));
}
END_TEST

START_TEST(delays_are_latency_plus_bytes_over_bandwidth_in_ticks)
{
    load_shipped("study16");
    const struct costs either = {{{"BIG", 1}, {"A", 1}}};
    const struct costs costs[] = {either, either, either};
    const struct edge edges[] = {{0, 1, 10}, {1, 2, 0}};
    struct app app = make_app(costs, 3, edges, 2);
    bind_well(&app);
    ck_assert_int_eq(bind_delay_ps(&bind, 0, 3, 3), 0);
    ck_assert_int_eq(bind_delay_ps(&bind, 0, 0, 3), 10000000);  /* LITTLE, LITTLE: 1 */
    ck_assert_int_eq(bind_delay_ps(&bind, 0, 0, 10), 20000000); /* LITTLE, FFT: 0.5 */
    ck_assert_int_eq(bind_delay_ps(&bind, 0, 8, 10), 14285714); /* MM, FFT: 0.7 */
    ck_assert_int_eq(bind_delay_ps(&bind, 0, 10, 8), 14285714);
    ck_assert_int_eq(bind_delay_ps(&bind, 1, 8, 10), 0);
    const int32_t pes[] = {1, 1};
    make_pair(pes, 8, 0.0078125);
    bind_well(&app);
    ck_assert_int_eq(bind_delay_ps(&bind, 0, 0, 1), 1257813); /* half a tick is rounded up */
    ck_assert_int_eq(bind_delay_ps(&bind, 1, 1, 0), 7813);
}
END_TEST

START_TEST(the_longest_path_of_least_times_and_the_longest_inputs_are_known)
{
    const int32_t pes[] = {1, 1};
    make_pair(pes, 8, 1);
    /* A fork to t2 and t3 and a join; t3 is the faster one on B only. */
    const struct costs costs[] = {
        {{{"A", 1}}}, {{{"A", 5}, {"B", 6}}}, {{{"A", 9}, {"B", 7}}}, {{{"B", 2}}}};
    const struct edge edges[] = {{0, 1, 8}, {0, 2, 0}, {1, 3, 16}, {2, 3, 80}};
    struct app app = make_app(costs, 4, edges, 4);
    bind_well(&app);
    ck_assert_int_eq(bind.shortest_ps, (1 + 7 + 2) * TICK_PER_US);
    ck_assert_int_eq(bind.most_input_ps[0], 0);
    ck_assert_int_eq(bind.most_input_ps[1], (1 + 1) * TICK_PER_US);
    ck_assert_int_eq(bind.most_input_ps[2], 1 * TICK_PER_US);
    ck_assert_int_eq(bind.most_input_ps[3], (1 + 10) * TICK_PER_US);
}
END_TEST

START_TEST(a_truncating_machine_drops_what_is_below_a_microsecond)
{
    load_shipped("ds3_bal");
    const struct costs costs[] = {{{{"A7", 1}}}, {{{"A7", 1}}}, {{{"A7", 1}}}};
    const struct edge edges[] = {{0, 1, 1999}, {1, 2, 999}};
    struct app app = make_app(costs, 3, edges, 2);
    bind_well(&app);
    ck_assert_int_eq(bind_delay_ps(&bind, 0, 0, 1), 1 * TICK_PER_US);
    ck_assert_int_eq(bind_delay_ps(&bind, 0, 0, 10), 199 * TICK_PER_US);
    ck_assert_int_eq(bind_delay_ps(&bind, 0, 2, 2), 0);
    ck_assert_int_eq(bind_delay_ps(&bind, 1, 0, 1), 0);
    ck_assert_int_eq(bind_delay_ps(&bind, 1, 8, 10), 99 * TICK_PER_US);
    /* 240 ordered pairs of different PEs; 80 of them lie between 4 FFT and 10 A7, A15, MM */
    ck_assert_double_eq(bind.mean_delay_ps[0], (160 * 1e6 + 80 * 199e6) / 240);
}
END_TEST

START_TEST(truncation_is_of_the_whole_delay)
{
    const int32_t pes[] = {1, 1};
    make_pair(pes, 1, 0.75);
    soc.truncate_us = true;
    const struct costs costs[] = {{{{"A", 1}}}, {{{"A", 1}}}, {{{"A", 1}}}};
    const struct edge edges[] = {{0, 1, 2.5}, {1, 2, 2.0}};
    struct app app = make_app(costs, 3, edges, 2);
    bind_well(&app);
    ck_assert_int_eq(bind_delay_ps(&bind, 0, 0, 1), 3 * TICK_PER_US);
    ck_assert_int_eq(bind_delay_ps(&bind, 1, 0, 1), 2 * TICK_PER_US);
}
END_TEST

static const char *const shipped[] = {"top3",    "ds3_bal", "study16", "study12",
                                      "study10", "study8",  "study3"};

START_TEST(the_mean_delay_is_that_over_all_ordered_pairs_of_pes)
{
    load_shipped(shipped[_i]);
    struct costs costs[2] = {{{{soc.kinds[0].name, 1}}}, {{{soc.kinds[0].name, 1}}}};
    const struct edge edges[] = {{0, 1, 1234.5}};
    struct app app = make_app(costs, 2, edges, 1);
    bind_well(&app);
    double sum_ps = 0.0;
    for (int32_t p = 0; p < soc.pe_count; p++) {
        for (int32_t q = 0; q < soc.pe_count; q++) {
            sum_ps += (double)bind_delay_ps(&bind, 0, p, q);
        }
    }
    double mean_ps = sum_ps / (soc.pe_count * (soc.pe_count - 1));
    ck_assert_double_gt(mean_ps, 0.0);
    ck_assert_double_eq_tol(bind.mean_delay_ps[0], mean_ps, 1e-9 * mean_ps);
}
END_TEST

START_TEST(on_one_pe_the_mean_delay_is_zero)
{
    const int32_t pes[] = {1, 0};
    make_pair(pes, 1, 5);
    const struct costs costs[] = {{{{"A", 1}}}, {{{"A", 1}}}};
    const struct edge edges[] = {{0, 1, 10}};
    struct app app = make_app(costs, 2, edges, 1);
    bind_well(&app);
    ck_assert_double_eq(bind.mean_delay_ps[0], 0.0);
    ck_assert_int_eq(bind_delay_ps(&bind, 0, 0, 0), 0);
}
END_TEST

START_TEST(a_task_that_no_pe_supports_is_refused_by_name)
{
    load_shipped("study3");
    const struct costs costs[] = {{{{"BIG", 1}}}, {{{"GPU", 1}, {"NPU", 2}}}};
    struct app app = make_app(costs, 2, NULL, 0);
    ck_assert(!bind_app(&bind, arena, &app, &soc, &fault));
    ck_assert_ptr_null(bind.app);
    ck_assert_str_eq(fault.where, "toy.yaml:11");
    ck_assert_str_eq(fault.what, "no PE of 'study3' can run task 't2' (kind 'k2') of app 'toy'");
    ck_assert_str_eq(fault.hint, "the app knows it on GPU, NPU; the machine has LITTLE, BIG, MM");
}
END_TEST

START_TEST(kinds_without_pes_are_not_what_the_machine_has)
{
    const int32_t pes[] = {1, 0};
    make_pair(pes, 1, 5);
    const struct costs costs[] = {{{{"B", 1}}}};
    struct app app = make_app(costs, 1, NULL, 0);
    ck_assert(!bind_app(&bind, arena, &app, &soc, &fault));
    ck_assert_str_eq(fault.hint, "the app knows it on B; the machine has A");
}
END_TEST

START_TEST(times_beyond_the_clock_are_refused)
{
    const int32_t pes[] = {1, 1};
    const struct costs slow[] = {{{{"A", 9.1e9}}}};
    const struct costs costs[] = {{{{"A", 9.0e9}}}, {{{"A", 1}}}};
    const struct edge edges[] = {{0, 1, 1e12}};
    make_pair(pes, 1, 0);
    struct app app = make_app(slow, 1, NULL, 0);
    ck_assert(!bind_app(&bind, arena, &app, &soc, &fault));
    assert_holds(fault.what, "task 't1' of app 'toy' takes 9.1e+09 us on A");
    fault = FAULT_NONE;
    app = make_app(costs, 2, edges, 1);
    ck_assert(!bind_app(&bind, arena, &app, &soc, &fault));
    ck_assert_str_eq(fault.where, "toy.yaml:11");
    assert_holds(fault.what, "the data of 't1' takes 1e+12 us to 't2'");
    ck_assert_ptr_null(bind.app);
    fault = FAULT_NONE;
    make_pair(pes, 1e-300, 0);
    ck_assert(!bind_app(&bind, arena, &app, &soc, &fault));
    fault = FAULT_NONE;
    make_pair(pes, 1000, 0);
    bind_well(&app);
    ck_assert_int_eq(bind_delay_ps(&bind, 0, 0, 1), INT64_C(1000000000000000));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("bind");
    TCase *tcase = tcase_create("bind");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, upward_ranks_are_those_of_the_heft_paper);
    tcase_add_test(tcase, ranks_take_several_exits_and_edges_without_data);
    tcase_add_test(tcase, costs_follow_the_kind_of_the_pe);
    tcase_add_test(tcase, an_app_runs_on_the_kinds_that_any_of_its_tasks_runs_on);
    tcase_add_test(tcase, the_mean_cost_counts_every_pe_that_supports_the_task);
    tcase_add_test(tcase, a_kind_without_pes_supports_nothing);
    tcase_add_test(tcase, delays_are_latency_plus_bytes_over_bandwidth_in_ticks);
    tcase_add_test(tcase, the_longest_path_of_least_times_and_the_longest_inputs_are_known);
    tcase_add_test(tcase, a_truncating_machine_drops_what_is_below_a_microsecond);
    tcase_add_test(tcase, truncation_is_of_the_whole_delay);
    tcase_add_loop_test(tcase, the_mean_delay_is_that_over_all_ordered_pairs_of_pes, 0,
                        COUNT(shipped));
    tcase_add_test(tcase, on_one_pe_the_mean_delay_is_zero);
    tcase_add_test(tcase, a_task_that_no_pe_supports_is_refused_by_name);
    tcase_add_test(tcase, kinds_without_pes_are_not_what_the_machine_has);
    tcase_add_test(tcase, times_beyond_the_clock_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
