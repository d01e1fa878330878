/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimates with their uncertainty (GSL). */
#ifndef HETSOC_ANALYSIS_STATISTICS_H
#define HETSOC_ANALYSIS_STATISTICS_H

#include <stddef.h>

/* A mean with its 95 % confidence interval by Student's t; the interval is NAN for n < 2. */
struct estimate {
    size_t n;
    double mean, ci_low, ci_high;
};

struct estimate statistics_mean(const double *values, size_t n);

/* Sample standard deviation; NAN for n < 2. */
double statistics_sd(const double *values, size_t n);

/* Half of a 95 % interval of a mean by Student's t for `n` independent values, which may be a
 * fraction, with standard deviation `sd`; NAN for n < 2. */
double statistics_half_width(double sd, double n);

/* Autocovariances of lag 0 .. n - 1, each sum divided by n, by FFT. O(n log n). */
void statistics_autocovariance(const double *values, size_t n, double *covariance);

/* Ratio of paired positive values a[i] / b[i]: geometric mean and 95 % interval by t on the
 * logarithms; `wins` counts a[i] < b[i]. Pairs with a NAN or a value <= 0 are left out. */
struct estimate statistics_paired_ratio(const double *a, const double *b, size_t n, size_t *wins);

/* Two-sided p-value of the hypothesis that the ratio is 1: t on the logarithms; NAN for n < 2. */
double statistics_ratio_p(const struct estimate *ratio);

/* How many of `n` hypotheses with these p-values Holm's step-down method rejects at 5 %, so that
 * any false rejection among all of them has a probability of 5 % at most (Holm 1979). Sorts `p`,
 * which holds no NAN. O(n log n). */
size_t statistics_holm(double *p, size_t n);

/* Quantile of type 7 (linear interpolation of order statistics) of sorted values, 0 <= q <= 1. */
double statistics_quantile_sorted(const double *sorted, size_t n, double q);

/* The same with a 95 % interval between two order statistics, of any distribution: the binomial
 * probability that the quantile lies below the one or above the other is 2.5 % at most each (Hahn &
 * Meeker 1991, section 5.2). NAN where the sample has no such order statistic, as for the median of
 * fewer than 6 values. O(log n). */
struct estimate statistics_quantile(const double *sorted, size_t n, double q);

#endif
