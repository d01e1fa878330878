/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trace -> recorded scenario: what was drawn, or measured, for a world to meet again. */
#ifndef HETSOC_TRACES_TRACE_SCENARIO_H
#define HETSOC_TRACES_TRACE_SCENARIO_H

#include "sim/bind.h"
#include "sim/scenario_recorded.h"
#include "traces/trace.h"

/* What a measured trace did not say. */
struct trace_gaps {
    int64_t tasks;         /* of all jobs */
    int64_t measured;      /* of these, with a time */
    int64_t without_table; /* of these, on a PE kind for which the app has no time above 0 */
    int64_t routes;        /* jobs with branches whose way is not said */
};

/* Fills an empty recording, made for trace->soc. `binds` [bind_count] are those of the world that
 * will read it: apps are known by their names, of which it must have all that arrive.
 *
 * Factors are those of the trace. Of a measured trace they are measured time / time of the tables
 * on the platform of the trace; `gaps` says what was missing, and that has factor 1. Faults: what
 * the readers of traces/trace.h refuse, an app that is missing, a task or an edge that is there
 * twice, more samples than a job has, more than SCENARIO_SPEEDS_MAX speeds, a category that replay
 * needs and the trace has not. O(rows x log predecessors). */
bool trace_fill_scenario(struct scenario_recorded *recorded, const struct trace *trace,
                         const struct bind *binds, int32_t bind_count, struct trace_gaps *gaps,
                         struct fault *fault);

#endif
