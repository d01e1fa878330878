/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HEFT and the planner under it: published plans, re-timing, and random streams against HEFT
 * written down plainly. The world executes the plans. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "sched/plan.h"
#include "sched/registry.h"
#include "test/fixture.h"
#include "test/suite.h"

#define US     TICK_PER_US
#define PE_MAX 5

static void run(const struct policy_kind *policy, const struct soc *soc, struct app *const *apps,
                int32_t app_count, const struct fixture_scenario *source, struct fixture_log *log)
{
    struct arena *arena = arena_create();
    const struct bind *binds = fixture_bind(arena, soc, apps, app_count);
    struct world_result result = fixture_run(policy, soc, binds, app_count, source, log);
    ck_assert_int_eq(result.jobs_done, source->row_count);
    arena_destroy(arena);
}

/* ---- published plans ---- */

struct published {
    double costs_us[30]; /* [task * 3 + PE] */
    double edges[45];    /* from, to, data */
    double plan[30];     /* PE, start, finish */
};

static const struct published published[] = {
    /* Topcuoglu, Hariri, Wu 2002, figs. 1 and 2: makespan 80 */
    {
        .costs_us = {14, 16, 9, 13, 19, 18, 11, 13, 19, 13, 8,  17, 12, 13, 10,
                     13, 16, 9, 7,  15, 11, 5,  11, 14, 18, 12, 20, 21, 7,  16},
        .edges = {0,  1, 18, 0,  2, 12, 0,  3, 9, 0,  4, 11, 0,  5, 14, 1,  7, 19, 1,  8, 16, 2, 6,
                  23, 3, 7,  27, 3, 8,  23, 4, 8, 13, 5, 7,  15, 6, 9,  17, 7, 9,  11, 8, 9,  13},
        .plan = {2, 0,  9,  0, 27, 40, 2, 9,  28, 1, 18, 26, 2, 28, 38,
                 1, 26, 42, 2, 38, 49, 0, 57, 62, 1, 56, 68, 1, 73, 80},
    },
    /* Arabnejad, Barbosa 2014, figs. 1 and 2: makespan 133 */
    {
        .costs_us = {22, 21, 36, 22, 18, 18, 32, 27, 43, 7,  10, 4, 29, 27, 35,
                     26, 17, 24, 14, 25, 30, 29, 23, 36, 15, 21, 8, 13, 16, 33},
        .edges = {0,  1, 17, 0,  2, 31, 0, 3, 29, 0,  4, 13, 0, 5, 7, 1, 7, 3, 1,  8, 30, 2, 6,
                  16, 3, 7,  11, 3, 8,  7, 4, 8,  57, 5, 7,  5, 6, 9, 9, 7, 9, 42, 8, 9,  7},
        .plan = {1, 0,  21, 0, 38, 60,  1, 48, 75, 2, 52,  56,  1, 21,  48,
                 2, 28, 52, 1, 75, 100, 0, 67, 96, 2, 105, 113, 0, 120, 133},
    },
};

static struct app *published_app(struct arena *arena, const struct published *example)
{
    struct fixture_task tasks[10] = {0};
    for (int32_t task = 0; task < 10; task++) {
        tasks[task].name = arena_printf(arena, "%d", (int)task + 1);
        memcpy(tasks[task].exec_us, &example->costs_us[3 * task], 3 * sizeof(double));
    }
    struct fixture_edge edges[15];
    for (int32_t i = 0; i < 15; i++) {
        const double *edge = &example->edges[3 * i];
        edges[i] = (struct fixture_edge){(int32_t)edge[0], (int32_t)edge[1], edge[2]};
    }
    return fixture_app(arena, "published", 3, tasks, 10, edges, 15);
}

