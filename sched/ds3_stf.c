/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DS3's STF, shortest task first (Arda et al., IEEE TC 69(8), 2020; rule 12 of its decoded
 * semantics): each ready task to the first PE of least cost. DS3 forgets to apply the order that
 * gave the policy its name, so tasks are assigned as they became ready. O(C) per task. */
#include "sched/registry.h"

static int32_t first_fastest(const struct view *view, int32_t task)
{
    int64_t least_ps = view_least_cost_ps(view, task);
    for (int32_t i = 0; i < view->soc->cluster_count; i++) {
        const struct soc_cluster *cluster = &view->soc->clusters[i];
        if (view_cost_ps(view, task, cluster->first_pe) != least_ps)
            continue;
        for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++)
            if (view_can(view, task, pe))
                return pe;
    }
    assert(false);
    return -1;
}

static void ds3_stf_decide(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    for (int32_t i = 0; i < view->ready_count; i++)
        decide_assign(decisions, view->ready[i], first_fastest(view, view->ready[i]));
}

const struct policy_kind sched_ds3_stf = {
    .contract = POLICY_CONTRACT,
    .name = "ds3_stf",
    .summary = "shortest task first as DS3 has it: the first fastest PE, tasks unsorted",
    .family = POLICY_DYNAMIC,
    .discipline = POLICY_DATA_READY,
    .source = "Arda et al. 2020 (DS3), STF",
    .cost = "O(C) per task; C clusters",
    .decide = ds3_stf_decide,
};
