/* SPDX-License-Identifier: GPL-3.0-or-later */
/* results.db: the rows of a run's trials, each under (identity of its point, replicate) (SQLite).
 *
 * Tables: `run` (what the run is called, its seed, ...), `points` and `settings` (what each point
 * is, in the order of the export), `trials` (a row for each trial, columns as in trials.csv),
 * `parts` (its rows of jobs.csv and the others), and the view `results` for people. A trial is
 * there with all its parts or not at all, whatever kills the process. The file needs nothing else:
 * every export comes from it alone. One process writes; lab/store.h sees to that. */
#ifndef HETSOC_LAB_DATABASE_H
#define HETSOC_LAB_DATABASE_H

#include "lab/parts.h"
#include "lab/trial.h"

struct database;

/* Opens a file, or makes it. Faults: it cannot be read or written, is damaged, belongs to another
 * program, or was written by a version with other columns. */
struct database *database_open(const char *path, struct fault *fault);
void database_close(struct database *database); /* NULL is fine */

/* Writes down what the run consists of. A fault, and nothing changed, if the file holds trials of
 * points that the run does not have: results of different experiments never mix. */
bool database_plan(struct database *database, const struct points *points,
                   const struct experiment *experiment, struct fault *fault);

/* Marks, in `kept` [points x replicates of the plan], the trials with an end that running them
 * again would not change (done, failed, deadlock), with their parts if `with_parts`. O(trials). */
bool database_kept(struct database *database, bool with_parts, bool *kept, struct fault *fault);

/* Puts the row of a trial in place of an older one; `parts` [TABLES_COUNT] are its rows of the
 * tables, NULL for none. Committed when it returns true. */
bool database_put(struct database *database, const struct point *point, const struct trial_row *row,
                  const struct parts *parts, struct fault *fault);

/* A fault if the plan of another file holds another experiment, seed or point than this one's, or
 * that file is not sound. */
bool database_check(struct database *database, const char *path, struct fault *fault);

/* Takes over every trial of another file, for which database_check is true, that this one does not
 * have, or not with an end to be kept; a file without a plan takes over the plan. */
bool database_merge(struct database *database, const char *path, struct fault *fault);

/* What a run is, from the file. Strings live as long as the database. */
struct database_run {
    const char *experiment;
    const char *baseline;
    int64_t seed;
    int32_t point_count, replicates;
    const char *const *keys; /* [key_count] paths of swept keys without a column of their own */
    int32_t key_count;
    bool has_parts; /* the run was told to trace */
};

/* False and a fault if the file has no plan. */
bool database_read_run(struct database *database, struct database_run *run, struct fault *fault);

/* A trial as the export writes it; borrowed for the call. */
struct database_entry {
    const char *platform, *workload, *engine, *scheduler, *noise;
    double rate_jobs_per_ms;   /* NAN without a rate */
    const char *const *values; /* [run.key_count] */
    struct trial_row row;
};

/* Calls `visit` for each trial of the plan that is there, in the order of trials. */
bool database_each(struct database *database,
                   void (*visit)(void *context, const struct database_entry *entry), void *context,
                   struct fault *fault);

/* The same for the rows of one table (TABLES_JOBS, ...) of each trial that has them. */
bool database_each_part(struct database *database, int table,
                        void (*visit)(void *context, int32_t trial, const char *rows),
                        void *context, struct fault *fault);

#endif
