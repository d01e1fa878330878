/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DASH's static HEFT (rule 16 of the decoded semantics): at every arrival all tasks in flight that
 * have not started are planned anew, by upward rank with communication at the mean bandwidth of
 * all pairs of PEs, the memory counted as a PE. Until the next arrival a task that becomes ready
 * reads its PE from the plan, is given in the order of its number there, and waits for the one
 * before it.
 *
 * The plan is made at the instant of the arrival, in the state of that instant. A policy is asked
 * later, so that what has happened meanwhile must be taken back: tasks that ended at the same date
 * are still running, and to an arrival that DS3's clock has let in after the scheduler's turn
 * (compat: ds3) the tasks started in that turn look as if they had not been given.
 *
 * Because edges without data are forgotten, a plan may contradict precedence: a task is to wait for
 * one that cannot come before it. DASH then waits for ever, or until an arrival changes the plan.
 * This policy waits for an arrival for `patience_us` and then lets tasks start in any order.
 *
 * DASH has no failures. Here everything is planned anew also when a PE goes down or comes back.
 *
 * O(N (P + N)) at worst per arrival for N tasks in flight, P PEs; O(given + ready) otherwise. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/tick.h"
#include "sched/ds3_plan.h"
#include "sched/registry.h"

struct ds3_heft {
    struct ds3_plan plan;
    int32_t *ready; /* scratch: ready tasks in the order of their numbers */
    int32_t ready_capacity;
    int64_t patience_ps; /* date at which waiting ends; TICK_NEVER: nothing is stuck */
    bool is_unordered;   /* waiting was in vain: the plan's order is ignored */
};

enum { PARAM_PATIENCE };

static const struct policy_param params[] = {
    [PARAM_PATIENCE] = {.name = "patience_us",
                        .unit = "us",
                        .min = 0,
                        .max = 1e9,
                        .fallback = 1e5,
                        .help = "When the plan contradicts precedence and nothing can start: time "
                                "to wait for an arrival before its order is dropped (DASH waits "
                                "for ever)."},
};

/* ---- ranks ---- */

/* Mean over ordered pairs of different PEs; the memory is one more PE if the machine tells how it
 * is reached. Infinite where there is no pair. */
static double mean_bandwidth_bytes_per_us(const struct soc *soc)
{
    double sum = 0.0;
    double pairs = 0.0;
    for (int32_t a = 0; a < soc->cluster_count; a++) {
        for (int32_t b = 0; b < soc->cluster_count; b++) {
            double here = soc->clusters[a].pe_count;
            double there = soc->clusters[b].pe_count - (a == b ? 1 : 0);
            int32_t lane = soc->cluster_lane[a * soc->cluster_count + b];
            if (here * there > 0.0)
                sum += here * there * soc->lanes[lane].bandwidth_bytes_per_us;
            pairs += here * there;
        }
    }
    if (soc->memory_bandwidth_bytes_per_us > 0.0) {
        sum += 2.0 * soc->pe_count * soc->memory_bandwidth_bytes_per_us;
        pairs += 2.0 * soc->pe_count;
    }
    return pairs > 0.0 ? sum / pairs : INFINITY;
}

static void upward_rank(const struct bind *bind, double *rank_us)
{
    const struct app *app = bind->app;
    double bandwidth = mean_bandwidth_bytes_per_us(bind->soc);
    ds3_mean_cost(bind, rank_us);
    for (int32_t i = app->task_count - 1; i >= 0; i--) {
        int32_t task = app->order[i];
        const struct app_edge *succs = &app->succs[app->tasks[task].first_succ];
        double longest_us = 0.0;
        for (int32_t s = 0; s < app->tasks[task].succ_count; s++) {
            double bytes = bind_bytes(bind, succs[s].edge);
            double way_us = rank_us[succs[s].task] + bytes / bandwidth;
            if (bytes != 0.0 && way_us > longest_us)
                longest_us = way_us;
        }
        rank_us[task] += longest_us;
    }
}

/* ---- life ---- */

static void *ds3_heft_create(const struct view *view)
{
    struct ds3_heft *self = memory_zeroed(1, sizeof *self);
    ds3_plan_init(&self->plan, view, upward_rank);
    self->patience_ps = TICK_NEVER;
    return self;
}

static void ds3_heft_destroy(void *context)
{
    struct ds3_heft *self = context;
    if (self == NULL)
        return;
    ds3_plan_finish(&self->plan);
    free(self->ready);
    free(self);
}

static void make_room(struct ds3_heft *self, const struct view *view)
{
    ds3_plan_grow(&self->plan, view);
    if (self->ready_capacity >= view->task_capacity)
        return;
    self->ready = memory_resize(self->ready, (size_t)view->task_capacity, sizeof *self->ready);
    self->ready_capacity = view->task_capacity;
}

/* ---- at an arrival ---- */

/* Drops tasks that were done at the instant of the plan: those whose slot another job has, and
 * those that ds3_plan_forget has taken out. */