START_TEST(a_published_plan_comes_out_task_by_task)
{
    const struct published *example = &published[_i];
    struct arena *arena = arena_create();
    struct soc *soc = fixture_soc(arena, 3, (int32_t[]){1, 1, 1}, 1.0);
    struct app *app = published_app(arena, example);
    struct arrival_row row = {0};
    struct fixture_scenario source = {.rows = &row, .row_count = 1};
    const struct policy_kind *const both[] = {&sched_heft, &sched_heft_wc};
    for (int32_t i = 0; i < 2; i++) {
        struct fixture_log log = {0};
        run(both[i], soc, &app, 1, &source, &log);
        for (int32_t task = 0; task < 10; task++) {
            const struct fixture_row *done = fixture_find(&log, 0, task);
            ck_assert_int_eq(done->pe, (int32_t)example->plan[3 * task]);
            ck_assert_int_eq(done->start_ps, tick_from_us(example->plan[3 * task + 1]));
            ck_assert_int_eq(done->finish_ps, tick_from_us(example->plan[3 * task + 2]));
        }
        fixture_log_finish(&log);
    }
    arena_destroy(arena);
}
END_TEST

/* ---- the order of tasks ---- */

START_TEST(tasks_of_equal_rank_are_taken_by_number_whatever_the_rounding)
{
    /* Two chains of equal length, one summed up to the next double above the other's sum. */
    static const struct fixture_task tasks[] = {{"a", {31.986382, 0, 0}},
                                                {"b", {91.845073, 0, 0}},
                                                {"c", {30.364293, 0, 0}},
                                                {"d", {93.467162, 0, 0}}};
    static const struct fixture_edge edges[] = {{0, 1, 0}, {2, 3, 0}};
    struct arena *arena = arena_create();
    struct soc *soc = fixture_soc(arena, 3, (int32_t[]){1, 1, 1}, 1.0);
    struct app *app = fixture_app(arena, "chains", 3, tasks, 4, edges, 2);
    struct view view = {.soc = soc, .binds = fixture_bind(arena, soc, &app, 1), .bind_count = 1};
    double rank[4];
    bind_upward_rank(view.binds, rank);
    ck_assert(rank[2] > rank[0] && rank[2] - rank[0] < 1e-6);
    struct plan *plan = plan_create(&view, bind_upward_rank, PLAN_MEAN);
    static const int32_t expected[] = {0, 2, 3, 1};
    ck_assert_mem_eq(plan_order(plan, 0), expected, sizeof expected);
    plan_destroy(plan);
    arena_destroy(arena);
}
END_TEST

START_TEST(no_task_is_taken_before_a_predecessor_of_equal_rank)
{
    static const struct fixture_task tasks[] = {{"a", {0}}, {"b", {0}}, {"c", {0}}};
    static const struct fixture_edge edges[] = {{2, 0, 0}};
    struct arena *arena = arena_create();
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){2}, 1.0);
    struct app *app = fixture_app(arena, "zeros", 1, tasks, 3, edges, 1);
    struct view view = {.soc = soc, .binds = fixture_bind(arena, soc, &app, 1), .bind_count = 1};
    struct plan *plan = plan_create(&view, bind_upward_rank, PLAN_MEAN);
    static const int32_t expected[] = {1, 2, 0};
    ck_assert_mem_eq(plan_order(plan, 0), expected, sizeof expected);
    plan_destroy(plan);
    arena_destroy(arena);
}
END_TEST

/* ---- tasks that may be skipped ---- */

