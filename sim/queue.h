/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tasks that a PE was given and has not started, in the order of its discipline. */
#ifndef HETSOC_SIM_QUEUE_H
#define HETSOC_SIM_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/policy.h"

struct queue_entry {
    int64_t sequence; /* order of assignment, or of the plan */
    int32_t job_id;   /* older jobs have smaller ones */
    int32_t task;
};

/* Caller's memory; zero it to start. Entries are entries[first .. first + count). */
struct queue {
    struct queue_entry *entries;
    size_t first, count, capacity;
};

void queue_finish(struct queue *queue);
void queue_clear(struct queue *queue);

/* Adds an entry at the place that the discipline gives it: behind everything, or (data_ready)
 * behind the entries of the same and of older jobs. O(entries of younger jobs). */
void queue_insert(struct queue *queue, enum policy_discipline discipline, struct queue_entry entry);

/* Which entry may start now: its place, or -1. `tasks` tells when data is there. If nothing may
 * start, `next_ps` becomes the date at which something may (TICK_NEVER: unknown yet). O(entries
 * that wait for data). */
ptrdiff_t queue_pick(const struct queue *queue, enum policy_discipline discipline,
                     const struct view_task *tasks, int64_t now_ps, int64_t *next_ps);

/* Takes an entry out. O(place). */
struct queue_entry queue_remove(struct queue *queue, ptrdiff_t place);

/* The place of a task, which is in the queue. O(entries). */
ptrdiff_t queue_find(const struct queue *queue, int32_t task);

static inline const struct queue_entry *queue_at(const struct queue *queue, ptrdiff_t place)
{
    return &queue->entries[queue->first + (size_t)place];
}

#endif
