/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shortest makespan of one job alone on a machine, by branch and bound, with a proof or a gap.
 *
 * The machine is that of the world: unrelated PEs, one task at a time without preemption, data of
 * an edge there at finish + delay (lane), at once on the same PE. Kohler & Steiglitz 1974 for the
 * scheme; states that are no better than an earlier one are cut (analysis/visited.h). */
#ifndef HETSOC_ANALYSIS_OPTIMUM_H
#define HETSOC_ANALYSIS_OPTIMUM_H

#include "sim/bind.h"
#include "sim/scenario.h"

/* When to give up. */
struct optimum_limits {
    int64_t nodes;       /* states looked at; the answer depends on this alone ... */
    double time_limit_s; /* ... unless this strikes first; 0: no limit */
    size_t memory_bytes; /* for states that were visited */
};

#define OPTIMUM_MEMORY_BYTES ((size_t)256 << 20)

struct optimum {
    int64_t makespan_ps; /* of the best schedule found */
    int64_t bound_ps;    /* no schedule is shorter; equal to makespan_ps if it is optimal */
    int64_t nodes;       /* states looked at */
    bool is_proven;      /* bound_ps == makespan_ps */
    bool is_late;        /* time_limit_s struck: another run may answer otherwise */
    int32_t *pe;         /* [task_count] of the schedule; owned */
    int64_t *start_ps;   /* [task_count] */
};

void optimum_finish(struct optimum *optimum);

/* Finds the optimum of an app without branches, with the times of the tables if `scenario` is NULL,
 * otherwise with the realised times of job `job`. The same answer each time unless `is_late`.
 * A state costs O(tasks + edges + PEs). Release with optimum_finish. */
void optimum_find(struct optimum *optimum, const struct bind *bind, const struct scenario *scenario,
                  int32_t job, const struct optimum_limits *limits);

/* (makespan - bound) / bound: 0 only with a proof. */
double optimum_gap(const struct optimum *optimum);

#endif
