/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables that are wrong and data that does not come when it should, by hand, on both engines. */
#include "sim/truth.h"

#include <string.h>

#include "analysis/bounds.h"
#include "analysis/optimum.h"
#include "analysis/stream_bound.h"
#include "base/tick.h"
#include "sched/registry.h"
#include "test/fixture.h"
#include "test/suite.h"

#define US TICK_PER_US

static struct arena *arena;
static struct fixture_log report;
static struct soc *soc;
static int64_t told_ps;     /* when the policy was told that the data of task 1 would come */
static int64_t estimate_ps; /* of task 1 as it was told at its end */

/* Task i runs on PE i. */
static void decide(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    for (int32_t i = 0; i < view->ready_count; i++)
        decide_assign(decisions, view->ready[i], view->tasks[view->ready[i]].index);
    if (view->tasks[1].status == TASK_ASSIGNED && view->tasks[1].fetching > 0)
        told_ps = view->tasks[1].data_ps;
    decide_wake(decisions, view->now_ps + US);
}

static const struct policy_kind policy = {
    .contract = POLICY_CONTRACT,
    .name = "scripted",
    .discipline = POLICY_DATA_READY,
    .decide = decide,
};

static double data_of(int32_t job, int32_t edge)
{
    return job == 0 && edge == 0 ? 2.5 : 1.0;
}

/* Both kinds of tasks are twice as slow as the table says on K0, and task b takes 0.3 on K1. */
static double table_of(const char *task_kind, const char *pe_kind)
{
    return strcmp(pe_kind, "K0") == 0 ? 2.0 : strcmp(task_kind, "b") == 0 ? 0.3 : 1.0;
}

static double half(int32_t job, int32_t task)
{
    (void)job;
    (void)task;
    return 0.5;
}

static void note_estimate(void *self, const struct observed_task *task)
{
    (void)self;
    if (task->task->index == 1)
        estimate_ps = task->exec_est_ps;
}

static void set_up(void)
{
    arena = arena_create();
    report = (struct fixture_log){0};
    told_ps = estimate_ps = -1;
    soc = fixture_soc(arena, 2, (int32_t[]){1, 1}, 10);
}

static void tear_down(void)
{
    fixture_log_finish(&report);
    arena_destroy(arena);
}

/* a needs 10 us, sends 100 bytes to b, which needs 10 us on K0 and 20 on K1. */
static const struct fixture_task tasks[] = {{"a", {10, 10}}, {"b", {10, 20}}};
static const struct fixture_edge edges[] = {{0, 1, 100}};
static const struct arrival_row one_job[] = {{0}};

static struct bind *make_bind(void)
{
    struct app *app = fixture_app(arena, "app", 2, tasks, 2, edges, 1);
    return fixture_bind(arena, soc, &app, 1);
}

