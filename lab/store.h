/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The output folder of a run: takes rows in any order, writes files in trial order.
 *
 * The seam for the database: rows come in by store_put, files go out by store_export; nothing
 * else in the program knows where rows are kept. */
#ifndef HETSOC_LAB_STORE_H
#define HETSOC_LAB_STORE_H

#include "lab/trial.h"

struct store;

/* Makes DIR (and its parents) and checks that it can be written, before any trial runs. */
struct store *store_open(const char *dir, const struct points *points,
                         const struct experiment *experiment, struct fault *fault);
void store_close(struct store *store); /* NULL is fine */

/* Where traced trials put their parts; NULL unless the experiment traces. */
const char *store_trace_dir(const struct store *store);

void store_put(struct store *store, const struct trial_row *row);

/* Writes trials.csv, and jobs.csv, tasks.csv, pes.csv from the parts if traced. Each file appears
 * whole or not at all (written aside, then renamed). */
bool store_export(struct store *store, struct fault *fault);

/* Writes manifest.json: version, commit, the full configuration, seeds, host, wall time, peak
 * RSS, stop reason. */
bool store_manifest(struct store *store, double wall_s, const char *stop_reason,
                    struct fault *fault);

#endif
