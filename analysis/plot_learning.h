/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The picture of a training: train.csv -> DIR/plots/learning.png and .svg. */
#ifndef HETSOC_ANALYSIS_PLOT_LEARNING_H
#define HETSOC_ANALYSIS_PLOT_LEARNING_H

#include "base/fault.h"

/* Draws by a script that reads only ../train.csv, against the iteration: mean latency in validation
 * against that of each reference scheduler, and below entropy and agreement of the policy. Faults
 * as of plot_script_draw, and a train.csv that is none. */
bool plot_learning(const char *dir, struct fault *fault);

#endif
