/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PEs fail: dates by hand (docs/decisions/0024); long streams are in test_endurance.c. */
#include <string.h>

#include "base/tick.h"
#include "sched/registry.h"
#include "test/fixture.h"
#include "test/suite.h"

#define US TICK_PER_US

enum { LINES = 32 };

/* One attempt of a task, or its end without one. */
struct line {
    char what; /* d done, a aborted, f failed */
    int32_t job, task, pe, attempt;
    int64_t ready_ps, start_ps, finish_ps;
};

static struct arena *arena;
static struct line lines[LINES];
static int32_t line_count;
static char reasons[4][160];
static int32_t reason_count;
static int32_t most; /* jobs in flight; 0: no limit */
static struct world_result result;
static struct fault fault;

static void add_line(char what, const struct observed_task *observed)
{
    const struct view_task *task = observed->task;
    if (line_count == LINES)
        return;
    lines[line_count++] =
        (struct line){what,          observed->job_id, task->index,    task->pe,
                      task->attempt, task->ready_ps,   task->start_ps, task->finish_ps};
}

static void on_done(void *self, const struct observed_task *observed)
{
    (void)self;
    add_line('d', observed);
}

static void on_aborted(void *self, const struct observed_task *observed)
{
    (void)self;
    add_line('a', observed);
}

static void on_failed(void *self, int64_t now_ps, const struct observed_task *observed)
{
    (void)self, (void)now_ps;
    add_line('f', observed);
}

static void on_job_failed(void *self, const struct observed_job *job, const char *reason)
{
    (void)self, (void)job;
    strcpy(reasons[reason_count++], reason);
}

static void check_line(int32_t which, char what, int32_t task, int32_t pe, int64_t ready_us,
                       int64_t start_us, int64_t finish_us)
{
    ck_assert_int_lt(which, line_count);
    const struct line *line = &lines[which];
    ck_assert_int_eq(line->what, what);
    ck_assert_int_eq(line->task, task);
    if (what == 'f')
        return;
    ck_assert_int_eq(line->pe, pe);
    ck_assert_int_eq(line->ready_ps, ready_us * US);
    ck_assert_int_eq(line->start_ps, start_us * US);
    ck_assert_int_eq(line->finish_ps, finish_us * US);
}

/* Runs jobs of one app. */
static bool run(const char *engine, const char *policy, const struct soc *soc, struct app *app,
                const struct fixture_scenario *source, double *energy_uj)
{
    static const struct observer observer = {.on_task_done = on_done,
                                             .on_task_aborted = on_aborted,
                                             .on_task_failed = on_failed,
                                             .on_job_failed = on_job_failed};
    struct scenario scenario = fixture_scenario(source);
    const struct world_setup setup = {
        .soc = soc,
        .binds = fixture_bind(arena, soc, &app, 1),
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find(engine),
        .policy = sched_find(policy),
        .max_in_flight = most,
        .observers = &observer,
        .observer_count = 1,
        .energy_uj = energy_uj,
    };
    line_count = reason_count = 0;
    fault = FAULT_NONE;
    return world_run(&setup, &result, &fault);
}

static const char *const engines[] = {"heap", "simgrid"};

/* Two tasks in a row, 100 us and 50 us on K0, three times as long on K1; 400 bytes between them. */
static struct app *make_chain(bool is_k1_capable)
{
    const struct fixture_task tasks[] = {{"first", {100, is_k1_capable ? 300 : -1}},
                                         {"second", {50, is_k1_capable ? 150 : -1}}};
    const struct fixture_edge edges[] = {{0, 1, 400}};
    return fixture_app(arena, "chain", 2, tasks, 2, edges, 1);
}

/* K0_0 and K1_1; 10 bytes per us between them. */
static struct soc *make_pair(void)
{
    return fixture_soc(arena, 2, (int32_t[]){1, 1}, 10);
}

