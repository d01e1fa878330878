/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When PEs, or links, fail and are repaired (docs/decisions/0024, 0030): at random, at dates that
 * the user has listed, or both. */
#ifndef HETSOC_SIM_FAILURES_H
#define HETSOC_SIM_FAILURES_H

#include "base/random.h"
#include "sim/scenario.h"

/* An outage at a date. */
struct failures_listed {
    int32_t subject;          /* a PE; a link */
    int64_t start_ps, end_ps; /* end TICK_NEVER: for good */
};

struct failures {
    /* Times up and down are exponential with these means; mtbf 0: nothing fails at random. */
    double mtbf_us, repair_us;
    const bool *is_fragile;             /* [PE or link] which do; NULL: all */
    const struct failures_listed *list; /* [count] by start */
    int32_t count;
};

/* Whether nothing ever fails. */
static inline bool failures_are_none(const struct failures *failures)
{
    return failures->mtbf_us == 0.0 && failures->count == 0;
}

/* Whose sequence of outages it is. */
struct failures_key {
    uint64_t seed;
    uint32_t replicate;
    enum random_purpose purpose; /* RANDOM_FAILURE for PEs, RANDOM_LINK for links */
    int32_t subject;
};

/* Turns the previous outage into the next one; false if there is none. Outages that overlap or
 * touch are one. One that would not end before TICK_LIMIT ends at TICK_NEVER and is the last.
 * O(listed). */
bool failures_next(const struct failures *failures, const struct failures_key *key,
                   struct outage *outage);

#endif
