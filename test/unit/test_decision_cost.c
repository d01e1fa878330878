/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What it means that a decision costs time (docs/decisions/0016), on both engines. */
#include <string.h>
#include <time.h>

#include "base/tick.h"
#include "lab/decision_cost.h"
#include "lab/experiment.h"
#include "test/fixture.h"
#include "test/suite.h"

#define US TICK_PER_US

static struct {
    int32_t calls;
    int64_t call_ps[64];
    bool is_slow; /* a call takes at least a millisecond */
    int32_t time_one_in;
} script;

static void note_call(const struct view *view)
{
    script.call_ps[script.calls++] = view->now_ps;
}

/* Everything that is ready goes to PE 0. */
static void assign_all(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    note_call(view);
    if (script.is_slow)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    for (int32_t i = 0; i < view->ready_count; i++)
        decide_assign(decisions, view->ready[i], 0);
}

/* At an arrival everything that has not started is planned on PE 0, the youngest job first. */
static void plan_all(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    note_call(view);
    if (view->arrived_count == 0)
        return;
    decide_plan_begin(decisions);
    for (int32_t age = 7; age >= 0; age--)
        for (int32_t job = 0; job < view->job_capacity; job++)
            for (int32_t i = 0; view->jobs[job].active && view->jobs[job].id == age &&
                                i < view->binds[0].app->task_count;
                 i++)
                if (view->tasks[view->jobs[job].first_task + i].status < TASK_RUNNING)
                    decide_plan(decisions, view->jobs[job].first_task + i, 0);
}

static const struct policy_kind dynamic = {
    .name = "dynamic", .discipline = POLICY_DATA_READY, .decide = assign_all};
static const struct policy_kind planner = {
    .name = "planner", .discipline = POLICY_PLAN, .decide = plan_all};

static struct arena *arena;
static struct fixture_log report;
static struct world_result result;

static void set_up(void)
{
    memset(&script, 0, sizeof script);
    arena = arena_create();
    report = (struct fixture_log){0};
}

static void tear_down(void)
{
    fixture_log_finish(&report);
    arena_destroy(arena);
}

/* Jobs of two tasks of 10 us that do not depend on each other, on one PE. */
static void run(const struct policy_kind *policy, const double *arrivals_us, int32_t jobs,
                struct decision_cost cost, int engine)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1);
    struct app *app =
        fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {10}}, {"b", {10}}}, 2, NULL, 0);
    struct arrival_row *rows = arena_zeroed(arena, (size_t)jobs, sizeof *rows);
    for (int32_t i = 0; i < jobs; i++)
        rows[i].at_ps = tick_from_us(arrivals_us[i]);
    const struct fixture_scenario source = {.rows = rows, .row_count = jobs};
    const struct scenario scenario = fixture_scenario(&source);
    struct observer observer = fixture_observer(&report);
    struct fault fault = FAULT_NONE;
    const struct world_setup setup = {.soc = soc,
                                      .binds = fixture_bind(arena, soc, &app, 1),
                                      .bind_count = 1,
                                      .scenario = &scenario,
                                      .engine = engine_kinds[engine],
                                      .policy = policy,
                                      .observers = &observer,
                                      .observer_count = 1,
                                      .decision_cost = cost,
                                      .time_one_in = script.time_one_in};
    ck_assert_msg(world_run(&setup, &result, &fault), "%s", fault.what);
}

/* For tests that run twice: SimGrid runs once per process. */
static int find_heap(void)
{
    return engine_kinds[0] == engine_find("heap") ? 0 : 1;
}

static struct decision_cost fixed_us(double us)
{
    return (struct decision_cost){DECISION_FIXED, tick_from_us(us)};
}

static void expect_start(int32_t job, int32_t task, double start_us)
{
    ck_assert_double_eq(tick_to_us(fixture_find(&report, job, task)->start_ps), start_us);
}

START_TEST(a_call_takes_effect_after_the_time_of_all_that_it_assigns)
{
    run(&dynamic, (double[]){0}, 1, fixed_us(2), _i);
    expect_start(0, 0, 4);
    expect_start(0, 1, 14);
    ck_assert_int_eq(script.calls, 3); /* the ends of the tasks have nothing to decide */
    ck_assert_int_eq(script.call_ps[1], 14 * US);
}
END_TEST

START_TEST(who_thinks_is_not_asked_before_he_has_answered)
{
    /* The second job comes while the first is thought about: it is seen at 4 and decided at 8. */
    run(&dynamic, (double[]){0, 1}, 2, fixed_us(2), _i);
    ck_assert_int_eq(script.call_ps[0], 0);
    ck_assert_int_eq(script.call_ps[1], 4 * US);
    expect_start(0, 0, 4);
    expect_start(1, 0, 24);
    ck_assert_int_eq(fixture_find(&report, 1, 0)->ready_ps, 1 * US);
}
END_TEST

START_TEST(a_cost_of_nothing_changes_nothing)
{
    int heap = find_heap();
    run(&dynamic, (double[]){0, 1}, 2, fixed_us(0), heap);
    int32_t calls = script.calls;
    struct fixture_log free_report = report;
    report = (struct fixture_log){0};
    run(&dynamic, (double[]){0, 1}, 2, (struct decision_cost){0}, heap);
    ck_assert_int_eq(script.calls, 2 * calls);
    ck_assert_int_eq((int)report.count, (int)free_report.count);
    ck_assert_mem_eq(report.rows, free_report.rows, report.count * sizeof *report.rows);
    fixture_log_finish(&free_report);
}
END_TEST

