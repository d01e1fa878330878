/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much slower than its estimates each PE has been of late, from what has happened only.
 *
 * After every task that a PE has done, level = decayed level + weight * (log(actual / estimated
 * time) - decayed level); between tasks the level decays to 0 with a time constant. A task that
 * runs already longer than the level makes believe tells more than the past: the level is then at
 * least log(elapsed / estimated time). */
#ifndef HETSOC_SCHED_SLOWNESS_H
#define HETSOC_SCHED_SLOWNESS_H

#include "sim/policy.h"

struct slowness {
    double *level;  /* [pe] at the date of its last task's end */
    int64_t *at_ps; /* [pe] that date */
    double decay_ps, weight;
};

/* Nothing observed yet; slowness_finish releases it. */
void slowness_init(struct slowness *slowness, const struct view *view, double decay_us,
                   double weight);
void slowness_finish(struct slowness *slowness);

/* Takes in what was finished; to be called once in every epoch. O(1) per task. Tasks that should
 * take no time tell nothing. */
void slowness_update(struct slowness *slowness, const struct view *view);

/* The level now, clipped to [-0.7, 1.4]. O(1). */
double slowness_level(const struct slowness *slowness, const struct view *view, int32_t pe);

/* By what estimates for a PE should be multiplied now: exp(level). O(1). */
double slowness_factor(const struct slowness *slowness, const struct view *view, int32_t pe);

#endif
