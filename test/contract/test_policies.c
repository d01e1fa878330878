/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every registered scheduler promises, whichever it is: a new one is held to it unasked. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "sched/registry.h"
#include "sim/scenario_drawn.h"
#include "test/fixture.h"
#include "test/suite.h"

enum { APPS = 3, CASES = 20 };

/* A generated machine with apps and a noisy Poisson stream. */
struct scene {
    struct arena *arena;
    struct soc *soc;
    struct bind *binds;
    struct arrivals arrivals;
    struct scenario_drawn drawn;
    struct scenario scenario;
};

static void make_scene(struct scene *scene, uint32_t number)
{
    static const double shares[APPS] = {0.5, 0.75, 1};
    struct random_stream stream = random_open(11, 0, RANDOM_TEST, number, 0);
    scene->arena = arena_create();
    int32_t pes_of[] = {1 + (int32_t)random_below(&stream, 3),
                        1 + (int32_t)random_below(&stream, 3)};
    scene->soc = fixture_soc(scene->arena, 2, pes_of, 5);
    struct app *apps[APPS] = {0};
    for (int32_t i = 0; i < APPS; i++)
        apps[i] = fixture_random_app(scene->arena, &stream, 2, 15, number % 2 == 0);
    for (int32_t i = 1; i < APPS; i++)
        fixture_add_branches(scene->arena, &stream, apps[i]);
    fixture_add_weights(scene->arena, &stream, apps[2], scene->soc);
    scene->binds = fixture_bind(scene->arena, scene->soc, apps, APPS);
    scene->arrivals =
        (struct arrivals){.kind = arrivals_find("poisson"), .mean_interarrival_us = 40};
    scene->drawn = (struct scenario_drawn){
        .seed = number,
        .jobs = 25,
        .arrivals = &scene->arrivals,
        .app_share = shares,
        .app_count = APPS,
        .noise = {.exec = {.dist = NOISE_LOGNORMAL, .sigma = 0.4}},
    };
    scene->scenario = scenario_drawn(&scene->drawn);
}

