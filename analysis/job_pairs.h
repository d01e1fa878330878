/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two runs of the same jobs, compared job by job. */
#ifndef HETSOC_ANALYSIS_JOB_PAIRS_H
#define HETSOC_ANALYSIS_JOB_PAIRS_H

#include <stdint.h>

#include "analysis/statistics.h"

/* The jobs of a run that both have. */
struct job_side {
    double mean_us, p95_us, max_us; /* latencies */
};

struct job_pairs {
    size_t n;                     /* pairs */
    size_t faster, slower, equal; /* in b than in a */
    struct job_side a, b;
    /* Latency in b / latency in a: geometric mean over the pairs. Jobs that follow each other are
     * alike, so the interval is that of a stream (analysis/stream.h). */
    struct estimate ratio;
};

/* Compares latencies of the jobs first .. count - 1; a job with latency 0 in one of the runs is
 * left out. O(n log n). */
struct job_pairs job_pairs_compare(const int64_t *a_ps, const int64_t *b_ps, int32_t first,
                                   int32_t count);

#endif