/* r goes to a in 3 of 4 jobs and to b in the others; both take 40 us. */
START_TEST(a_task_that_may_be_skipped_is_planned_by_its_chance_or_not_at_all)
{
    static const struct fixture_task tasks[] = {{"r", {8}}, {"a", {40}}, {"b", {40}}};
    static const struct fixture_edge edges[] = {{0, 1, 0}, {0, 2, 0}};
    static const double shares[] = {0.75, 0.25};
    struct arena *arena = arena_create();
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1.0);
    struct app *app = fixture_app(arena, "fork", 1, tasks, 3, edges, 2);
    struct app_branch branch = {.task = 0, .alternative_count = 2, .probabilities = shares};
    int32_t when[] = {0, 1};
    app->branches = &branch;
    app->branch_count = 1;
    app->tasks[0].branch = 0;
    app->when = when;
    const struct bind *bind = fixture_bind(arena, soc, &app, 1);
    struct view_job job = {.active = true, .cost_ps = bind->cost_ps};
    struct view_task state[3] = {{.status = TASK_READY}, {.index = 1}, {.index = 2}};
    struct view view = {.soc = soc, .binds = bind, .bind_count = 1, .tasks = state, .jobs = &job};
    struct plan *mean = plan_create(&view, bind_upward_rank, PLAN_MEAN);
    struct plan *likely = plan_create(&view, bind_upward_rank, PLAN_LIKELY);
    ck_assert_int_eq(plan_cost_ps(mean, &view, 0, 0), 8 * TICK_PER_US);
    ck_assert_int_eq(plan_cost_ps(mean, &view, 1, 0), 30 * TICK_PER_US);
    ck_assert_int_eq(plan_cost_ps(mean, &view, 2, 0), 10 * TICK_PER_US);
    ck_assert_int_eq(plan_cost_ps(likely, &view, 1, 0), 40 * TICK_PER_US);
    ck_assert_int_eq(plan_cost_ps(likely, &view, 2, 0), 0);
    state[2].status = TASK_READY; /* the route is known */
    ck_assert_int_eq(plan_cost_ps(mean, &view, 2, 0), 40 * TICK_PER_US);
    ck_assert_int_eq(plan_cost_ps(likely, &view, 2, 0), 40 * TICK_PER_US);
    plan_destroy(mean);
    plan_destroy(likely);
    arena_destroy(arena);
}
END_TEST

/* ---- re-timing ---- */

static double first_factor;

static double only_the_first_task(int32_t job, int32_t task)
{
    return job == 0 && task == 0 ? first_factor : 1.0;
}

/* Job 0: `length` tasks of 10 us on K1, one after the other, then 4 us of transfer, then 10 us on
 * K0. Job 1 comes at `at_us` with one task of `cost_us` on K0. Whether that was put before job 0's
 * last task; `factor` is that of job 0's first one. */
static bool is_inserted(int32_t length, double factor, double at_us, double cost_us)
{
    static const struct fixture_task tasks[] = {{"a", {-1, 10}}, {"b", {-1, 10}}, {"c", {10, -1}}};
    static const struct fixture_edge edges[] = {{0, 1, 4}, {1, 2, 4}};
    struct arena *arena = arena_create();
    struct soc *soc = fixture_soc(arena, 2, (int32_t[]){1, 1}, 1.0);
    struct app *apps[] = {
        fixture_app(arena, "chain", 2, &tasks[2 - length], length + 1, edges, length),
        fixture_app(arena, "single", 2, (struct fixture_task[]){{"d", {cost_us, -1}}}, 1, NULL, 0),
    };
    struct arrival_row rows[] = {{.app = 0}, {.app = 1, .at_ps = tick_from_us(at_us)}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2, .factor = only_the_first_task};
    first_factor = factor;
    struct fixture_log log = {0};
    run(&sched_heft, soc, apps, 2, &source, &log);
    bool is_first = fixture_find(&log, 1, 0)->start_ps < fixture_find(&log, 0, length)->start_ps;
    fixture_log_finish(&log);
    arena_destroy(arena);
    return is_first;
}

START_TEST(a_gap_holds_a_task_that_just_fits)
{
    ck_assert(is_inserted(1, 1.0, 5, 9)); /* from 5 to 14 */
    ck_assert(!is_inserted(1, 1.0, 5, 9.000001));
}
END_TEST

START_TEST(a_task_that_ended_early_counts_with_its_real_end)
{
    ck_assert(is_inserted(1, 0.3, 5, 2)); /* ended at 3, the other can start at 7 and not at 14 */
    ck_assert(!is_inserted(1, 0.3, 5, 2.000001));
}
END_TEST

START_TEST(a_task_that_is_overdue_is_expected_to_end_now)
{
    ck_assert(is_inserted(1, 1.5, 12, 4)); /* 12 + 4 of transfer */
    ck_assert(!is_inserted(1, 1.5, 12, 4.000001));
}
END_TEST

