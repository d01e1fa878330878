/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a scheduler is trained on: the points of an experiment and of those that it names in
 * `train.also`, and all settings of `train`.
 *
 * Replicates keep training, validation and tests apart: `hetsoc run` uses those below 10^6,
 * validation those from 2^21 on, training those from 2^22 on, so no draw is ever shared. */
#ifndef HETSOC_LAB_CURRICULUM_H
#define HETSOC_LAB_CURRICULUM_H

#include "lab/points.h"
#include "lab/rollout.h"

#define CURRICULUM_VALIDATION (UINT32_C(1) << 21)
#define CURRICULUM_TRAINING   (UINT32_C(1) << 22)

/* The points of one experiment. Points that differ in the scheduler only are neighbours. */
struct curriculum_source {
    struct points points;
    int32_t schedulers, places; /* points.count = places * schedulers */
    double share;               /* cumulative, last = 1 */
};

struct curriculum {
    struct curriculum_source *sources;
    int32_t count;
    uint64_t seed;
    /* The settings of `train`. */
    const struct network_kind *agent;
    enum choice_mode mode;
    enum rollout_reward reward;
    bool is_constant; /* advantages are returns less the mean over the scenario's decisions */
    int32_t iterations, warm_iterations, instances, rollouts, jobs;
    int32_t epochs, minibatches;
    double tau_us, tail_us, rate, rate_end, warm_rate, clip, entropy;
    int32_t validation_runs, validation_every, validation_jobs, patience;
    double tail_weight;
};

/* Reads and loads everything; lives in the experiment's arena. Faults: no `train`, an unknown
 * agent, the teacher of another mode, other experiments that cannot be loaded, schedulers that
 * differ between them, shares that are all 0, more instances than there are replicates. */
bool curriculum_load(struct curriculum *curriculum, const struct experiment *experiment,
                     struct fault *fault);

/* The point of a training instance (iterations count from the first of the warm start), or of a
 * validation run, with the scheduler of a number. O(1). */
const struct point *curriculum_instance(const struct curriculum *curriculum, int32_t iteration,
                                        int32_t instance);
const struct point *curriculum_validation(const struct curriculum *curriculum, int32_t run,
                                          int32_t scheduler);

#endif
