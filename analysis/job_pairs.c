/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/job_pairs.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/stream.h"
#include "base/memory.h"
#include "base/tick.h"

static int compare_reals(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts the latencies. */
static struct job_side describe(double *latency_us, size_t n)
{
    double sum_us = 0;
    for (size_t i = 0; i < n; i++)
        sum_us += latency_us[i];
    qsort(latency_us, n, sizeof *latency_us, compare_reals);
    return (struct job_side){
        .mean_us = sum_us / (double)n,
        .p95_us = statistics_quantile_sorted(latency_us, n, 0.95),
        .max_us = latency_us[n - 1],
    };
}

/* The geometric mean of ratios given by their logarithms, in order. */
static struct estimate estimate_ratio(const double *logs, size_t n)
{
    double effective_size;
    struct estimate ratio = stream_mean(logs, n, &effective_size);
    ratio.mean = exp(ratio.mean);
    ratio.ci_low = exp(ratio.ci_low);
    ratio.ci_high = exp(ratio.ci_high);
    return ratio;
}

struct job_pairs job_pairs_compare(const int64_t *a_ps, const int64_t *b_ps, int32_t first,
                                   int32_t count)
{
    struct job_pairs pairs = {.ratio = {.mean = NAN, .ci_low = NAN, .ci_high = NAN}};
    size_t most = count > first ? (size_t)(count - first) : 0;
    double *a_us = memory_zeroed(most, sizeof *a_us);
    double *b_us = memory_zeroed(most, sizeof *b_us);
    double *logs = memory_zeroed(most, sizeof *logs);
    for (int32_t job = first; job < count; job++) {
        if (a_ps[job] <= 0 || b_ps[job] <= 0)
            continue;
        a_us[pairs.n] = tick_to_us(a_ps[job]);
        b_us[pairs.n] = tick_to_us(b_ps[job]);
        logs[pairs.n] = log((double)b_ps[job] / (double)a_ps[job]);
        pairs.faster += b_ps[job] < a_ps[job];
        pairs.slower += b_ps[job] > a_ps[job];
        pairs.equal += b_ps[job] == a_ps[job];
        pairs.n++;
    }
    if (pairs.n > 0) {
        pairs.ratio = estimate_ratio(logs, pairs.n);
        pairs.a = describe(a_us, pairs.n);
        pairs.b = describe(b_us, pairs.n);
    }
    free(a_us);
    free(b_us);
    free(logs);
    return pairs;
}
