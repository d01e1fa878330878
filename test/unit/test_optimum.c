/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The optimum is held against plain enumeration, and its schedules against the rules. */
#include <math.h>
#include <stdlib.h>

#include "analysis/optimum.h"
#include "base/tick.h"
#include "test/fixture.h"
#include "test/suite.h"

enum { CASES = 120, TASKS_MAX = 6, PES_MAX = 3 };

static const struct optimum_limits generous = {.nodes = 10000000, .memory_bytes = 1 << 20};

/* Every order of the tasks, on every PE: no cut of any kind. */
struct enumeration {
    const struct bind *bind;
    int64_t available_ps[PES_MAX];
    int64_t finish_ps[TASKS_MAX];
    int32_t pe[TASKS_MAX]; /* -1: not placed */
    int64_t best_ps;
};

/* When the data of a task is at a PE, -1 if a predecessor is not placed. */
static int64_t data_at_ps(const struct enumeration *all, int32_t task, int32_t pe)
{
    const struct app *app = all->bind->app;
    const struct app_task *what = &app->tasks[task];
    int64_t data_ps = 0;
    for (int32_t p = 0; p < what->pred_count; p++) {
        struct app_edge pred = app->preds[what->first_pred + p];
        if (all->pe[pred.task] < 0)
            return -1;
        int64_t there_ps =
            all->finish_ps[pred.task] + bind_delay_ps(all->bind, pred.edge, all->pe[pred.task], pe);
        data_ps = there_ps > data_ps ? there_ps : data_ps;
    }
    return data_ps;
}

static void enumerate(struct enumeration *all, int32_t placed, int64_t makespan_ps)
{
    if (placed == all->bind->app->task_count) {
        all->best_ps = makespan_ps < all->best_ps ? makespan_ps : all->best_ps;
        return;
    }
    for (int32_t task = 0; task < all->bind->app->task_count; task++)
        for (int32_t pe = 0; pe < all->bind->soc->pe_count && all->pe[task] < 0; pe++) {
            int64_t cost_ps = bind_cost_ps(all->bind, task, pe);
            int64_t start_ps = data_at_ps(all, task, pe);
            if (cost_ps == BIND_INCAPABLE || start_ps < 0)
                continue;
            int64_t available_ps = all->available_ps[pe];
            start_ps = start_ps > available_ps ? start_ps : available_ps;
            int64_t finish_ps = start_ps + cost_ps;
            all->pe[task] = pe;
            all->finish_ps[task] = all->available_ps[pe] = finish_ps;
            enumerate(all, placed + 1, finish_ps > makespan_ps ? finish_ps : makespan_ps);
            all->pe[task] = -1;
            all->available_ps[pe] = available_ps;
        }
}

static int64_t enumerated_ps(const struct bind *bind)
{
    struct enumeration all = {.bind = bind, .best_ps = INT64_MAX};
    for (int32_t task = 0; task < TASKS_MAX; task++)
        all.pe[task] = -1;
    enumerate(&all, 0, 0);
    return all.best_ps;
}

static void check_schedule(const struct bind *bind, const struct optimum *optimum)
{
    const struct app *app = bind->app;
    int64_t last_ps = 0;
    for (int32_t task = 0; task < app->task_count; task++) {
        int32_t pe = optimum->pe[task];
        int64_t start_ps = optimum->start_ps[task];
        ck_assert(bind_cost_ps(bind, task, pe) != BIND_INCAPABLE);
        int64_t finish_ps = start_ps + bind_cost_ps(bind, task, pe);
        last_ps = finish_ps > last_ps ? finish_ps : last_ps;
        for (int32_t p = 0; p < app->tasks[task].pred_count; p++) {
            struct app_edge pred = app->preds[app->tasks[task].first_pred + p];
            int32_t from = optimum->pe[pred.task];
            ck_assert_int_ge(start_ps, optimum->start_ps[pred.task] +
                                           bind_cost_ps(bind, pred.task, from) +
                                           bind_delay_ps(bind, pred.edge, from, pe));
        }
        for (int32_t other = 0; other < app->task_count; other++) {
            int64_t other_ps = optimum->start_ps[other];
            int64_t other_end_ps = other_ps + bind_cost_ps(bind, other, optimum->pe[other]);
            if (other != task && optimum->pe[other] == pe)
                ck_assert(other_ps >= finish_ps || other_end_ps <= start_ps);
        }
    }
    ck_assert_int_eq(last_ps, optimum->makespan_ps);
}

/* Generated case: machine and app by number; equal or unlike PEs, free or slow data. */
static struct bind *generate(struct arena *arena, uint32_t number)
{
    struct random_stream stream = random_open(5, 0, RANDOM_TEST, number, 0);
    static const int32_t machines[][2] = {{2, 0}, {1, 1}, {3, 0}, {1, 2}, {2, 1}};
    const int32_t *pes_of = machines[number % 5];
    int32_t kinds = pes_of[1] > 0 ? 2 : 1;
    double bandwidth = number % 3 == 0 ? INFINITY : number % 3 == 1 ? 1 : 5;
    struct soc *soc = fixture_soc(arena, kinds, pes_of, bandwidth);
    struct app *app = fixture_random_app(arena, &stream, kinds, TASKS_MAX, number % 4 < 2);
    return fixture_bind(arena, soc, &app, 1);
}

