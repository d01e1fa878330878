/* SPDX-License-Identifier: GPL-3.0-or-later */
/* App x machine: every execution time and every transfer delay, in ticks, looked up in O(1).
 *
 * This is what schedulers estimate with and what the world starts from; noise comes on top. */
#ifndef HETSOC_SIM_BIND_H
#define HETSOC_SIM_BIND_H

#include <stdint.h>

#include "base/fault.h"
#include "sim/soc.h"
#include "sim/timing.h"
#include "workloads/app.h"
#include "workloads/route.h"

/* The cost of a task on a PE kind that cannot run it. */
#define BIND_INCAPABLE INT64_MAX

struct bind {
    const struct app *app;
    const struct soc *soc;
    /* Of the whole batch. Behind branches: of so many samples as the task, or the edge, has on
     * average when it has any. */
    int64_t *cost_ps;       /* [task * kind_count + pe_kind], BIND_INCAPABLE where not supported */
    int64_t *delay_ps;      /* [edge * lane_count + lane] */
    int64_t *most_delay_ps; /* [edge] over all lanes */
    int64_t *most_input_ps; /* [task] the same over the edges that come to it; 0 without any */
    /* [task * cluster_count + n] the clusters that can run a task, the fastest first, of equal ones
     * the first; -1 behind them. */
    int32_t *fastest;
    int64_t *min_cost_ps; /* [task] over the PEs of the machine */
    int64_t shortest_ps;  /* length of the longest path of these; 0 with branches */
    double *mean_cost_ps; /* [task] over the PEs that support it (HEFT's w_i) */
    /* [edge] over ordered pairs of different PEs (HEFT's c_ij); 0 on a machine of one PE. */
    double *mean_delay_ps;
    struct route_chances *chances; /* NULL: the app has no branches, every task runs */
    struct timing *timings;        /* [task * kind_count + pe_kind]; all 0 where not supported */
    /* Time to load a task's weights into the local memory of a PE that has not got them, [task *
     * kind_count + pe_kind]; 0 where they need none or are streamed with every run. NULL: no task
     * on no kind has any. */
    int64_t *load_ps;
    double *weight_bytes; /* [task] the block of weights of a task; NULL with load_ps */
    /* [edge_count] beside app->succs: of each branch task, its successors behind alternatives, the
     * likeliest first, and -1 after them; NULL without branches or with load_ps. */
    int32_t *likely_succs;
    int64_t deadline_ps; /* relative to the arrival of a job; TICK_NEVER: none */
    int32_t priority;    /* of its jobs; 0 unless the workload says otherwise */
};

/* Joins an app with a machine, without deadline and with priority 0; the result lives in `arena`
 * and borrows both. Execution times and delays (latency + bytes / bandwidth, on a truncating
 * machine in whole microseconds; on shared memory twice that) are rounded half up to ticks. Faults:
 * a task that no PE supports (with the PE kinds the app knows), a time or delay beyond TICK_LIMIT.
 * O(tasks x (PE kinds + clusters^2) + edges x lanes), with branches what route_expect needs. */
bool bind_app(struct bind *bind, struct arena *arena, const struct app *app, const struct soc *soc,
              struct fault *fault);

/* Estimated execution time of a task on a PE; BIND_INCAPABLE if it cannot run there. */
static inline int64_t bind_cost_ps(const struct bind *bind, int32_t task, int32_t pe)
{
    return bind->cost_ps[(int64_t)task * bind->soc->kind_count + bind->soc->pes[pe].kind];
}

/* Whether any task can run on the PEs of a kind. O(tasks). */
bool bind_runs_on(const struct bind *bind, int32_t kind);

/* Delay of an edge's data from one PE to another. */
static inline int64_t bind_delay_ps(const struct bind *bind, int32_t edge, int32_t from_pe,
                                    int32_t to_pe)
{
    int32_t lane = soc_lane(bind->soc, from_pe, to_pe);
    return bind->delay_ps[(int64_t)edge * bind->soc->lane_count + lane];
}

/* Time of a task for so many samples on a PE kind, and delay of an edge for so many on a lane, as
 * exact as the tables above; a delay of TICK_LIMIT is one that never ends. Samples >= 0, of a task
 * at most the batch. */
int64_t bind_sized_cost_ps(const struct bind *bind, int32_t task, int32_t kind, double samples);
int64_t bind_sized_delay_ps(const struct bind *bind, int32_t edge, int32_t lane, double samples);

/* Data of an edge when it is used: of the whole batch, behind branches of so many samples as it has
 * on average. */
double bind_bytes(const struct bind *bind, int32_t edge);

/* The least of these costs over the PEs of the machine. O(PE kinds). */
int64_t bind_sized_min_cost_ps(const struct bind *bind, int32_t task, double samples);

/* Probability that a task of a job runs. */
static inline double bind_chance(const struct bind *bind, int32_t task)
{
    return bind->chances == NULL ? 1.0 : bind->chances->task_chance[task];
}

/* Fills upward ranks (Topcuoglu et al. 2002, eq. 3) in ticks, [task_count]; 0-communication edges
 * count. Behind a branch task, the longest way on is the mean over what its samples may take; a
 * successor that may be skipped counts by its probability. O(V + E). */
void bind_upward_rank(const struct bind *bind, double *rank_ps);

#endif
