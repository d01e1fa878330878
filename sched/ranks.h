/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The upward ranks of all tasks that may arrive, looked up in O(1) (Topcuoglu, Hariri, Wu, IEEE
 * TPDS 13(3), 2002, eq. 3: mean costs and mean communication times). */
#ifndef HETSOC_SCHED_RANKS_H
#define HETSOC_SCHED_RANKS_H

#include "sim/policy.h"

struct ranks {
    double *list;   /* rank_round of them, so that sums in different orders are equal */
    int32_t *first; /* [bind] where its tasks begin */
};

/* Ranks every app of the view; ranks_finish releases them. */
void ranks_init(struct ranks *ranks, const struct view *view);
void ranks_finish(struct ranks *ranks);

static inline double ranks_of(const struct ranks *ranks, const struct view *view, int32_t task)
{
    const struct view_task *what = &view->tasks[task];
    return ranks->list[ranks->first[view->jobs[what->job].bind] + what->index];
}

#endif
