/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DS3's MET (Arda et al., IEEE TC 69(8), 2020; rule 13 of its decoded semantics): each ready task
 * to a PE of least cost. If some of these are occupied and some are not, DS3 means to strike out
 * the occupied ones, but strikes out as many PEs from the first occupied one on. Of the rest, the
 * one with the fewest assignments of this call, then the first. O(P) per task. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sched/registry.h"

/* The PEs of least cost for a task are numbered from 0; of these [first, first + count) are
 * struck out. */
struct struck {
    int32_t first, count;
};

static struct struck strike(const struct view *view, int32_t task, int64_t least_ps)
{
    struct struck struck = {0};
    int32_t total = 0;
    for (int32_t i = 0; i < view->soc->cluster_count; i++) {
        const struct soc_cluster *cluster = &view->soc->clusters[i];
        if (view_cost_ps(view, task, cluster->first_pe) != least_ps)
            continue;
        for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++) {
            if (!view_can(view, task, pe))
                continue;
            if (view->pes[pe].running >= 0 && struck.count++ == 0)
                struck.first = total;
            total++;
        }
    }
    if (struck.count == total)
        struck.count = 0;
    return struck;
}

static int32_t find_pe(const struct view *view, const int32_t *given, int32_t task)
{
    int64_t least_ps = view_least_cost_ps(view, task);
    struct struck struck = strike(view, task, least_ps);
    int32_t best = -1;
    int32_t number = 0;
    for (int32_t i = 0; i < view->soc->cluster_count; i++) {
        const struct soc_cluster *cluster = &view->soc->clusters[i];
        if (view_cost_ps(view, task, cluster->first_pe) != least_ps)
            continue;
        for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++) {
            if (!view_can(view, task, pe))
                continue;
            bool is_struck = number >= struck.first && number < struck.first + struck.count;
            if (!is_struck && (best < 0 || given[pe] < given[best]))
                best = pe;
            number++;
        }
    }
    assert(best >= 0);
    return best;
}

/* The state is the number of assignments per PE; it lives from call to call only for its memory. */
static void *ds3_met_create(const struct view *view)
{
    return memory_zeroed((size_t)view->soc->pe_count, sizeof(int32_t));
}

static void ds3_met_decide(void *self, const struct view *view, struct decisions *decisions)
{
    int32_t *given = self;
    memset(given, 0, (size_t)view->soc->pe_count * sizeof *given);
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t pe = find_pe(view, given, view->ready[i]);
        given[pe]++;
        decide_assign(decisions, view->ready[i], pe);
    }
}

const struct policy_kind sched_ds3_met = {
    .contract = POLICY_CONTRACT,
    .name = "ds3_met",
    .summary = "minimum execution time as DS3 has it, with its way of avoiding occupied PEs",
    .family = POLICY_DYNAMIC,
    .discipline = POLICY_DATA_READY,
    .source = "Arda et al. 2020 (DS3), MET",
    .cost = "O(P) per task; P PEs",
    .create = ds3_met_create,
    .destroy = free,
    .decide = ds3_met_decide,
};