START_TEST(a_task_behind_an_overdue_one_is_planned_later_too)
{
    ck_assert(is_inserted(2, 1.5, 12, 14)); /* the first to 12, the second to 22, 4 of transfer */
    ck_assert(!is_inserted(2, 1.5, 12, 14.000001));
}
END_TEST

/* ---- every plan that a run gives ---- */

static struct {
    const struct policy_kind *policy;
    int32_t plans;
} spy;

static void *spy_create(const struct view *view)
{
    return spy.policy->create(view);
}

static void spy_destroy(void *self)
{
    spy.policy->destroy(self);
}

/* Whether the predecessors of a task have started or are among the `taken`. */
static bool is_next(const struct view *view, int32_t task, const bool *taken)
{
    const struct bind *bind = view_bind(view, task);
    int32_t index = view->tasks[task].index;
    const struct app_task *what = &bind->app->tasks[index];
    for (int32_t i = 0; i < what->pred_count; i++) {
        int32_t pred = task - index + bind->app->preds[what->first_pred + i].task;
        if (view->tasks[pred].status < TASK_RUNNING && !taken[pred])
            return false;
    }
    return true;
}

/* Takes the planned tasks of each PE strictly in order, as soon as they are next, until nothing
 * more can be taken; returns how many were. */
static int32_t take_strictly(const struct view *view, const struct decisions *decisions,
                             bool *taken)
{
    int32_t total = 0;
    int32_t before = -1;
    while (total > before) {
        before = total;
        bool is_blocked[PE_MAX] = {false};
        for (int32_t i = 0; i < decisions->plan_count; i++) {
            struct decision decision = decisions->plan[i];
            if (taken[decision.task] || is_blocked[decision.pe])
                continue;
            is_blocked[decision.pe] = !is_next(view, decision.task, taken);
            taken[decision.task] = !is_blocked[decision.pe];
            total += taken[decision.task];
        }
    }
    return total;
}

static void spy_decide(void *self, const struct view *view, struct decisions *decisions)
{
    spy.policy->decide(self, view, decisions);
    ck_assert_int_eq(decisions->count, 0);
    ck_assert_int_eq(decisions->has_plan, view->arrived_count > 0);
    if (!decisions->has_plan)
        return;
    spy.plans++;
    bool *taken = memory_zeroed((size_t)view->task_capacity, sizeof *taken);
    ck_assert_int_eq(take_strictly(view, decisions, taken), decisions->plan_count);
    int32_t unstarted = 0;
    for (int32_t job = 0; job < view->job_capacity; job++) {
        const struct view_job *what = &view->jobs[job];
        int32_t count = what->active ? view->binds[what->bind].app->task_count : 0;
        for (int32_t task = what->first_task; task < what->first_task + count; task++) {
            ck_assert_int_eq(taken[task], view->tasks[task].status < TASK_RUNNING);
            unstarted += taken[task];
        }
    }
    ck_assert_int_eq(decisions->plan_count, unstarted);
    free(taken);
}

#define JOBS 25

/* A random machine, three random apps (with few different numbers, zeros included, for every
 * other seed) and a stream of their jobs. */
struct stream {
    struct arena *arena;
    struct soc *soc;
    struct app *apps[3];
    struct arrival_row rows[JOBS];
};

static void stream_open(struct stream *made, uint32_t seed)
{
    struct random_stream stream = random_open(23, 0, RANDOM_TEST, seed, 0);
    struct arena *arena = arena_create();
    *made = (struct stream){.arena = arena};
    made->soc = fixture_soc(arena, 3, (int32_t[]){2, 1, 2}, 1.0);
    made->soc->lane_count = 3;
    made->soc->lanes = arena_zeroed(arena, 3, sizeof *made->soc->lanes);
    made->soc->lanes[0].bandwidth_bytes_per_us = INFINITY;
    made->soc->lanes[1].bandwidth_bytes_per_us = 0.5;
    made->soc->lanes[2].bandwidth_bytes_per_us = 2;
    for (int32_t i = 0; i < 9; i++)
        made->soc->cluster_lane[i] = (uint16_t)(1 + random_below(&stream, 2));
    for (int32_t i = 0; i < 3; i++)
        made->apps[i] = fixture_random_app(arena, &stream, 3, 15, seed % 2 == 0);
    uint32_t gap_us = seed % 2 == 0 ? 12 : 300;
    for (int32_t i = 0; i < JOBS; i++) {
        made->rows[i].app = (int32_t)random_below(&stream, 3);
        made->rows[i].at_ps =
            i == 0 ? 0 : made->rows[i - 1].at_ps + (int64_t)random_below(&stream, gap_us) * US;
    }
}