static void run(const struct scene *scene, const struct policy_kind *policy,
                struct fixture_log *log)
{
    struct observer observer = fixture_observer(log);
    struct world_setup setup = {
        .soc = scene->soc,
        .binds = scene->binds,
        .bind_count = APPS,
        .scenario = &scene->scenario,
        .engine = engine_find("heap"),
        .policy = policy,
        .file = fixture_policy_file(scene->arena, policy),
        .observers = &observer,
        .observer_count = 1,
        .prefetch = (int32_t)scene->drawn.seed % 3,
        .seed = scene->drawn.seed,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s: %s", policy->name, fault.what);
}

static int compare_rows(const void *left, const void *right)
{
    const struct fixture_row *a = left, *b = right;
    return a->job != b->job ? a->job - b->job : a->task - b->task;
}

/* How many samples of a job pass a task and use an edge. */
static int32_t samples_of(const struct bind *bind, const struct route *route, int32_t task)
{
    return bind->app->branch_count == 0 ? bind->app->batch : route->task_samples[task];
}

static int32_t edge_samples_of(const struct bind *bind, const struct route *route, int32_t edge)
{
    return bind->app->branch_count == 0 ? bind->app->batch : route->edge_samples[edge];
}

/* Turns the previous arrival into the next one and finds the route of its job. */
static bool next_job(const struct scene *scene, struct arrival *arrival, struct route *route)
{
    if (!scene->scenario.next_arrival(scene->scenario.source, arrival))
        return false;
    const struct app *app = scene->binds[arrival->app].app;
    if (app->branch_count > 0)
        scene->scenario.route(scene->scenario.source, arrival->job, app, route);
    return true;
}

START_TEST(every_task_that_has_samples_runs_once_on_a_pe_that_can_and_no_other_runs)
{
    for (uint32_t number = 0; number < (uint32_t)suite_cases(CASES); number++) {
        struct scene scene;
        make_scene(&scene, number);
        struct fixture_log log = {0};
        run(&scene, sched_registry[_i], &log);
        qsort(log.rows, log.count, sizeof *log.rows, compare_rows);
        struct arrival arrival = ARRIVAL_BEFORE_FIRST;
        struct route route = {0};
        size_t row = 0;
        while (next_job(&scene, &arrival, &route)) {
            const struct bind *bind = &scene.binds[arrival.app];
            for (int32_t task = 0; task < bind->app->task_count; task++) {
                if (samples_of(bind, &route, task) == 0)
                    continue;
                ck_assert_uint_lt(row, log.count);
                ck_assert_int_eq(log.rows[row].job, arrival.job);
                ck_assert_int_eq(log.rows[row].task, task);
                ck_assert(bind_cost_ps(bind, task, log.rows[row].pe) != BIND_INCAPABLE);
                ck_assert_int_ge(log.rows[row].ready_ps, arrival.at_ps);
                row++;
            }
        }
        ck_assert_uint_eq(row, log.count);
        route_finish(&route);
        fixture_log_finish(&log);
        arena_destroy(scene.arena);
    }
}
END_TEST

START_TEST(no_task_starts_before_the_data_of_its_predecessors_is_there)
{
    for (uint32_t number = 0; number < (uint32_t)suite_cases(CASES); number++) {
        struct scene scene;
        make_scene(&scene, number);
        struct fixture_log log = {0};
        run(&scene, sched_registry[_i], &log);
        qsort(log.rows, log.count, sizeof *log.rows, compare_rows);
        struct arrival arrival = ARRIVAL_BEFORE_FIRST;
        struct route route = {0};
        while (next_job(&scene, &arrival, &route)) {
            const struct bind *bind = &scene.binds[arrival.app];
            for (int32_t task = 0; task < bind->app->task_count; task++) {
                const struct app_task *what = &bind->app->tasks[task];
                const struct fixture_row *row = fixture_find(&log, arrival.job, task);
                for (int32_t i = 0; row != NULL && i < what->pred_count; i++) {
                    const struct app_edge *pred = &bind->app->preds[what->first_pred + i];
                    const struct fixture_row *from = fixture_find(&log, arrival.job, pred->task);
                    if (from == NULL)
                        continue;
                    int64_t delay_ps = bind_sized_delay_ps(
                        bind, pred->edge, soc_lane(scene.soc, from->pe, row->pe),
                        edge_samples_of(bind, &route, pred->edge));
                    ck_assert_int_ge(row->start_ps, from->finish_ps + delay_ps);
                }
            }
        }
        route_finish(&route);
        fixture_log_finish(&log);
        arena_destroy(scene.arena);
    }
}
END_TEST

START_TEST(a_pe_runs_one_task_at_a_time)
{
    for (uint32_t number = 0; number < (uint32_t)suite_cases(CASES); number++) {
        struct scene scene;
        make_scene(&scene, number);
        struct fixture_log log = {0};
        run(&scene, sched_registry[_i], &log);
        int64_t free_ps[16] = {0}; /* rows are in the order of finishing */
        for (size_t i = 0; i < log.count; i++) {
            ck_assert_int_ge(log.rows[i].start_ps, free_ps[log.rows[i].pe]);
            free_ps[log.rows[i].pe] = log.rows[i].finish_ps;
        }
        fixture_log_finish(&log);
        arena_destroy(scene.arena);
    }
}
END_TEST

START_TEST(the_same_trial_gives_the_same_schedule_again)
{
    for (uint32_t number = 0; number < (uint32_t)suite_cases(CASES); number++) {
        struct scene scene;
        make_scene(&scene, number);
        struct fixture_log first = {0}, second = {0};
        run(&scene, sched_registry[_i], &first);
        run(&scene, sched_registry[_i], &second);
        ck_assert_uint_eq(first.count, second.count);
        for (size_t i = 0; i < first.count; i++) {
            ck_assert_int_eq(first.rows[i].task, second.rows[i].task);
            ck_assert_int_eq(first.rows[i].pe, second.rows[i].pe);
            ck_assert_int_eq(first.rows[i].finish_ps, second.rows[i].finish_ps);
        }
        fixture_log_finish(&first);
        fixture_log_finish(&second);
        arena_destroy(scene.arena);
    }
}
END_TEST

START_TEST(arrivals_and_noise_are_the_draws_of_the_scenario_under_every_scheduler)
{
    for (uint32_t number = 0; number < (uint32_t)suite_cases(CASES); number++) {
        struct scene scene;
        make_scene(&scene, number);
        struct fixture_log log = {0};
        run(&scene, sched_registry[_i], &log);
        qsort(log.rows, log.count, sizeof *log.rows, compare_rows);
        struct arrival arrival = ARRIVAL_BEFORE_FIRST;
        struct route route = {0};
        size_t row = 0;
        while (next_job(&scene, &arrival, &route)) {
            const struct bind *bind = &scene.binds[arrival.app];
            for (int32_t task = 0; task < bind->app->task_count; task++) {
                int32_t samples = samples_of(bind, &route, task);
                if (samples == 0)
                    continue;
                const struct fixture_row *what = &log.rows[row++];
                double factor = scenario_exec_factor(&scene.scenario, arrival.job, task);
                int32_t kind = scene.soc->pes[what->pe].kind;
                double exec_ps = (double)bind_sized_cost_ps(bind, task, kind, samples) * factor;
                int64_t load_ps =
                    bind->load_ps == NULL ? 0 : bind->load_ps[task * scene.soc->kind_count + kind];
                int64_t more_ps = what->finish_ps - what->start_ps - (int64_t)floor(exec_ps + 0.5);
                ck_assert(more_ps >= 0 && more_ps <= load_ps);
                if (bind->app->tasks[task].pred_count == 0)
                    ck_assert_int_eq(what->ready_ps, arrival.at_ps);
            }
        }
        route_finish(&route);
        fixture_log_finish(&log);
        arena_destroy(scene.arena);
    }
}
END_TEST

/* Hidden outcomes that a test may change between two runs. */
static double hidden_factor;

static double changed_factor(int32_t job, int32_t task)
{
    return 0.2 + hidden_factor * (double)((job * 31 + task * 17) % 13);
}

/* Records what the policy under test says in the first epochs before anything has finished. */
static const struct policy_kind *spied;
static struct decision said[256];
static int32_t said_count;

static void *spy_create(const struct view *view)
{
    return spied->create == NULL ? NULL : spied->create(view);
}

static void spy_destroy(void *self)
{
    if (spied->destroy != NULL)
        spied->destroy(self);
}

static void spy_decide(void *self, const struct view *view, struct decisions *decisions)
{
    spied->decide(self, view, decisions);
    if (view->now_ps > 0)
        return;
    for (int32_t i = 0; i < decisions->count; i++)
        said[said_count++] = decisions->list[i];
    for (int32_t i = 0; i < decisions->plan_count; i++)
        said[said_count++] = decisions->plan[i];
}

START_TEST(outcomes_that_have_not_happened_do_not_change_the_first_decisions)
{
    spied = sched_registry[_i];
    struct policy_kind spy = *spied;
    spy.create = spy_create;
    spy.destroy = spy_destroy;
    spy.decide = spy_decide;
    struct decision before[256];
    int32_t before_count = 0;
    for (int turn = 0; turn < 2; turn++) {
        struct scene scene;
        make_scene(&scene, 1); /* odd: no task of length zero, so nothing finishes at date 0 */
        struct arrival_row rows[] = {{0}, {.app = 1}, {.app = 2}};
        struct fixture_scenario source = {.rows = rows, .row_count = 3, .factor = changed_factor};
        scene.scenario = fixture_scenario(&source);
        hidden_factor = turn == 0 ? 0.1 : 0.7;
        said_count = 0;
        struct fixture_log log = {0};
        run(&scene, &spy, &log);
        if (turn == 0) {
            before_count = said_count;
            memcpy(before, said, sizeof said);
        }
        fixture_log_finish(&log);
        arena_destroy(scene.arena);
    }
    ck_assert_int_gt(said_count, 0);
    ck_assert_int_eq(said_count, before_count);
    ck_assert_mem_eq(said, before, (size_t)said_count * sizeof *said);
}
END_TEST

/* Everything the policy under test says until the first branch of a job is revealed. */
static struct decision told[4096];
static int32_t told_count;
static bool is_revealed;

static void listen_decide(void *self, const struct view *view, struct decisions *decisions)
{
    spied->decide(self, view, decisions);
    for (int32_t i = 0; i < view->finished_count; i++) {
        const struct view_task *task = &view->tasks[view->finished[i]];
        const struct app *app = view_bind(view, view->finished[i])->app;
        is_revealed |= app->branch_count > 0 && app->tasks[task->index].branch >= 0;
    }
    if (is_revealed)
        return;
    for (int32_t i = 0; i < decisions->count && told_count < 4096; i++)
        told[told_count++] = decisions->list[i];
    for (int32_t i = 0; i < decisions->plan_count && told_count < 4096; i++)
        told[told_count++] = decisions->plan[i];
}

START_TEST(a_route_that_has_not_been_revealed_does_not_change_a_decision)
{
    spied = sched_registry[_i];
    struct policy_kind spy = *spied;
    spy.create = spy_create;
    spy.destroy = spy_destroy;
    spy.decide = listen_decide;
    static struct decision before[4096];
    int32_t before_count = 0, total = 0;
    for (uint32_t number = 1; number < (uint32_t)suite_cases(CASES); number += 2) {
        for (uint64_t seed = 0; seed < 3; seed++) {
            struct scene scene;
            make_scene(&scene, number);
            struct arrival_row rows[6] = {{.app = 1}, {.app = 2}, {.app = 2}};
            for (int32_t i = 3; i < 6; i++)
                rows[i] = (struct arrival_row){.at_ps = 9 * TICK_PER_US * i, .app = i % APPS};
            struct fixture_scenario source = {.rows = rows, .row_count = 6, .seed = seed};
            scene.scenario = fixture_scenario(&source);
            told_count = 0;
            is_revealed = false;
            struct fixture_log log = {0};
            run(&scene, &spy, &log);
            if (seed == 0) {
                before_count = told_count;
                memcpy(before, told, sizeof told);
            }
            ck_assert_int_eq(told_count, before_count);
            ck_assert_mem_eq(told, before, (size_t)told_count * sizeof *told);
            total += told_count;
            fixture_log_finish(&log);
            arena_destroy(scene.arena);
        }
    }
    ck_assert_int_gt(total, suite_cases(100));
}
END_TEST

START_TEST(it_describes_itself)
{
    const struct policy_kind *policy = sched_registry[_i];
    ck_assert_int_eq(policy->contract, POLICY_CONTRACT);
    ck_assert_ptr_eq(sched_find(policy->name), policy);
    ck_assert_ptr_null(sched_find("nobody"));
    ck_assert_uint_gt(strlen(policy->summary), 10);
    ck_assert_uint_gt(strlen(policy->source), 3);
    assert_holds(policy->cost, "O(");
    ck_assert((policy->create == NULL) == (policy->destroy == NULL));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("schedulers");
    TCase *contract = tcase_create("contract");
    int count = fixture_policy_count();
    tcase_set_timeout(contract, 60);
    tcase_add_loop_test(contract, it_describes_itself, 0, count);
    tcase_add_loop_test(contract,
                        every_task_that_has_samples_runs_once_on_a_pe_that_can_and_no_other_runs, 0,
                        count);
    tcase_add_loop_test(contract, no_task_starts_before_the_data_of_its_predecessors_is_there, 0,
                        count);
    tcase_add_loop_test(contract, a_pe_runs_one_task_at_a_time, 0, count);
    tcase_add_loop_test(contract, the_same_trial_gives_the_same_schedule_again, 0, count);
    tcase_add_loop_test(
        contract, arrivals_and_noise_are_the_draws_of_the_scenario_under_every_scheduler, 0, count);
    tcase_add_loop_test(contract, outcomes_that_have_not_happened_do_not_change_the_first_decisions,
                        0, count);
    tcase_add_loop_test(contract, a_route_that_has_not_been_revealed_does_not_change_a_decision, 0,
                        count);
    suite_add_tcase(suite, contract);
    return suite;
}