static void drop_done(struct ds3_plan *plan, const struct view *view)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < plan->node_count; i++) {
        const struct ds3_task *node = &plan->nodes[i];
        const struct view_task *what = &view->tasks[node->task];
        if (view->jobs[what->job].id == node->job_id && what->status >= TASK_SKIPPED)
            plan->events[node->task].pe = -1;
        bool is_done = what->status >= TASK_DONE && plan->events[node->task].pe < 0;
        if (view->jobs[what->job].id == node->job_id && !is_done)
            plan->nodes[kept++] = *node;
    }
    plan->node_count = kept;
}

/* The instant of the last arrival, whose plan alone matters: each replaces the whole plan before
 * it. */
static struct ds3_instant arrival_instant(const struct view *view)
{
    const struct view_job *last = &view->jobs[view->arrived[view->arrived_count - 1]];
    return (struct ds3_instant){
        .at_ps = last->arrival_ps,
        .ends_seen = last->after_completions,
        .starts_seen = !last->after_tick,
    };
}

static void make_plan(struct ds3_plan *plan, const struct view *view, struct ds3_instant instant)
{
    ds3_plan_forget(plan, view, instant);
    drop_done(plan, view);
    for (int32_t i = 0; i < view->arrived_count; i++) {
        const struct view_job *job = &view->jobs[view->arrived[i]];
        for (int32_t task = 0; task < view->binds[job->bind].app->task_count; task++)
            ds3_plan_add(plan, view, job->first_task + task);
    }
    ds3_plan_open(plan, view, instant);
    ds3_plan_fill(plan, view, -1);
}

/* Tells queued tasks what they wait for now: -1 where that is done or the order is dropped. */
static void reorder(const struct ds3_heft *self, const struct view *view,
                    struct decisions *decisions)
{
    for (int32_t i = 0; i < self->plan.given_count; i++) {
        int32_t task = self->plan.given[i].task;
        if (view->tasks[task].status != TASK_ASSIGNED)
            continue;
        int32_t after = self->is_unordered ? -1 : self->plan.events[task].after;
        if (after >= 0 && view->tasks[after].status >= TASK_DONE)
            after = -1;
        if (after != view->tasks[task].after)
            decide_after(decisions, task, after);
    }
}

/* ---- at every epoch ---- */

/* Gives the ready tasks by their numbers in the plan, those that became ready first first. */
static void give_ready(struct ds3_heft *self, const struct view *view, struct decisions *decisions)
{
    const struct ds3_event *events = self->plan.events;
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t place = i;
        for (; place > 0 && events[self->ready[place - 1]].place > events[view->ready[i]].place;
             place--)
            self->ready[place] = self->ready[place - 1];
        self->ready[place] = view->ready[i];
    }
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t task = self->ready[i];
        ds3_plan_give(&self->plan, view, decisions, task,
                      self->is_unordered ? -1 : events[task].after);
    }
}

/* Whether something that is given runs, or waits for nothing that has not started. */
static bool is_moving(const struct ds3_heft *self, const struct view *view)
{
    for (int32_t i = 0; i < self->plan.given_count; i++) {
        int32_t task = self->plan.given[i].task;
        int32_t after = self->plan.events[task].after;
        if (self->is_unordered || view->tasks[task].status == TASK_RUNNING || after < 0 ||
            view->tasks[after].status >= TASK_DONE)
            return true;
    }
    return false;
}

static void ds3_heft_decide(void *context, const struct view *view, struct decisions *decisions)
{
    struct ds3_heft *self = context;
    struct ds3_instant now = {.at_ps = view->now_ps, .ends_seen = true, .starts_seen = true};
    make_room(self, view);
    bool is_new = view->arrived_count > 0 || view->is_disturbed;
    bool has_waited = view->arrived_count == 0 && view->now_ps >= self->patience_ps;
    if (view->arrived_count > 0) { /* a disturbance changes the plan, and not how long it waits */
        self->is_unordered = false;
        self->patience_ps = TICK_NEVER;
    }
    if (is_new)
        make_plan(&self->plan, view, view->is_disturbed ? now : arrival_instant(view));
    self->is_unordered = self->is_unordered || has_waited;
    if (is_new || has_waited)
        reorder(self, view, decisions);
    ds3_plan_forget(&self->plan, view, now);
    give_ready(self, view, decisions);
    if (is_moving(self, view)) {
        self->patience_ps = TICK_NEVER;
    } else if (self->plan.given_count > 0) { /* nothing is given while all PEs are down */
        if (self->patience_ps == TICK_NEVER)
            self->patience_ps = view->now_ps + tick_from_us(view->params[PARAM_PATIENCE]);
        decide_wake(decisions, self->patience_ps);
    }
}

const struct policy_kind sched_ds3_heft = {
    .contract = POLICY_CONTRACT,
    .name = "ds3_heft",
    .summary = "DASH's static HEFT: everything in flight is planned anew at every arrival",
    .family = POLICY_STATIC,
    .discipline = POLICY_ASSIGNED,
    .source = "DASH-Sim (ASU, after Arda et al. 2020), HEFT by mean cost and earliest finish",
    .cost = "O(N (P + N)) per arrival; N tasks in flight, P PEs",
    .params = params,
    .param_count = sizeof params / sizeof *params,
    .create = ds3_heft_create,
    .destroy = ds3_heft_destroy,
    .decide = ds3_heft_decide,
};