START_TEST(a_task_whose_pe_goes_down_starts_again_elsewhere)
{
    const struct arrival_row rows[] = {{0}};
    const struct failures_listed list[] = {{0, 60 * US, 1000 * US}};
    const struct fixture_scenario source = {
        .rows = rows, .row_count = 1, .failures = {.list = list, .count = 1}};
    ck_assert_msg(run(engines[_i], "eft", make_pair(), make_chain(true), &source, NULL), "%s",
                  fault.what);
    check_line(0, 'a', 0, 0, 0, 0, 60);
    check_line(1, 'd', 0, 1, 60, 60, 360);
    /* K0 is down until 1000: there it would end at 1050 + 40 us of transfer */
    check_line(2, 'd', 1, 1, 360, 360, 510);
    ck_assert_int_eq(line_count, 3);
    ck_assert_int_eq(lines[0].attempt, 1);
    ck_assert_int_eq(lines[1].attempt, 2);
    ck_assert_int_eq(result.tasks_aborted, 1);
    ck_assert_int_eq(result.jobs_done, 1);
}
END_TEST

START_TEST(a_task_that_no_other_pe_can_run_waits_for_the_repair)
{
    const struct arrival_row rows[] = {{0}};
    const struct failures_listed list[] = {{0, 120 * US, 200 * US}};
    const struct fixture_scenario source = {
        .rows = rows, .row_count = 1, .failures = {.list = list, .count = 1}};
    const char *const policies[] = {"eft", "heft", "srpt_lb", "ds3_heft"};
    for (int i = 0; i < 4; i++) {
        if (_i == 1 && i > 0)
            break; /* SimGrid has one engine per process */
        ck_assert_msg(run(engines[_i], policies[i], make_pair(), make_chain(false), &source, NULL),
                      "%s: %s", policies[i], fault.what);
        check_line(0, 'd', 0, 0, 0, 0, 100);
        check_line(1, 'a', 1, 0, 100, 100, 120);
        check_line(2, 'd', 1, 0, 200, 200, 250); /* what `first` has left survives on the PE */
    }
}
END_TEST

START_TEST(inputs_are_sent_again_to_a_task_that_starts_again)
{
    const struct arrival_row rows[] = {{0}};
    /* `second` is fastest on K1, 40 us away from what `first` leaves on K0 */
    const struct fixture_task tasks[] = {{"first", {100, -1}}, {"second", {500, 20}}};
    const struct fixture_edge edges[] = {{0, 1, 400}};
    struct app *app = fixture_app(arena, "chain", 2, tasks, 2, edges, 1);
    const struct failures_listed list[] = {{1, 150 * US, 155 * US}};
    const struct fixture_scenario source = {
        .rows = rows, .row_count = 1, .failures = {.list = list, .count = 1}};
    ck_assert_msg(run("heap", "eft", make_pair(), app, &source, NULL), "%s", fault.what);
    check_line(1, 'a', 1, 1, 100, 140, 150);
    /* at 150 only K0 is up, and has the data */
    check_line(2, 'd', 1, 0, 150, 150, 650);
    struct soc *two = fixture_soc(arena, 2, (int32_t[]){1, 2}, 10);
    ck_assert(run("heap", "eft", two, app, &source, NULL));
    check_line(1, 'a', 1, 1, 100, 140, 150);
    check_line(2, 'd', 1, 2, 150, 190, 210); /* 40 us from 150 on, then 20 us */
}
END_TEST

START_TEST(a_queue_is_handed_back_and_the_same_attempt_goes_elsewhere)
{
    const struct arrival_row rows[] = {{0}, {0}};
    const struct fixture_task tasks[] = {{"only", {100, 300}}};
    struct app *app = fixture_app(arena, "single", 2, tasks, 1, NULL, 0);
    const struct failures_listed list[] = {{0, 60 * US, TICK_NEVER}};
    const struct fixture_scenario source = {
        .rows = rows, .row_count = 2, .failures = {.list = list, .count = 1}};
    ck_assert_msg(run(engines[_i], "eft", make_pair(), app, &source, NULL), "%s", fault.what);
    check_line(0, 'a', 0, 0, 0, 0, 60);
    check_line(1, 'd', 0, 1, 60, 60, 360);
    check_line(2, 'd', 0, 1, 60, 360, 660);
    ck_assert_int_eq(lines[1].job, 0); /* data_ready: the older job first */
    ck_assert_int_eq(lines[1].attempt, 2);
    ck_assert_int_eq(lines[2].attempt, 1);
}
END_TEST

