/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The gnuplot script of a picture that has a curve or a bar for each scheduler, with intervals, and
 * a panel for each combination of what else varies, the first 12 of them. */
#ifndef HETSOC_ANALYSIS_PLOT_CURVES_H
#define HETSOC_ANALYSIS_PLOT_CURVES_H

#include <stdio.h>

#include "analysis/plot_data.h"

struct curves {
    const char *name; /* of the files */
    const char *metric;
    const char *title;
    const char *unit;
};

/* Writes the script for data that was loaded for `metric`, or for the median of the latency if the
 * axis is PLOT_QUANTILE. It reads ../summary.csv once. */
void curves_write(const struct curves *curves, const struct plot_data *data, FILE *script);

#endif
