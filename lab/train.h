/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training: imitation of a teacher (DAgger), then proximal policy optimization on the exact
 * continuous-time return, with the other runs of the same scenario as the baseline at each date.
 *
 * An iteration plays `instances` scenarios `rollouts` times each. The advantage of a decision at
 * date t is G(t) of its own run less the mean of G(t) of the other runs of the scenario, divided by
 * the root mean square over the scenario. All that is random is keyed by seed, iteration, instance
 * and run, gradients are summed in the order of the runs, and so the weights do not depend on the
 * number of workers, nor on whether training was interrupted. */
#ifndef HETSOC_LAB_TRAIN_H
#define HETSOC_LAB_TRAIN_H

#include <signal.h>

#include "agents/adam.h"
#include "lab/curriculum.h"

/* How an iteration went; validation figures only where there was one. */
struct train_report {
    int32_t iteration, iterations; /* counted with the warm start; of the whole training */
    bool is_warm;
    int64_t decisions;                            /* learnt from */
    double loss, entropy, drift, clipped, agreed; /* means over decisions, last pass */
    double gradient_norm, rate;
    bool is_validated, is_best;
    double latency_us;   /* mean over the validation runs */
    const double *ratio; /* [schedulers] geometric mean of latency / that of the scheduler */
    const double *p95;   /* [schedulers] the same for the 95 % quantile */
    double wall_s, decisions_per_s, left_s;
};

struct train_setup {
    const struct experiment *experiment;
    const struct curriculum *curriculum;
    const char *dir; /* policy.safetensors, state.safetensors and train.csv go here */
    int32_t workers;
    bool resume;    /* go on from state.safetensors if it is there */
    bool overwrite; /* start anew although it is there, which is a fault else */
    void (*on_report)(void *context, const struct train_report *report);
    void *context;
    /* Joins the other MPI ranks, all of which have to be `ok`; called once by one process of each
     * rank. NULL = there are none. */
    bool (*join)(void *context, bool ok, struct fault *fault);
    const volatile sig_atomic_t *stop; /* a wish to stop after this iteration; NULL = none */
};

/* Trains and writes the files; fills whether it got to the end or was asked to stop before. False
 * and a fault if a run fails, a worker dies, a file cannot be written, or the state is of another
 * experiment. */
bool train_run(const struct train_setup *setup, bool *is_finished, struct fault *fault);

#endif
