/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Round robin: each ready task, as they became ready, to the next PE in turn that can run it,
 * whatever it costs and however long the queue. With `random` the floor of any comparison.
 * O(P) per task, O(1) where every PE can run it. */
#include <stdlib.h>

#include "base/memory.h"
#include "sched/registry.h"

/* The state is the PE whose turn it is. */
static void *round_robin_create(const struct view *view)
{
    (void)view;
    return memory_zeroed(1, sizeof(int32_t));
}

static void round_robin_decide(void *self, const struct view *view, struct decisions *decisions)
{
    int32_t *turn = self;
    int32_t pe_count = view->soc->pe_count;
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t pe = *turn;
        while (!view_can(view, view->ready[i], pe))
            pe = (pe + 1) % pe_count;
        *turn = (pe + 1) % pe_count;
        decide_assign(decisions, view->ready[i], pe);
    }
}

const struct policy_kind sched_round_robin = {
    .contract = POLICY_CONTRACT,
    .name = "round_robin",
    .summary = "the PEs that can run the task, in turn",
    .family = POLICY_DYNAMIC,
    .discipline = POLICY_DATA_READY,
    .source = "baseline",
    .cost = "O(P) per task; P PEs",
    .create = round_robin_create,
    .destroy = free,
    .decide = round_robin_decide,
};
