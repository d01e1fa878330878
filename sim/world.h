/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The world: all mutable state of one trial, and the rules by which it changes (design 6).
 *
 * Events of the engine change state; then, once per date, the policy decides; then PEs start what
 * they may. Memory is allocated at start-up and grows only when more jobs are in flight than ever
 * before. */
#ifndef HETSOC_SIM_WORLD_H
#define HETSOC_SIM_WORLD_H

#include "sim/engine.h"
#include "sim/observer.h"
#include "sim/policy.h"
#include "sim/scenario.h"

enum world_status {
    WORLD_DONE,
    WORLD_DEADLOCK,
    WORLD_FAILED,
    WORLD_UNSTARTED /* the system gave the engine too little: another time it may work */
};

/* The simulated time that a policy needs: none; so much for each task that it assigns or plans; or
 * the wall time of the call, which no other run will repeat. What it says takes effect so much
 * later, all at once, and until then it is not asked again (docs/decisions/0016). */
enum decision_cost_kind { DECISION_FREE, DECISION_FIXED, DECISION_MEASURED };

struct decision_cost {
    enum decision_cost_kind kind;
    int64_t fixed_ps; /* DECISION_FIXED: per task */
};

/* What one trial is made of; everything borrowed. */
struct world_setup {
    const struct soc *soc;
    const struct bind *binds; /* [bind_count], indexed by arrival.app */
    int32_t bind_count;
    const struct scenario *scenario;
    const struct engine_kind *engine;
    const struct policy_kind *policy;
    const struct observer *observers;
    int32_t observer_count;
    int32_t max_in_flight; /* jobs; more wait at the gate (docs/decisions/0026); 0: no limit */
    bool compat_ds3;       /* DS3's two clock artefacts (docs/decisions) */
    int32_t prefetch;      /* most alternatives of a branch whose weights are fetched in advance */
    int32_t time_one_in;   /* measure decide_s in one of so many calls of the policy; 0: never */
    struct decision_cost decision_cost;
    const double *params; /* [policy->param_count]; NULL = the fallbacks */
    const void *file;     /* what policy->file loaded; NULL if the policy needs none */
    double *energy_uj;    /* [pe_count] filled: what each PE has drawn, NAN if the machine does not
                             tell its power; NULL: not wanted */
    double *engine_energy_uj; /* [pe_count] filled: the same as the engine measured it, NAN if it
                                 does not; NULL: not wanted */
    uint64_t seed;            /* for policies that draw */
    uint32_t replicate;
};

/* What the world counted. */
struct world_result {
    enum world_status status;
    int64_t end_ps; /* date of the last event */
    int64_t jobs_done, tasks_done, tasks_skipped, decisions, epochs;
    int64_t jobs_failed, tasks_failed, tasks_aborted; /* aborted: attempts */
    /* Weights that came into the local memories of PEs; of these, in advance; of these, given up
     * on the way or dropped without having been used. */
    double loaded_bytes, prefetched_bytes, wasted_bytes;
    double decide_s; /* wall time spent in the policy, by the calls that were measured */
    int64_t timed_calls;
    double max_temp_c; /* of the hottest hotspot; NAN unless temperatures are watched */
};

/* Runs one trial to its end. Returns false with a fault for a deadlock (naming tasks), an illegal
 * decision (naming policy, job and task), or a run beyond TICK_LIMIT; `result` is filled in any
 * case. */
bool world_run(const struct world_setup *setup, struct world_result *result, struct fault *fault);

#endif
