/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine contract: who owns the clock and executes work.
 *
 * Two engines implement it and must agree: `heap` (own calendar) and `simgrid` (execs on SimGrid
 * hosts). The world starts work and asks for timers; the engine calls back once per round with
 * *all* events due at one date, sorted by (class, sequence). Work or timers of length 0 come in
 * the next round of the same date. One PE executes one piece of work at a time, at its speed. */
#ifndef HETSOC_SIM_ENGINE_H
#define HETSOC_SIM_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "sim/soc.h"

/* Order of events inside one date (design 6). */
enum event_class {
    EVENT_LATE_FINISH, /* compat: ds3 only: work that ended 1 us ago and is seen now */
    EVENT_ARRIVAL,
    EVENT_SPEED,
    EVENT_TRANSFER,
    EVENT_FINISH,
    EVENT_WAKE,
};

struct event {
    int64_t sequence; /* order in which the world asked, >= 0 */
    enum event_class class;
    int32_t subject; /* a PE, except for arrivals and wake-ups */
};

/* Called with the events of one round, count >= 1. Return false to end the run. */
typedef bool (*engine_round)(void *context, int64_t now_ps, const struct event *events,
                             int32_t count);

struct engine;

struct engine_kind {
    const char *name;
    const char *summary;

    /* Makes an engine for a machine on which set_speed is called with no other speeds than these
     * and 1. NULL and a fault if it cannot (SimGrid: one per process). */
    struct engine *(*create)(const struct soc *soc, const double *speeds, int32_t speed_count,
                             struct fault *fault);
    void (*destroy)(struct engine *engine);

    /* Asks for an event at a date >= now. */
    void (*at)(struct engine *engine, int64_t when_ps, struct event event);

    /* Starts work on an idle PE: `work_ps` ticks at speed 1. The event comes when it is done: the
     * exact tick if the speed was 1 all the time, else rounded by tick_round_fluid. */
    void (*exec)(struct engine *engine, int32_t pe, int64_t work_ps, struct event event);

    /* Changes the speed of a PE, 0 < speed; running work goes on at the new speed. */
    void (*set_speed)(struct engine *engine, int32_t pe, double speed);

    /* Runs until `round` returns false or nothing is left to happen. False and a fault if the
     * clock passed TICK_LIMIT or the engine failed. */
    bool (*run)(struct engine *engine, engine_round round, void *context, struct fault *fault);
};

/* What every engine begins with. */
struct engine {
    const struct engine_kind *kind;
    int64_t now_ps; /* date of the current round */
};

/* The registry: NULL-terminated. */
extern const struct engine_kind *const engine_kinds[];

const struct engine_kind *engine_find(const char *name);

void engine_destroy(struct engine *engine); /* NULL is fine */

/* For engines: records that the clock would pass TICK_LIMIT; returns false. */
bool engine_fault_limit(struct fault *fault);

#endif