START_TEST(a_job_fails_as_soon_as_no_pe_is_left_for_a_task_of_it)
{
    const struct arrival_row rows[] = {{0}, {.at_ps = 500 * US}};
    const struct failures_listed list[] = {{0, 60 * US, TICK_NEVER}};
    const struct fixture_scenario source = {
        .rows = rows, .row_count = 2, .failures = {.list = list, .count = 1}};
    const struct fixture_task tasks[] = {{"first", {-1, 100}}, {"second", {50, -1}}};
    const struct fixture_edge edges[] = {{0, 1, 400}};
    struct app *app = fixture_app(arena, "chain", 2, tasks, 2, edges, 1);
    ck_assert_msg(run(engines[_i], "heft", make_pair(), app, &source, NULL), "%s", fault.what);
    /* job 0 is given up while `first` runs on K1; job 1 at its arrival */
    check_line(0, 'a', 0, 1, 0, 0, 60);
    check_line(1, 'f', 0, 0, 0, 0, 0);
    check_line(2, 'f', 1, 0, 0, 0, 0);
    ck_assert_int_eq(lines[1].finish_ps, 60 * US);
    check_line(3, 'f', 0, 0, 0, 0, 0);
    check_line(4, 'f', 1, 0, 0, 0, 0);
    ck_assert_int_eq(lines[4].finish_ps, 500 * US);
    ck_assert_int_eq(line_count, 5);
    ck_assert_int_eq(result.jobs_failed, 2);
    ck_assert_int_eq(result.jobs_done, 0);
    ck_assert_str_eq(reasons[0], "no PE is left that can run second");
}
END_TEST

START_TEST(a_job_that_fails_lets_the_next_one_in)
{
    const struct arrival_row rows[] = {{0}, {.at_ps = 20 * US}, {.at_ps = 30 * US}};
    const struct failures_listed list[] = {{0, 60 * US, TICK_NEVER}};
    const struct fixture_scenario source = {
        .rows = rows, .row_count = 3, .failures = {.list = list, .count = 1}};
    const struct fixture_task tasks[] = {{"only", {100, -1}}};
    struct app *app = fixture_app(arena, "single", 2, tasks, 1, NULL, 0);
    most = 1;
    bool is_done = run("heap", "etf", make_pair(), app, &source, NULL);
    most = 0;
    ck_assert_msg(is_done, "%s", fault.what);
    ck_assert_int_eq(result.jobs_failed, 3); /* the others come in at 60 and at 70, in vain */
    check_line(0, 'a', 0, 0, 0, 0, 60);
    ck_assert_int_eq(lines[2].job, 1);
    ck_assert_int_eq(lines[2].finish_ps, 60 * US);
    ck_assert_int_eq(lines[3].job, 2);
    ck_assert_int_eq(lines[3].finish_ps, 70 * US);
}
END_TEST

START_TEST(a_task_that_can_never_be_done_in_time_is_given_up)
{
    const struct arrival_row rows[] = {{0}};
    const struct fixture_task tasks[] = {{"long", {1e6, -1}}};
    struct app *app = fixture_app(arena, "single", 2, tasks, 1, NULL, 0);
    const struct fixture_scenario source = {
        .rows = rows, .row_count = 1, .failures = {.mtbf_us = 10, .repair_us = 1}};
    ck_assert_msg(run("heap", "heft", make_pair(), app, &source, NULL), "%s", fault.what);
    ck_assert_int_eq(result.jobs_failed, 1);
    ck_assert_str_eq(reasons[0], "PEs went down under long 1000 times");
}
END_TEST

/* What `first` leaves on K0 takes 40 us to K1, which is up for 1 us on average; it is sent when
 * `second` has its PE, or sent already. */
