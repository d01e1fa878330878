/* SPDX-License-Identifier: GPL-3.0-or-later */
/* summary.csv -> pictures, by gnuplot scripts that users can edit and rerun. */
#ifndef HETSOC_ANALYSIS_PLOT_H
#define HETSOC_ANALYSIS_PLOT_H

#include "base/fault.h"

/* Writes DIR/plots/latency.gp, which reads only ../summary.csv, and runs gnuplot (no shell) to
 * make DIR/plots/latency.png: mean latency with intervals against the rate (against the noise if
 * there is one rate only, a bar per scheduler if neither varies), a curve per scheduler, a panel
 * per noise and combination of the other swept keys, the first 12 of them. A missing gnuplot is a
 * fault with a hint; the script stays. Other faults: no latency in summary.csv, a name that
 * gnuplot's CSV reader would misread (a comma, a quote, a backslash). */
bool plot_latency(const char *dir, struct fault *fault);

/* Names of the pictures in DIR/plots that there may be, NULL-terminated. */
extern const char *const plot_names[];

#endif
