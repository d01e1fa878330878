/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HEFT_RT, HEFT at run time (Mack, Arda, Ogras, Akoglu, IEEE TPDS 33(9), 2022): the two halves of
 * HEFT (Topcuoglu, Hariri, Wu, IEEE TPDS 13(3), 2002), applied to the tasks that are ready and not
 * to whole jobs. They are taken by upward rank (eq. 3), the highest first, as they became ready
 * among equals; each is committed to the PE where it finishes first (eqs. 5-6, without insertion).
 *
 * The rank is the true one, over all that follows in the job. HEFT_RT as DS3 and SoCRATES have it
 * ranks the ready tasks as if nothing followed them, which leaves the mean cost; that is
 * `ds3_heft_rt`. O(log R + P + C pred) per task. */
#include <stdlib.h>

#include "base/memory.h"
#include "sched/earliest.h"
#include "sched/order.h"
#include "sched/registry.h"
#include "sched/upward.h"

struct heft_rt {
    struct earliest *earliest;
    struct order order;
    struct upward upward;
};

static void *heft_rt_create(const struct view *view)
{
    struct heft_rt *heft_rt = memory_zeroed(1, sizeof *heft_rt);
    heft_rt->earliest = earliest_create(view);
    upward_init(&heft_rt->upward, view);
    return heft_rt;
}

static void heft_rt_destroy(void *self)
{
    struct heft_rt *heft_rt = self;
    earliest_destroy(heft_rt->earliest);
    order_finish(&heft_rt->order);
    upward_finish(&heft_rt->upward);
    free(heft_rt);
}

static void heft_rt_decide(void *self, const struct view *view, struct decisions *decisions)
{
    struct heft_rt *heft_rt = self;
    order_begin(&heft_rt->order, view);
    for (int32_t i = 0; i < view->ready_count; i++)
        order_add(&heft_rt->order, view->ready[i],
                  -upward_of(&heft_rt->upward, view, view->ready[i]));
    order_sort(&heft_rt->order);
    earliest_trust(heft_rt->earliest);
    for (int32_t i = 0; i < view->ready_count; i++)
        earliest_assign(heft_rt->earliest, view, heft_rt->order.items[i].task, decisions);
}

const struct policy_kind sched_heft_rt = {
    .contract = POLICY_CONTRACT,
    .name = "heft_rt",
    .summary = "ready tasks by true upward rank, each where it finishes first",
    .family = POLICY_DYNAMIC,
    .discipline = POLICY_DATA_READY,
    .source = "Topcuoglu, Hariri, Wu 2002, eqs. 3, 5-6, at run time (Mack et al. 2022)",
    .cost = "O(log R + P + C pred) per task; R ready tasks, P PEs, C clusters",
    .create = heft_rt_create,
    .destroy = heft_rt_destroy,
    .decide = heft_rt_decide,
};
