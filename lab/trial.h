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
    int64_t decisions;
    double decide_us_mean, wall_s, tasks_per_s;
    struct fault fault; /* why, unless done */
};

/* Runs one trial. With `trace_stem` not NULL, writes STEM.jobs.csv, STEM.tasks.csv and
 * STEM.pes.csv without header rows (the store puts them together). Never fails: what goes wrong
 * is in the row. */
void trial_run(const struct points *points, const struct experiment *experiment, int32_t trial,
               const char *trace_stem, struct trial_row *row);

const char *trial_status_name(enum trial_status status);

#endif
