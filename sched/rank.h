/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What list schedulers rank the tasks of an app by, besides bind_upward_rank. Each that fills a
 * rank, [task_count], can be given to plan_create. In ticks. In apps with branches a way over a
 * task that may be skipped counts by its probability. */
#ifndef HETSOC_SCHED_RANK_H
#define HETSOC_SCHED_RANK_H

#include <math.h>
#include <stdint.h>

#include "sim/bind.h"

/* A rank as it is compared. Ranks that differ by less than 1/1024 tick are equal: sums of means are
 * exact to far less than that, and two different ones can hardly be closer. */
static inline double rank_round(double rank_ps)
{
    return round(rank_ps * 1024.0);
}

/* Fills [count] with the numbers of ranks, the highest first, the smaller number among equals.
 * O(count log count). */
void rank_sort(double *rank, int32_t count, int32_t *best);

/* Fills the order, [task_count], in which a list scheduler takes the tasks of an app: by rank,
 * smaller number first among equals, never before a predecessor. O(V log V + E). */
void rank_order(const struct app *app, const double *rank_ps, int32_t *order);

/* Downward ranks: the longest way from an entry to the task, with mean costs and mean delays
 * (Topcuoglu et al. 2002, eq. 4). O(V + E). */
void rank_downward(const struct bind *bind, double *rank_ps);

/* The longest way through the task: upward + downward rank, the priority of CPOP (Topcuoglu et al.
 * 2002, section 4.2). O(V + E). */
void rank_through(const struct bind *bind, double *rank_ps);

/* Fills a critical path, from entry to exit, [task_count]; of several the one with the smallest
 * numbers. Returns its length. O(V + E). */
int32_t rank_critical_path(const struct bind *bind, int32_t *path);

/* Fills the optimistic cost table, [task * kind_count + PE kind]: how long it takes at least from
 * the end of the task on a PE of this kind to the end of the job, if every later task finds the PE
 * that suits it best idle (Arabnejad, Barbosa 2014, definition of OCT). Equal PEs have equal rows,
 * because staying on the same PE costs no transfer and is never worse than its twin. 0 for kinds
 * of which the machine has no PE. O((V + E) C) on C clusters. */
void rank_oct_table(const struct bind *bind, double *oct_ps);

/* The mean of a task's row of that table over the PEs that can run it: rank_oct. O((V + E) C). */
void rank_oct(const struct bind *bind, double *rank_ps);

#endif
