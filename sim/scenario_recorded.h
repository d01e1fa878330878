/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recorded source of a scenario: what a trace holds (traces/trace_scenario.h fills it).
 *
 * What was recorded comes first; what lies beyond it (a slow-down after the end of the recording, a
 * PE that the machine of the recording did not have, the jobs that a failed trial did not come to)
 * comes from another source, as the recorded run would have drawn it. */
#ifndef HETSOC_SIM_SCENARIO_RECORDED_H
#define HETSOC_SIM_SCENARIO_RECORDED_H

#include "sim/scenario.h"

/* The most different speeds that episodes may have. */
#define SCENARIO_SPEEDS_MAX 64

struct scenario_recorded;

/* An empty recording for so many PEs. `beyond` is borrowed; NULL: beyond the recording there are no
 * jobs, no slow-downs and no failures, and factors are 1. */
struct scenario_recorded *scenario_recorded_create(int32_t pe_count, const struct scenario *beyond);
void scenario_recorded_destroy(struct scenario_recorded *recorded); /* NULL is fine */

/* Adds the next arrival. */
void scenario_recorded_add_arrival(struct scenario_recorded *recorded,
                                   const struct arrival *arrival);

/* Sets the factor of a task; false if it has one. */
bool scenario_recorded_set_factor(struct scenario_recorded *recorded, int32_t job, int32_t task,
                                  double factor);

/* The same for the data of an edge. */
bool scenario_recorded_set_data(struct scenario_recorded *recorded, int32_t job, int32_t edge,
                                double factor);

/* Adds the factor on the table of a kind of tasks on a kind of PEs, whose names are borrowed; false
 * unless they come after those of the call before, by bytes. */
bool scenario_recorded_add_table(struct scenario_recorded *recorded, const char *task_kind,
                                 const char *pe_kind, double factor);

/* One number of the route of a job: the samples of a task, or those that are live on an edge and of
 * them those that use it. */
struct recorded_flow {
    int32_t index; /* of the task or edge */
    bool is_edge;
    int32_t samples, live;
};

/* Adds to the route of a job: that of the call before or a later one. A job without any has its
 * route from `beyond`. */
void scenario_recorded_add_flow(struct scenario_recorded *recorded, int32_t job,
                                const struct recorded_flow *flow);

/* Adds the next episode of a PE; false if there are too many different speeds. */
bool scenario_recorded_add_episode(struct scenario_recorded *recorded, int32_t pe,
                                   const struct episode *episode);

/* Adds the next outage of a PE. */
void scenario_recorded_add_outage(struct scenario_recorded *recorded, int32_t pe, int64_t start_ps,
                                  int64_t end_ps);

/* The same of a link. */
void scenario_recorded_add_link_outage(struct scenario_recorded *recorded, int32_t link,
                                       int64_t start_ps, int64_t end_ps);

/* From now on all factors are 1 and no PE slows down or fails. */
void scenario_recorded_silence(struct scenario_recorded *recorded);

/* The scenario of at most `jobs` jobs; borrows `recorded`, which does not change any more. All of
 * its functions are O(1), but the route, which is O(V + E), and that of tables,
 * O(log tables). */
struct scenario scenario_recorded(struct scenario_recorded *recorded, int32_t jobs);

#endif
