/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dynamic and the late-binding schedulers: each against its rule written down in the slowest
 * and plainest way, on views from random overloaded runs full of ties, and then by hand. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "sched/order.h"
#include "sched/rank.h"
#include "sched/registry.h"
#include "sched/slowness.h"
#include "test/fixture.h"
#include "test/suite.h"

#define US        TICK_PER_US
#define PE_MAX    16
#define READY_MAX 1024

/* ---- rules, plainly ---- */

/* What a rule carries from call to call, and what it decides. */
struct plain {
    int64_t available_ps[PE_MAX];
    double factor[PE_MAX];
    double level[PE_MAX]; /* srpt_lb_adapt: what is believed of a PE since at_ps */
    int64_t at_ps[PE_MAX];
    int32_t given[PE_MAX]; /* late binding: the task it has, -1 none */
    int32_t turn;
    struct decision list[READY_MAX];
    int32_t count;
};

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t scaled_cost(const struct view *view, const struct plain *plain, int32_t task,
                           int32_t pe)
{
    return (int64_t)floor((double)view_cost_ps(view, task, pe) * plain->factor[pe] + 0.5);
}

static int64_t finish_on(const struct view *view, const struct plain *plain,
                         const int64_t *available_ps, int32_t task, int32_t pe)
{
    if (view_cost_ps(view, task, pe) == BIND_INCAPABLE)
        return TICK_NEVER;
    int64_t start_ps = larger(larger(available_ps[pe], view_data_ps(view, task, pe)), view->now_ps);
    return start_ps + scaled_cost(view, plain, task, pe);
}

static int32_t first_finisher(const struct view *view, const struct plain *plain,
                              const int64_t *available_ps, int32_t task)
{
    int32_t best = 0;
    for (int32_t pe = 1; pe < view->soc->pe_count; pe++)
        if (finish_on(view, plain, available_ps, task, pe) <
            finish_on(view, plain, available_ps, task, best))
            best = pe;
    return best;
}

static void trust(const struct view *view, struct plain *plain)
{
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++) {
        plain->available_ps[pe] = view->pes[pe].available_ps;
        plain->factor[pe] = 1.0;
    }
}

static void take(struct plain *plain, int32_t task, int32_t pe, int64_t available_ps)
{
    plain->available_ps[pe] = available_ps;
    plain->list[plain->count++] = (struct decision){task, pe};
}

static double rank_of(const struct view *view, int32_t task)
{
    double ranks[64];
    bind_upward_rank(view_bind(view, task), ranks);
    return rank_round(ranks[view->tasks[task].index]);
}

static double shortness(const struct view *view, int32_t task)
{
    int64_t least_ps = TICK_NEVER;
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
        if (view_cost_ps(view, task, pe) < least_ps)
            least_ps = view_cost_ps(view, task, pe);
    return -(double)least_ps;
}

/* Again and again the first of the ready tasks that are worth most. */
static void plain_by_worth(const struct view *view, struct plain *plain,
                           double (*worth)(const struct view *view, int32_t task))
{
    bool is_taken[READY_MAX] = {false};
    trust(view, plain);
    for (int32_t n = 0; n < view->ready_count; n++) {
        int32_t best = -1;
        for (int32_t i = 0; i < view->ready_count; i++)
            if (!is_taken[i] &&
                (best < 0 || worth(view, view->ready[i]) > worth(view, view->ready[best])))
                best = i;
        is_taken[best] = true;
        int32_t task = view->ready[best];
        int32_t pe = first_finisher(view, plain, plain->available_ps, task);
        take(plain, task, pe, finish_on(view, plain, plain->available_ps, task, pe));
    }
}

static void plain_heft_rt(const struct view *view, struct plain *plain)
{
    plain_by_worth(view, plain, rank_of);
}

static void plain_stf(const struct view *view, struct plain *plain)
{
    plain_by_worth(view, plain, shortness);
}

static int64_t completion(const struct view *view, const struct plain *plain, int32_t task,
                          int32_t pe)
{
    int64_t cost_ps = view_cost_ps(view, task, pe);
    if (cost_ps == BIND_INCAPABLE)
        return TICK_NEVER;
    int64_t transfer_ps = larger(0, view_data_ps(view, task, pe) - view->now_ps);
    return plain->available_ps[pe] + transfer_ps + cost_ps;
}

