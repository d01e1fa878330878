/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A lower bound on the mean latency of a whole stream, whatever the scheduler.
 *
 * The larger of two. (1) The mean over the jobs of max(critical path, priced work): a job alone.
 * (2) Shortest remaining processing time on one machine, where the size of a job is its priced work
 * (analysis/prices.h): in a span the PEs do no more priced work than its length, and on one machine
 * SRPT minimizes the sum of the finishes (Schrage 1968). Any prices are valid; tried are equal
 * ones, those of the mix, and those of each of the first apps. Realised durations; no
 * communication, no slow-downs. */
#ifndef HETSOC_ANALYSIS_STREAM_BOUND_H
#define HETSOC_ANALYSIS_STREAM_BOUND_H

#include "sim/bind.h"
#include "sim/scenario.h"

/* Bound on the mean latency of the jobs with number >= warmup_jobs, all of them done; those before
 * are left out, which only helps. NAN without such a job. `binds` [bind_count] by arrival.app.
 * O(J (T K + log J)) time and O(J) memory for J jobs of T tasks and K PE kinds. */
double stream_bound_us(const struct bind *binds, int32_t bind_count,
                       const struct scenario *scenario, int32_t warmup_jobs);

#endif
