/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Branches in the world: a job of a 3-block trellis, by hand, and what its policy is shown when.
 *
 * Blocks take 1 us + 2 us per sample, routers 1 us per sample, the end 1 us. Data is 1 byte per
 * sample, 1 us between different PEs. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/tick.h"
#include "sim/world.h"
#include "test/fixture.h"
#include "test/suite.h"

enum { B0, R0, B1, R1 = 4, B2, END = 7, TASKS, PES = 2 };

#define US TICK_PER_US

static const char *const names[TASKS] = {"B0", "R0", "B1_0", "B1_1", "R1", "B2_0", "B2_1", "end"};
static const struct fixture_edge edges[] = {
    {B0, R0, 1}, {R0, B1, 1},     {R0, B1 + 1, 1}, {B1, R1, 1},      {B1 + 1, R1, 1},
    {R1, B2, 1}, {R1, B2 + 1, 1}, {B2, END, 1},    {B2 + 1, END, 1},
};
enum { EDGES = sizeof edges / sizeof *edges };
static const int32_t when[EDGES] = {-1, 0, 1, -1, -1, 0, 1, -1, -1};

static struct arena *arena;
static struct soc *soc;
static struct bind *binds;
static const int32_t *pe_of; /* [task] what the policy under test does */
static int32_t left;         /* samples that go left at both routers; the others go right */

static void begin(void)
{
    arena = arena_create();
    soc = fixture_soc(arena, 1, (int32_t[]){PES}, 1);
}

static void end(void)
{
    arena_destroy(arena);
}

static struct app *make_app(int32_t batch)
{
    static const double halves[] = {0.5, 0.5};
    static const double one = 1.0;
    struct fixture_task tasks[TASKS];
    for (int32_t i = 0; i < TASKS; i++)
        tasks[i] = (struct fixture_task){names[i], {i == R0 || i == R1 || i == END ? 1 : 2}};
    struct app *app = fixture_app(arena, "trellis", 1, tasks, TASKS, edges, EDGES);
    for (int32_t i = 0; i < TASKS; i++) {
        struct app_cost *cost = arena_zeroed(arena, 1, sizeof *cost);
        *cost = app->kinds[i].costs[0];
        cost->fixed_us = i == R0 || i == R1 ? 0 : 1;
        if (i == END)
            cost->exec_us = 0;
        app->kinds[i].costs = cost;
    }
    app->batch = batch;
    app->classes = (struct app_classes){.count = 1, .shares = &one};
    app->branch_count = 2;
    app->branches = arena_zeroed(arena, 2, sizeof *app->branches);
    app->branches[0] = (struct app_branch){R0, 2, halves};
    app->branches[1] = (struct app_branch){R1, 2, halves};
    app->tasks[R0].branch = 0;
    app->tasks[R1].branch = 1;
    app->when = arena_zeroed(arena, EDGES, sizeof *app->when);
    memcpy(app->when, when, sizeof when);
    return app;
}

/* A recorded route: `left` samples go left twice. */
static void route_left(const void *source, int32_t job, const struct app *app, struct route *route)
{
    (void)source;
    (void)job;
    route_clear(route, app);
    int32_t right = app->batch - left;
    const int32_t samples[TASKS] = {app->batch, app->batch, left,  right,
                                    app->batch, left,       right, app->batch};
    memcpy(route->task_samples, samples, sizeof samples);
    const int32_t live[EDGES] = {app->batch, left, right, left, right, left, right, left, right};
    memcpy(route->edge_live, live, sizeof live);
    memcpy(route->edge_samples, live, sizeof live);
}

static void pinned_decide(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    for (int32_t i = 0; i < view->ready_count; i++)
        decide_assign(decisions, view->ready[i], pe_of[view->tasks[view->ready[i]].index]);
}

static struct policy_kind pinned = {
    .contract = POLICY_CONTRACT,
    .name = "pinned",
    .discipline = POLICY_DATA_READY,
    .decide = pinned_decide,
};

static bool run(const char *engine, int32_t batch, struct fixture_log *log,
                struct world_result *result)
{
    static const struct arrival_row row = {0};
    struct app *app = make_app(batch);
    binds = fixture_bind(arena, soc, &app, 1);
    struct fixture_scenario source = {.rows = &row, .row_count = 1};
    struct scenario scenario = fixture_scenario(&source);
    scenario.route = route_left;
    struct observer observer = fixture_observer(log);
    struct world_setup setup = {
        .soc = soc,
        .binds = binds,
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find(engine),
        .policy = &pinned,
        .observers = &observer,
        .observer_count = 1,
    };
    struct fault fault = FAULT_NONE;
    bool is_done = world_run(&setup, result, &fault);
    if (!is_done)
        fault_print(&fault, stderr);
    return is_done;
}

static void check_row(const struct fixture_log *log, int32_t task, int64_t start_us,
                      int64_t finish_us)
{
    const struct fixture_row *row = fixture_find(log, 0, task);
    ck_assert_msg(row != NULL, "%s did not run", names[task]);
    ck_assert_int_eq(row->start_ps, start_us * US);
    ck_assert_int_eq(row->finish_ps, finish_us * US);
}

