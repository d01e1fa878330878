/* SPDX-License-Identifier: GPL-3.0-or-later */
/* STF, shortest task first: the ready tasks by their cost on the PE that is fastest for them, the
 * shortest first, as they became ready among equals; each to the PE where it finishes first
 * (Topcuoglu, Hariri, Wu, IEEE TPDS 13(3), 2002, eqs. 5-6). It is what DS3 (Arda et al., IEEE TC
 * 69(8), 2020) sets out to do; what DS3 does is `ds3_stf`. O(log R + P + C pred) per task. */
#include <stdlib.h>

#include "base/memory.h"
#include "sched/earliest.h"
#include "sched/order.h"
#include "sched/registry.h"

struct stf {
    struct earliest *earliest;
    struct order order;
};

static void *stf_create(const struct view *view)
{
    struct stf *stf = memory_zeroed(1, sizeof *stf);
    stf->earliest = earliest_create(view);
    return stf;
}

static void stf_destroy(void *self)
{
    struct stf *stf = self;
    earliest_destroy(stf->earliest);
    order_finish(&stf->order);
    free(stf);
}

static void stf_decide(void *self, const struct view *view, struct decisions *decisions)
{
    struct stf *stf = self;
    order_begin(&stf->order, view);
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t task = view->ready[i];
        int64_t least_ps = view_min_cost_ps(view, task);
        order_add(&stf->order, task, (double)least_ps);
    }
    order_sort(&stf->order);
    earliest_trust(stf->earliest);
    for (int32_t i = 0; i < view->ready_count; i++)
        earliest_assign(stf->earliest, view, stf->order.items[i].task, decisions);
}

const struct policy_kind sched_stf = {
    .contract = POLICY_CONTRACT,
    .name = "stf",
    .summary = "shortest task first, each where it finishes first",
    .family = POLICY_DYNAMIC,
    .discipline = POLICY_DATA_READY,
    .source = "Arda et al. 2020 (DS3), STF as described",
    .cost = "O(log R + P + C pred) per task; R ready tasks, P PEs, C clusters",
    .create = stf_create,
    .destroy = stf_destroy,
    .decide = stf_decide,
};
