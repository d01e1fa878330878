/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fixed priorities for DAG jobs on unequal PEs: the ready tasks are taken by the priority of their
 * job, the larger first; within that by upward rank (Topcuoglu, Hariri, Wu, IEEE TPDS 13(3), 2002,
 * eq. 3), the highest first, as they became ready among equals. Each is committed to the PE where
 * it finishes first (eqs. 5-6, without insertion). Without priorities it is `heft_rt`, but that a
 * PE keeps to the order in which it was given its tasks: a job overtakes only what is not committed
 * yet. Not preemptive. O(log R + P + C pred) per task. */
#include "sched/registry.h"
#include "sched/urgency.h"

static void *priority_create(const struct view *view)
{
    return urgency_create(view);
}

static void priority_destroy(void *self)
{
    urgency_destroy(self);
}

static double priority_key(const struct view_job *job)
{
    return -(double)job->priority;
}

static void priority_decide(void *self, const struct view *view, struct decisions *decisions)
{
    urgency_assign(self, view, priority_key, decisions);
}

const struct policy_kind sched_priority = {
    .contract = POLICY_CONTRACT,
    .name = "priority",
    .summary =
        "ready tasks by the priority of their job, then upward rank, each where it ends first",
    .family = POLICY_DYNAMIC,
    .discipline = POLICY_ASSIGNED,
    .source = "fixed priorities; Topcuoglu, Hariri, Wu 2002, eqs. 3, 5-6",
    .cost = "O(log R + P + C pred) per task; R ready tasks, P PEs, C clusters",
    .create = priority_create,
    .destroy = priority_destroy,
    .decide = priority_decide,
};