static void plain_mct(const struct view *view, struct plain *plain)
{
    trust(view, plain);
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t best = 0;
        for (int32_t pe = 1; pe < view->soc->pe_count; pe++)
            if (completion(view, plain, view->ready[i], pe) <
                completion(view, plain, view->ready[i], best))
                best = pe;
        take(plain, view->ready[i], best, completion(view, plain, view->ready[i], best));
    }
}

static void plain_olb(const struct view *view, struct plain *plain)
{
    trust(view, plain);
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t task = view->ready[i], best = -1;
        for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
            if (view_cost_ps(view, task, pe) != BIND_INCAPABLE &&
                (best < 0 || plain->available_ps[pe] < plain->available_ps[best]))
                best = pe;
        take(plain, task, best, finish_on(view, plain, plain->available_ps, task, best));
    }
}

static void plain_round_robin(const struct view *view, struct plain *plain)
{
    for (int32_t i = 0; i < view->ready_count; i++) {
        for (; view_cost_ps(view, view->ready[i], plain->turn % view->soc->pe_count) ==
               BIND_INCAPABLE;
             plain->turn++)
            ;
        take(plain, view->ready[i], plain->turn++ % view->soc->pe_count, 0);
    }
}

/* ---- late binding, plainly: everything anew after every assignment ---- */

static int64_t work_left(const struct view *view, int32_t slot)
{
    const struct view_job *job = &view->jobs[slot];
    const struct bind *bind = &view->binds[job->bind];
    int64_t left_ps = 0;
    for (int32_t i = 0; i < bind->app->task_count; i++)
        if (view->tasks[job->first_task + i].status != TASK_DONE)
            left_ps += bind->min_cost_ps[i];
    return left_ps;
}

static bool goes_first(const struct view *view, int32_t a, int32_t b)
{
    int32_t x = view->tasks[a].job, y = view->tasks[b].job;
    if (x != y && work_left(view, x) != work_left(view, y))
        return work_left(view, x) < work_left(view, y);
    if (x != y)
        return view->jobs[x].id < view->jobs[y].id;
    return rank_of(view, a) != rank_of(view, b) ? rank_of(view, a) > rank_of(view, b) : a < b;
}

static bool is_idle(const struct view *view, const struct plain *plain, int32_t pe)
{
    bool is_given = false;
    for (int32_t i = 0; i < plain->count; i++)
        is_given |= plain->list[i].pe == pe;
    return !is_given && view->pes[pe].running < 0 && view->pes[pe].queued == 0;
}

/* Assigns the first of these tasks that an idle PE suits best, if there is one among the first
 * `visible`; takes it out of the list. */
static bool assign_next(const struct view *view, struct plain *plain, int32_t visible,
                        int32_t *tasks, int32_t *count)
{
    int64_t reserved_ps[PE_MAX];
    memcpy(reserved_ps, plain->available_ps, sizeof reserved_ps);
    for (int32_t i = 0; i < *count && i < visible; i++) {
        int32_t pe = first_finisher(view, plain, reserved_ps, tasks[i]);
        reserved_ps[pe] = finish_on(view, plain, reserved_ps, tasks[i], pe);
        if (!is_idle(view, plain, pe))
            continue;
        take(plain, tasks[i], pe, reserved_ps[pe]);
        memmove(&tasks[i], &tasks[i + 1], (size_t)(--*count - i) * sizeof *tasks);
        return true;
    }
    return false;
}

static void plain_late(const struct view *view, struct plain *plain)
{
    int32_t tasks[READY_MAX];
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t place = i;
        for (; place > 0 && goes_first(view, view->ready[i], tasks[place - 1]); place--)
            tasks[place] = tasks[place - 1];
        tasks[place] = view->ready[i];
    }
    int32_t count = view->ready_count;
    while (assign_next(view, plain, (int32_t)view->params[0], tasks, &count))
        ;
}

static void plain_srpt_lb(const struct view *view, struct plain *plain)
{
    trust(view, plain);
    plain_late(view, plain);
}

