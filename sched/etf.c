/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ETF, earliest task first (Hwang, Chow, Anger, Lee, SIAM J. Comput. 18(2), 1989): of all ready
 * tasks and PEs the pair that comes first is assigned, again and again. Hwang et al. compare
 * starts on equal PEs; on unequal ones the finish is compared, as DS3 does. Of equal pairs the
 * first task, then the first PE. Each task remembers its best PE per cluster, and only what the
 * last assignment changed is looked at again: O(R + P + C pred) per task instead of O(R P pred). */
#include "sched/earliest.h"
#include "sched/registry.h"

static void *etf_create(const struct view *view)
{
    return earliest_create(view);
}

static void etf_destroy(void *self)
{
    earliest_destroy(self);
}

static void etf_decide(void *self, const struct view *view, struct decisions *decisions)
{
    earliest_trust(self);
    earliest_by_finish(self, view, decisions);
}

const struct policy_kind sched_etf = {
    .contract = POLICY_CONTRACT,
    .name = "etf",
    .summary = "earliest finish over all pairs of ready task and PE, again and again",
    .family = POLICY_DYNAMIC,
    .discipline = POLICY_DATA_READY,
    .source = "Hwang, Chow, Anger, Lee 1989, by finish time",
    .cost = "O(R + P + C pred) per task; R ready tasks, P PEs, C clusters",
    .create = etf_create,
    .destroy = etf_destroy,
    .decide = etf_decide,
};
