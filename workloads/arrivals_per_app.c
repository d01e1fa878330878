/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every app arrives at the multiples of its own period, all of them at 0 first: the task sets of
 * real-time scheduling (Liu and Layland 1973). Jobs of one date are in the order of the apps.
 * O(apps) per job. */
#include "base/tick.h"
#include "workloads/arrivals.h"

/* First date of an app that lies behind an arrival in the order (date, app). */
static int64_t date_after(const struct arrivals *arrivals, int32_t app,
                          const struct arrival *arrival)
{
    int64_t period_ps = arrivals->period_ps[app];
    bool is_due = arrival->at_ps % period_ps == 0 && app > arrival->app;
    int64_t periods = arrival->at_ps / period_ps + (is_due ? 0 : 1);
    return periods < TICK_LIMIT / period_ps ? periods * period_ps : TICK_LIMIT;
}

static bool next(const struct arrivals *arrivals, uint64_t seed, uint32_t replicate,
                 struct arrival *arrival)
{
    (void)seed;
    (void)replicate;
    struct arrival first = {.job = arrival->job + 1, .app = 0, .at_ps = TICK_LIMIT};
    for (int32_t app = 0; app < arrivals->app_count; app++) {
        int64_t at_ps = date_after(arrivals, app, arrival);
        if (at_ps < first.at_ps) {
            first.app = app;
            first.at_ps = at_ps;
        }
    }
    *arrival = first;
    return true;
}

const struct arrivals_kind arrivals_per_app = {
    .name = "per_app",
    .summary = "each app at multiples of its own period_us, all at 0 first",
    .needs_periods = true,
    .next = next,
};