/* All on one PE: 3 + 1 + 3 + 1 + 3 + 1 = 12 us for one sample, whichever way it goes. */
START_TEST(one_sample_on_one_pe_takes_the_sum_of_its_route)
{
    static const int32_t all_first[TASKS] = {0};
    pe_of = all_first;
    left = _i;
    struct fixture_log log = {0};
    struct world_result result;
    ck_assert(run("heap", 1, &log, &result));
    ck_assert_uint_eq(log.count, 6);
    ck_assert_int_eq(result.tasks_done, 6);
    ck_assert_int_eq(result.tasks_skipped, 2);
    ck_assert_ptr_null(fixture_find(&log, 0, left == 1 ? B1 + 1 : B1));
    ck_assert_ptr_null(fixture_find(&log, 0, left == 1 ? B2 + 1 : B2));
    check_row(&log, END, 11, 12);
    fixture_log_finish(&log);
}
END_TEST

/* Five samples, three left and two right. The right blocks run on PE 1, all else on PE 0. By hand:
 * B0 0-11, R0 11-16; left block 16-23, right block behind 2 us of data 18-23; R1 behind 2 us of
 * data from the right 25-30; left 30-37, right 32-37; the end behind 2 us 39-40. */
START_TEST(the_parts_of_a_batch_run_side_by_side_each_with_its_size)
{
    static const int32_t right_second[TASKS] = {0, 0, 0, 1, 0, 0, 1, 0};
    pe_of = right_second;
    left = 3;
    struct fixture_log log = {0};
    struct world_result result;
    ck_assert(run(_i == 0 ? "heap" : "simgrid", 5, &log, &result));
    ck_assert_int_eq(result.tasks_done, 8);
    ck_assert_int_eq(result.tasks_skipped, 0);
    check_row(&log, B0, 0, 11);
    check_row(&log, R0, 11, 16);
    check_row(&log, B1, 16, 23);
    check_row(&log, B1 + 1, 18, 23);
    check_row(&log, R1, 25, 30);
    check_row(&log, B2, 30, 37);
    check_row(&log, B2 + 1, 32, 37);
    check_row(&log, END, 39, 40);
    fixture_log_finish(&log);
}
END_TEST

/* ---- what is shown ---- */

static bool is_done(const struct view *view, int32_t task)
{
    return view->tasks[task].status == TASK_DONE;
}

/* Samples and edges are known when they may be and no sooner; estimates follow. */
static void check_view(void *self, const struct view *view, struct decisions *decisions)
{
    const struct view_job *job = &view->jobs[0];
    const struct bind *bind = &view->binds[0];
    const int32_t right = bind->app->batch - left;
    ck_assert_int_eq(job->edge_live[1], is_done(view, R0) ? left : -1);
    ck_assert_int_eq(job->edge_live[2], is_done(view, R0) ? right : -1);
    ck_assert_int_eq(job->edge_live[5], is_done(view, R1) ? left : -1);
    ck_assert_int_eq(job->edge_live[6], is_done(view, R1) ? right : -1);
    const int32_t blocks[] = {B1, B1 + 1, B2, B2 + 1};
    for (int32_t i = 0; i < 4; i++) {
        int32_t task = blocks[i];
        int32_t samples = i % 2 == 0 ? left : right;
        bool is_known = is_done(view, i < 2 ? R0 : R1);
        ck_assert_int_eq(job->task_samples[task], is_known ? samples : -1);
        ck_assert_double_eq(view_chance(view, task),
                            is_known ? samples > 0 : bind_chance(bind, task));
        if (!is_known)
            ck_assert_int_eq(view_cost_ps(view, task, 0), bind_cost_ps(bind, task, 0));
        else if (samples > 0)
            ck_assert_int_eq(view_cost_ps(view, task, 0), (1 + 2 * samples) * US);
        if (is_known && samples == 0)
            ck_assert_int_eq(view->tasks[task].status, TASK_SKIPPED);
    }
    for (int32_t i = 0; i < view->skipped_count; i++)
        ck_assert_int_eq(view->tasks[view->skipped[i]].status, TASK_SKIPPED);
    pinned_decide(self, view, decisions);
}

START_TEST(a_branch_is_revealed_when_it_ends_and_not_before)
{
    static const int32_t all_first[TASKS] = {0};
    pe_of = all_first;
    struct fixture_log log = {0};
    struct world_result result;
    pinned.decide = check_view;
    for (left = 0; left <= 4; left++)
        ck_assert(run("heap", 4, &log, &result));
    pinned.decide = pinned_decide;
    fixture_log_finish(&log);
}
END_TEST

/* The estimate of a task that may be skipped is the time it takes if it runs, for the samples that
 * it has then on average: 4 * 0.5 / (1 - 0.5^4) = 2.1333 of 4. */
