/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MCT, minimum completion time (Braun et al., J. Parallel Distrib. Comput. 61, 2001; Maheswaran et
 * al., J. Parallel Distrib. Comput. 59, 1999): each ready task, as they became ready, to the PE
 * with the least availability + execution time, the first of equal ones; the PE is then available
 * at that date.
 *
 * These papers map independent tasks, and what it takes to bring a task's data to a PE is a part of
 * its execution time there. So what is left of the transfer at this moment is added to the cost,
 * even where it would be over before the PE is available; `eft` lets the two overlap. Without data
 * to move, or with all PEs idle, they are the same. O(P + C pred) per task. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/tick.h"
#include "sched/inputs.h"
#include "sched/registry.h"

struct mct {
    struct inputs inputs;
    int64_t *available_ps; /* [pe] */
};

static void *mct_create(const struct view *view)
{
    struct mct *mct = memory_zeroed(1, sizeof *mct);
    inputs_init(&mct->inputs, view);
    mct->available_ps = memory_zeroed((size_t)view->soc->pe_count, sizeof(int64_t));
    return mct;
}

static void mct_destroy(void *self)
{
    struct mct *mct = self;
    inputs_finish(&mct->inputs);
    free(mct->available_ps);
    free(mct);
}

static void assign(struct mct *mct, const struct view *view, int32_t task,
                   struct decisions *decisions)
{
    int64_t best_ps = TICK_NEVER;
    int32_t best = -1;
    inputs_gather(&mct->inputs, view, task);
    for (int32_t i = 0; i < view->soc->cluster_count; i++) {
        const struct soc_cluster *cluster = &view->soc->clusters[i];
        int64_t cost_ps = view_cost_ps(view, task, cluster->first_pe);
        if (cost_ps == BIND_INCAPABLE)
            continue;
        struct reach reach = inputs_reach(&mct->inputs, view->soc, i);
        for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++) {
            if (!view_can(view, task, pe))
                continue;
            int64_t transfer_ps = reach_ps(&reach, pe) - view->now_ps;
            int64_t done_ps = mct->available_ps[pe] + (transfer_ps > 0 ? transfer_ps : 0) +
                              cost_ps + view_load_ps(view, task, pe);
            if (done_ps < best_ps) {
                best_ps = done_ps;
                best = pe;
            }
        }
    }
    assert(best >= 0);
    mct->available_ps[best] = best_ps;
    decide_assign(decisions, task, best);
}

static void mct_decide(void *self, const struct view *view, struct decisions *decisions)
{
    struct mct *mct = self;
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
        mct->available_ps[pe] = view_available_ps(view, pe);
    for (int32_t i = 0; i < view->ready_count; i++)
        assign(mct, view, view->ready[i], decisions);
}

const struct policy_kind sched_mct = {
    .contract = POLICY_CONTRACT,
    .name = "mct",
    .summary = "minimum completion time, transfers counted as execution",
    .family = POLICY_DYNAMIC,
    .discipline = POLICY_DATA_READY,
    .source = "Braun et al. 2001, MCT",
    .cost = "O(P + C pred) per task; P PEs, C clusters",
    .create = mct_create,
    .destroy = mct_destroy,
    .decide = mct_decide,
};