START_TEST(it_is_the_least_of_all_schedules)
{
    const char *cases = getenv("HETSOC_CASES");
    uint32_t count = cases != NULL ? (uint32_t)strtoul(cases, NULL, 10) : CASES;
    for (uint32_t number = 0; number < count; number++) {
        struct arena *arena = arena_create();
        struct bind *bind = generate(arena, number);
        struct optimum optimum;
        optimum_find(&optimum, bind, NULL, 0, &generous);
        ck_assert_msg(optimum.is_proven, "case %u", (unsigned)number);
        ck_assert_msg(optimum.makespan_ps == enumerated_ps(bind), "case %u: %lld, not %lld",
                      (unsigned)number, (long long)optimum.makespan_ps,
                      (long long)enumerated_ps(bind));
        check_schedule(bind, &optimum);
        ck_assert_double_eq(optimum_gap(&optimum), 0);
        optimum_finish(&optimum);
        arena_destroy(arena);
    }
}
END_TEST

START_TEST(without_enough_nodes_the_bound_is_below_the_optimum_and_the_gap_is_not_zero)
{
    const struct optimum_limits stingy = {.nodes = 1, .memory_bytes = 1 << 16};
    int open = 0;
    for (uint32_t number = 0; number < CASES; number++) {
        struct arena *arena = arena_create();
        struct bind *bind = generate(arena, number);
        struct optimum optimum, proven;
        optimum_find(&optimum, bind, NULL, 0, &stingy);
        optimum_find(&proven, bind, NULL, 0, &generous);
        ck_assert_int_le(optimum.bound_ps, proven.makespan_ps);
        ck_assert_int_ge(optimum.makespan_ps, proven.makespan_ps);
        ck_assert_int_eq(optimum.is_proven, optimum_gap(&optimum) == 0);
        ck_assert(!optimum.is_late);
        check_schedule(bind, &optimum);
        open += !optimum.is_proven;
        optimum_finish(&optimum);
        optimum_finish(&proven);
        arena_destroy(arena);
    }
    ck_assert_int_gt(open, 0);
}
END_TEST

/* Ready at once, and more than are searched for. */
START_TEST(list_schedules_end_when_the_time_is_up)
{
    enum { MANY = 2100 };
    const struct optimum_limits hasty = {
        .nodes = 30 * MANY, .time_limit_s = 1e-9, .memory_bytes = 1 << 16};
    struct arena *arena = arena_create();
    int32_t pes_of[] = {3, 2};
    struct fixture_task *tasks = arena_zeroed(arena, MANY, sizeof *tasks);
    for (int32_t task = 0; task < MANY; task++)
        tasks[task] = (struct fixture_task){.name = arena_printf(arena, "t%d", (int)task),
                                            .exec_us = {3 + task % 7, 2 + task % 5}};
    struct app *app = fixture_app(arena, "many", 2, tasks, MANY, NULL, 0);
    struct bind *bind = fixture_bind(arena, fixture_soc(arena, 2, pes_of, 1), &app, 1);
    struct optimum optimum;
    optimum_find(&optimum, bind, NULL, 0, &hasty);
    ck_assert(optimum.is_late);
    ck_assert_int_lt(optimum.nodes, 2 * MANY);
    check_schedule(bind, &optimum);
    optimum_finish(&optimum);
    arena_destroy(arena);
}
END_TEST

static double twice_as_long(int32_t job, int32_t task)
{
    (void)task;
    return job == 3 ? 2.0 : 1.0;
}

START_TEST(realised_times_count_if_a_scenario_is_given)
{
    struct arena *arena = arena_create();
    int32_t pes_of[] = {2};
    const struct fixture_task tasks[] = {{"a", {3}}, {"b", {4}}, {"c", {5}}};
    struct app *app = fixture_app(arena, "three", 1, tasks, 3, NULL, 0);
    struct bind *bind = fixture_bind(arena, fixture_soc(arena, 1, pes_of, 1), &app, 1);
    struct fixture_scenario source = {.factor = twice_as_long};
    struct scenario scenario = fixture_scenario(&source);
    struct optimum optimum;
    optimum_find(&optimum, bind, &scenario, 3, &generous);
    ck_assert_int_eq(optimum.makespan_ps, 14 * TICK_PER_US);
    optimum_finish(&optimum);
    arena_destroy(arena);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("optimum");
    TCase *tcase = tcase_create("optimum");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, it_is_the_least_of_all_schedules);
    tcase_add_test(tcase,
                   without_enough_nodes_the_bound_is_below_the_optimum_and_the_gap_is_not_zero);
    tcase_add_test(tcase, list_schedules_end_when_the_time_is_up);
    tcase_add_test(tcase, realised_times_count_if_a_scenario_is_given);
    suite_add_tcase(suite, tcase);
    return suite;
}
