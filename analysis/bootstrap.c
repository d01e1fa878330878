/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/bootstrap.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"

enum { TAIL = (BOOTSTRAP_RESAMPLES + 1) / 40 }; /* 2.5 % */

struct bootstrap {
    size_t n;
    uint8_t *times; /* [value * BOOTSTRAP_RESAMPLES + resample] that it was drawn */
};

struct bootstrap *bootstrap_create(size_t n)
{
    struct bootstrap *bootstrap = memory_zeroed(1, sizeof *bootstrap);
    bootstrap->n = n;
    if (n < BOOTSTRAP_LEAST) {
        return bootstrap;
    }
    bootstrap->times = memory_zeroed(BOOTSTRAP_RESAMPLES * n, sizeof *bootstrap->times);
    struct random_stream stream = random_open(0, 0, RANDOM_RESAMPLE, (uint32_t)n, 0);
    for (size_t i = 0; i < BOOTSTRAP_RESAMPLES * n; i++) {
        size_t value = random_below(&stream, (uint32_t)n);
        uint8_t *times = &bootstrap->times[value * BOOTSTRAP_RESAMPLES + i / n];
        assert(*times < UINT8_MAX); /* draws are the same in every run, and one value is rare */
        (*times)++;
    }
    return bootstrap;
}

size_t bootstrap_size(const struct bootstrap *bootstrap)
{
    return bootstrap->n;
}

void bootstrap_destroy(struct bootstrap *bootstrap)
{
    if (bootstrap != NULL) {
        free(bootstrap->times);
        free(bootstrap);
    }
}

/* Keeps the TAIL smallest of all values that were offered, ascending. */
static void offer(double *smallest, double value)
{
    int place = TAIL - 1;
    if (value >= smallest[place]) {
        return;
    }
    for (; place > 0 && smallest[place - 1] > value; place--) {
        smallest[place] = smallest[place - 1];
    }
    smallest[place] = value;
}

/* Student's t of a resample of standardized values, by their sum and sum of squares: its distance
 * from the sample's mean, 0, in its own standard errors. */
static double studentize(double sum, double squares, size_t n)
{
    double count = (double)n, mean = sum / count;
    double variance = (squares - sum * mean) / (count - 1.0);
    if (fabs(mean) < 1e-12) {
        return 0.0;
    }
    return variance < 1e-12 ? copysign(INFINITY, mean) : mean / sqrt(variance / count);
}

/* Resamples side by side, so that the compiler can add several at once. */
static void sum_resamples(const struct bootstrap *bootstrap, const double *values, double mean,
                          double sd, double *sums, double *squares)
{
    for (size_t i = 0; i < bootstrap->n; i++) {
        const uint8_t *times = &bootstrap->times[i * BOOTSTRAP_RESAMPLES];
        double value = (values[i] - mean) / sd, square = value * value;
        for (size_t r = 0; r < BOOTSTRAP_RESAMPLES; r++) {
            sums[r] += times[r] * value;
            squares[r] += times[r] * square;
        }
    }
}

struct estimate bootstrap_mean(const struct bootstrap *bootstrap, const double *values)
{
    size_t n = bootstrap->n;
    struct estimate estimate = {
        .n = n, .mean = statistics_mean(values, n).mean, .ci_low = NAN, .ci_high = NAN};
    if (n < BOOTSTRAP_LEAST) {
        return estimate;
    }
    double sd = statistics_sd(values, n);
    if (sd == 0.0) {
        estimate.ci_low = estimate.ci_high = estimate.mean;
        return estimate;
    }
    double sums[BOOTSTRAP_RESAMPLES] = {0}, squares[BOOTSTRAP_RESAMPLES] = {0};
    double low[TAIL], high[TAIL]; /* the smallest t, and the largest with their signs changed */
    sum_resamples(bootstrap, values, estimate.mean, sd, sums, squares);
    for (int i = 0; i < TAIL; i++) {
        low[i] = high[i] = INFINITY;
    }
    for (size_t r = 0; r < BOOTSTRAP_RESAMPLES; r++) {
        double t = studentize(sums[r], squares[r], n);
        offer(low, t);
        offer(high, -t);
    }
    double error = sd / sqrt((double)n);
    if (isfinite(low[TAIL - 1]) && isfinite(high[TAIL - 1])) {
        estimate.ci_low = estimate.mean + error * high[TAIL - 1];
        estimate.ci_high = estimate.mean - error * low[TAIL - 1];
    }
    return estimate;
}
