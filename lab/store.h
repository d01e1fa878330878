/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The output folder of a run: takes rows in any order and keeps them, writes files in trial order.
 *
 * Rows go into DIR/results.db (lab/database.h) as they come, so that a run which was killed goes on
 * where it was. */
#ifndef HETSOC_LAB_STORE_H
#define HETSOC_LAB_STORE_H

#include "lab/parts.h"
#include "lab/trial.h"

struct store;

/* Makes DIR (and its parents), checks that it can be written and that no other process writes it,
 * and takes up what an earlier run of the same experiment left there; with `overwrite`, removes
 * what any run left there. Faults besides: the folder holds a trace, or results of another
 * experiment. */
struct store *store_open(const char *dir, const struct points *points,
                         const struct experiment *experiment, bool overwrite, struct fault *fault);
void store_close(struct store *store); /* NULL is fine */

/* Whether an earlier run left a trial that need not be run again. Trials that crashed or ran out of
 * time are run again. O(1). */
bool store_has(const struct store *store, int32_t trial);

/* Keeps the row of a trial, with its parts unless they are NULL. What it returned true for survives
 * a kill. A fault if the folder has been removed or moved meanwhile. */
bool store_put(struct store *store, const struct trial_row *row, const struct parts *parts,
               struct fault *fault);

/* How many trials of the plan there are, and how many of them are done. O(trials). */
bool store_count(struct store *store, int64_t *ended, int64_t *done, struct fault *fault);

/* Writes trials.csv, and jobs.csv, tasks.csv, pes.csv, links.csv if traced (lab/export.h). */
bool store_export(struct store *store, struct fault *fault);

/* Writes manifest.json: version, commit, the full configuration, seeds, host, wall time, peak
 * RSS, stop reason. */
bool store_manifest(struct store *store, double wall_s, const char *stop_reason,
                    struct fault *fault);

/* What was joined: trials planned, there, and done; the scheduler that the others are compared
 * with. */
struct store_merged {
    int64_t planned, ended, done;
    const char *baseline; /* in the arena */
};

/* Joins the results of the shards of one experiment in another folder, which may hold some
 * already, and writes its tables. The shards are not changed. Faults, with nothing taken over: a
 * folder without results or with those of another experiment. */
bool store_merge(const char *dir, const char *const *shards, size_t shard_count,
                 struct arena *arena, struct store_merged *merged, struct fault *fault);

#endif
