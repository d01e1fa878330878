/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who beats whom: pairs of trials that differ in the scheduler alone, over all combinations. */
#ifndef HETSOC_ANALYSIS_WINS_H
#define HETSOC_ANALYSIS_WINS_H

#include "analysis/trials.h"

/* Writes DIR/wins.csv, a row for each scheduler and each other one that met the same conditions:
 * in how many pairs (combination and replicate) its mean latency was smaller, larger, equal. A run
 * with one scheduler has no such file; an earlier one goes. The file appears whole or not at all.
 * O(rows x schedulers). */
bool wins_write(const struct trials *trials, const char *dir, struct fault *fault);

#endif
