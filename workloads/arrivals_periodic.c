/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Job j arrives at j periods, the first one at 0; the period is rounded to a tick once. */
#include "workloads/arrivals.h"

static bool next(const struct arrivals *arrivals, uint64_t seed, uint32_t replicate,
                 struct arrival *arrival)
{
    (void)seed;
    (void)replicate;
    double gap_us = arrival->job < 0 ? 0.0 : arrivals->mean_interarrival_us;
    *arrival = (struct arrival){
        .job = arrival->job + 1, .app = -1, .at_ps = arrivals_after(arrival->at_ps, gap_us)};
    return true;
}

const struct arrivals_kind arrivals_periodic = {
    .name = "periodic",
    .summary = "a job every 1 / rate, the first one at 0",
    .needs_rate = true,
    .next = next,
};
