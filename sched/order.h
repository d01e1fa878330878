/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ready tasks sorted by a key of the caller's: the first half of a list scheduler. */
#ifndef HETSOC_SCHED_ORDER_H
#define HETSOC_SCHED_ORDER_H

#include "sim/policy.h"

struct order_item {
    double key;
    int32_t task;
};

/* {0} is an empty one. */
struct order {
    struct order_item *items, *spare; /* [capacity] */
    int32_t count, capacity;
};

void order_finish(struct order *order);

/* Empties it and makes room for every ready task. Allocates only if view.task_capacity has grown.
 */
void order_begin(struct order *order, const struct view *view);

static inline void order_add(struct order *order, int32_t task, double key)
{
    order->items[order->count++] = (struct order_item){key, task};
}

/* Sorts by key, the smallest first; equal ones stay as they were added. O(n log n). */
void order_sort(struct order *order);

#endif
