/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One job at time 0. */
#include <stddef.h>

#include "workloads/arrivals.h"

static bool next(const struct arrivals *arrivals, uint64_t seed, uint32_t replicate,
                 struct arrival *arrival)
{
    (void)arrivals;
    (void)seed;
    (void)replicate;
    if (arrival->job >= 0)
        return false;
    *arrival = (struct arrival){.job = 0, .app = -1, .at_ps = 0};
    return true;
}

const struct arrivals_kind arrivals_single = {
    .name = "single",
    .summary = "one job at time 0",
    .next = next,
};
