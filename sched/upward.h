/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The upward ranks of all tasks of all apps that may arrive, computed once and looked up in O(1)
 * (Topcuoglu, Hariri, Wu, IEEE TPDS 13(3), 2002, eq. 3: mean costs and mean communication times).
 */
#ifndef HETSOC_SCHED_UPWARD_H
#define HETSOC_SCHED_UPWARD_H

#include "sim/policy.h"

struct upward {
    double *list;   /* rank_round of them, so that sums in different orders are equal */
    int32_t *first; /* [bind] where its tasks begin */
};

/* Ranks every app of the view; upward_finish releases them. */
void upward_init(struct upward *upward, const struct view *view);
void upward_finish(struct upward *upward);

static inline double upward_of(const struct upward *upward, const struct view *view, int32_t task)
{
    const struct view_task *what = &view->tasks[task];
    return upward->list[upward->first[view->jobs[what->job].bind] + what->index];
}

#endif
