/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything random of one trial, as const functions: the seam between the world and chance.
 *
 * Two sources implement it: `drawn` (keyed streams, scenario_drawn.h) and `recorded` (a trace).
 * The world reads it, recording writes it down, bounds read it, tests swap it. The policy's view
 * has no pointer to it. */
#ifndef HETSOC_SIM_SCENARIO_H
#define HETSOC_SIM_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "workloads/arrivals.h"
#include "workloads/route.h"

/* A silent slow-down of a PE; also the place in its sequence (start with EPISODE_BEFORE_FIRST). */
struct episode {
    int32_t index;
    int64_t start_ps, end_ps; /* [start, end) */
    double speed;             /* 1 / slow-down factor */
};

#define EPISODE_BEFORE_FIRST ((struct episode){.index = -1, .speed = 1.0})

struct scenario {
    const void *source; /* borrowed; what the functions below get as their first argument */

    /* Turns the previous arrival into the next one; false after the last job. */
    bool (*next_arrival)(const void *source, struct arrival *arrival);

    /* Factor on the execution time of a task of a job, >= 0, mean 1; the same on every PE. */
    double (*exec_factor)(const void *source, int32_t job, int32_t task);

    /* Fills the route of a job (workloads/route.h) through its app, which has branches. The same
     * whoever asks, and whenever. */
    void (*route)(const void *source, int32_t job, const struct app *app, struct route *route);

    /* Turns the previous episode of a PE into the next one; false if there is none. */
    bool (*next_episode)(const void *source, int32_t pe, struct episode *episode);

    /* Fills the distinct speeds that episodes may have; returns how many, at most `capacity`. */
    int32_t (*episode_speeds)(const void *source, double *speeds, int32_t capacity);
};

#endif
