/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be told of an experiment before it runs. */
#ifndef HETSOC_CLI_FORECAST_H
#define HETSOC_CLI_FORECAST_H

#include "lab/points.h"

/* Prints what would run: a line per point. */
void forecast_print(const struct points *points);

/* Warns on stderr of what makes results other than the user may think: more work than a platform
 * can serve, PEs that no task can run on because of a slip. */
void forecast_warn(const struct points *points);

#endif