/* Looks at the task that each PE was given last: done, running or waiting for its data. */
static void observe(const struct view *view, struct plain *plain, int32_t pe, double decay_us,
                    double weight)
{
    const struct view_task *task = plain->given[pe] < 0 ? NULL : &view->tasks[plain->given[pe]];
    double decay_ps = decay_us * US;
    double cost_ps = task == NULL ? 0 : (double)view_cost_ps(view, plain->given[pe], pe);
    if (task != NULL && task->status == TASK_DONE) {
        double took_ps = (double)(task->finish_ps - task->start_ps);
        if (cost_ps > 0 && took_ps > 0) {
            double level =
                plain->level[pe] * exp(-(double)(task->finish_ps - plain->at_ps[pe]) / decay_ps);
            plain->level[pe] = level + weight * (log(took_ps / cost_ps) - level);
            plain->at_ps[pe] = task->finish_ps;
        }
        plain->given[pe] = -1;
        task = NULL;
    }
    double level = plain->level[pe] * exp(-(double)(view->now_ps - plain->at_ps[pe]) / decay_ps);
    if (task != NULL && task->status == TASK_RUNNING && cost_ps > 0 &&
        view->now_ps > task->start_ps)
        level = fmax(level, log((double)(view->now_ps - task->start_ps) / cost_ps));
    plain->factor[pe] = exp(level < -0.7 ? -0.7 : level > 1.4 ? 1.4 : level);
    plain->available_ps[pe] = view->now_ps;
    if (task != NULL) {
        int64_t start_ps = task->status == TASK_RUNNING ? task->start_ps : task->data_ps;
        int64_t end_ps = start_ps + scaled_cost(view, plain, plain->given[pe], pe);
        plain->available_ps[pe] = larger(view->now_ps, end_ps);
    }
}

static void plain_srpt_lb_adapt(const struct view *view, struct plain *plain)
{
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
        observe(view, plain, pe, view->params[1], view->params[2]);
    plain_late(view, plain);
    for (int32_t i = 0; i < plain->count; i++)
        plain->given[plain->list[i].pe] = plain->list[i].task;
}

static const struct rule {
    const struct policy_kind *policy;
    void (*decide)(const struct view *view, struct plain *plain);
} rules[] = {
    {&sched_heft_rt, plain_heft_rt},
    {&sched_stf, plain_stf},
    {&sched_mct, plain_mct},
    {&sched_olb, plain_olb},
    {&sched_round_robin, plain_round_robin},
    {&sched_srpt_lb, plain_srpt_lb},
    {&sched_srpt_lb_adapt, plain_srpt_lb_adapt},
};

/* ---- a policy that compares a scheduler with its rule at every call ---- */

static struct {
    const struct rule *rule;
    struct plain plain;
    int32_t choices;  /* decisions in calls with several ready tasks */
    int32_t refusals; /* calls that leave tasks waiting and a PE idle */
    int32_t crowds;   /* calls with more ready tasks than are looked at */
} spy;

static void *spy_create(const struct view *view)
{
    memset(&spy.plain, 0, sizeof spy.plain);
    memset(spy.plain.given, -1, sizeof spy.plain.given);
    return spy.rule->policy->create(view);
}

static void spy_destroy(void *self)
{
    spy.rule->policy->destroy(self);
}

static void spy_decide(void *self, const struct view *view, struct decisions *decisions)
{
    struct plain *plain = &spy.plain;
    ck_assert_int_le(view->ready_count, READY_MAX);
    plain->count = 0;
    spy.rule->decide(view, plain);
    spy.rule->policy->decide(self, view, decisions);
    ck_assert_int_eq(decisions->count, plain->count);
    for (int32_t i = 0; i < plain->count; i++) {
        ck_assert_int_eq(decisions->list[i].task, plain->list[i].task);
        ck_assert_int_eq(decisions->list[i].pe, plain->list[i].pe);
    }
    spy.choices += view->ready_count > 1 ? plain->count : 0;
    bool is_late = spy.rule->policy->family == POLICY_LATE_BINDING;
    bool has_idle = false;
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
        has_idle |= is_idle(view, plain, pe);
    spy.refusals += has_idle && plain->count < view->ready_count;
    spy.crowds += is_late && view->ready_count > view->params[0] + view->soc->pe_count;
}

/* Lanes of three speeds between and inside the clusters, not the same there and back. */
static void vary_lanes(struct soc *soc, struct arena *arena, struct random_stream *stream)
{
    static const double bandwidths[] = {0, 1, 2, 0.5};
    soc->lane_count = 4;
    soc->lanes = arena_zeroed(arena, 4, sizeof *soc->lanes);
    for (int32_t i = 1; i < 4; i++)
        soc->lanes[i].bandwidth_bytes_per_us = bandwidths[i];
    for (int32_t i = 0; i < soc->cluster_count * soc->cluster_count; i++)
        soc->cluster_lane[i] = (uint16_t)(1 + random_below(stream, 3));
}

static double jitter(int32_t job, int32_t task)
{
    struct random_stream stream =
        random_open(5, 0, RANDOM_TEST, (uint32_t)job, (uint32_t)(1000 + task));
    return 0.5 * random_below(&stream, 5);
}

