/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/failures.h"

#include "base/tick.h"

/* A date some time, but at least a tick, after another one; TICK_NEVER where the clock does not
 * reach. */
static int64_t later(int64_t from_ps, double by_us)
{
    if (from_ps >= TICK_LIMIT || !tick_fits_us(by_us))
        return TICK_NEVER;
    int64_t by_ps = tick_from_us(by_us) > 0 ? tick_from_us(by_us) : 1;
    return by_ps >= TICK_LIMIT - from_ps ? TICK_NEVER : from_ps + by_ps;
}

/* What may come next, of one sort. */
struct coming {
    int64_t start_ps, end_ps; /* start TICK_NEVER: nothing */
    int32_t place;            /* of a listed one */
};

static struct coming draw(const struct failures *failures, const struct failures_key *key,
                          const struct outage *outage)
{
    struct coming coming = {.start_ps = TICK_NEVER};
    if (failures->mtbf_us == 0.0 ||
        (failures->is_fragile != NULL && !failures->is_fragile[key->subject]))
        return coming;
    struct random_stream stream = random_open(key->seed, key->replicate, key->purpose,
                                              (uint32_t)key->subject, (uint32_t)outage->drawn);
    double up_us = failures->mtbf_us * random_exponential(&stream);
    double down_us = failures->repair_us * random_exponential(&stream);
    coming.start_ps = later(outage->renewed_ps, up_us);
    coming.end_ps = later(coming.start_ps, down_us);
    return coming;
}

static struct coming look_up(const struct failures *failures, int32_t subject,
                             const struct outage *outage)
{
    for (int32_t i = outage->listed; i < failures->count; i++)
        if (failures->list[i].subject == subject)
            return (struct coming){failures->list[i].start_ps, failures->list[i].end_ps, i};
    return (struct coming){TICK_NEVER, TICK_NEVER, failures->count};
}

/* Makes an outage last until the end of another one that begins before it is over. */
static bool join(struct outage *outage, const struct coming *coming)
{
    if (coming->start_ps == TICK_NEVER || coming->start_ps > outage->end_ps)
        return false;
    if (coming->end_ps > outage->end_ps)
        outage->end_ps = coming->end_ps;
    return true;
}

bool failures_next(const struct failures *failures, const struct failures_key *key,
                   struct outage *outage)
{
    if (outage->end_ps >= TICK_LIMIT)
        return false; /* the last one was for good */
    struct coming drawn = draw(failures, key, outage);
    struct coming listed = look_up(failures, key->subject, outage);
    int64_t start_ps = drawn.start_ps < listed.start_ps ? drawn.start_ps : listed.start_ps;
    if (start_ps == TICK_NEVER)
        return false;
    outage->index++;
    outage->start_ps = outage->end_ps = start_ps;
    for (bool is_joined = true; is_joined && outage->end_ps < TICK_LIMIT;) {
        is_joined = false;
        if (join(outage, &drawn)) {
            is_joined = true;
            outage->drawn++;
            outage->renewed_ps = drawn.end_ps;
            drawn = draw(failures, key, outage);
        }
        if (join(outage, &listed)) {
            is_joined = true;
            outage->listed = listed.place + 1;
            listed = look_up(failures, key->subject, outage);
        }
    }
    return true;
}
