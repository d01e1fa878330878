/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The batch rules `min_min` and `max_min` on a plan: of the tasks of an arriving job whose
 * predecessors are planned, one is chosen by how early it can finish, again and again. */
#ifndef HETSOC_SCHED_BATCH_H
#define HETSOC_SCHED_BATCH_H

#include <stdbool.h>

#include "sim/policy.h"

struct batch;

struct batch *batch_create(const struct view *view);
void batch_destroy(struct batch *batch); /* NULL is fine */

/* Plans the jobs that arrived, one after the other. Each task's best PE is the one where it
 * finishes first at the end of what is planned, the first of equal ones; of the tasks the one that
 * finishes first there is put there, or last if `is_latest_first`, the smallest number among
 * equals. O(V (R + P + C pred)) per job of V tasks, R of them ready at a time, as a rule: a task is
 * looked at again only if the PE that it wanted was taken; O(V R P) at worst. */
void batch_decide(struct batch *batch, const struct view *view, bool is_latest_first,
                  struct decisions *decisions);

#endif