static void run_random_stream(const struct policy_kind *policy, uint32_t number)
{
    struct arena *arena = arena_create();
    struct random_stream stream = random_open(23, 0, RANDOM_TEST, number, 0);
    struct soc *soc = fixture_soc(arena, 4, (int32_t[]){3, 1, 2, 1}, 1.0);
    vary_lanes(soc, arena, &stream);
    struct app *apps[3];
    for (int32_t i = 0; i < 3; i++)
        apps[i] = fixture_random_app(arena, &stream, 4, 20, number % 2 == 0);
    struct arrival_row rows[40] = {0};
    int64_t gap_us = number % 2 == 0 ? 6 : 60;
    for (int32_t i = 0; i < 40; i++) {
        rows[i].app = (int32_t)random_below(&stream, 3);
        rows[i].at_ps =
            i == 0 ? 0 : rows[i - 1].at_ps + (int64_t)random_below(&stream, (uint32_t)gap_us) * US;
    }
    const double params[] = {1 + (number % 3) * 5, 50 * (1 + number % 4), 0.25 * (number % 5)};
    struct fixture_scenario source = {.rows = rows, .row_count = 40, .factor = jitter};
    struct scenario scenario = fixture_scenario(&source);
    struct world_setup setup = {
        .soc = soc,
        .binds = fixture_bind(arena, soc, apps, 3),
        .bind_count = 3,
        .scenario = &scenario,
        .engine = engine_find("heap"),
        .policy = policy,
        .params = params,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s", fault.what);
    ck_assert_int_eq(result.jobs_done, 40);
    arena_destroy(arena);
}

START_TEST(a_scheduler_decides_what_its_rule_says)
{
    spy.rule = &rules[_i];
    struct policy_kind kind = *spy.rule->policy;
    kind.create = spy_create;
    kind.destroy = spy_destroy;
    kind.decide = spy_decide;
    for (uint32_t number = 0; number < 30; number++)
        run_random_stream(&kind, number);
    ck_assert_int_gt(spy.choices, 500);
    if (kind.family == POLICY_LATE_BINDING) {
        ck_assert_int_gt(spy.refusals, 500);
        ck_assert_int_gt(spy.crowds, 500);
    }
}
END_TEST

/* ---- views by hand ---- */

enum { TASKS = 8, PES = 3, JOBS = 3 };

/* Three PEs (K0_0, K1_1, K1_2) and up to three jobs of one app each, all of it at date 0. */
struct stage {
    struct arena *arena;
    struct view view;
    struct view_task tasks[JOBS * TASKS];
    struct view_job jobs[JOBS];
    struct view_pe pes[PES];
    int32_t ready[JOBS * TASKS];
    int32_t arrived[JOBS];
    int32_t finished[PES];
    double params[POLICY_MAX_PARAMS];
    struct decision list[JOBS * TASKS];
    struct decisions decisions;
    const struct policy_kind *policy;
    void *self;
};

static void stage_open(struct stage *stage, struct app *const *apps, int32_t app_count)
{
    const struct soc *soc = fixture_soc(stage->arena, 2, (int32_t[]){1, 2}, 1.0);
    stage->view = (struct view){
        .soc = soc,
        .binds = fixture_bind(stage->arena, soc, apps, app_count),
        .bind_count = app_count,
        .pes = stage->pes,
        .tasks = stage->tasks,
        .jobs = stage->jobs,
        .task_capacity = JOBS * TASKS,
        .job_capacity = JOBS,
        .ready = stage->ready,
        .arrived = stage->arrived,
        .finished = stage->finished,
        .params = stage->params,
    };
    for (int32_t pe = 0; pe < PES; pe++)
        stage->pes[pe].running = -1;
    stage->decisions = (struct decisions){.list = stage->list, .capacity = JOBS * TASKS};
}

/* A job arrives; tasks without predecessors are ready. Its first task is TASKS * job. */
static void stage_arrive(struct stage *stage, int32_t job)
{
    const struct bind *bind = &stage->view.binds[job];
    const struct app *app = bind->app;
    stage->jobs[job] = (struct view_job){.id = job,
                                         .bind = job,
                                         .first_task = TASKS * job,
                                         .tasks_left = app->task_count,
                                         .active = true,
                                         .cost_ps = bind->cost_ps,
                                         .min_cost_ps = bind->min_cost_ps,
                                         .delay_ps = bind->delay_ps};
    stage->arrived[stage->view.arrived_count++] = job;
    for (int32_t i = 0; i < app->task_count; i++) {
        bool is_ready = app->tasks[i].pred_count == 0;
        stage->tasks[TASKS * job + i] = (struct view_task){
            .job = job, .index = i, .pe = -1, .status = is_ready ? TASK_READY : TASK_WAITING};
        if (is_ready)
            stage->ready[stage->view.ready_count++] = TASKS * job + i;
    }
}

/* Lets the policy decide and does what it says: the view is that of the next epoch then. */
static void stage_decide(struct stage *stage)
{
    stage->decisions.count = 0;
    stage->policy->decide(stage->self, &stage->view, &stage->decisions);
    for (int32_t i = 0; i < stage->decisions.count; i++) {
        struct view_task *task = &stage->tasks[stage->list[i].task];
        task->status = TASK_ASSIGNED;
        task->pe = stage->list[i].pe;
        task->data_ps = view_data_ps(&stage->view, stage->list[i].task, task->pe);
        stage->pes[task->pe].queued++;
    }
    int32_t kept = 0;
    for (int32_t i = 0; i < stage->view.ready_count; i++)
        if (stage->tasks[stage->ready[i]].status == TASK_READY)
            stage->ready[kept++] = stage->ready[i];
    stage->view.ready_count = kept;
    stage->view.arrived_count = stage->view.finished_count = 0;
}

static void stage_policy(struct stage *stage, const struct policy_kind *policy)
{
    stage->policy = policy;
    for (int32_t i = 0; i < policy->param_count; i++)
        stage->params[i] = policy->params[i].fallback;
    stage->self = policy->create(&stage->view);
}

static void stage_close(struct stage *stage)
{
    stage->policy->destroy(stage->self);
}

/* The last decisions, in order. */
static void expect(const struct stage *stage, int32_t count, const struct decision *expected)
{
    ck_assert_int_eq(stage->decisions.count, count);
    for (int32_t i = 0; i < count; i++) {
        ck_assert_int_eq(stage->list[i].task, expected[i].task);
        ck_assert_int_eq(stage->list[i].pe, expected[i].pe);
    }
}

static struct stage stage;

static void set_up(void)
{
    stage = (struct stage){.arena = arena_create()};
}

static void tear_down(void)
{
    arena_destroy(stage.arena);
}

/* Opens the stage with one job of these tasks, which has arrived. */
static void one_job(const struct policy_kind *policy, const struct fixture_task *tasks,
                    int32_t task_count, const struct fixture_edge *edges, int32_t edge_count)
{
    struct app *app = fixture_app(stage.arena, "app", 2, tasks, task_count, edges, edge_count);
    stage_open(&stage, &app, 1);
    stage_policy(&stage, policy);
    stage_arrive(&stage, 0);
}

START_TEST(heft_rt_takes_first_what_most_depends_on)
{
    one_job(&sched_heft_rt,
            (struct fixture_task[]){{"a", {9, 9}}, {"b", {1, 1}}, {"c", {2, 2}}, {"d", {20, 20}}},
            4, (struct fixture_edge[]){{1, 3, 0}}, 1);
    stage_decide(&stage);
    /* Ranks: a 9, b 1 + 20, c 2. */
    expect(&stage, 3, (struct decision[]){{1, 0}, {0, 1}, {2, 2}});
    stage_close(&stage);
}
END_TEST

START_TEST(stf_takes_first_what_is_shortest_where_it_runs_best)
{
    one_job(&sched_stf,
            (struct fixture_task[]){
                {"a", {50, 5}}, {"b", {4, 90}}, {"c", {6, 5}}, {"d", {-1, 3}}, {"e", {7, 5}}},
            5, NULL, 0);
    stage_decide(&stage);
    /* By 3, 4, 5 = 5 = 5; K0 is until 4, K1_1 until 3, then c ends at 10 = 5 + 5 = 4 + 6. */
    expect(&stage, 5, (struct decision[]){{3, 1}, {1, 0}, {0, 2}, {2, 1}, {4, 2}});
    stage_close(&stage);
}
END_TEST

START_TEST(mct_counts_a_transfer_that_eft_hides_behind_the_queue)
{
    const struct policy_kind *const both[] = {&sched_eft, &sched_mct};
    one_job(both[_i], (struct fixture_task[]){{"a", {1, 1}}, {"b", {5, 5}}}, 2,
            (struct fixture_edge[]){{0, 1, 6}}, 1);
    stage.tasks[0].status = TASK_DONE;
    stage.tasks[0].pe = 0;
    stage.tasks[1].status = TASK_READY;
    stage.ready[0] = 1;
    stage.pes[0].available_ps = 10 * US;
    stage.pes[1].available_ps = 8 * US;
    stage.pes[2].available_ps = 30 * US;
    stage_decide(&stage);
    /* On K0, where the data is: 10 + 5. On K1_1: max(8, 6) + 5, or 8 + 6 + 5. */
    expect(&stage, 1, (struct decision[]){{1, _i == 0 ? 1 : 0}});
    stage_close(&stage);
}
END_TEST

START_TEST(olb_asks_who_is_free_first_and_not_what_it_costs)
{
    one_job(&sched_olb, (struct fixture_task[]){{"a", {900, 1}}, {"b", {-1, 5}}, {"c", {3, 5}}}, 3,
            NULL, 0);
    stage.pes[1].available_ps = 2 * US;
    stage.pes[2].available_ps = 6 * US;
    stage_decide(&stage);
    expect(&stage, 3, (struct decision[]){{0, 0}, {1, 1}, {2, 2}});
    stage_close(&stage);
}
END_TEST

START_TEST(round_robin_goes_on_where_it_stopped)
{
    one_job(&sched_round_robin,
            (struct fixture_task[]){{"a", {1, 1}}, {"b", {1, -1}}, {"c", {1, 1}}, {"d", {1, 1}}}, 4,
            NULL, 0);
    stage.view.ready_count = 3;
    stage_decide(&stage);
    expect(&stage, 3, (struct decision[]){{0, 0}, {1, 0}, {2, 1}});
    stage.ready[stage.view.ready_count++] = 3;
    stage_decide(&stage);
    expect(&stage, 1, (struct decision[]){{3, 2}});
    stage_close(&stage);
}
END_TEST

/* ---- late binding by hand ---- */

static const struct fixture_task alike[] = {{"a", {2, 10}}, {"b", {2, 10}}, {"c", {2, 10}},
                                            {"d", {2, 10}}, {"e", {2, 10}}, {"f", {2, 10}}};

/* K0 is busy until `until_us`, and one K1 for ever. */
static void occupy(double until_us)
{
    stage.pes[0].running = stage.pes[2].running = TASKS * (JOBS - 1);
    stage.pes[0].available_ps = tick_from_us(until_us);
    stage.pes[2].available_ps = 1000 * US;
}

START_TEST(an_urgent_task_waits_for_a_busy_pe_that_is_worth_it)
{
    one_job(&sched_srpt_lb, alike, 1, NULL, 0);
    occupy(7);
    stage_decide(&stage);
    expect(&stage, 0, NULL); /* 7 + 2 against 10 */
    stage.pes[0].available_ps = 9 * US;
    stage_decide(&stage);
    expect(&stage, 1, (struct decision[]){{0, 1}}); /* 9 + 2 against 10 */
    stage_close(&stage);
}
END_TEST

START_TEST(those_who_wait_hold_their_place_against_those_after_them)
{
    one_job(&sched_srpt_lb, alike, 6, NULL, 0);
    occupy(3);
    stage_decide(&stage);
    /* K0 would end them at 5, 7, 9; the fourth at 11, so it takes the idle K1 and ends at 10. */
    expect(&stage, 1, (struct decision[]){{3, 1}});
    stage_decide(&stage); /* no PE is idle: its task waits for nothing, but has not started */
    expect(&stage, 0, NULL);
    stage_close(&stage);
}
END_TEST

START_TEST(tasks_out_of_sight_get_nothing)
{
    one_job(&sched_srpt_lb, alike, 6, NULL, 0);
    occupy(3);
    stage_close(&stage);
    stage.params[0] = _i;
    stage.self = sched_srpt_lb.create(&stage.view);
    stage_decide(&stage);
    expect(&stage, _i < 4 ? 0 : 1, (struct decision[]){{3, 1}}); /* the fourth, as above */
    stage_close(&stage);
}
END_TEST

START_TEST(only_tasks_that_keep_waiting_use_up_what_may_be_seen)
{
    static const struct fixture_task tasks[] = {{"a", {2, 10}}, {"b", {-1, 5}}, {"c", {-1, 5}}};
    one_job(&sched_srpt_lb, tasks, 3, NULL, 0);
    stage_close(&stage);
    stage.params[0] = 1;
    stage.self = sched_srpt_lb.create(&stage.view);
    stage_decide(&stage);
    expect(&stage, 3, (struct decision[]){{0, 0}, {1, 1}, {2, 2}});
    stage_close(&stage);
}
END_TEST

START_TEST(the_job_with_the_least_work_left_goes_first)
{
    struct app *apps[] = {
        fixture_app(stage.arena, "long", 2, (struct fixture_task[]){{"a", {9, 9}}, {"b", {9, 9}}},
                    2, NULL, 0),
        fixture_app(stage.arena, "chain", 2, (struct fixture_task[]){{"a", {5, 5}}, {"b", {4, 4}}},
                    2, (struct fixture_edge[]){{0, 1, 0}}, 1),
        fixture_app(stage.arena, "short", 2, (struct fixture_task[]){{"a", {8, 8}}}, 1, NULL, 0),
    };
    stage_open(&stage, apps, 3);
    stage_policy(&stage, &sched_srpt_lb);
    for (int32_t job = 0; job < 3; job++)
        stage_arrive(&stage, job);
    stage.pes[1].running = stage.pes[2].running = 0;
    stage.pes[1].available_ps = stage.pes[2].available_ps = 1000 * US;
    stage_decide(&stage);
    expect(&stage, 1, (struct decision[]){{2 * TASKS, 0}}); /* 8 < 9 < 18 */
    stage.pes[0].queued = 0;
    stage_decide(&stage);
    expect(&stage, 1, (struct decision[]){{TASKS, 0}}); /* 9 < 18 */
    stage.pes[0].queued = 0;
    stage.tasks[TASKS].status = TASK_DONE;
    stage.finished[stage.view.finished_count++] = TASKS;
    stage.ready[stage.view.ready_count++] = TASKS + 1;
    stage.tasks[TASKS + 1].status = TASK_READY;
    stage_decide(&stage);
    expect(&stage, 1, (struct decision[]){{TASKS + 1, 0}}); /* 4 < 18, though it is the last */
    stage_close(&stage);
}
END_TEST

/* ---- adaptation ---- */

static double factor_of_first_job;

static double first_job_is_odd(int32_t job, int32_t task)
{
    (void)task;
    return job == 0 ? factor_of_first_job : 1.0;
}

/* Where a job's only task runs, 10 us on K0 and 12 us on K1, that arrives `later_us` after one
 * whose task took `factor` times what it should on K0. */
static int32_t run_after_odd_one(const struct policy_kind *policy, double factor, double later_us)
{
    struct soc *soc = fixture_soc(stage.arena, 2, (int32_t[]){1, 1}, 1);
    struct app *app =
        fixture_app(stage.arena, "app", 2, (struct fixture_task[]){{"a", {10, 12}}}, 1, NULL, 0);
    struct arrival_row rows[] = {{0}, {.at_ps = tick_from_us(later_us)}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2, .factor = first_job_is_odd};
    struct scenario scenario = fixture_scenario(&source);
    struct fixture_log log = {0};
    struct observer observer = fixture_observer(&log);
    struct world_setup setup = {
        .soc = soc,
        .binds = fixture_bind(stage.arena, soc, &app, 1),
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find("heap"),
        .policy = policy,
        .observers = &observer,
        .observer_count = 1,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    factor_of_first_job = factor;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s", fault.what);
    ck_assert_int_eq(fixture_find(&log, 0, 0)->pe, 0);
    int32_t pe = fixture_find(&log, 1, 0)->pe;
    fixture_log_finish(&log);
    return pe;
}

START_TEST(a_pe_seen_slow_is_avoided_until_that_is_long_ago)
{
    ck_assert_int_eq(run_after_odd_one(&sched_srpt_lb, 3, 100), 0);
    ck_assert_int_eq(run_after_odd_one(&sched_srpt_lb_adapt, 3, 100), 1); /* 10 x 3^0.35 = 14.7 */
    ck_assert_int_eq(run_after_odd_one(&sched_srpt_lb_adapt, 3, 20000), 0);
    ck_assert_int_eq(run_after_odd_one(&sched_srpt_lb_adapt, 1.1, 100), 0);
}
END_TEST

START_TEST(a_task_that_overruns_tells_at_once)
{
    const struct policy_kind *const both[] = {&sched_srpt_lb, &sched_srpt_lb_adapt};
    struct app *apps[] = {
        fixture_app(stage.arena, "old", 2, (struct fixture_task[]){{"a", {10, -1}}}, 1, NULL, 0),
        fixture_app(stage.arena, "new", 2, (struct fixture_task[]){{"a", {10, 25}}}, 1, NULL, 0),
    };
    stage_open(&stage, apps, 2);
    stage_policy(&stage, both[_i]);
    stage_arrive(&stage, 0);
    stage_decide(&stage);
    expect(&stage, 1, (struct decision[]){{0, 0}});
    stage.pes[0] = (struct view_pe){.running = 0};
    stage.tasks[0].status = TASK_RUNNING;
    stage.view.now_ps = 30 * US; /* its end was expected at 10 */
    for (int32_t pe = 0; pe < PES; pe++)
        stage.pes[pe].available_ps = 30 * US;
    stage_arrive(&stage, 1);
    stage_decide(&stage);
    /* By the table K0 is worth waiting for, 30 + 10 < 30 + 25; three times slower it is not. */
    expect(&stage, _i, (struct decision[]){{TASKS, 1}});
    stage_close(&stage);
}
END_TEST

START_TEST(what_is_believed_of_a_pe_stays_within_limits)
{
    static const double took_us[] = {4000, 0.01, 20};
    static const double expected[] = {4.0551999668446745, 0.4965853037914095, 2};
    one_job(&sched_olb, (struct fixture_task[]){{"a", {10, 10}}}, 1, NULL, 0);
    for (int32_t i = 0; i < 3; i++) {
        struct slowness slowness;
        slowness_init(&slowness, &stage.view, 6000, 1.0);
        stage.tasks[0].pe = 0;
        stage.tasks[0].finish_ps = stage.view.now_ps = tick_from_us(took_us[i]);
        stage.finished[0] = 0;
        stage.view.finished_count = 1;
        slowness_update(&slowness, &stage.view);
        ck_assert_double_eq_tol(slowness_factor(&slowness, &stage.view, 0), expected[i], 1e-12);
        ck_assert_double_eq(slowness_factor(&slowness, &stage.view, 1), 1.0);
        slowness_finish(&slowness);
    }
    stage_close(&stage);
}
END_TEST

/* ---- sorting ---- */

START_TEST(sorting_is_by_key_and_keeps_equal_ones_as_they_came)
{
    struct random_stream stream = random_open(3, 0, RANDOM_TEST, 0, 0);
    struct view view = {.task_capacity = 300};
    struct order order = {0};
    for (int32_t count = 0; count < 300; count++) {
        order_begin(&order, &view);
        for (int32_t task = 0; task < count; task++)
            order_add(&order, task, random_below(&stream, 20));
        order_sort(&order);
        ck_assert_int_eq(order.count, count);
        for (int32_t i = 1; i < count; i++) {
            const struct order_item *a = &order.items[i - 1], *b = &order.items[i];
            ck_assert(a->key < b->key || (a->key == b->key && a->task < b->task));
        }
    }
    order_finish(&order);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("dynamic");
    TCase *plainly = tcase_create("against the rule");
    tcase_set_timeout(plainly, 60);
    tcase_add_loop_test(plainly, a_scheduler_decides_what_its_rule_says, 0,
                        (int)(sizeof rules / sizeof *rules));
    tcase_add_test(plainly, sorting_is_by_key_and_keeps_equal_ones_as_they_came);
    suite_add_tcase(suite, plainly);
    TCase *hand = tcase_create("by hand");
    tcase_add_checked_fixture(hand, set_up, tear_down);
    tcase_add_test(hand, heft_rt_takes_first_what_most_depends_on);
    tcase_add_test(hand, stf_takes_first_what_is_shortest_where_it_runs_best);
    tcase_add_loop_test(hand, mct_counts_a_transfer_that_eft_hides_behind_the_queue, 0, 2);
    tcase_add_test(hand, olb_asks_who_is_free_first_and_not_what_it_costs);
    tcase_add_test(hand, round_robin_goes_on_where_it_stopped);
    tcase_add_test(hand, an_urgent_task_waits_for_a_busy_pe_that_is_worth_it);
    tcase_add_test(hand, those_who_wait_hold_their_place_against_those_after_them);
    tcase_add_loop_test(hand, tasks_out_of_sight_get_nothing, 1, 6);
    tcase_add_test(hand, only_tasks_that_keep_waiting_use_up_what_may_be_seen);
    tcase_add_test(hand, the_job_with_the_least_work_left_goes_first);
    tcase_add_test(hand, a_pe_seen_slow_is_avoided_until_that_is_long_ago);
    tcase_add_loop_test(hand, a_task_that_overruns_tells_at_once, 0, 2);
    tcase_add_test(hand, what_is_believed_of_a_pe_stays_within_limits);
    suite_add_tcase(suite, hand);
    return suite;
}
