/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `edf` and `priority`: at every epoch of random streams the rule written down plainly, and on a
 * machine small enough to see what it is about. */
#include <math.h>
#include <stdlib.h>

#include "base/tick.h"
#include "sched/registry.h"
#include "test/fixture.h"
#include "test/suite.h"

#define US TICK_PER_US

enum { JOBS = 25, SEEDS = 60, PES = 5 };

static struct arena *arena;

static void setup(void)
{
    arena = arena_create();
}

static void teardown(void)
{
    arena_destroy(arena);
}

static void run(const struct policy_kind *policy, const struct soc *soc, const struct bind *binds,
                int32_t bind_count, const struct fixture_scenario *source, struct fixture_log *log)
{
    struct world_result result = fixture_run(policy, soc, binds, bind_count, source, log);
    ck_assert_int_eq(result.jobs_done, source->row_count);
}

/* ---- at every epoch ---- */

static const struct policy_kind *const both[] = {&sched_edf, &sched_priority};

static struct {
    const struct policy_kind *policy;
    int32_t decisions, overtakings;
} spy;

static void *spy_create(const struct view *view)
{
    return spy.policy->create(view);
}

static void spy_destroy(void *self)
{
    spy.policy->destroy(self);
}

static double upward_rank(const struct bind *bind, int32_t task)
{
    double longest = 0;
    const struct app_task *what = &bind->app->tasks[task];
    for (int32_t i = 0; i < what->succ_count; i++) {
        const struct app_edge *succ = &bind->app->succs[what->first_succ + i];
        longest = fmax(longest, bind->mean_delay_ps[succ->edge] + upward_rank(bind, succ->task));
    }
    return bind->mean_cost_ps[task] + longest;
}

/* Whether task `a` has to be taken before `b`, which became ready earlier. */
static bool overtakes(const struct view *view, int32_t a, int32_t b)
{
    const struct view_job *job_a = &view->jobs[view->tasks[a].job];
    const struct view_job *job_b = &view->jobs[view->tasks[b].job];
    if (spy.policy == &sched_edf && job_a->deadline_ps != job_b->deadline_ps)
        return job_a->deadline_ps < job_b->deadline_ps;
    if (spy.policy == &sched_priority && job_a->priority != job_b->priority)
        return job_a->priority > job_b->priority;
    return upward_rank(view_bind(view, a), view->tasks[a].index) >
           upward_rank(view_bind(view, b), view->tasks[b].index) + 1;
}

static void check_epoch(const struct view *view, const struct decisions *decisions)
{
    int64_t available_ps[PES];
    for (int32_t pe = 0; pe < PES; pe++)
        available_ps[pe] = view_available_ps(view, pe);
    bool *is_taken = memory_zeroed((size_t)view->ready_count + 1, sizeof *is_taken);
    ck_assert_int_eq(decisions->count, view->ready_count);
    for (int32_t n = 0; n < decisions->count; n++) {
        int32_t first = -1;
        for (int32_t i = 0; i < view->ready_count; i++)
            if (!is_taken[i] && (first < 0 || overtakes(view, view->ready[i], view->ready[first])))
                first = i;
        is_taken[first] = true;
        spy.overtakings += first != n;
        int32_t task = view->ready[first];
        int64_t best_ps = TICK_NEVER;
        int32_t best = -1;
        for (int32_t pe = 0; pe < PES; pe++) {
            int64_t data_ps = view_data_ps(view, task, pe);
            int64_t start_ps = data_ps > available_ps[pe] ? data_ps : available_ps[pe];
            if (view_cost_ps(view, task, pe) == BIND_INCAPABLE ||
                start_ps + view_cost_ps(view, task, pe) >= best_ps)
                continue;
            best_ps = start_ps + view_cost_ps(view, task, pe);
            best = pe;
        }
        available_ps[best] = best_ps;
        ck_assert_int_eq(decisions->list[n].task, task);
        ck_assert_int_eq(decisions->list[n].pe, best);
        spy.decisions++;
    }
    free(is_taken);
}

static void spy_decide(void *self, const struct view *view, struct decisions *decisions)
{
    spy.policy->decide(self, view, decisions);
    check_epoch(view, decisions);
}

static double noise(int32_t job, int32_t task)
{
    struct random_stream stream =
        random_open(37, 0, RANDOM_TEST, (uint32_t)job, (uint32_t)(1000 + task));
    return 2.0 * random_uniform(&stream);
}

