/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trace as an experiment of one trial, whose scenario is the recording: run again as it was, or
 * with another scheduler, engine, platform, or without noise. */
#ifndef HETSOC_LAB_REPLAY_H
#define HETSOC_LAB_REPLAY_H

#include "lab/trial.h"
#include "sim/scenario_recorded.h"
#include "traces/trace_scenario.h"

/* What to do otherwise; NULL: as it was. Borrowed. */
struct replay_options {
    const char *dir;
    const char *scheduler, *engine;
    const char *platform; /* name or path as at a command line */
    bool without_noise;
    const char *const *sets; /* [set_count] KEY=VALUE */
    int set_count;
    const struct roster *roster;
};

struct replay {
    struct trace *trace;
    struct experiment experiment;
    struct points points;        /* one */
    const struct point *point;   /* the one */
    struct scenario_drawn drawn; /* beyond the recording */
    struct scenario beyond, scenario;
    struct scenario_recorded *recorded;
    struct trace_gaps gaps;
    bool is_same; /* nothing is otherwise but perhaps the engine: the same bytes are due */
};

/* Reads the trace into the caller's struct, the rest lives in `arena`. replay_close releases what a
 * true return left. Faults besides those of trace and experiment: a key that would change what was
 * drawn. */
bool replay_open(struct replay *replay, struct arena *arena, const struct replay_options *options,
                 struct fault *fault);
void replay_close(struct replay *replay);

/* Runs it. `latency_ps` [trace->job_count] gets what each job took, 0 where it did not end. With
 * `tables` not NULL, writes STEM.jobs.csv and the others. */
void replay_run(struct replay *replay, const char *tables, int64_t *latency_ps,
                struct trial_row *row);

/* Fills `latency_ps` [trace->job_count] with what the jobs took that the trace tells of, 0 for the
 * others. */
bool replay_recorded(const struct replay *replay, int64_t *latency_ps, struct fault *fault);

#endif
