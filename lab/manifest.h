/* SPDX-License-Identifier: GPL-3.0-or-later */
/* manifest.json: what made the files of an output folder (jansson). */
#ifndef HETSOC_LAB_MANIFEST_H
#define HETSOC_LAB_MANIFEST_H

#include <time.h>

#include "lab/database.h"

/* What to write down; borrowed. */
struct manifest {
    const struct experiment *experiment;
    const struct points *points;
    struct database *database; /* with the rows so far */
    time_t started;
    double wall_s;
    const char *stop_reason;
};

/* Writes the file. O(trials). */
bool manifest_write(const struct manifest *manifest, const char *path, struct fault *fault);

/* Prints a line "key: VALUE in A, VALUE in B" for each part of the configuration (version, commit,
 * plug-ins and every key of the experiment) in which the manifests of two folders differ; items of
 * lists go by their names. A folder without a manifest is a fault. */
bool manifest_compare(const char *dir_a, const char *dir_b, FILE *stream, struct fault *fault);

#endif
