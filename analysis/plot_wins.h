/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The picture of wins.csv: in how many pairs each scheduler beats each other one. */
#ifndef HETSOC_ANALYSIS_PLOT_WINS_H
#define HETSOC_ANALYSIS_PLOT_WINS_H

#include "base/fault.h"

/* Draws DIR/plots/NAME.png and .svg by a script that reads only ../wins.csv; nothing if there is no
 * such file. Faults as of plot_script_draw, and a wins.csv that is none. */
bool plot_wins(const char *dir, const char *name, struct fault *fault);

#endif
