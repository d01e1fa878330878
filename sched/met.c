/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MET, minimum execution time (Braun et al., J. Parallel Distrib. Comput. 61, 2001): each ready
 * task to a PE where it costs least, wherever its data is and however long the queue. Of such PEs
 * the one that is available first, then the first; a PE given a task is available again at the
 * task's estimated finish. O(P + pred) per task. */
#include "base/tick.h"
#include "sched/available.h"
#include "sched/registry.h"

static void *met_create(const struct view *view)
{
    struct available *available = memory_zeroed(1, sizeof *available);
    available_init(available, view);
    return available;
}

static void met_destroy(void *self)
{
    available_finish(self);
    free(self);
}

/* The PE that is available first among those of least cost. */
static int32_t find_pe(const struct view *view, struct available *available, int32_t task)
{
    const struct soc *soc = view->soc;
    int64_t least_ps = view_least_cost_ps(view, task);
    int64_t first_ps = TICK_NEVER;
    int32_t first = -1;
    for (int32_t i = 0; i < soc->cluster_count; i++) {
        const struct soc_cluster *cluster = &soc->clusters[i];
        if (view_cost_ps(view, task, cluster->first_pe) != least_ps)
            continue;
        for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++) {
            int64_t free_ps = available_ps(available, view, pe);
            if (free_ps < first_ps && view_reaches(view, task, pe)) {
                first_ps = free_ps;
                first = pe;
            }
            if (first_ps <= view->now_ps)
                return first; /* no other can be sooner */
        }
    }
    assert(first >= 0);
    return first;
}

static void met_decide(void *self, const struct view *view, struct decisions *decisions)
{
    struct available *available = self;
    available_trust(available);
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t task = view->ready[i];
        int32_t pe = find_pe(view, available, task);
        int64_t data_ps = view_data_ps(view, task, pe);
        int64_t free_ps = available_ps(available, view, pe);
        int64_t start_ps = data_ps > free_ps ? data_ps : free_ps;
        available_set(available, pe, start_ps + view_cost_ps(view, task, pe));
        decide_assign(decisions, task, pe);
    }
}

const struct policy_kind sched_met = {
    .contract = POLICY_CONTRACT,
    .name = "met",
    .summary = "minimum execution time, ties to the PE that is available first",
    .family = POLICY_DYNAMIC,
    .discipline = POLICY_DATA_READY,
    .source = "Braun et al. 2001, MET",
    .cost = "O(P + pred) per task; P PEs",
    .create = met_create,
    .destroy = met_destroy,
    .decide = met_decide,
};
