/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a training writes: DIR/train.csv, a row per iteration; DIR/policy.safetensors, the best
 * weights so far; DIR/state.safetensors, from which it can be resumed. Rank 0 alone writes. */
#ifndef HETSOC_LAB_TRAIN_FILES_H
#define HETSOC_LAB_TRAIN_FILES_H

#include "base/digest.h"
#include "lab/train_parts.h"

/* If that is wished and there is a state, goes on where an interrupted training stopped; every rank
 * reads it. Fault: the state is of another experiment. */
bool train_files_load(struct train *train, struct fault *fault);

/* What a training that has been loaded begins with, in one digest: points, settings, weights. */
void train_files_digest(const struct train *train, char digest[static DIGEST_SIZE]);

/* Makes the folder, locks it against other processes and begins the table, or goes on with the
 * table of what was loaded; weights that are overwritten go. */
bool train_files_open(struct train *train, struct fault *fault);

/* Adds a row. */
bool train_files_row(struct train *train, const struct train_report *report, struct fault *fault);

/* After a validation: writes the weights if they are the best, and the state. */
bool train_files_save(struct train *train, const struct train_report *report, struct fault *fault);

bool train_files_close(struct train *train, struct fault *fault);

#endif
