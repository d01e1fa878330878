/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/urgency.h"

#include <stdlib.h>

#include "base/memory.h"
#include "sched/earliest.h"
#include "sched/order.h"
#include "sched/upward.h"

struct urgency {
    struct earliest *earliest;
    struct order order;
    struct upward upward;
};

struct urgency *urgency_create(const struct view *view)
{
    struct urgency *urgency = memory_zeroed(1, sizeof *urgency);
    urgency->earliest = earliest_create(view);
    upward_init(&urgency->upward, view);
    return urgency;
}

void urgency_destroy(struct urgency *urgency)
{
    if (urgency == NULL)
        return;
    earliest_destroy(urgency->earliest);
    order_finish(&urgency->order);
    upward_finish(&urgency->upward);
    free(urgency);
}

void urgency_assign(struct urgency *urgency, const struct view *view, urgency_key *key,
                    struct decisions *decisions)
{
    struct order *order = &urgency->order;
    order_begin(order, view);
    for (int32_t i = 0; i < view->ready_count; i++)
        order_add(order, view->ready[i], -upward_of(&urgency->upward, view, view->ready[i]));
    order_sort(order);
    for (int32_t i = 0; i < order->count; i++)
        order->items[i].key = key(&view->jobs[view->tasks[order->items[i].task].job]);
    order_sort(order); /* is stable */
    earliest_trust(urgency->earliest);
    for (int32_t i = 0; i < order->count; i++)
        earliest_assign(urgency->earliest, view, order->items[i].task, decisions);
}
