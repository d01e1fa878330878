/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EFT, earliest finish time: each ready task, in the order in which they became ready, to the PE
 * with the least max(available, data) + cost, the first of equal ones; the PE is then available at
 * that finish. It is the PE rule of HEFT (Topcuoglu, Hariri, Wu, IEEE TPDS 13(3), 2002, eqs. 5-6)
 * without ranks and without insertion. O(P + C pred) per task. */
#include "sched/earliest.h"
#include "sched/registry.h"

static void *eft_create(const struct view *view)
{
    return earliest_create(view);
}

static void eft_destroy(void *self)
{
    earliest_destroy(self);
}

static void eft_decide(void *self, const struct view *view, struct decisions *decisions)
{
    earliest_trust(self);
    earliest_in_order(self, view, decisions);
}

const struct policy_kind sched_eft = {
    .contract = POLICY_CONTRACT,
    .name = "eft",
    .summary = "earliest finish time, in the order in which tasks became ready",
    .family = POLICY_DYNAMIC,
    .discipline = POLICY_DATA_READY,
    .source = "Topcuoglu, Hariri, Wu 2002, eqs. 5-6, without rank and insertion",
    .cost = "O(P + C pred) per task; P PEs, C clusters",
    .create = eft_create,
    .destroy = eft_destroy,
    .decide = eft_decide,
};
