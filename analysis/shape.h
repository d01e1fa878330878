/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a task graph looks like, alone and on a machine: the figures that papers describe one with.
 */
#ifndef HETSOC_ANALYSIS_SHAPE_H
#define HETSOC_ANALYSIS_SHAPE_H

#include "sim/bind.h"

struct shape {
    int32_t *level; /* [task_count] edges on the longest way from an entry */
    int32_t level_count;
    int32_t widest;    /* most tasks of one level */
    int32_t *by_level; /* [task_count] tasks by level, ascending within one */
    double bytes;      /* that all edges move if all samples use them */
};

/* Finds the shape of an app; it lives in `arena`. O(V + E). */
void shape_find(struct shape *shape, struct arena *arena, const struct app *app);

/* Of one job alone on the machine, with the times of the tables. In apps with branches `work_ps`
 * and `serial_ps` are expectations, the longest way counts every task as run, and there is no area.
 */
struct shape_load {
    double work_ps; /* every task on its fastest PE */
    double
        serial_ps; /* all tasks on the one PE that is fastest for this; INFINITY: none runs all */
    int32_t serial_pe;  /* that PE, -1: none */
    int64_t longest_ps; /* longest way through the graph, fastest PEs, free communication */
    int32_t *path;      /* [path_count] its tasks, of several ways the one with the smallest ones */
    int32_t path_count;
    int64_t area_ps; /* what the PEs need for the work if none ever waits (analysis/prices.h) */
    /* Communication to computation (Topcuoglu et al. 2002, section 5.1.1): mean delay of an edge
     * between different PEs / mean time of a task. 0 without edges, INFINITY without work. */
    double ccr;
};

/* Finds the load; its path lives in `arena`. O(V + E + tasks x PE kinds). */
void shape_load_find(struct shape_load *load, struct arena *arena, const struct bind *bind);

#endif