static void run(int engine, const struct fixture_scenario *source)
{
    struct scenario scenario = fixture_scenario(source);
    struct bind *bind = make_bind();
    struct truth *truth = truth_create(&scenario, bind, 1);
    scenario.truth = truth;
    struct observer observers[] = {fixture_observer(&report), {.on_task_done = note_estimate}};
    struct world_setup setup = {
        .soc = soc,
        .binds = bind,
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_kinds[engine],
        .policy = &policy,
        .observers = observers,
        .observer_count = 2,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s", fault.what);
    truth_destroy(truth);
}

static void expect(int32_t task, double ready_us, double start_us, double finish_us)
{
    const struct fixture_row *row = fixture_find(&report, 0, task);
    ck_assert_double_eq(tick_to_us(row->ready_ps), ready_us);
    ck_assert_double_eq(tick_to_us(row->start_ps), start_us);
    ck_assert_double_eq(tick_to_us(row->finish_ps), finish_us);
}

static const struct fixture_scenario late_data = {.rows = one_job, .row_count = 1, .data = data_of};

START_TEST(on_a_matrix_data_comes_later_than_schedulers_expect)
{
    soc->lanes[1].latency_us = 3;
    run(_i, &late_data);
    expect(1, 10, 10 + 3 + 25, 58);
    ck_assert_int_eq(told_ps, (10 + 3 + 10) * US);
}
END_TEST

START_TEST(data_that_waits_for_its_consumer_takes_as_long)
{
    soc->at_assign = true;
    run(_i, &late_data);
    expect(1, 10, 35, 55);
}
END_TEST

START_TEST(in_shared_memory_writing_and_reading_take_longer)
{
    fixture_connect(soc, SOC_SHARED_MEMORY, 2, 0, 0);
    run(_i, &late_data);
    expect(1, 10 + 2 + 25, 64, 84);
    ck_assert_int_eq(told_ps, (37 + 2 + 10) * US);
}
END_TEST

START_TEST(on_a_bus_there_is_more_to_move)
{
    fixture_connect(soc, SOC_BUS, 3, 1, 4);
    run(_i, &late_data);
    expect(1, 10, 38, 58);
}
END_TEST

START_TEST(data_that_comes_earlier_can_be_used_earlier)
{
    struct fixture_scenario early = {.rows = one_job, .row_count = 1, .data = half};
    run(_i, &early);
    expect(1, 10, 15, 35);
    ck_assert_int_eq(told_ps, 20 * US);
}
END_TEST

START_TEST(tasks_take_the_true_time_and_schedulers_know_the_table)
{
    const struct fixture_scenario source = {
        .rows = one_job, .row_count = 1, .factor = half, .table = table_of};
    run(_i, &source);
    expect(0, 0, 0, 10); /* 10 x 2 x 0.5 */
    expect(1, 10, 20, 20 + 3);
    ck_assert_int_eq(estimate_ps, 20 * US);
}
END_TEST

START_TEST(bounds_and_optima_are_those_of_the_truth)
{
    const struct fixture_scenario source = {
        .rows = one_job, .row_count = 1, .data = data_of, .table = table_of};
    struct scenario scenario = fixture_scenario(&source);
    struct bind *bind = make_bind();
    struct truth *truth = truth_create(&scenario, bind, 1);
    scenario.truth = truth;
    int64_t scratch_ps[2];
    /* a on K1 takes 10, b on K1 6: all on K1, where the table says 30 */
    ck_assert_int_eq(bounds_critical_path_ps(bind, &scenario, 0, scratch_ps), 16 * US);
    ck_assert_double_eq_tol(stream_bound_us(bind, 1, &scenario, 0), 16.0, 1e-6);
    const struct optimum_limits limits = {.nodes = 1000, .memory_bytes = 1 << 20};
    struct optimum optimum;
    optimum_find(&optimum, bind, &scenario, 0, &limits);
    ck_assert_int_eq(optimum.makespan_ps, 16 * US);
    ck_assert(optimum.is_proven);
    optimum_finish(&optimum);
    truth_destroy(truth);
}
END_TEST

START_TEST(an_optimum_knows_what_data_really_takes)
{
    const struct fixture_task apart[] = {{"a", {10, -1}}, {"b", {-1, 20}}};
    struct app *app = fixture_app(arena, "apart", 2, apart, 2, edges, 1);
    struct bind *bind = fixture_bind(arena, soc, &app, 1);
    struct scenario scenario = fixture_scenario(&late_data);
    const struct optimum_limits limits = {.nodes = 1000, .memory_bytes = 1 << 20};
    struct optimum optimum;
    optimum_find(&optimum, bind, &scenario, 0, &limits);
    ck_assert_int_eq(optimum.makespan_ps, 55 * US);
    ck_assert(optimum.is_proven);
    optimum_finish(&optimum);
}
END_TEST

static double endless(int32_t job, int32_t edge)
{
    (void)job;
    (void)edge;
    return 1e300;
}

START_TEST(data_that_never_comes_is_a_fault)
{
    struct fixture_scenario source = {.rows = one_job, .row_count = 1, .data = endless};
    struct scenario scenario = fixture_scenario(&source);
    struct world_setup setup = {
        .soc = soc,
        .binds = make_bind(),
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find("heap"),
        .policy = sched_find("round_robin"),
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert(!world_run(&setup, &result, &fault));
    assert_holds(fault.what, "2.5 h");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("truth");
    TCase *test = tcase_create("truth");
    tcase_add_checked_fixture(test, set_up, tear_down);
    tcase_add_loop_test(test, on_a_matrix_data_comes_later_than_schedulers_expect, 0, 2);
    tcase_add_loop_test(test, data_that_waits_for_its_consumer_takes_as_long, 0, 2);
    tcase_add_loop_test(test, in_shared_memory_writing_and_reading_take_longer, 0, 2);
    tcase_add_loop_test(test, on_a_bus_there_is_more_to_move, 0, 2);
    tcase_add_loop_test(test, data_that_comes_earlier_can_be_used_earlier, 0, 2);
    tcase_add_loop_test(test, tasks_take_the_true_time_and_schedulers_know_the_table, 0, 2);
    tcase_add_test(test, bounds_and_optima_are_those_of_the_truth);
    tcase_add_test(test, an_optimum_knows_what_data_really_takes);
    tcase_add_test(test, data_that_never_comes_is_a_fault);
    suite_add_tcase(suite, test);
    return suite;
}
