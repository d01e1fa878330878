/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals by resampling: no assumption on how values are distributed.
 *
 * The studentized bootstrap (bootstrap-t; Efron & Tibshirani 1993, chapter 12; Hall 1988), whose
 * intervals follow the skew of the sample, and which covers a mean as often as it says from about
 * ten values on. */
#ifndef HETSOC_ANALYSIS_BOOTSTRAP_H
#define HETSOC_ANALYSIS_BOOTSTRAP_H

#include "analysis/statistics.h"

enum {
    BOOTSTRAP_LEAST = 5,       /* fewer values have no interval */
    BOOTSTRAP_RESAMPLES = 999, /* so that the 25th and the 975th bound 95 % exactly */
};

/* Which values each resample of `n` draws; the same in every run, and for every sample of size n.
 */
struct bootstrap;

/* Takes n x BOOTSTRAP_RESAMPLES bytes. */
struct bootstrap *bootstrap_create(size_t n);
size_t bootstrap_size(const struct bootstrap *bootstrap); /* the n that it is for */
void bootstrap_destroy(struct bootstrap *bootstrap);      /* NULL is fine */

/* The mean of `n` values with its 95 % interval; the interval is NAN for n < BOOTSTRAP_LEAST, and
 * where so many values are equal that resamples have no spread. O(n x BOOTSTRAP_RESAMPLES). */
struct estimate bootstrap_mean(const struct bootstrap *bootstrap, const double *values);

#endif
