/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Poisson process: exponential gaps, also before the first job. The draws are of mean 1, so that
 * another rate stretches the same stream. */
#include "workloads/arrivals.h"

static bool next(const struct arrivals *arrivals, uint64_t seed, uint32_t replicate,
                 struct arrival *arrival)
{
    struct random_stream stream =
        random_open(seed, replicate, RANDOM_ARRIVAL, (uint32_t)(arrival->job + 1), 0);
    double gap_us = random_exponential(&stream) * arrivals->mean_interarrival_us;
    *arrival = (struct arrival){
        .job = arrival->job + 1, .app = -1, .at_ps = arrivals_after(arrival->at_ps, gap_us)};
    return true;
}

const struct arrivals_kind arrivals_poisson = {
    .name = "poisson",
    .summary = "independent exponential gaps (Poisson process)",
    .needs_rate = true,
    .next = next,
};
