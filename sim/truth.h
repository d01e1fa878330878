/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tables and reality have to do with each other in one trial: execution times that a table has
 * wrong, and data that comes later or earlier than it says. Schedulers see the tables. */
#ifndef HETSOC_SIM_TRUTH_H
#define HETSOC_SIM_TRUTH_H

#include "sim/bind.h"
#include "sim/scenario.h"

/* How wrong each table is. */
struct truth {
    const struct bind *binds;
    int32_t bind_count;
    double **factors; /* [bind][task * kind_count + PE kind] */
};

/* Asks a scenario about all tables of these binds, which are borrowed; NULL if they are right.
 * O(tasks x PE kinds). */
struct truth *truth_create(const struct scenario *scenario, const struct bind *binds,
                           int32_t bind_count);
void truth_destroy(struct truth *truth); /* NULL is fine */

/* Factor on the time that the table of one of these binds gives for a task on a PE kind. O(1). */
static inline double truth_factor(const struct scenario *scenario, const struct bind *bind,
                                  int32_t task, int32_t kind)
{
    const struct truth *truth = scenario->truth;
    if (truth == NULL)
        return 1.0;
    return truth->factors[bind - truth->binds][(int64_t)task * bind->soc->kind_count + kind];
}

/* Factor on the amount of data of an edge of a job. O(1). */
static inline double truth_data(const struct scenario *scenario, int32_t job, int32_t edge)
{
    return scenario->data_factor == NULL ? 1.0 : scenario->data_factor(scenario->source, job, edge);
}

/* What the delay of so many samples on an edge of a job really is. Latencies stay; the bandwidth is
 * another one. O(1). */
static inline int64_t truth_delay_ps(const struct scenario *scenario, const struct bind *bind,
                                     int32_t job, int32_t edge, int32_t lane, double samples)
{
    return bind_sized_delay_ps(bind, edge, lane, samples * truth_data(scenario, job, edge));
}

#endif
