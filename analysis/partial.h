/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A partial schedule of a puzzle: tasks placed one after the other, in the order of their starts.
 */
#ifndef HETSOC_ANALYSIS_PARTIAL_H
#define HETSOC_ANALYSIS_PARTIAL_H

#include "analysis/puzzle.h"

/* A task on a PE at a date. */
struct partial_step {
    int64_t start_ps, finish_ps, tail_ps;
    int32_t task, pe;
};

/* What one step changed, to be taken back. */
struct partial_undo {
    int64_t available_ps, now_ps;
    int32_t task, pe;
};

struct partial {
    const struct puzzle *puzzle;

    int64_t now_ps;        /* no further task starts before it: start of the last one */
    int64_t *available_ps; /* [pe] */
    int32_t *placed_pe;    /* [task] -1: not placed */
    int64_t *start_ps, *finish_ps;
    int32_t *preds_left; /* [task] that are not placed */
    int32_t *succs_left; /* [task] that are not placed */
    uint64_t *set;       /* bits of the placed tasks */
    int32_t placed_count;

    int32_t *ready; /* [ready_count] tasks with placed predecessors, in no order that matters */
    int32_t ready_count;
    struct partial_undo *undo; /* [placed_count] */

    int64_t *head_ps;   /* [task] scratch */
    int64_t *sorted_ps; /* [pe] scratch */
    int64_t *dates_ps;  /* scratch; see partial_dates */
    int32_t *pe_rank;   /* [pe] scratch: PEs in a canonical order */
    int64_t *pe_mark;   /* [pe] scratch: by what they are ordered */
};

/* Nothing is placed. Everything lives in `arena`. */
void partial_init(struct partial *partial, struct arena *arena, const struct puzzle *puzzle);

/* Places a ready task, not before those that are placed; takes the last one back. O(edges of it).
 */
void partial_place(struct partial *partial, const struct partial_step *step);
void partial_take_back(struct partial *partial);

/* When the data of a ready task is at a PE. */
int64_t partial_data_ps(const struct partial *partial, int32_t task, int32_t pe);

/* Does data of a placed task lie on its PE that is not yet everywhere? */
bool partial_is_live(const struct partial *partial, int32_t task);

/* Whether a schedule that begins so may end by a date: false is a proof that none does. O(edges x
 * classes). */
bool partial_may_end_by(struct partial *partial, int64_t date_ps);

/* Writes into dates_ps what the way on from here depends on, and returns how many dates there are.
 * Of two partial schedules of the same tasks, one whose every date is no later leads to a makespan
 * that is no longer. */
int32_t partial_dates(struct partial *partial);

/* The most dates that there can be. */
int32_t partial_dates_max(const struct puzzle *puzzle);

static inline int64_t partial_later(int64_t a_ps, int64_t b_ps)
{
    return a_ps > b_ps ? a_ps : b_ps;
}

/* From when on a PE can take the next task. */
static inline int64_t partial_open_ps(const struct partial *partial, int32_t pe)
{
    return partial_later(partial->available_ps[pe], partial->now_ps);
}

/* Sorts dates ascending. */
void partial_sort(int64_t *dates_ps, int32_t count);

#endif
