/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/order.h"

#include <stdlib.h>

#include "base/memory.h"

void order_finish(struct order *order)
{
    free(order->items);
    free(order->spare);
    *order = (struct order){0};
}

void order_begin(struct order *order, const struct view *view)
{
    order->count = 0;
    if (order->capacity >= view->task_capacity)
        return;
    order->capacity = view->task_capacity;
    order->items = memory_resize(order->items, (size_t)order->capacity, sizeof *order->items);
    order->spare = memory_resize(order->spare, (size_t)order->capacity, sizeof *order->spare);
}

/* Merges the sorted runs [from, middle) and [middle, to). */
static void merge(const struct order_item *items, int32_t from, int32_t middle, int32_t to,
                  struct order_item *merged)
{
    int32_t left = from, right = middle;
    for (int32_t i = from; i < to; i++) {
        bool is_left = left < middle && (right == to || items[left].key <= items[right].key);
        merged[i] = is_left ? items[left++] : items[right++];
    }
}

/* A merge sort, bottom up; qsort() may allocate and is not stable. */
void order_sort(struct order *order)
{
    int32_t count = order->count;
    for (int32_t run = 1; run<count; run = run> count / 2 ? count : 2 * run) {
        for (int32_t from = 0; from < count;) {
            int32_t middle = run < count - from ? from + run : count;
            int32_t to = run < count - middle ? middle + run : count;
            merge(order->items, from, middle, to, order->spare);
            from = to;
        }
        struct order_item *sorted = order->spare;
        order->spare = order->items;
        order->items = sorted;
    }
}
