/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The earliest-finish rules, on whatever availability of the PEs the caller believes in.
 *
 * finish(task, PE) = max(available(PE), data(task, PE)) + cost(task, PE); a choice makes its PE
 * available at its finish. `eft` and `etf` start from the view's corrected availability, `ds3_eft`
 * and `ds3_etf` from their own. */
#ifndef HETSOC_SCHED_EARLIEST_H
#define HETSOC_SCHED_EARLIEST_H

#include "sched/available.h"
#include "sched/inputs.h"

/* What a task may expect from one cluster. */
struct offer {
    struct reach reach;
    int64_t cost_ps; /* BIND_INCAPABLE: nothing */
    int64_t finish_ps;
    int32_t pe; /* the first that gives finish_ps */
};

/* The best offer that a ready task has. */
struct candidate {
    int64_t finish_ps;
    int32_t pe;
    int32_t task;
    int32_t row; /* its offers are offers[row * cluster_count + cluster] */
};

struct earliest {
    struct available available; /* never before now when a rule is applied */
    struct inputs inputs;
    struct offer *offers;
    struct candidate *candidates;
    int32_t capacity; /* tasks for which offers and candidates have room */
};

/* All PEs available at date 0; earliest_destroy releases it (NULL is fine). */
struct earliest *earliest_create(const struct view *view);
void earliest_destroy(struct earliest *earliest);

/* Believes the view from now on: the corrected estimates. O(1). */
static inline void earliest_trust(struct earliest *earliest)
{
    available_trust(&earliest->available);
}

/* Believes what earlier choices left behind, but nothing before now. For policies that never trust
 * the view. O(PEs). */
void earliest_remember(struct earliest *earliest, const struct view *view);

/* Assigns one ready task to the PE with the earliest finish, the first of equal ones. O(PEs +
 * clusters x predecessors). */
void earliest_assign(struct earliest *earliest, const struct view *view, int32_t task,
                     struct decisions *decisions);

/* Assigns the ready tasks in their order, each to the PE with the earliest finish, the first of
 * equal ones. O(PEs + clusters x predecessors) per task. */
void earliest_in_order(struct earliest *earliest, const struct view *view,
                       struct decisions *decisions);

/* Assigns again and again the (ready task, PE) with the earliest finish; of equal ones the first
 * task, then the first PE. O(ready) per task, plus one cluster's PEs for each task that wanted the
 * PE just taken. */
void earliest_by_finish(struct earliest *earliest, const struct view *view,
                        struct decisions *decisions);

#endif
