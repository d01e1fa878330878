/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/scenario_drawn.h"

#include <assert.h>
#include <stddef.h>

#include "base/random.h"
#include "base/tick.h"

/* The first app whose cumulative share lies above a uniform draw. O(log apps). */
static int32_t draw_app(const struct scenario_drawn *drawn, int32_t job)
{
    struct random_stream stream =
        random_open(drawn->seed, drawn->replicate, RANDOM_APP, (uint32_t)job, 0);
    double draw = random_uniform(&stream);
    int32_t low = 0, high = drawn->app_count - 1;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (drawn->app_share[middle] > draw) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static bool next_arrival(const void *source, struct arrival *arrival)
{
    const struct scenario_drawn *drawn = source;
    struct arrival next = *arrival;
    if (next.job + 1 >= drawn->jobs ||
        !drawn->arrivals->kind->next(drawn->arrivals, drawn->seed, drawn->replicate, &next)) {
        return false;
    }
    if (next.app < 0) {
        next.app = draw_app(drawn, next.job);
    }
    *arrival = next;
    return true;
}

/* The factor of the rare long tasks. */
static double draw_tail(const struct scenario_drawn *drawn, int32_t job, int32_t task)
{
    double share = drawn->noise.tail_share, factor = drawn->noise.tail_factor;
    if (share == 0.0) {
        return 1.0;
    }
    struct random_stream stream =
        random_open(drawn->seed, drawn->replicate, RANDOM_TAIL, (uint32_t)job, (uint32_t)task);
    return (random_uniform(&stream) < share ? factor : 1.0) / (1.0 + share * (factor - 1.0));
}

static double exec_factor(const void *source, int32_t job, int32_t task)
{
    const struct scenario_drawn *drawn = source;
    struct random_stream stream =
        random_open(drawn->seed, drawn->replicate, RANDOM_EXEC, (uint32_t)job, (uint32_t)task);
    return noise_draw(&drawn->noise.exec, &stream) * draw_tail(drawn, job, task);
}

static bool is_exact(const struct noise *noise)
{
    return noise->exec.dist == NOISE_NONE && noise->tail_share == 0.0;
}

static double data_factor(const void *source, int32_t job, int32_t edge)
{
    const struct scenario_drawn *drawn = source;
    struct random_stream stream =
        random_open(drawn->seed, drawn->replicate, RANDOM_DATA, (uint32_t)job, (uint32_t)edge);
    return noise_draw(&drawn->noise.data, &stream);
}

/* A name as a number (FNV-1a; Fowler, Noll, Vo 1991). */
static uint32_t number_of(const char *name)
{
    uint32_t hash = UINT32_C(2166136261);
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT32_C(16777619);
    return hash;
}

static double table_factor(const void *source, const char *task_kind, const char *pe_kind)
{
    const struct scenario_drawn *drawn = source;
    struct random_stream stream = random_open(drawn->seed, drawn->replicate, RANDOM_TABLE,
                                              number_of(task_kind), number_of(pe_kind));
    return noise_draw(&drawn->noise.tables, &stream);
}

static void draw_route(const void *source, int32_t job, const struct app *app, struct route *route)
{
    const struct scenario_drawn *drawn = source;
    route_draw(route, app, drawn->seed, drawn->replicate, job);
}

/* A date some time after another one; TICK_NEVER where the clock does not reach. */
static int64_t later(int64_t from_ps, double by_us)
{
    if (from_ps >= TICK_LIMIT || !tick_fits_us(by_us) ||
        tick_from_us(by_us) >= TICK_LIMIT - from_ps) {
        return TICK_NEVER;
    }
    return from_ps + tick_from_us(by_us);
}

static bool next_episode(const void *source, int32_t pe, struct episode *episode)
{
    const struct scenario_drawn *drawn = source;
    const struct noise *noise = &drawn->noise;
    if (noise->slow_gap_us == 0.0) {
        return false;
    }
    assert(noise->slow_gap_us > 0.0 && noise->slow_factor > 0.0);
    int32_t index = episode->index + 1;
    struct random_stream stream =
        random_open(drawn->seed, drawn->replicate, RANDOM_EPISODE, (uint32_t)pe, (uint32_t)index);
    double gap_us = noise->slow_gap_us * random_exponential(&stream);
    double length_us = noise->slow_length_us * random_exponential(&stream);
    int64_t start_ps = later(episode->end_ps, gap_us);
    if (start_ps == TICK_NEVER) {
        return false;
    }
    int64_t end_ps = later(start_ps, length_us);
    *episode = (struct episode){
        .index = index,
        .start_ps = start_ps,
        .end_ps = end_ps > start_ps ? end_ps : start_ps + 1, /* time must move on */
        .speed = 1.0 / noise->slow_factor,
    };
    return true;
}

static int32_t episode_speeds(const void *source, double *speeds, int32_t capacity)
{
    const struct scenario_drawn *drawn = source;
    if (drawn->noise.slow_gap_us == 0.0 || capacity < 1) {
        return 0;
    }
    speeds[0] = 1.0 / drawn->noise.slow_factor;
    return 1;
}

static bool next_outage(const void *source, int32_t pe, struct outage *outage)
{
    const struct scenario_drawn *drawn = source;
    const struct failures_key key = {drawn->seed, drawn->replicate, RANDOM_FAILURE, pe};
    return failures_next(&drawn->noise.failures, &key, outage);
}

static bool next_link_outage(const void *source, int32_t link, struct outage *outage)
{
    const struct scenario_drawn *drawn = source;
    const struct failures_key key = {drawn->seed, drawn->replicate, RANDOM_LINK, link};
    return failures_next(&drawn->noise.link_failures, &key, outage);
}

struct scenario scenario_drawn(const struct scenario_drawn *drawn)
{
    assert(drawn->arrivals != NULL && drawn->app_count > 0);
    return (struct scenario){
        .source = drawn,
        .next_arrival = next_arrival,
        .exec_factor = is_exact(&drawn->noise) ? NULL : exec_factor,
        .data_factor = drawn->noise.data.dist == NOISE_NONE ? NULL : data_factor,
        .table_factor = drawn->noise.tables.dist == NOISE_NONE ? NULL : table_factor,
        .route = draw_route,
        .next_episode = next_episode,
        .episode_speeds = episode_speeds,
        .next_outage = failures_are_none(&drawn->noise.failures) ? NULL : next_outage,
        .next_link_outage =
            failures_are_none(&drawn->noise.link_failures) ? NULL : next_link_outage,
    };
}