static double noise(int32_t job, int32_t task)
{
    struct random_stream stream =
        random_open(29, 0, RANDOM_TEST, (uint32_t)job, (uint32_t)(1000 + task));
    return random_below(&stream, 4) == 0 ? 0.0 : 2.0 * random_uniform(&stream);
}

START_TEST(a_plan_names_what_has_not_started_once_and_can_be_executed)
{
    spy.policy = sched_registry[_i];
    if (spy.policy->discipline != POLICY_PLAN && spy.policy->discipline != POLICY_PLAN_WC)
        return;
    struct policy_kind kind = *spy.policy;
    kind.create = spy_create;
    kind.destroy = spy_destroy;
    kind.decide = spy_decide;
    for (uint32_t seed = 0; seed < 60; seed++) {
        struct stream made;
        stream_open(&made, seed);
        struct fixture_scenario source = {.rows = made.rows, .row_count = JOBS, .factor = noise};
        struct fixture_log log = {0};
        run(&kind, made.soc, made.apps, 3, &source, &log);
        fixture_log_finish(&log);
        arena_destroy(made.arena);
    }
    ck_assert_int_gt(spy.plans, 1000);
}
END_TEST

/* ---- HEFT, plainly ---- */

struct plain {
    const struct bind *bind;
    int64_t from_ps;
    struct fixture_row *rows; /* everything placed so far; finish_ps and start_ps as planned */
    int32_t count;
};

/* Nothing that is placed on the PE reaches into the time. */
static bool is_free(const struct plain *plain, int32_t pe, int64_t start_ps, int64_t finish_ps)
{
    for (int32_t i = 0; i < plain->count; i++) {
        const struct fixture_row *row = &plain->rows[i];
        if (row->pe == pe && finish_ps > row->start_ps && start_ps < row->finish_ps)
            return false;
    }
    return true;
}

static const struct fixture_row *placed(const struct plain *plain, int32_t job, int32_t task)
{
    for (int32_t i = 0; i < plain->count; i++)
        if (plain->rows[i].job == job && plain->rows[i].task == task)
            return &plain->rows[i];
    return NULL;
}

/* The earliest start on a PE: when the data is there, or when something ends. */
static int64_t plain_start(const struct plain *plain, int32_t job, int32_t task, int32_t pe)
{
    const struct app_task *what = &plain->bind->app->tasks[task];
    int64_t cost_ps = bind_cost_ps(plain->bind, task, pe);
    int64_t data_ps = plain->from_ps;
    for (int32_t i = 0; i < what->pred_count; i++) {
        const struct app_edge *pred = &plain->bind->app->preds[what->first_pred + i];
        const struct fixture_row *from = placed(plain, job, pred->task);
        ck_assert_ptr_nonnull(from);
        int64_t at_ps = from->finish_ps + bind_delay_ps(plain->bind, pred->edge, from->pe, pe);
        data_ps = at_ps > data_ps ? at_ps : data_ps;
    }
    if (is_free(plain, pe, data_ps, data_ps + cost_ps))
        return data_ps;
    int64_t start_ps = TICK_NEVER;
    for (int32_t i = 0; i < plain->count; i++) {
        int64_t end_ps = plain->rows[i].finish_ps;
        if (plain->rows[i].pe == pe && end_ps >= data_ps && end_ps < start_ps &&
            is_free(plain, pe, end_ps, end_ps + cost_ps))
            start_ps = end_ps;
    }
    return start_ps;
}

