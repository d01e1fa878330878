/* SPDX-License-Identifier: GPL-3.0-or-later */
/* results.db -> trials.csv, and jobs.csv, tasks.csv, pes.csv if the run was told to trace.
 *
 * Rows come in the order of trials, whatever the order in which they were run. */
#ifndef HETSOC_LAB_EXPORT_H
#define HETSOC_LAB_EXPORT_H

#include "lab/database.h"

/* Writes the files into a folder. Each appears whole or not at all (written aside, then renamed).
 * O(trials + rows of the tables), in memory that does not grow with them. */
bool export_csv(struct database *database, const char *dir, struct fault *fault);

/* Where a file of a folder is written before it gets its name. In the arena. */
const char *export_aside(struct arena *arena, const char *dir, const char *name);

/* Gives a file that was written aside its name, or removes it if `ok` is false or that fails. */
bool export_settle(struct arena *arena, const char *dir, const char *name, bool ok,
                   struct fault *fault);

#endif
