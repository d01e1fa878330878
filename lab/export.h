/* SPDX-License-Identifier: GPL-3.0-or-later */
/* results.db -> trials.csv, and jobs.csv, tasks.csv, pes.csv, links.csv if the run was told to
 * trace.
 *
 * Rows come in the order of trials, whatever the order in which they were run. */
#ifndef HETSOC_LAB_EXPORT_H
#define HETSOC_LAB_EXPORT_H

#include "base/csv.h"
#include "lab/database.h"

/* Writes the files into a folder. Each appears whole or not at all (written aside, then renamed).
 * O(trials + rows of the tables), in memory that does not grow with them. */
bool export_csv(struct database *database, const char *dir, struct fault *fault);

/* A row of trials.csv. */
struct export_trial {
    const char *experiment, *platform, *workload, *engine, *scheduler, *noise;
    double rate_jobs_per_ms; /* NAN: none */
    int64_t seed;
    const struct trial_row *row;
};

/* The columns of trials.csv that every run has, and their cells. */
void export_trial_header(struct csv_writer *csv);
void export_trial_cells(struct csv_writer *csv, const struct export_trial *trial);

/* Where a file of a folder is written before it gets its name. In the arena. */
const char *export_aside(struct arena *arena, const char *dir, const char *name);

/* Gives a file that was written aside its name, or removes it if `ok` is false or that fails. */
bool export_settle(struct arena *arena, const char *dir, const char *name, bool ok,
                   struct fault *fault);

#endif