START_TEST(data_that_can_never_come_in_time_is_given_up_where_it_has_to_be_sent_again)
{
    const struct arrival_row rows[] = {{0}};
    static const bool is_fragile[] = {false, true};
    const struct fixture_task tasks[] = {{"first", {100, -1}}, {"second", {-1, 0}}};
    const struct fixture_edge edges[] = {{0, 1, 400}};
    struct app *app = fixture_app(arena, "chain", 2, tasks, 2, edges, 1);
    const struct fixture_scenario source = {
        .rows = rows,
        .row_count = 1,
        .failures = {.mtbf_us = 1, .repair_us = 1, .is_fragile = is_fragile}};
    struct soc *soc = make_pair();
    soc->at_assign = true;
    ck_assert_msg(run("heap", "eft", soc, app, &source, NULL), "%s", fault.what);
    ck_assert_int_eq(result.jobs_failed, 1);
    ck_assert_str_eq(reasons[0], "data of second was lost on its way 1000 times");
    soc->at_assign = false;
    ck_assert_msg(run("heap", "eft", soc, app, &source, NULL), "%s", fault.what);
    ck_assert_int_eq(result.jobs_failed, 0);
    ck_assert_int_ge(lines[1].start_ps, 140 * US);
}
END_TEST

START_TEST(a_pe_that_is_down_draws_nothing)
{
    const struct arrival_row rows[] = {{0}};
    const struct failures_listed list[] = {{0, 60 * US, 100 * US}};
    const struct fixture_scenario source = {
        .rows = rows, .row_count = 1, .failures = {.list = list, .count = 1}};
    struct soc *soc = make_pair();
    double energy_uj[2];
    soc->has_power = true;
    soc->kinds[0].power = (struct soc_power){.dynamic_mw = 1000, .static_mw = 100};
    soc->kinds[1].power = (struct soc_power){.dynamic_mw = 1000, .static_mw = 100};
    const struct fixture_task tasks[] = {{"only", {100, -1}}};
    struct app *app = fixture_app(arena, "single", 2, tasks, 1, NULL, 0);
    ck_assert_msg(run("heap", "eft", soc, app, &source, energy_uj), "%s", fault.what);
    check_line(1, 'd', 0, 0, 100, 100, 200);
    ck_assert_double_eq_tol(energy_uj[0], 1.1 * 160, 1e-9); /* uJ: 1.1 W for 60 + 100 us */
    ck_assert_double_eq_tol(energy_uj[1], 0.1 * 200, 1e-9);
}
END_TEST

/* A task of 10 us, after the load of 32 bytes at 8 per us. */
static bool run_with_weights(const struct fixture_scenario *source)
{
    static const struct app_kernel kernel = {.mac = 10, .weight_bytes = 32, .touched_bytes = 32};
    struct soc *soc = make_pair();
    soc->kinds[0].profile = (struct soc_profile){.mac_per_us = 1,
                                                 .efficiency = {1, 1, 1},
                                                 .memory_bytes_per_us = 8,
                                                 .io_bytes_per_us = 8,
                                                 .local_bytes = 64};
    const struct fixture_task tasks[] = {{"only", {1, -1}}};
    struct app *app = fixture_app(arena, "single", 2, tasks, 1, NULL, 0);
    app->kernels = arena_zeroed(arena, 1, sizeof *app->kernels);
    app->kernels[0] = &kernel;
    app->kinds[0].cost_count = 0;
    return run("heap", "eft", soc, app, source, NULL);
}

START_TEST(weights_are_loaded_again_after_a_repair)
{
    const struct arrival_row rows[] = {{0}, {.at_ps = 100 * US}};
    const struct failures_listed list[] = {{0, 50 * US, 60 * US}};
    const struct fixture_scenario source = {
        .rows = rows, .row_count = 2, .failures = {.list = list, .count = 1}};
    ck_assert_msg(run_with_weights(&source), "%s", fault.what);
    check_line(0, 'd', 0, 0, 0, 0, 14);
    check_line(1, 'd', 0, 0, 100, 100, 114);
    ck_assert_double_eq(result.loaded_bytes, 64);
}
END_TEST

