/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jobs.csv, tasks.csv, pes.csv and links.csv of one traced trial: an observer that writes a row per
 * event.
 *
 * Rows come in order of finishing, which is part of the result and the same in every run. */
#ifndef HETSOC_LAB_TABLES_H
#define HETSOC_LAB_TABLES_H

#include "analysis/metrics.h"
#include "analysis/traffic.h"
#include "sim/observer.h"
#include "sim/scenario.h"

enum { TABLES_JOBS, TABLES_TASKS, TABLES_PES, TABLES_LINKS, TABLES_COUNT };

/* File names ("jobs.csv") and NULL-terminated column names of each table. */
extern const char *const tables_names[TABLES_COUNT];
extern const char *const *const tables_columns[TABLES_COUNT];

struct tables;

/* Creates STEM.jobs.csv and the others, with header rows or without. Borrows `soc` and `scenario`.
 * NULL and a fault if a file cannot be made. */
struct tables *tables_create(const char *stem, bool has_headers, int32_t trial,
                             const struct soc *soc, const struct scenario *scenario,
                             struct fault *fault);

/* The observer to hand to the world; borrows `tables`. O(1) per task, O(V + E) per job. */
struct observer tables_observer(struct tables *tables);

/* Writes the rows of the PEs ([soc->pe_count]) and of the links, closes the files and frees
 * `tables`. A fault if anything could not be written; then no file is left. */
bool tables_finish(struct tables *tables, const struct metrics_pe *pes,
                   const struct traffic *traffic, struct fault *fault);

#endif
