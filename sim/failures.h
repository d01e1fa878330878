/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When PEs fail and are repaired (docs/decisions/0024): at random, at dates that the user has
 * listed, or both. */
#ifndef HETSOC_SIM_FAILURES_H
#define HETSOC_SIM_FAILURES_H

#include "sim/scenario.h"

/* An outage at a date. */
struct failures_listed {
    int32_t pe;
    int64_t start_ps, end_ps; /* end TICK_NEVER: for good */
};

struct failures {
    /* Times up and down are exponential with these means; mtbf 0: nothing fails at random. */
    double mtbf_us, repair_us;
    const bool *is_fragile;             /* [pe_count] which PEs do; NULL: all */
    const struct failures_listed *list; /* [count] by start */
    int32_t count;
};

/* Whether nothing ever fails. */
static inline bool failures_are_none(const struct failures *failures)
{
    return failures->mtbf_us == 0.0 && failures->count == 0;
}

/* Turns the previous outage of a PE into the next one; false if there is none. Outages that overlap
 * or touch are one. One that would not end before TICK_LIMIT ends at TICK_NEVER and is the last.
 * O(listed). */
bool failures_next(const struct failures *failures, uint64_t seed, uint32_t replicate, int32_t pe,
                   struct outage *outage);

#endif
