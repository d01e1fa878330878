/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OLB, opportunistic load balancing (Braun et al., J. Parallel Distrib. Comput. 61, 2001): each
 * ready task, as they became ready, to the PE that is available first, the first of equal ones,
 * whatever the task costs there and wherever its data is. Of the PEs that can run it, that is. A
 * PE given a task is available again at the task's estimated finish. O(P + pred) per task. */
#include "base/tick.h"
#include "sched/available.h"
#include "sched/registry.h"

static void *olb_create(const struct view *view)
{
    struct available *available = memory_zeroed(1, sizeof *available);
    available_init(available, view);
    return available;
}

static void olb_destroy(void *self)
{
    available_finish(self);
    free(self);
}

static int32_t find_pe(const struct view *view, struct available *available, int32_t task)
{
    int64_t first_ps = TICK_NEVER;
    int32_t first = -1;
    for (int32_t pe = 0; pe < view->soc->pe_count && first_ps > view->now_ps; pe++) {
        int64_t free_ps = available_ps(available, view, pe);
        if (free_ps < first_ps && view_can(view, task, pe)) {
            first_ps = free_ps;
            first = pe;
        }
    }
    assert(first >= 0);
    return first;
}

static void olb_decide(void *self, const struct view *view, struct decisions *decisions)
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

const struct policy_kind sched_olb = {
    .contract = POLICY_CONTRACT,
    .name = "olb",
    .summary = "opportunistic: the PE that is available first, whatever the task costs there",
    .family = POLICY_DYNAMIC,
    .discipline = POLICY_DATA_READY,
    .source = "Braun et al. 2001, OLB",
    .cost = "O(P + pred) per task; P PEs",
    .create = olb_create,
    .destroy = olb_destroy,
    .decide = olb_decide,
};
