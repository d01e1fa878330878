/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/tick.h"

void queue_finish(struct queue *queue)
{
    free(queue->entries);
    *queue = (struct queue){0};
}

void queue_clear(struct queue *queue)
{
    queue->first = queue->count = 0;
}

static void make_room(struct queue *queue)
{
    if (queue->first + queue->count < queue->capacity)
        return;
    if (queue->first > queue->capacity / 2) {
        memmove(queue->entries, queue->entries + queue->first,
                queue->count * sizeof *queue->entries);
        queue->first = 0;
    } else {
        queue->entries = memory_grow(queue->entries, &queue->capacity,
                                     queue->first + queue->count + 1, sizeof *queue->entries);
    }
}

void queue_insert(struct queue *queue, enum policy_discipline discipline, struct queue_entry entry)
{
    make_room(queue);
    size_t place = queue->first + queue->count++;
    if (discipline == POLICY_DATA_READY) {
        while (place > queue->first && queue->entries[place - 1].job_id > entry.job_id) {
            queue->entries[place] = queue->entries[place - 1];
            place--;
        }
    }
    queue->entries[place] = entry;
}

ptrdiff_t queue_pick(const struct queue *queue, enum policy_discipline discipline,
                     const struct view_task *tasks, int64_t now_ps, int64_t *next_ps)
{
    bool is_head_only = discipline == POLICY_FIFO || discipline == POLICY_PLAN;
    size_t visible = is_head_only && queue->count > 0 ? 1 : queue->count;
    *next_ps = TICK_NEVER;
    for (size_t i = 0; i < visible; i++) {
        const struct view_task *task = &tasks[queue->entries[queue->first + i].task];
        if (task->fetching > 0 || (task->after >= 0 && tasks[task->after].status < TASK_DONE))
            continue;
        if (task->data_ps <= now_ps)
            return (ptrdiff_t)i;
        if (task->data_ps < *next_ps)
            *next_ps = task->data_ps;
    }
    return -1;
}

struct queue_entry queue_remove(struct queue *queue, ptrdiff_t place)
{
    assert(place >= 0 && (size_t)place < queue->count);
    struct queue_entry *base = &queue->entries[queue->first];
    struct queue_entry entry = base[place];
    memmove(base + 1, base, (size_t)place * sizeof *base);
    queue->first++;
    queue->count--;
    return entry;
}

ptrdiff_t queue_find(const struct queue *queue, int32_t task)
{
    size_t place = 0;
    while (queue->entries[queue->first + place].task != task) {
        place++;
        assert(place < queue->count);
    }
    return (ptrdiff_t)place;
}
