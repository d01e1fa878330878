/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DS3's EFT (Arda et al., IEEE TC 69(8), 2020; rules 10 and 11 of its decoded semantics): as eft,
 * but a PE is believed to be available at the estimated finish of the last task that this policy
 * gave it. Nothing that really happens corrects that. O(P + C pred) per task. */
#include "sched/earliest.h"
#include "sched/registry.h"

static void *ds3_eft_create(const struct view *view)
{
    return earliest_create(view);
}

static void ds3_eft_destroy(void *self)
{
    earliest_destroy(self);
}

static void ds3_eft_decide(void *self, const struct view *view, struct decisions *decisions)
{
    earliest_remember(self, view);
    earliest_in_order(self, view, decisions);
}

const struct policy_kind sched_ds3_eft = {
    .contract = POLICY_CONTRACT,
    .name = "ds3_eft",
    .summary = "earliest finish time as DS3 has it: availability is never corrected",
    .family = POLICY_DYNAMIC,
    .discipline = POLICY_DATA_READY,
    .source = "Arda et al. 2020 (DS3), EFT",
    .cost = "O(P + C pred) per task; P PEs, C clusters",
    .create = ds3_eft_create,
    .destroy = ds3_eft_destroy,
    .decide = ds3_eft_decide,
};
