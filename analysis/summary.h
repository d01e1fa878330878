/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trials.csv -> summary.csv: means with intervals, and paired ratios against the baseline.
 *
 * A group is one combination of everything but the replicate; its rows are paired with the
 * baseline scheduler's rows of the same combination by replicate. Only trials with status `done`
 * count. Long form: one row per (group, metric with a value); wins are out of `pairs`. */
#ifndef HETSOC_ANALYSIS_SUMMARY_H
#define HETSOC_ANALYSIS_SUMMARY_H

#include <stdio.h>

#include "base/fault.h"

/* Reads DIR/trials.csv and writes DIR/summary.csv and, if there are several schedulers,
 * DIR/wins.csv (analysis/wins.h); each appears whole or not at all. The same trials.csv gives the
 * same bytes: volatile columns are left out. O(rows x metrics). */
bool summary_write(const char *dir, const char *baseline, struct fault *fault);

/* Prints the table a person reads, from DIR/trials.csv (which also knows the trials that were not
 * done): one block per platform, workload, noise and other swept key, a line per rate and scheduler
 * with mean latency, its interval, the paired ratio to the baseline with its interval, and wins. At
 * most 120 columns; heading lines are bold on a terminal. */
bool summary_print(const char *dir, const char *baseline, FILE *stream, struct fault *fault);

#endif
