/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EDF, earliest deadline first (Liu, Layland, J. ACM 20(1), 1973), for DAG jobs on unequal PEs: the
 * ready tasks are taken by the deadline of their job, jobs without one last; within that by upward
 * rank (Topcuoglu, Hariri, Wu, IEEE TPDS 13(3), 2002, eq. 3), the highest first, as they became
 * ready among equals. Each is committed to the PE where it finishes first (eqs. 5-6, without
 * insertion).
 *
 * Liu and Layland preempt, and so always run the most urgent job. Here a PE keeps to the order in
 * which it was given its tasks, so a job overtakes only what is not committed yet, and the bound
 * of that paper on the load that meets all deadlines does not hold. O(log R + P + C pred) per task.
 */
#include "sched/registry.h"
#include "sched/urgency.h"

static void *edf_create(const struct view *view)
{
    return urgency_create(view);
}

static void edf_destroy(void *self)
{
    urgency_destroy(self);
}

static double deadline_key(const struct view_job *job)
{
    return (double)job->deadline_ps;
}

static void edf_decide(void *self, const struct view *view, struct decisions *decisions)
{
    urgency_assign(self, view, deadline_key, decisions);
}

const struct policy_kind sched_edf = {
    .contract = POLICY_CONTRACT,
    .name = "edf",
    .summary =
        "ready tasks by the deadline of their job, then upward rank, each where it ends first",
    .family = POLICY_DYNAMIC,
    .discipline = POLICY_ASSIGNED,
    .source = "Liu, Layland 1973; Topcuoglu, Hariri, Wu 2002, eqs. 3, 5-6",
    .cost = "O(log R + P + C pred) per task; R ready tasks, P PEs, C clusters",
    .create = edf_create,
    .destroy = edf_destroy,
    .decide = edf_decide,
};
