/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimates as cells of a table (analysis/table.h). */
#ifndef HETSOC_ANALYSIS_CELLS_H
#define HETSOC_ANALYSIS_CELLS_H

#include "analysis/table.h"
#include "analysis/trials.h"

/* Two cells: "-5.1 % [-5.8, -4.4]", the ratio less 1 with its 95 % interval, and "10/10", wins out
 * of pairs; "-" where there is no pair. */
void cells_add_ratio(struct table *table, const struct trials_measure *measure);

#endif
