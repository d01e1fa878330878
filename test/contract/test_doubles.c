/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Schedulers that nobody ships run through every shipped experiment, scaled down: one that does
 * nothing, one that decides as badly as the contract allows, and `random`. */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "lab/trial.h"
#include "sched/registry.h"
#include "test/suite.h"

enum { JOBS = 10 };

static void decide_nothing(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self, (void)view, (void)decisions;
}

static const struct policy_kind do_nothing = {
    .contract = POLICY_CONTRACT,
    .name = "do_nothing",
    .summary = "leaves every task waiting",
    .discipline = POLICY_DATA_READY,
    .source = "test",
    .cost = "O(1)",
    .decide = decide_nothing,
};

/* Where a task would be done last. */
static int32_t find_worst(const struct view *view, int32_t task)
{
    int64_t worst_ps = -1;
    int32_t worst = -1;
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++) {
        if (!view_can(view, task, pe))
            continue;
        int64_t cost_ps = view_cost_ps(view, task, pe);
        int64_t data_ps = view_data_ps(view, task, pe);
        int64_t start_ps =
            data_ps > view_available_ps(view, pe) ? data_ps : view_available_ps(view, pe);
        if (start_ps + cost_ps >= worst_ps) {
            worst_ps = start_ps + cost_ps;
            worst = pe;
        }
    }
    return worst;
}

/* The youngest task first, one in an epoch, where it is done last; and it asks for epochs that
 * nobody needs. */
static void decide_worst(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    if (view->ready_count == 0)
        return;
    int32_t task = view->ready[view->ready_count - 1];
    decide_assign(decisions, task, find_worst(view, task));
    decide_wake(decisions, view->now_ps + TICK_PER_US);
}

static const struct policy_kind spiteful = {
    .contract = POLICY_CONTRACT,
    .name = "spiteful",
    .summary = "the youngest task where it is done last, one at a time",
    .discipline = POLICY_FIFO,
    .source = "test",
    .cost = "O(P)",
    .decide = decide_worst,
};

/* ---- every shipped experiment ---- */

static struct arena *arena;
static glob_t files;

static void find_files(void)
{
    const char *pattern = arena_printf(arena, "%s/analysis/experiments/*/*.yaml", TEST_SOURCE_ROOT);
    if (glob(pattern, 0, NULL, &files) != 0)
        abort();
}

static void set_up(void)
{
    arena = arena_create();
    find_files();
}

static void tear_down(void)
{
    globfree(&files);
    arena_destroy(arena);
}

/* One trial of a point, small, under another scheduler. */
static void run(struct points *points, const struct experiment *experiment, int32_t index,
                const struct policy_kind *policy, struct trial_row *row)
{
    struct point *point = &points->list[index];
    point->policy = policy;
    point->params = NULL;
    if (point->jobs > JOBS)
        point->jobs = JOBS;
    point->warmup_jobs = 0;
    trial_run(points, experiment, index * points->replicates, NULL, row);
}

static void check_point(struct points *points, const struct experiment *experiment, int32_t index)
{
    struct trial_row row;
    run(points, experiment, index, &do_nothing, &row);
    ck_assert_int_eq(row.status, TRIAL_DEADLOCK);
    assert_holds(row.fault.what, "deadlock under policy 'do_nothing'");
    assert_holds(row.fault.what, "job 0 ");
    const struct policy_kind *const legal[] = {&sched_random, &spiteful};
    for (int i = 0; i < 2; i++) {
        run(points, experiment, index, legal[i], &row);
        ck_assert_msg(row.status == TRIAL_DONE, "%s: %s", legal[i]->name, row.fault.what);
        ck_assert_int_eq(row.metrics.jobs_done, points->list[index].jobs);
        ck_assert_double_ge(row.metrics.mean_slowdown, 1.0);
    }
}

START_TEST(every_experiment_survives_bad_schedulers)
{
    const char *const sets[] = {"engine=heap"};
    struct experiment experiment;
    struct points points;
    struct fault fault = FAULT_NONE;
    ck_assert_msg(experiment_load(&experiment, arena, files.gl_pathv[_i], sets, 1, &fault) &&
                      points_expand(&points, &experiment, &fault),
                  "%s: %s", fault.where, fault.what);
    const char *first = points.list[0].scheduler; /* the others are the same with another one */
    for (int32_t i = 0; i < points.count; i++)
        if (strcmp(points.list[i].scheduler, first) == 0)
            check_point(&points, &experiment, i);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("doubles");
    TCase *tests = tcase_create("doubles");
    set_up();
    int count = (int)files.gl_pathc;
    tear_down();
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, every_experiment_survives_bad_schedulers, 0, count);
    suite_add_tcase(suite, tests);
    return suite;
}
