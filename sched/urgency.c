/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/urgency.h"

#include <stdlib.h>

#include "base/memory.h"
#include "sched/earliest.h"
#include "sched/order.h"
#include "sched/ranks.h"

struct urgency {
    struct earliest *earliest;
    struct order order;
    struct ranks ranks;
};

struct urgency *urgency_create(const struct view *view)
{
    struct urgency *urgency = memory_zeroed(1, sizeof *urgency);
    urgency->earliest = earliest_create(view);
    ranks_init(&urgency->ranks, view);
    return urgency;
}

void urgency_destroy(struct urgency *urgency)
{
    if (urgency == NULL)
        return;
    earliest_destroy(urgency->earliest);
    order_finish(&urgency->order);
    ranks_finish(&urgency->ranks);
    free(urgency);
}

void urgency_assign(struct urgency *urgency, const struct view *view, urgency_key *key,
                    struct decisions *decisions)
{
    struct order *order = &urgency->order;
    order_begin(order, view);
    for (int32_t i = 0; i < view->ready_count; i++)
        order_add(order, view->ready[i], -ranks_of(&urgency->ranks, view, view->ready[i]));
    order_sort(order);
    for (int32_t i = 0; i < order->count; i++)
        order->items[i].key = key(&view->jobs[view->tasks[order->items[i].task].job]);
    order_sort(order); /* is stable */
    earliest_trust(urgency->earliest, view);
    for (int32_t i = 0; i < order->count; i++)
        earliest_assign(urgency->earliest, view, order->items[i].task, decisions);
}
