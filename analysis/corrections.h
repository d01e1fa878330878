/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many comparisons judged together: with many intervals some exclude 0 by chance. */
#ifndef HETSOC_ANALYSIS_CORRECTIONS_H
#define HETSOC_ANALYSIS_CORRECTIONS_H

#include <stdio.h>

#include "analysis/statistics.h"

/* Caller's memory, all zero at first. */
struct corrections {
    double *p; /* [count] p-values */
    size_t count, capacity;
    size_t apart; /* intervals that exclude 1, each by itself */
};

/* Takes note of a paired ratio; one without an interval does not count. */
void corrections_add(struct corrections *corrections, const struct estimate *ratio);

/* Says how many differences there are, by themselves and after Holm's correction; nothing if there
 * are fewer than two. */
void corrections_print(struct corrections *corrections, FILE *stream);

void corrections_finish(struct corrections *corrections);

#endif
