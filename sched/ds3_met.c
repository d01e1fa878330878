/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DS3's MET (Arda et al., IEEE TC 69(8), 2020; rule 13 of its decoded semantics): each ready task
 * to a PE of least cost. If some of these are occupied and some are not, DS3 means to strike out
 * the occupied ones, but strikes out as many PEs from the first occupied one on. Of the rest, the
 * one with the fewest assignments of this call, then the first. O(P) per task. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sched/registry.h"

/* It lives from call to call only for its memory. */
struct state {
    int32_t *given;    /* [pe] assignments of this call */
    int32_t *cheapest; /* [pe] scratch: the PEs of least cost for a task, in order */
};

static int32_t find_pe(const struct state *state, const struct view *view, int32_t task)
{
    const struct soc *soc = view->soc;
    const struct view_task *what = &view->tasks[task];
    const int64_t *costs_ps =
        &view->jobs[what->job].cost_ps[(int64_t)what->index * soc->kind_count];
    int64_t least_ps = view_least_cost_ps(view, task);
    int32_t count = 0, first_occupied = 0, occupied = 0;
    for (int32_t i = 0; i < soc->cluster_count; i++) {
        const struct soc_cluster *cluster = &soc->clusters[i];
        if (costs_ps[cluster->kind] != least_ps)
            continue;
        for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++) {
            if (view->pes[pe].is_down || !view_reaches(view, task, pe))
                continue;
            if (view->pes[pe].running >= 0 && occupied++ == 0)
                first_occupied = count;
            state->cheapest[count++] = pe;
        }
    }
    int32_t struck = occupied < count ? occupied : 0;
    int32_t best = -1;
    for (int32_t i = 0; i < count; i++) {
        bool is_struck = i >= first_occupied && i < first_occupied + struck;
        int32_t pe = state->cheapest[i];
        if (!is_struck && (best < 0 || state->given[pe] < state->given[best]))
            best = pe;
    }
    assert(best >= 0);
    return best;
}

static void *ds3_met_create(const struct view *view)
{
    size_t count = (size_t)view->soc->pe_count;
    struct state *state = memory_zeroed(1, sizeof *state);
    state->given = memory_zeroed(count, sizeof *state->given);
    state->cheapest = memory_zeroed(count, sizeof *state->cheapest);
    return state;
}

static void ds3_met_destroy(void *self)
{
    struct state *state = self;
    free(state->given);
    free(state->cheapest);
    free(state);
}

static void ds3_met_decide(void *self, const struct view *view, struct decisions *decisions)
{
    struct state *state = self;
    memset(state->given, 0, (size_t)view->soc->pe_count * sizeof *state->given);
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t pe = find_pe(state, view, view->ready[i]);
        state->given[pe]++;
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
    .destroy = ds3_met_destroy,
    .decide = ds3_met_decide,
};