START_TEST(a_plan_is_paid_for_once_per_task_and_the_old_one_is_followed_meanwhile)
{
    /* Planned in 6 us: a and b of job 0 from 6 and 16. Job 1 comes at 13 and takes its place before
     * what has not started by then, at 13 + 6; b of job 0 has, at 16. */
    run(&planner, (double[]){0, 13}, 2, fixed_us(3), _i);
    expect_start(0, 0, 6);
    expect_start(0, 1, 16);
    expect_start(1, 0, 26);
    expect_start(1, 1, 36);
    ck_assert_int_eq(result.tasks_done, 4);
}
END_TEST

START_TEST(a_plan_may_be_overtaken_by_the_end_of_its_last_task)
{
    /* Job 1 comes at 25 and is planned for 6 us, with b of job 0, which ends at 26 meanwhile. */
    run(&planner, (double[]){0, 15.5, 25}, 3, fixed_us(3), _i);
    expect_start(0, 1, 16);
    expect_start(1, 0, 26);
    ck_assert_int_eq(result.jobs_done, 3);
}
END_TEST

START_TEST(one_call_in_so_many_is_measured_and_stands_for_the_others)
{
    double arrivals_us[20];
    for (int32_t i = 0; i < 20; i++)
        arrivals_us[i] = 100 * i;
    script.time_one_in = 4;
    script.is_slow = true;
    run(&dynamic, arrivals_us, 20, (struct decision_cost){DECISION_FREE, 0}, find_heap());
    ck_assert_int_eq(result.epochs, script.calls);
    ck_assert_int_ge(result.timed_calls, script.calls / 4 - 1);
    ck_assert_int_le(result.timed_calls, script.calls / 4 + 1);
    ck_assert_double_ge(result.decide_s, 1e-3 * script.calls);

    script.time_one_in = script.calls = 0;
    run(&dynamic, arrivals_us, 1, (struct decision_cost){DECISION_FREE, 0}, find_heap());
    ck_assert_int_eq(result.timed_calls, 0);
    ck_assert(result.decide_s == 0);
}
END_TEST

START_TEST(a_measured_cost_is_the_wall_time_of_the_call)
{
    script.is_slow = true;
    run(&dynamic, (double[]){0}, 1, (struct decision_cost){.kind = DECISION_MEASURED}, _i);
    double start_us = tick_to_us(fixture_find(&report, 0, 0)->start_ps);
    ck_assert_double_ge(start_us, 1000);
    ck_assert_double_ge(1e6 * result.decide_s, start_us);
}
END_TEST

/* The key as an experiment file has it; the fault's text, NULL if there is none. */
static const char *read_key(const char *value, struct decision_cost *cost)
{
    static struct fault fault;
    fault = FAULT_NONE;
    const char *text = arena_printf(arena, "{decision_cost: %s}", value);
    struct yaml_node *root = yaml_parse(arena, "test.yaml", text, &fault);
    const struct yaml_node *node = root == NULL ? NULL : yaml_get(root, "decision_cost");
    if (node != NULL && node->type != YAML_MAP)
        return "not a map";
    if (!decision_cost_check(node, &fault))
        return fault.what;
    *cost = decision_cost_read(node);
    return NULL;
}

START_TEST(the_key_takes_a_kind_or_a_time)
{
    struct decision_cost cost;
    ck_assert_ptr_null(read_key("{kind: none}", &cost));
    ck_assert_int_eq(cost.kind, DECISION_FREE);
    ck_assert_ptr_null(read_key("{kind: measured}", &cost));
    ck_assert_int_eq(cost.kind, DECISION_MEASURED);
    ck_assert_ptr_null(read_key("{fixed_us: 2.5}", &cost));
    ck_assert_int_eq(cost.kind, DECISION_FIXED);
    ck_assert_int_eq(cost.fixed_ps, 5 * US / 2);
    assert_holds(read_key("{kind: none, fixed_us: 2}", &cost), "either");
    assert_holds(read_key("{}", &cost), "either");
    ck_assert_int_eq(decision_cost_read(NULL).kind, DECISION_FREE);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("decision_cost");
    TCase *both = tcase_create("on both engines");
    tcase_add_checked_fixture(both, set_up, tear_down);
    tcase_add_loop_test(both, a_call_takes_effect_after_the_time_of_all_that_it_assigns, 0, 2);
    tcase_add_loop_test(both, who_thinks_is_not_asked_before_he_has_answered, 0, 2);
    tcase_add_test(both, a_cost_of_nothing_changes_nothing);
    tcase_add_test(both, one_call_in_so_many_is_measured_and_stands_for_the_others);
    tcase_add_loop_test(
        both, a_plan_is_paid_for_once_per_task_and_the_old_one_is_followed_meanwhile, 0, 2);
    tcase_add_loop_test(both, a_plan_may_be_overtaken_by_the_end_of_its_last_task, 0, 2);
    tcase_add_loop_test(both, a_measured_cost_is_the_wall_time_of_the_call, 0, 2);
    suite_add_tcase(suite, both);
    TCase *key = tcase_create("key");
    tcase_add_checked_fixture(key, set_up, tear_down);
    tcase_add_test(key, the_key_takes_a_kind_or_a_time);
    suite_add_tcase(suite, key);
    return suite;
}
