/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/statistics.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_fft_halfcomplex.h>
#include <gsl/gsl_fft_real.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

#define UPPER_TAIL 0.975 /* of a two-sided 95 % interval */

double statistics_sd(const double *values, size_t n)
{
    return n >= 2 ? gsl_stats_sd(values, 1, n) : (double)NAN;
}

double statistics_half_width(double sd, double n)
{
    return n >= 2.0 ? gsl_cdf_tdist_Pinv(UPPER_TAIL, n - 1.0) * sd / sqrt(n) : (double)NAN;
}

/* The power spectrum of the values, padded with as many zeros, is the spectrum of their
 * autocovariances (Wiener and Khinchin). */
void statistics_autocovariance(const double *values, size_t n, double *covariance)
{
    size_t size = 1;
    while (size < 2 * n) {
        size *= 2;
    }
    double mean = gsl_stats_mean(values, 1, n), *wave = memory_zeroed(size, sizeof *wave);
    for (size_t i = 0; i < n; i++) {
        wave[i] = values[i] - mean;
    }
    gsl_fft_real_radix2_transform(wave, 1, size);
    wave[0] *= wave[0];
    wave[size / 2] *= wave[size / 2];
    for (size_t i = 1; i < size / 2; i++) {
        wave[i] = wave[i] * wave[i] + wave[size - i] * wave[size - i];
        wave[size - i] = 0.0;
    }
    gsl_fft_halfcomplex_radix2_inverse(wave, 1, size);
    for (size_t lag = 0; lag < n; lag++) {
        covariance[lag] = wave[lag] / (double)n;
    }
    free(wave);
}

struct estimate statistics_mean(const double *values, size_t n)
{
    struct estimate estimate = {.n = n, .mean = NAN, .ci_low = NAN, .ci_high = NAN};
    if (n == 0) {
        return estimate;
    }
    estimate.mean = gsl_stats_mean(values, 1, n);
    if (n >= 2) {
        double half_width =
            statistics_half_width(gsl_stats_sd_m(values, 1, n, estimate.mean), (double)n);
        estimate.ci_low = estimate.mean - half_width;
        estimate.ci_high = estimate.mean + half_width;
    }
    return estimate;
}

static bool is_positive(double value)
{
    return isfinite(value) && value > 0.0;
}

struct estimate statistics_paired_ratio(const double *a, const double *b, size_t n, size_t *wins)
{
    double *logs = memory_zeroed(n, sizeof *logs);
    size_t pairs = 0;
    *wins = 0;
    for (size_t i = 0; i < n; i++) {
        if (is_positive(a[i]) && is_positive(b[i])) {
            logs[pairs++] = log(a[i] / b[i]);
            *wins += a[i] < b[i];
        }
    }
    struct estimate ratio = statistics_mean(logs, pairs);
    free(logs);
    ratio.mean = exp(ratio.mean);
    ratio.ci_low = exp(ratio.ci_low);
    ratio.ci_high = exp(ratio.ci_high);
    return ratio;
}

double statistics_ratio_p(const struct estimate *ratio)
{
    double distance = fabs(log(ratio->mean));
    if (ratio->n < 2) {
        return NAN;
    }
    if (distance == 0.0) {
        return 1.0;
    }
    double degrees = (double)(ratio->n - 1);
    double half_width = log(ratio->ci_high / ratio->ci_low) / 2.0;
    double error = half_width / gsl_cdf_tdist_Pinv(UPPER_TAIL, degrees);
    return error > 0.0 ? 2.0 * gsl_cdf_tdist_Q(distance / error, degrees) : 0.0;
}

static int compare_reals(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

size_t statistics_holm(double *p, size_t n)
{
    size_t rejected = 0;
    if (n > 0) {
        qsort(p, n, sizeof *p, compare_reals);
    }
    while (rejected < n && p[rejected] <= 2.0 * (1.0 - UPPER_TAIL) / (double)(n - rejected)) {
        rejected++;
    }
    return rejected;
}

double statistics_quantile_sorted(const double *sorted, size_t n, double q)
{
    assert(q >= 0.0 && q <= 1.0);
    return n == 0 ? NAN : gsl_stats_quantile_from_sorted_data(sorted, 1, n, q);
}

/* The largest k from 0 to n for which at most 2.5 % of binomial variables are below k. */
static size_t order_below(size_t n, double probability)
{
    size_t low = 0, high = n + 1;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (gsl_cdf_binomial_P((unsigned)(middle - 1), probability, (unsigned)n) <=
            1.0 - UPPER_TAIL) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

struct estimate statistics_quantile(const double *sorted, size_t n, double q)
{
    struct estimate estimate = {
        .n = n, .mean = statistics_quantile_sorted(sorted, n, q), .ci_low = NAN, .ci_high = NAN};
    size_t below = n == 0 ? 0 : order_below(n, q), above = n == 0 ? 0 : order_below(n, 1.0 - q);
    if (below > 0 && above > 0) {
        estimate.ci_low = sorted[below - 1];
        estimate.ci_high = sorted[n - above];
    }
    return estimate;
}
