/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One trial: a point and a replicate in, a row out. The same function serves run, train, replay. */
#ifndef HETSOC_LAB_TRIAL_H
#define HETSOC_LAB_TRIAL_H

#include "analysis/metrics.h"
#include "lab/points.h"
#include "sim/world.h"

enum trial_status { TRIAL_DONE, TRIAL_FAILED, TRIAL_TIMEOUT, TRIAL_DEADLOCK, TRIAL_CRASHED };

/* Plain data: travels through a pipe from the child that ran the trial. */
struct trial_row {
    int32_t trial;
    int32_t replicate;
    enum trial_status status;
    struct metrics metrics;
    int64_t decisions, reproducible;
    double decide_us_mean, wall_s, tasks_per_s, loaded_bytes, prefetched_bytes, wasted_bytes;
    double max_temp_c, engine_energy_uj;    /* NAN unless asked for */
    double latency_bound_us, latency_ratio; /* NAN unless the trial is done */
    double optimum_us, optimum_bound_us, optimum_gap, optimum_ratio; /* NAN unless asked for */
    struct fault fault;                                              /* why, unless done */
};

/* A figure of a row: a column of trials.csv. */
struct trial_figure {
    const char *name;
    bool is_count; /* int64_t at `offset`, else double (NAN = not measured) */
    size_t offset; /* in struct trial_row */
    const char *summary;
};

/* All figures, in the order of the columns. */
extern const struct trial_figure trial_figures[];
extern const int trial_figure_count;

/* A row without results. */
void trial_row_clear(struct trial_row *row, int32_t trial, int32_t replicate);

/* What one trial is; borrowed. */
struct trial_plan {
    const struct experiment *experiment;
    const struct point *point;
    int32_t trial, replicate;
    const struct scenario *scenario; /* NULL: drawn from the seed of the experiment */
    const char *tables;              /* stem of their files; NULL: no tables */
    bool tables_have_headers;
    const struct observer *observer; /* watches besides; NULL: none */
};

/* Runs it, and records it if experiment->record.dir says where. Never fails: what goes wrong is in
 * the row. */
void trial_play(const struct trial_plan *plan, struct trial_row *row);

/* Runs one trial of an experiment. With `trace_stem` not NULL, writes STEM.jobs.csv and the others
 * (lab/tables.h) without header rows; the store puts them together. */
void trial_run(const struct points *points, const struct experiment *experiment, int32_t trial,
               const char *trace_stem, struct trial_row *row);

const char *trial_status_name(enum trial_status status);

#endif
