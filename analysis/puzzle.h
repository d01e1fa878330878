/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The makespan of one job as numbers: what analysis/optimum.c and analysis/partial.c search on.
 *
 * PEs that are alike are one class: those of a cluster, or, if no edge takes time, those of a kind;
 * they are renumbered so that a class is a range. */
#ifndef HETSOC_ANALYSIS_PUZZLE_H
#define HETSOC_ANALYSIS_PUZZLE_H

#include "sim/bind.h"
#include "sim/scenario.h"

/* What a task cannot do. */
#define PUZZLE_NEVER INT64_MAX

/* A date at which a task must have started, or ended, if all is to be done at 0. */
struct puzzle_mark {
    int64_t date_ps; /* <= 0 */
    int32_t task;
    bool is_end;
};

struct puzzle {
    const struct bind *bind;
    const struct app *app;
    int32_t task_count, edge_count, pe_count, class_count;
    bool has_delays;
    int32_t *first_pe;         /* [class + 1] */
    int32_t *pe_class;         /* [pe] */
    int32_t *soc_pe;           /* [pe] number on the machine */
    int32_t *class_lane;       /* [from * class_count + to] for different PEs */
    const int64_t *lane_ps;    /* [edge * lane_count + lane] delays */
    int64_t *cost_ps;          /* [task * class_count + class] */
    int64_t *least_ps;         /* [task] over the classes */
    int64_t *delay_ps;         /* [edge * class_count + class of the producer], least possible */
    int64_t *spread_ps;        /* [task] longest delay of its data */
    int64_t *edge_ps;          /* [edge] least possible delay */
    int64_t *tail_ps;          /* [task] from its start to the end of the job, at least */
    struct puzzle_mark *marks; /* [2 * task_count] ascending */
    double *price;             /* [class] of a PE; sum 1 over the PEs; a valid area bound for any */
    double *priced_ps;         /* [task] least price x time */
    int64_t grain_ps;          /* divides every date of a schedule without needless waiting; >= 1 */
    int64_t bound_ps;          /* no schedule is shorter */
};

/* Fills a puzzle, with the times of the tables if `scenario` is NULL; the app has no branches.
 * Everything lives in `arena`. O(tasks^3) at most, for the bound. */
void puzzle_fill(struct puzzle *puzzle, struct arena *arena, const struct bind *bind,
                 const struct scenario *scenario, int32_t job);

/* Delay of an edge between two of the puzzle's PEs. */
static inline int64_t puzzle_delay_ps(const struct puzzle *puzzle, int32_t edge, int32_t from,
                                      int32_t to)
{
    if (from == to || !puzzle->has_delays)
        return 0;
    int32_t lane =
        puzzle->class_lane[puzzle->pe_class[from] * puzzle->class_count + puzzle->pe_class[to]];
    return puzzle->lane_ps[(int64_t)edge * puzzle->bind->soc->lane_count + lane];
}

#endif