/* The task of highest rank whose predecessors are placed; ranks as they would be without rounding
 * differ by more than a thousandth of a tick or not at all. */
static int32_t plain_next(const struct plain *plain, int32_t job, const double *rank)
{
    const struct app *app = plain->bind->app;
    int32_t best = -1;
    for (int32_t task = 0; task < app->task_count; task++) {
        bool is_next = placed(plain, job, task) == NULL;
        for (int32_t i = 0; i < app->tasks[task].pred_count; i++)
            is_next &= placed(plain, job, app->preds[app->tasks[task].first_pred + i].task) != NULL;
        if (is_next && (best < 0 || rank[task] > rank[best] + 1e-3))
            best = task;
    }
    return best;
}

static void plain_job(struct plain *plain, int32_t job)
{
    const struct app *app = plain->bind->app;
    double rank[32];
    bind_upward_rank(plain->bind, rank);
    for (int32_t n = 0; n < app->task_count; n++) {
        int32_t task = plain_next(plain, job, rank);
        struct fixture_row best = {job, task, -1, 0, 0, TICK_NEVER};
        for (int32_t pe = 0; pe < plain->bind->soc->pe_count; pe++) {
            int64_t cost_ps = bind_cost_ps(plain->bind, task, pe);
            if (cost_ps == BIND_INCAPABLE)
                continue;
            int64_t start_ps = plain_start(plain, job, task, pe);
            if (start_ps + cost_ps < best.finish_ps)
                best = (struct fixture_row){job, task, pe, 0, start_ps, start_ps + cost_ps};
        }
        plain->rows[plain->count++] = best;
    }
}

START_TEST(without_noise_a_stream_runs_as_plain_heft_plans_it)
{
    for (uint32_t seed = 0; seed < 100; seed++) {
        struct stream made;
        stream_open(&made, seed);
        struct fixture_scenario source = {.rows = made.rows, .row_count = JOBS};
        struct fixture_log log = {0};
        run(&sched_heft, made.soc, made.apps, 3, &source, &log);
        struct bind *binds = fixture_bind(made.arena, made.soc, made.apps, 3);
        struct plain plain = {.rows = memory_zeroed(JOBS * 15, sizeof *plain.rows)};
        for (int32_t job = 0; job < JOBS; job++) {
            plain.bind = &binds[made.rows[job].app];
            plain.from_ps = made.rows[job].at_ps;
            plain_job(&plain, job);
        }
        ck_assert_uint_eq(log.count, (size_t)plain.count);
        for (int32_t i = 0; i < plain.count; i++) {
            const struct fixture_row *row = &plain.rows[i];
            const struct fixture_row *done = fixture_find(&log, row->job, row->task);
            ck_assert_int_eq(done->pe, row->pe);
            ck_assert_int_eq(done->start_ps, row->start_ps);
            ck_assert_int_eq(done->finish_ps, row->finish_ps);
        }
        free(plain.rows);
        fixture_log_finish(&log);
        arena_destroy(made.arena);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("plan");
    TCase *tests = tcase_create("plan");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_published_plan_comes_out_task_by_task, 0, 2);
    tcase_add_test(tests, tasks_of_equal_rank_are_taken_by_number_whatever_the_rounding);
    tcase_add_test(tests, no_task_is_taken_before_a_predecessor_of_equal_rank);
    tcase_add_test(tests, a_task_that_may_be_skipped_is_planned_by_its_chance_or_not_at_all);
    tcase_add_test(tests, a_gap_holds_a_task_that_just_fits);
    tcase_add_test(tests, a_task_that_ended_early_counts_with_its_real_end);
    tcase_add_test(tests, a_task_that_is_overdue_is_expected_to_end_now);
    tcase_add_test(tests, a_task_behind_an_overdue_one_is_planned_later_too);
    tcase_add_loop_test(tests, a_plan_names_what_has_not_started_once_and_can_be_executed, 0,
                        fixture_policy_count());
    tcase_add_test(tests, without_noise_a_stream_runs_as_plain_heft_plans_it);
    suite_add_tcase(suite, tests);
    return suite;
}
