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
#include "sim/links.h"
#include "sim/soc.h"

/* Order of events inside one date (design 6). */
enum event_class {
    EVENT_ENGINE,      /* the engine's own, which no round shows */
    EVENT_LATE_FINISH, /* compat: ds3 only: work that ended 1 us ago and is seen now */
    EVENT_ARRIVAL,
    EVENT_OUTAGE, /* a PE goes down or comes back */
    EVENT_LINK,   /* the same of a link */
    EVENT_SPEED,
    EVENT_TRANSFER, /* of the engine's transfer has come to its end */
    EVENT_DATA,     /* the data that a PE waits for is there by now */
    EVENT_FINISH,
    EVENT_READY, /* the data of a task is in the shared memory by now */
    EVENT_WAKE,
    EVENT_DECIDED, /* what the policy said takes effect */
};

struct event {
    int64_t sequence; /* order in which the world asked, >= 0 */
    enum event_class class;
    int32_t subject; /* a PE; a link; the number of a transfer; -1 where the class says all */
};

/* Called with the events of one round, count >= 1. Return false to end the run. */
typedef bool (*engine_round)(void *context, int64_t now_ps, const struct event *events,
                             int32_t count);

struct engine;

/* What will be asked of an engine. */
struct engine_needs {
    const double *factors; /* [factor_count] that set_speed is called with, besides 1 */
    int32_t factor_count;
    bool energy;   /* energy_uj; the machine has_power */
    bool has_ways; /* transfers may go LINKS_YX */
};

/* Whether set_speed will be called, so that work is a fluid. */
static inline bool engine_is_fluid(const struct soc *soc, const struct engine_needs *needs)
{
    return needs->factor_count > 0 || soc_is_scaled(soc);
}

/* Data that goes between different PEs of a machine whose transfers share links. */
struct engine_transfer {
    int32_t from_pe, to_pe;
    enum links_way way; /* LINKS_XY, or LINKS_YX on a mesh with needs.has_ways */
    int64_t amount;     /* millionths of a byte */
    int64_t latency_ps;
};

struct engine_kind {
    const char *name;
    const char *summary;

    /* Makes an engine for a machine; borrows both. NULL and a fault if it cannot (SimGrid: one per
     * process). */
    struct engine *(*create)(const struct soc *soc, const struct engine_needs *needs,
                             struct fault *fault);
    void (*destroy)(struct engine *engine);

    /* Asks for an event at a date >= now. */
    void (*at)(struct engine *engine, int64_t when_ps, struct event event);

    /* Starts work on an idle PE: `work_ps` ticks at the point of its kind. The event comes when it
     * is done: the exact tick if the speed was 1 all the time, else rounded by tick_round_fluid. */
    void (*exec)(struct engine *engine, int32_t pe, int64_t work_ps, struct event event);

    /* Has a PE run at an operating point (on a machine that soc_is_scaled; elsewhere at that of its
     * kind), `factor` times as fast as that is: soc_speed x factor, 0 < factor. Running work goes
     * on at the new speed. */
    void (*set_speed)(struct engine *engine, int32_t pe, int32_t opp, double factor);

    /* Gives up the work of a PE, which is idle from then on. The event of work whose end was near
     * may come all the same: its sequence tells. */
    void (*cancel)(struct engine *engine, int32_t pe);

    /* Starts a transfer: first its latency, then engine_flow of its amount, as fast as the links
     * on its way give it its fair share. The event, an EVENT_TRANSFER with a number that no other
     * transfer on its way has, comes at the end, rounded up to 1 ns (engine_flow_end). */
    void (*transfer)(struct engine *engine, const struct engine_transfer *transfer,
                     struct event event);

    /* Gives up the transfer of a number, whose share others have from then on. The event of one
     * whose end was near may come all the same: its sequence tells. */
    void (*stop)(struct engine *engine, int32_t number);

    /* What a PE has drawn until now by the engine's own account, in microjoules: static power at
     * its operating point all the time but while it is off, dynamic power while it executes. NULL:
     * it keeps none. */
    double (*energy_uj)(struct engine *engine, int32_t pe);

    /* A PE, which is idle, is off from now on, or on again. NULL with energy_uj. */
    void (*set_off)(struct engine *engine, int32_t pe, bool is_off);

    /* Runs until `round` returns false or nothing is left to happen. False and a fault if the
     * clock passed TICK_LIMIT or the engine failed. */
    bool (*run)(struct engine *engine, engine_round round, void *context, struct fault *fault);
};

/* What every engine begins with. */
struct engine {
    const struct engine_kind *kind;
    int64_t now_ps; /* date of the current round */
};

/* What of an amount is moved as a flow; 0: the latency is all. It lacks what the links carry in 0.7
 * ticks, so that flows whose exact end would be a whole nanosecond end surely before it, and two
 * engines that differ in the last bits round it to the same nanosecond. */
int64_t engine_flow(const struct soc *soc, int64_t amount);

/* The date at which the end of such a flow is seen. */
int64_t engine_flow_end(double end_ps);

/* The registry: NULL-terminated. */
extern const struct engine_kind *const engine_kinds[];

const struct engine_kind *engine_find(const char *name);

void engine_destroy(struct engine *engine); /* NULL is fine */

/* For engines: records that the clock would pass TICK_LIMIT; returns false. */
bool engine_fault_limit(struct fault *fault);

#endif
