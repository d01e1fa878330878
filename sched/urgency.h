/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dynamic list scheduling of jobs that are not equally urgent, under `edf` and `priority`. */
#ifndef HETSOC_SCHED_URGENCY_H
#define HETSOC_SCHED_URGENCY_H

#include "sim/policy.h"

struct urgency;

struct urgency *urgency_create(const struct view *view);
void urgency_destroy(struct urgency *urgency); /* NULL is fine */

/* The place of a job in the order: the smaller, the more urgent. */
typedef double urgency_key(const struct view_job *job);

/* Commits the ready tasks: by the key of their job, within that by upward rank, the highest first,
 * as they became ready among equals; each where it finishes first, believing the view's
 * availability. O(log R + P + C pred) per task of R ready ones. */
void urgency_assign(struct urgency *urgency, const struct view *view, urgency_key *key,
                    struct decisions *decisions);

#endif
