/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trace directory of one trial: its rows (traces/recorder.h) and all that replay needs to run
 * it again anywhere: experiment, platform, apps, trained policy. */
#ifndef HETSOC_LAB_RECORD_H
#define HETSOC_LAB_RECORD_H

#include "lab/points.h"
#include "sim/observer.h"
#include "traces/recorder.h"

struct record;

/* Makes the folder of the traces, experiment->record.dir, and looks what is in it. Without
 * `overwrite`, a trace of a point that this experiment does not have is a fault; so are apps of a
 * point that a trace cannot hold beside each other. */
bool record_prepare(const struct experiment *experiment, const struct points *points,
                    bool overwrite, struct fault *fault);

/* Removes the traces of points that this experiment does not have. */
bool record_sweep(const struct experiment *experiment, const struct points *points,
                  struct fault *fault);

/* Starts the trace of a trial in DIR/.TRIAL.new, where DIR is experiment->record.dir; makes
 * folders. NULL and a fault. Borrows all but strings. */
struct record *record_begin(const struct experiment *experiment, const struct point *point,
                            int32_t trial, int32_t replicate, const struct scenario *scenario,
                            struct fault *fault);

/* The observer to hand to the world. */
struct observer record_observer(struct record *record);

/* Ends the trace: it becomes DIR/TRIAL, in place of one that is there. `status` is that of the
 * trial, `end_ps` the date of its last event. A fault if anything could not be written; then what
 * there is stays in DIR/.TRIAL.new. Frees `record`. */
bool record_end(struct record *record, const char *status, int64_t end_ps, struct fault *fault);

/* Whether DIR/TRIAL is a whole trace of this trial of this point. */
bool record_has(const struct experiment *experiment, const struct point *point, int32_t trial,
                int32_t replicate);

#endif
