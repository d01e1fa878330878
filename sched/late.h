/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Late binding: a task is given to a PE only when that is idle, so that no queue commits what a
 * better task or PE may need tomorrow.
 *
 * In every epoch with an idle PE the ready tasks are walked through in the order of the shortlist.
 * Each takes the PE where it would finish first, the first of equal ones, and makes it available at
 * that date for those after it; if the PE is idle the task is assigned, else it keeps waiting and
 * the reservation is forgotten when the walk is over. So an urgent task may wait for a busy fast PE
 * instead of taking an idle slow one. The walk ends when no PE is idle any more or `visible` tasks
 * have been seen that keep waiting. */
#ifndef HETSOC_SCHED_LATE_H
#define HETSOC_SCHED_LATE_H

#include "sched/inputs.h"
#include "sched/shortlist.h"

/* The parameter of every late-binding policy. */
#define LATE_VISIBLE                                                                               \
    {                                                                                              \
        .name = "visible", .min = 1, .max = 1e6, .fallback = 32, .is_whole = true,                 \
        .help = "Ready tasks that are looked at in one epoch."                                     \
    }

struct late {
    struct shortlist shortlist;
    struct inputs inputs;
    int32_t *given;        /* [pe] the last task it was given, which it may wait for */
    int64_t *available_ps; /* [pe] scratch of one walk */
    bool *is_idle;         /* [pe] the same */
    int32_t visible;
};

void late_init(struct late *late, const struct view *view, int32_t visible);
void late_finish(struct late *late);

/* One epoch. `factors` [pe] scales what a task costs on a PE; NULL = the view's estimates.
 * O(log jobs) per task that was finished or became ready, and with an idle PE, v = visible + PEs,
 * O(v (log v + clusters x predecessors + PEs)), however many tasks are ready. */
void late_decide(struct late *late, const struct view *view, const double *factors,
                 struct decisions *decisions);

#endif
