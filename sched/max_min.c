/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Max-min (Braun et al., J. Parallel Distrib. Comput. 61, 2001; after Ibarra, Kim, J. ACM 24(2),
 * 1977), on the batch of an arriving job: for each task whose predecessors are planned the least
 * completion time over all PEs, then the task for which that is greatest is put there, again and
 * again. Long tasks first, short ones beside them. Braun et al. have independent tasks; taking
 * those whose predecessors are planned is the usual way to DAGs (Blythe et al., CCGrid 2005). No
 * insertion: a task goes to the end of what is planned for a PE, as in the paper. Ties: the smaller
 * number; the first PE.
 *
 * A stream is planned as by `heft`. O(V (R + P + C pred) + P N) per arrival as a rule, for V tasks
 * of the job, R of them ready at a time, on P PEs in C clusters with N planned tasks. */
#include "sched/batch.h"
#include "sched/plan.h"
#include "sched/registry.h"

static void *max_min_create(const struct view *view)
{
    return batch_create(view);
}

static void max_min_destroy(void *self)
{
    batch_destroy(self);
}

static void max_min_decide(void *self, const struct view *view, struct decisions *decisions)
{
    batch_decide(self, view, true, decisions);
}

static const struct policy_param params[] = {PLAN_ROUTES};

const struct policy_kind sched_max_min = {
    .contract = POLICY_CONTRACT,
    .name = "max_min",
    .summary = "max-min at every arrival: the task whose earliest finish is latest goes first",
    .family = POLICY_STATIC,
    .discipline = POLICY_PLAN,
    .source = "Braun et al. 2001, Max-min, on tasks whose predecessors are planned",
    .cost = "O(V (R + P + C pred) + P N) per arrival; V tasks, R ready, N planned, P PEs, "
            "C clusters",
    .params = params,
    .param_count = sizeof params / sizeof *params,
    .create = max_min_create,
    .destroy = max_min_destroy,
    .decide = max_min_decide,
};
