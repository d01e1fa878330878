/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One long run as a stream of values that depend on each other, such as latencies in order of
 * arrival: how much they are worth, and where the stream has settled. */
#ifndef HETSOC_ANALYSIS_STREAM_H
#define HETSOC_ANALYSIS_STREAM_H

#include <stdint.h>

#include "analysis/statistics.h"

/* How many independent values would give the mean as exactly: n / (1 + 2 sum of autocorrelations),
 * the sum over Geyer's initial monotone sequence (Geyer 1992, section 3.3), from 1 to n; n if all
 * values are equal, NAN for n < 4. O(n log n). */
double stream_effective_size(const double *values, size_t n);

/* The mean with its 95 % interval by t with the effective size in place of the number of values,
 * which is still `n` of the estimate; NAN for an effective size below 2. Tells that size.
 * O(n log n). */
struct estimate stream_mean(const double *values, size_t n, double *effective_size);

/* How many values to leave out at the start: MSER-5 (White 1997), the cut that minimizes the
 * standard error of the mean of what is left, in batches of 5. -1 if that is in the second half, so
 * that the stream is too short to tell, or for fewer than STREAM_LEAST values. O(n). */
enum { STREAM_LEAST = 50 };
int64_t stream_warmup(const double *values, size_t n);

#endif
