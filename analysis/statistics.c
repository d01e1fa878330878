/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/statistics.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

#define UPPER_TAIL 0.975 /* of a two-sided 95 % interval */

struct estimate statistics_mean(const double *values, size_t n)
{
    struct estimate estimate = {.n = n, .mean = NAN, .ci_low = NAN, .ci_high = NAN};
    if (n == 0) {
        return estimate;
    }
    estimate.mean = gsl_stats_mean(values, 1, n);
    if (n >= 2) {
        double degrees = (double)(n - 1);
        double error = gsl_stats_sd_m(values, 1, n, estimate.mean) / sqrt((double)n);
        double half_width = gsl_cdf_tdist_Pinv(UPPER_TAIL, degrees) * error;
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
