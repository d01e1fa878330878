/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The CSV files of a run -> pictures, by gnuplot scripts that users can edit and rerun. */
#ifndef HETSOC_ANALYSIS_PLOT_H
#define HETSOC_ANALYSIS_PLOT_H

#include <stddef.h>

#include "base/fault.h"

/* Writes DIR/plots/NAME.gp, which reads only ../summary.csv or ../wins.csv, and runs gnuplot (no
 * shell) to make NAME.png and NAME.svg, for each picture that has something to show:
 *   latency      mean latency against the rate (against the noise if there is one rate only, a bar
 *                per scheduler if neither varies)
 *   noise        mean latency against the noise, if rates vary too
 *   cdf          quantiles of the latency
 *   utilization  a bar per scheduler, if there are several
 *   energy       the same, if the machine has power data
 *   wins         who beats whom, if there are several schedulers
 * Earlier pictures go. A missing gnuplot is a fault with a hint; the script stays. Other faults: no
 * latency in summary.csv, a name that gnuplot's CSV reader would misread (a comma, a quote, a
 * backslash). */
bool plot_write(const char *dir, struct fault *fault);

/* Removes all pictures that plot_write makes, with their scripts. */
void plot_remove(const char *dir);

/* Name of a picture that there may be, NULL after the last. */
const char *plot_name(size_t number);

#endif
