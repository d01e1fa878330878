/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tasks that a PE was given and has not started, in the order of its discipline.
 *
 * A B+ tree (Bayer, McCreight 1972) whose nodes are all alike: a slot of a leaf is an entry, a slot
 * of an inner node sums up the leaves below it as if they were one entry. A queue of up to
 * QUEUE_FANOUT entries is one node, a plain array. */
#ifndef HETSOC_SIM_QUEUE_H
#define HETSOC_SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUEUE_FANOUT 8

/* A task, or several in a row. Entries are in the order of (job_id, sequence), which names them. */
struct queue_entry {
    int32_t job_id;       /* the same for all where only the sequence counts */
    int32_t task;         /* of an inner slot: the node below */
    int64_t sequence;     /* order of assignment, or of the plan */
    int64_t start_ps;     /* date from which it may start; TICK_NEVER: unknown yet */
    int64_t cost_ps;      /* a PE that is free at a date is expected to have done it */
    int64_t least_end_ps; /* at that date + cost_ps, but not before this one */
};

struct queue_node {
    int32_t count;
    int32_t next_free; /* of those that are not in use; -1: none */
    struct queue_entry slots[QUEUE_FANOUT];
};

/* Caller's memory; zero it to start. */
struct queue {
    struct queue_node *nodes;
    size_t capacity;
    int32_t count; /* entries */
    int32_t root, height;
    int32_t used, first_free; /* nodes that ever were in use since it was empty; -1: none */
};

void queue_finish(struct queue *queue);
void queue_clear(struct queue *queue);

/* Adds an entry that is not in yet. O(log entries). */
void queue_insert(struct queue *queue, const struct queue_entry *entry);

/* Replaces the entry of this name, if it is in. O(log entries). */
void queue_update(struct queue *queue, const struct queue_entry *entry);

/* Takes out the entry of this name. O(log entries). */
void queue_remove(struct queue *queue, const struct queue_entry *entry);

/* The first entry, and the first behind that of this name, which need not be in; NULL: none. Valid
 * until the queue changes. O(log entries). */
const struct queue_entry *queue_first(const struct queue *queue);
const struct queue_entry *queue_after(const struct queue *queue, const struct queue_entry *entry);

/* The first entry that may start by a date; NULL: none. Valid until the queue changes. O(log
 * entries). */
const struct queue_entry *queue_pick(const struct queue *queue, int64_t now_ps);

/* The first date at which an entry may start; TICK_NEVER: unknown yet. O(1). */
int64_t queue_next_ps(const struct queue *queue);

/* What all entries in their order cost, and before when they are not done. O(1). */
void queue_total(const struct queue *queue, int64_t *cost_ps, int64_t *least_end_ps);

/* When a PE that is free at a date is expected to have done them. O(1). */
int64_t queue_expect_ps(const struct queue *queue, int64_t free_ps);

#endif
