/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of a run as one page that needs nothing else: DIR/report.html. */
#ifndef HETSOC_ANALYSIS_REPORT_H
#define HETSOC_ANALYSIS_REPORT_H

#include <stdint.h>

#include "base/fault.h"

enum {
    REPORT_ANY_TRIAL = -1,
    REPORT_TASKS = 100000, /* rows of tasks.csv in the page at most */
};

/* Writes DIR/report.html, which appears whole or not at all: the configuration (manifest.json),
 * the tables (summary.csv), the pictures (plots/NAME.png) and, of a run with `trace: true`, the
 * schedule of `trial`, or of the first trials whose tasks are no more than REPORT_TASKS. The page
 * says what was left out. Faults: no summary.csv, a column missing, no such trial. O(bytes read),
 * in memory that does not grow with them. */
bool report_write(const char *dir, int64_t trial, struct fault *fault);

#endif
