/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/stream.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

enum { BATCH = 5 };

/* Twice the sum of the autocorrelations, with that of lag 0 once: Geyer's pairs are positive and
 * decrease for any reversible chain, so that what is not so is noise. */
static double correlation_time(const double *covariance, size_t n)
{
    double time = -1.0, least = INFINITY;
    for (size_t lag = 0; lag + 1 < n; lag += 2) {
        double pair = (covariance[lag] + covariance[lag + 1]) / covariance[0];
        if (pair <= 0.0) {
            break;
        }
        least = fmin(least, pair);
        time += 2.0 * least;
    }
    return time;
}

double stream_effective_size(const double *values, size_t n)
{
    if (n < 4) {
        return NAN;
    }
    double count = (double)n;
    double *covariance = memory_zeroed(n, sizeof *covariance);
    statistics_autocovariance(values, n, covariance);
    double size = covariance[0] > 0.0 ? count / correlation_time(covariance, n) : count;
    free(covariance);
    return size >= 1.0 && size <= count ? size : size < 1.0 && size > 0.0 ? 1.0 : count;
}

struct estimate stream_mean(const double *values, size_t n, double *effective_size)
{
    struct estimate estimate = statistics_mean(values, n);
    double size = *effective_size = stream_effective_size(values, n);
    double half_width =
        size >= 2.0 ? statistics_half_width(statistics_sd(values, n), size) : (double)NAN;
    estimate.ci_low = estimate.mean - half_width;
    estimate.ci_high = estimate.mean + half_width;
    return estimate;
}

static double batch_mean(const double *values, size_t batch)
{
    double sum = 0.0;
    for (size_t i = 0; i < BATCH; i++) {
        sum += values[batch * BATCH + i];
    }
    return sum / BATCH;
}

/* Batches are looked at from the last to the first, by running mean and sum of squares (Welford).
 */
int64_t stream_warmup(const double *values, size_t n)
{
    size_t batches = n / BATCH, best = 0;
    double mean = 0.0, squares = 0.0, least = INFINITY;
    if (n < STREAM_LEAST) {
        return -1;
    }
    for (size_t batch = batches; batch-- > 0;) {
        double value = batch_mean(values, batch), count = (double)(batches - batch);
        double distance = value - mean;
        mean += distance / count;
        squares += distance * (value - mean);
        double statistic = squares / (count * count);
        if (count >= 5.0 && statistic <= least) {
            least = statistic;
            best = batch;
        }
    }
    return best > batches / 2 ? -1 : (int64_t)(best * BATCH);
}
