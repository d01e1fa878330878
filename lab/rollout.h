/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One run of a point with a network that is being trained, written down to learn from. */
#ifndef HETSOC_LAB_ROLLOUT_H
#define HETSOC_LAB_ROLLOUT_H

#include "agents/network.h"
#include "lab/points.h"
#include "lab/returns.h"
#include "lab/witness.h"

/* Who acts: the network by its probabilities, or the teacher, which both are written down with what
 * the teacher would do; the network by its best choice, or the scheduler of the point, of which
 * only the latencies are kept. */
enum rollout_actor { ROLLOUT_SAMPLE, ROLLOUT_TEACHER, ROLLOUT_BEST, ROLLOUT_SCHEDULER };

/* What a job costs while it is in flight (lab/returns.h). */
enum rollout_reward {
    ROLLOUT_LATENCY,  /* 1 */
    ROLLOUT_SLOWDOWN, /* (mean longest path of all apps) / (longest path of the job) */
    ROLLOUT_TAIL,     /* 1 + age / tail_us: late jobs cost more and more */
};

/* What to play; borrowed. */
struct rollout_setup {
    const struct point *point;
    int32_t jobs;
    uint64_t seed;
    uint32_t replicate; /* of the instance: arrivals and noise */
    uint32_t number;    /* of the run of this instance: what the network draws */
    enum choice_mode mode;
    enum rollout_actor actor;
    enum rollout_reward reward;
    double tail_us; /* of ROLLOUT_TAIL, > 0 */
    const struct network *network;
    const real *weights;
};

/* What happened. Memory is kept from one run to the next. */
struct rollout {
    int32_t count;            /* decisions that had at least two choices */
    int32_t *first;           /* [count + 1] where their rows begin */
    real *rows;               /* [first[count]][features of the mode] */
    int32_t *action, *taught; /* [count] places in the list; taught -1: unknown */
    real *log_prob;           /* [count] of the action */
    int64_t *at_ps;           /* [count] */
    size_t decision_capacity, row_capacity;
    struct returns returns; /* its steps are the caller's */
    double mean_latency_us, p95_latency_us;
    int64_t decisions;      /* assignments of the run */
    struct witness witness; /* of networks with embedding, as many decisions */
    struct workspace *workspace;
    real *probabilities;
    size_t list_capacity;
};

void rollout_init(struct rollout *rollout);
void rollout_finish(struct rollout *rollout);

/* Plays and writes down; `steps` has room for two steps per job. A fault as from world_run. */
bool rollout_play(struct rollout *rollout, const struct rollout_setup *setup,
                  struct returns_step *steps, double tau_us, struct fault *fault);

#endif