START_TEST(every_epoch_follows_the_plain_rule)
{
    spy.policy = both[_i];
    struct policy_kind kind = *spy.policy;
    kind.create = spy_create;
    kind.destroy = spy_destroy;
    kind.decide = spy_decide;
    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        struct random_stream stream = random_open(41, 0, RANDOM_TEST, seed, 0);
        struct soc *soc = fixture_soc(arena, 3, (int32_t[]){2, 1, 2}, 1.0);
        struct app *apps[3];
        for (int32_t i = 0; i < 3; i++)
            apps[i] = fixture_random_app(arena, &stream, 3, 12, seed % 2 == 0);
        struct bind *binds = fixture_bind(arena, soc, apps, 3);
        for (int32_t i = 0; i < 3; i++) {
            binds[i].priority = (int32_t)random_below(&stream, 3) - 1;
            if (random_below(&stream, 3) > 0)
                binds[i].deadline_ps = (int64_t)random_below(&stream, 4) * 20 * US;
        }
        struct arrival_row rows[JOBS] = {{0}};
        for (int32_t i = 0; i < JOBS; i++) {
            int64_t gap_ps = (int64_t)random_below(&stream, seed % 2 == 0 ? 3 : 60) * US;
            rows[i].app = (int32_t)random_below(&stream, 3);
            rows[i].at_ps = i == 0 ? 0 : rows[i - 1].at_ps + gap_ps;
        }
        struct fixture_scenario source = {
            .rows = rows, .row_count = JOBS, .factor = seed % 3 == 0 ? NULL : noise};
        struct fixture_log log = {0};
        run(&kind, soc, binds, 3, &source, &log);
        fixture_log_finish(&log);
    }
    ck_assert_int_gt(spy.decisions, 1000);
    ck_assert_int_gt(spy.overtakings, 100);
}
END_TEST

/* ---- what it is about ---- */

/* Three jobs of one task of 10 us on one PE, all at date 0; when each starts. */
static void check_starts(const struct policy_kind *policy, const int64_t *deadlines_us,
                         const int32_t *priorities, const double *starts_us)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1.0);
    struct app *app =
        fixture_app(arena, "one", 1, (struct fixture_task[]){{"a", {10}}}, 1, NULL, 0);
    struct app *apps[] = {app, app, app};
    struct bind *binds = fixture_bind(arena, soc, apps, 3);
    for (int32_t i = 0; i < 3; i++) {
        binds[i].deadline_ps = deadlines_us[i] < 0 ? TICK_NEVER : deadlines_us[i] * US;
        binds[i].priority = priorities[i];
    }
    struct arrival_row rows[] = {{.app = 0}, {.app = 1}, {.app = 2}};
    struct fixture_scenario source = {.rows = rows, .row_count = 3};
    struct fixture_log log = {0};
    run(policy, soc, binds, 3, &source, &log);
    for (int32_t job = 0; job < 3; job++)
        ck_assert_int_eq(fixture_find(&log, job, 0)->start_ps, tick_from_us(starts_us[job]));
    fixture_log_finish(&log);
}

START_TEST(edf_serves_the_earliest_deadline_first_and_jobs_without_one_last)
{
    check_starts(&sched_edf, (int64_t[]){-1, 50, 30}, (int32_t[]){9, 0, 0}, (double[]){20, 10, 0});
    check_starts(&sched_edf, (int64_t[]){-1, -1, -1}, (int32_t[]){0, 0, 9}, (double[]){0, 10, 20});
}
END_TEST

START_TEST(priority_serves_the_larger_number_first_whatever_the_deadline)
{
    check_starts(&sched_priority, (int64_t[]){5, 50, 30}, (int32_t[]){-1, 0, 7},
                 (double[]){20, 10, 0});
}
END_TEST

START_TEST(a_pe_keeps_to_the_order_in_which_it_was_given_its_tasks)
{
    /* Job 1 is older than job 2 but was given later than job 2; job 3 is urgent and comes when both
     * are committed. */
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1.0);
    struct app *app =
        fixture_app(arena, "one", 1, (struct fixture_task[]){{"a", {10}}}, 1, NULL, 0);
    struct app *apps[] = {app, app};
    struct bind *binds = fixture_bind(arena, soc, apps, 2);
    binds[1].priority = 1;
    struct arrival_row rows[] = {{.app = 1}, {.app = 0}, {.app = 1}, {.app = 1, .at_ps = 5 * US}};
    struct fixture_scenario source = {.rows = rows, .row_count = 4};
    struct fixture_log log = {0};
    run(&sched_priority, soc, binds, 2, &source, &log);
    static const int64_t starts_us[] = {0, 20, 10, 30};
    for (int32_t job = 0; job < 4; job++)
        ck_assert_int_eq(fixture_find(&log, job, 0)->start_ps, starts_us[job] * US);
    fixture_log_finish(&log);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("urgency");
    TCase *tests = tcase_create("urgency");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, every_epoch_follows_the_plain_rule, 0, 2);
    tcase_add_test(tests, edf_serves_the_earliest_deadline_first_and_jobs_without_one_last);
    tcase_add_test(tests, priority_serves_the_larger_number_first_whatever_the_deadline);
    tcase_add_test(tests, a_pe_keeps_to_the_order_in_which_it_was_given_its_tasks);
    suite_add_tcase(suite, tests);
    return suite;
}
