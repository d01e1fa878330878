/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything random of one trial, as const functions: the seam between the world and chance.
 *
 * Two sources implement it: `drawn` (keyed streams, scenario_drawn.h) and `recorded` (a trace).
 * The world reads it, recording writes it down, bounds read it, tests swap it. The policy's view
 * has no pointer to it. */
#ifndef HETSOC_SIM_SCENARIO_H
#define HETSOC_SIM_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/arrivals.h"
#include "workloads/route.h"

struct truth;

/* A silent slow-down of a PE; also the place in its sequence (start with EPISODE_BEFORE_FIRST). */
struct episode {
    int32_t index;
    int64_t start_ps, end_ps; /* [start, end) */
    double speed;             /* 1 / slow-down factor */
};

#define EPISODE_BEFORE_FIRST ((struct episode){.index = -1, .speed = 1.0})

/* A time in which a PE or a link is down; also the place in its sequence (start with
 * OUTAGE_BEFORE_FIRST). Those of one neither overlap nor touch. */
struct outage {
    int32_t index;
    int64_t start_ps, end_ps; /* [start, end); end TICK_NEVER: for good */
    /* The source's own: so many of the drawn and of the listed ones are past, and when the last
     * drawn one ends. */
    int32_t drawn, listed;
    int64_t renewed_ps;
};

#define OUTAGE_BEFORE_FIRST ((struct outage){.index = -1})

struct scenario {
    const void *source; /* borrowed; what the functions below get as their first argument */

    /* Turns the previous arrival into the next one; false after the last job. */
    bool (*next_arrival)(const void *source, struct arrival *arrival);

    /* Factor on the execution time of a task of a job, >= 0, mean 1; the same on every PE. NULL:
     * always 1. */
    double (*exec_factor)(const void *source, int32_t job, int32_t task);

    /* Factor on the data of an edge of a job, as far as its time goes: the same between all PEs,
     * mean 1. NULL: always 1. */
    double (*data_factor)(const void *source, int32_t job, int32_t edge);

    /* Factor on the execution times that the tables give for a kind of tasks on a kind of PEs, by
     * their names: the same in the whole trial, mean 1. NULL: always 1, the tables are right. */
    double (*table_factor)(const void *source, const char *task_kind, const char *pe_kind);

    /* The same by number, for those who ask per task (sim/truth.h); borrowed. Whoever has the binds
     * of the trial sets it; NULL with table_factor. */
    const struct truth *truth;

    /* Fills the route of a job (workloads/route.h) through its app, which has branches. The same
     * whoever asks, and whenever. */
    void (*route)(const void *source, int32_t job, const struct app *app, struct route *route);

    /* Turns the previous episode of a PE into the next one; false if there is none. */
    bool (*next_episode)(const void *source, int32_t pe, struct episode *episode);

    /* Fills the distinct speeds that episodes may have; returns how many, at most `capacity`. */
    int32_t (*episode_speeds)(const void *source, double *speeds, int32_t capacity);

    /* Turns the previous outage of a PE into the next one; false if there is none. NULL: no PE
     * ever fails. */
    bool (*next_outage)(const void *source, int32_t pe, struct outage *outage);

    /* The same of a link (sim/links.h). NULL: no link ever fails. */
    bool (*next_link_outage)(const void *source, int32_t link, struct outage *outage);
};

static inline double scenario_exec_factor(const struct scenario *scenario, int32_t job,
                                          int32_t task)
{
    return scenario->exec_factor == NULL ? 1.0 : scenario->exec_factor(scenario->source, job, task);
}

#endif