START_TEST(before_that_a_task_is_estimated_as_if_it_runs)
{
    struct app *app = make_app(4);
    binds = fixture_bind(arena, soc, &app, 1);
    ck_assert_double_eq_tol(bind_chance(binds, B1), 0.9375, 1e-12);
    ck_assert_int_eq(bind_cost_ps(binds, B1, 0), tick_from_us(1 + 2 * 4 * 0.5 / 0.9375));
    ck_assert_int_eq(bind_cost_ps(binds, R1, 0), 4 * US);
}
END_TEST

/* One sample: the end 1; B2 3 + 1 of transfer + 1; R1 1 + 1 + 5 on either way; B1 3 + 1 + 7 ...
 * With four samples and ways of equal length, the longest is that length too. */
START_TEST(upward_ranks_are_means_over_the_ways)
{
    struct app *app = make_app(1);
    binds = fixture_bind(arena, soc, &app, 1);
    double rank_ps[TASKS];
    bind_upward_rank(binds, rank_ps);
    ck_assert_double_eq_tol(rank_ps[END], 1.0 * US, 1);
    ck_assert_double_eq_tol(rank_ps[B2], 5.0 * US, 1);
    ck_assert_double_eq_tol(rank_ps[R1], 7.0 * US, 1);
    ck_assert_double_eq_tol(rank_ps[B1], 11.0 * US, 1);
    ck_assert_double_eq_tol(rank_ps[B0], 17.0 * US, 1);
    static const double most_left[] = {0.75, 0.25};
    app->branches[1].probabilities = most_left;
    ((struct app_cost *)app->kinds[B2].costs)->fixed_us = 9; /* 11 against 3 */
    binds = fixture_bind(arena, soc, &app, 1);
    bind_upward_rank(binds, rank_ps);
    ck_assert_double_eq_tol(rank_ps[R1], (2 + 0.75 * 13 + 0.25 * 5) * US, 1);
}
END_TEST

/* The one sample goes left. */
static void route_first(const void *source, int32_t job, const struct app *app, struct route *route)
{
    (void)source, (void)job;
    static const int32_t samples[] = {1, 1, 0}, live[] = {1, 0};
    route_clear(route, app);
    memcpy(route->task_samples, samples, sizeof samples);
    memcpy(route->edge_live, live, sizeof live);
    memcpy(route->edge_samples, live, sizeof live);
}

/* While the gate is open, the only PE goes down that could run what is behind its other door. */
START_TEST(a_job_is_not_given_up_for_a_task_that_it_may_not_need)
{
    static const double halves[] = {0.5, 0.5}, one = 1.0;
    static const int32_t doors[] = {0, 1}, places[] = {1, 1, 0};
    static const struct arrival_row row = {0};
    static const struct failures_listed lost[] = {{0, 5 * US, TICK_NEVER}};
    struct soc *two = fixture_soc(arena, 2, (int32_t[]){1, 1}, 1);
    struct app *app = fixture_app(
        arena, "fork", 2,
        (struct fixture_task[]){{"gate", {-1, 10}}, {"left", {-1, 10}}, {"right", {10, -1}}}, 3,
        (struct fixture_edge[]){{0, 1, 0}, {0, 2, 0}}, 2);
    app->batch = 1;
    app->classes = (struct app_classes){.count = 1, .shares = &one};
    app->branch_count = 1;
    app->branches = arena_zeroed(arena, 1, sizeof *app->branches);
    app->branches[0] = (struct app_branch){0, 2, halves};
    app->tasks[0].branch = 0;
    app->when = arena_zeroed(arena, 2, sizeof *app->when);
    memcpy(app->when, doors, sizeof doors);
    pe_of = places;
    struct fixture_scenario source = {
        .rows = &row, .row_count = 1, .failures = {.list = lost, .count = 1}};
    struct scenario scenario = fixture_scenario(&source);
    scenario.route = route_first;
    struct world_setup setup = {
        .soc = two,
        .binds = fixture_bind(arena, two, &app, 1),
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find("heap"),
        .policy = &pinned,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s", fault.what);
    ck_assert_int_eq(result.jobs_done, 1);
    ck_assert_int_eq(result.jobs_failed, 0);
    ck_assert_int_eq(result.end_ps, 20 * US);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("world route");
    TCase *cases = tcase_create("trellis");
    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, a_job_is_not_given_up_for_a_task_that_it_may_not_need);
    tcase_add_loop_test(cases, one_sample_on_one_pe_takes_the_sum_of_its_route, 0, 2);
    tcase_add_loop_test(cases, the_parts_of_a_batch_run_side_by_side_each_with_its_size, 0, 2);
    tcase_add_test(cases, a_branch_is_revealed_when_it_ends_and_not_before);
    tcase_add_test(cases, before_that_a_task_is_estimated_as_if_it_runs);
    tcase_add_test(cases, upward_ranks_are_means_over_the_ways);
    suite_add_tcase(suite, cases);
    return suite;
}