START_TEST(weights_count_as_far_as_they_have_come_when_a_pe_goes_down)
{
    const struct arrival_row rows[] = {{0}};
    const struct failures_listed list[] = {{0, 3 * US, 10 * US}};
    const struct fixture_scenario source = {
        .rows = rows, .row_count = 1, .failures = {.list = list, .count = 1}};
    ck_assert_msg(run_with_weights(&source), "%s", fault.what);
    check_line(0, 'a', 0, 0, 0, 0, 3);
    check_line(1, 'd', 0, 0, 10, 10, 24);
    ck_assert_double_eq(result.loaded_bytes, 3 * 8 + 32);
}
END_TEST

/* Assigns to PE 0 whatever happens. */
static void decide_badly(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    for (int32_t i = 0; i < view->ready_count; i++)
        decide_assign(decisions, view->ready[i], 0);
}

static void decide_nothing(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self, (void)view, (void)decisions;
}

static bool run_policy(const struct policy_kind *policy, const struct fixture_scenario *source)
{
    struct scenario scenario = fixture_scenario(source);
    const struct soc *soc = make_pair();
    struct app *app = make_chain(true);
    const struct world_setup setup = {
        .soc = soc,
        .binds = fixture_bind(arena, soc, &app, 1),
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find("heap"),
        .policy = policy,
    };
    fault = FAULT_NONE;
    return world_run(&setup, &result, &fault);
}

START_TEST(to_assign_to_a_pe_that_is_down_is_illegal)
{
    static const struct policy_kind bad = {
        .name = "bad", .discipline = POLICY_DATA_READY, .decide = decide_badly};
    const struct arrival_row rows[] = {{0}};
    const struct failures_listed list[] = {{0, 60 * US, 1000 * US}};
    const struct fixture_scenario source = {
        .rows = rows, .row_count = 1, .failures = {.list = list, .count = 1}};
    ck_assert(!run_policy(&bad, &source));
    assert_holds(fault.what, "'bad': job 0 task first may not be given to PE");
    assert_holds(fault.what, "it is down");
}
END_TEST

START_TEST(failures_do_not_hide_a_deadlock)
{
    static const struct policy_kind idle = {
        .name = "idle", .discipline = POLICY_DATA_READY, .decide = decide_nothing};
    const struct arrival_row rows[] = {{0}};
    const struct fixture_scenario source = {
        .rows = rows, .row_count = 1, .failures = {.mtbf_us = 10, .repair_us = 1000}};
    ck_assert(!run_policy(&idle, &source));
    ck_assert_int_eq(result.status, WORLD_DEADLOCK);
}
END_TEST

static void set_up(void)
{
    arena = arena_create();
}

static void tear_down(void)
{
    arena_destroy(arena);
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("outages");
    TCase *tests = tcase_create("by hand");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, a_task_whose_pe_goes_down_starts_again_elsewhere, 0, 2);
    tcase_add_loop_test(tests, a_task_that_no_other_pe_can_run_waits_for_the_repair, 0, 2);
    tcase_add_test(tests, inputs_are_sent_again_to_a_task_that_starts_again);
    tcase_add_loop_test(tests, a_queue_is_handed_back_and_the_same_attempt_goes_elsewhere, 0, 2);
    tcase_add_loop_test(tests, a_job_fails_as_soon_as_no_pe_is_left_for_a_task_of_it, 0, 2);
    tcase_add_test(tests, a_job_that_fails_lets_the_next_one_in);
    tcase_add_test(tests, a_task_that_can_never_be_done_in_time_is_given_up);
    tcase_add_test(tests,
                   data_that_can_never_come_in_time_is_given_up_where_it_has_to_be_sent_again);
    tcase_add_test(tests, a_pe_that_is_down_draws_nothing);
    tcase_add_test(tests, weights_are_loaded_again_after_a_repair);
    tcase_add_test(tests, weights_count_as_far_as_they_have_come_when_a_pe_goes_down);
    tcase_add_test(tests, to_assign_to_a_pe_that_is_down_is_illegal);
    tcase_add_test(tests, failures_do_not_hide_a_deadlock);
    suite_add_tcase(suite, tests);
    return suite;
}
