/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a policy sees of its data on the way: how many tasks wait for theirs, and how much longer
 * than expected transfers have taken of late.
 *
 * When all data of a task has come, level = decayed level + weight * (log(actual / expected time) -
 * decayed level); between them the level decays to 0 with a time constant. */
#ifndef HETSOC_SCHED_CONGESTION_H
#define HETSOC_SCHED_CONGESTION_H

#include "sim/policy.h"

/* A task whose data was sent for. */
struct congestion_task {
    int32_t task, pe;
    double expected_us;
};

struct congestion {
    struct congestion_task *list; /* [count] whose data has not come */
    int32_t count, capacity;
    double level;
    int64_t at_ps; /* date of the level */
    double decay_ps, weight;
};

/* `most`: tasks that may be waiting for data at once. congestion_finish releases it. */
void congestion_init(struct congestion *congestion, int32_t most, double decay_us, double weight);
void congestion_finish(struct congestion *congestion);

/* Follows a task that is being assigned; `expected_us` > 0 from now on. O(1). */
void congestion_add(struct congestion *congestion, int32_t task, int32_t pe, double expected_us);

/* Takes in whose data has come; to be called once in every epoch, before anything is added. A task
 * that has lost its PE tells nothing. O(count). */
void congestion_update(struct congestion *congestion, const struct view *view);

/* log(actual / expected time) now, clipped to [-0.7, 3]. O(1). */
double congestion_level(const struct congestion *congestion, const struct view *view);

#endif
