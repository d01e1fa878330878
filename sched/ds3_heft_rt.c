/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DASH's HEFT_RT (rule 15 of the decoded semantics): at every epoch HEFT plans a graph that is
 * made of the ready tasks alone. Without edges the rank of a task is its mean cost, and neither
 * communication nor the place of data plays a part. A task waits for the one before it in the plan
 * of its PE; what was given earlier keeps its PE and what it waits for.
 *
 * DASH numbers the dummy entry one above the largest number of a ready task. Tasks are numbered
 * through all jobs, so that may be the number of a task that is running or queued: the `twin` of
 * ds3_plan_fill.
 *
 * O(G + R (P + G + R)) at worst for R ready tasks, G given ones, P PEs. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/tick.h"
#include "sched/ds3_plan.h"
#include "sched/registry.h"

struct ds3_heft_rt {
    struct ds3_plan plan;
    int64_t *first_number; /* [job] number of its first task */
    int32_t job_capacity;
    int64_t next_number;
};

static void *ds3_heft_rt_create(const struct view *view)
{
    struct ds3_heft_rt *self = memory_zeroed(1, sizeof *self);
    ds3_plan_init(&self->plan, view, ds3_mean_cost);
    return self;
}

static void ds3_heft_rt_destroy(void *context)
{
    struct ds3_heft_rt *self = context;
    if (self == NULL)
        return;
    ds3_plan_finish(&self->plan);
    free(self->first_number);
    free(self);
}

static void number_jobs(struct ds3_heft_rt *self, const struct view *view)
{
    if (self->job_capacity < view->job_capacity) {
        self->first_number = memory_resize(self->first_number, (size_t)view->job_capacity,
                                           sizeof *self->first_number);
        self->job_capacity = view->job_capacity;
    }
    for (int32_t i = 0; i < view->arrived_count; i++) {
        int32_t job = view->arrived[i];
        self->first_number[job] = self->next_number;
        self->next_number += view->binds[view->jobs[job].bind].app->task_count;
    }
}

static int64_t number_of(const struct ds3_heft_rt *self, const struct view *view, int32_t task)
{
    return self->first_number[view->tasks[task].job] + view->tasks[task].index;
}

/* The given task with the number of the dummy entry, -1 if there is none. */
static int32_t find_twin(const struct ds3_heft_rt *self, const struct view *view)
{
    int64_t entry = 0;
    for (int32_t i = 0; i < view->ready_count; i++) {
        int64_t number = number_of(self, view, view->ready[i]);
        entry = number >= entry ? number + 1 : entry;
    }
    for (int32_t i = 0; i < self->plan.given_count; i++)
        if (number_of(self, view, self->plan.given[i].task) == entry)
            return self->plan.given[i].task;
    return -1;
}

static void ds3_heft_rt_decide(void *context, const struct view *view, struct decisions *decisions)
{
    struct ds3_heft_rt *self = context;
    struct ds3_plan *plan = &self->plan;
    struct ds3_instant now = {.at_ps = view->now_ps, .ends_seen = true, .starts_seen = true};
    ds3_plan_grow(plan, view);
    ds3_plan_forget(plan, view, now);
    number_jobs(self, view);
    if (view->ready_count == 0)
        return;
    plan->node_count = 0;
    for (int32_t i = 0; i < view->ready_count; i++)
        ds3_plan_add(plan, view, view->ready[i]);
    ds3_plan_open(plan, view, now);
    ds3_plan_fill(plan, view, find_twin(self, view));
    for (int32_t i = 0; i < view->ready_count; i++)
        ds3_plan_give(plan, view, decisions, view->ready[i], plan->events[view->ready[i]].after);
}

const struct policy_kind sched_ds3_heft_rt = {
    .contract = POLICY_CONTRACT,
    .name = "ds3_heft_rt",
    .summary = "DASH's HEFT_RT: the ready tasks alone, longest first, no communication",
    .family = POLICY_DYNAMIC,
    .discipline = POLICY_ASSIGNED,
    .source = "DASH-Sim (ASU, after Arda et al. 2020), HEFT_RT by mean cost",
    .cost = "O(G + R (P + G + R)) per epoch; R ready tasks, G given, P PEs",
    .create = ds3_heft_rt_create,
    .destroy = ds3_heft_rt_destroy,
    .decide = ds3_heft_rt_decide,
};
