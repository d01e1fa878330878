/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Min-min (Braun et al., J. Parallel Distrib. Comput. 61, 2001; after Ibarra, Kim, J. ACM 24(2),
 * 1977), on the batch of an arriving job: for each task whose predecessors are planned the least
 * completion time over all PEs, then the task for which that is least is put there, again and
 * again. Short tasks first. Braun et al. have independent tasks; taking those whose predecessors
 * are planned is the usual way to DAGs (Blythe et al., CCGrid 2005). No insertion: a task goes to
 * the end of what is planned for a PE, as in the paper. Ties: the smaller number; the first PE.
 *
 * A stream is planned as by `heft`. O(V (R + P + C pred) + P N) per arrival as a rule, for V tasks
 * of the job, R of them ready at a time, on P PEs in C clusters with N planned tasks. */
#include "sched/batch.h"
#include "sched/plan.h"
#include "sched/registry.h"

static void *min_min_create(const struct view *view)
{
    return batch_create(view);
}

static void min_min_destroy(void *self)
{
    batch_destroy(self);
}

static void min_min_decide(void *self, const struct view *view, struct decisions *decisions)
{
    batch_decide(self, view, false, decisions);
}

static const struct policy_param params[] = {PLAN_ROUTES};

const struct policy_kind sched_min_min = {
    .contract = POLICY_CONTRACT,
    .name = "min_min",
    .summary = "min-min at every arrival: the task that can finish first goes first",
    .family = POLICY_STATIC,
    .discipline = POLICY_PLAN,
    .source = "Braun et al. 2001, Min-min, on tasks whose predecessors are planned",
    .cost = "O(V (R + P + C pred) + P N) per arrival; V tasks, R ready, N planned, P PEs, "
            "C clusters",
    .params = params,
    .param_count = sizeof params / sizeof *params,
    .create = min_min_create,
    .destroy = min_min_destroy,
    .decide = min_min_decide,
};
