/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How reality departs from the tables: distributions of factors, all with mean 1, slow-downs
 * and failures.
 *
 * A factor is a monotone function of one uniform draw, so that levels and distributions stretch the
 * same luck. */
#ifndef HETSOC_SIM_NOISE_H
#define HETSOC_SIM_NOISE_H

#include "base/random.h"
#include "sim/failures.h"

enum noise_dist {
    NOISE_NONE,
    NOISE_NORMAL,
    NOISE_LOGNORMAL,
    NOISE_EXPONENTIAL,
    NOISE_GAMMA,
    NOISE_PARETO,
};

/* A distribution. With z standard normal: lognormal is exp(sigma z - sigma^2 / 2); normal is
 * 1 + sigma z, clipped on both sides alike to [0.01, 1.99], which keeps the mean and narrows the
 * spread (by 4 % at sigma 0.5). Exponential is that of queueing theory and has no parameter; gamma
 * has variance 1 / shape; of pareto the shape is the tail index, 1 < shape. */
struct noise_spread {
    enum noise_dist dist;
    double sigma; /* normal: standard deviation / mean; lognormal: of the logarithm */
    double shape; /* gamma, pareto */
};

struct noise {
    const char *name;
    struct noise_spread exec; /* of the time of each (job, task) */
    struct noise_spread data; /* of the data of each (job, edge) */
    /* How wrong the tables are, for each (task kind, PE kind) the same in the whole trial. */
    struct noise_spread tables;
    /* A share of the tasks takes `tail_factor` times as long, drawn apart from `exec`; all tasks
     * are divided by 1 + share (factor - 1), so that the mean stays 1. Share 0 = no such tasks. */
    double tail_share, tail_factor;
    /* Slow-down episodes per PE: exponential gap from the end of one (or date 0) to the start of
     * the next and exponential length, times in them are `slow_factor` times longer; gap 0 = no
     * episodes. One that would not end before TICK_LIMIT ends at TICK_NEVER and is the last. */
    double slow_gap_us, slow_length_us, slow_factor;
    struct failures failures;      /* of PEs */
    struct failures link_failures; /* of links */
};

/* The factor that a fresh stream gives; 1 for NOISE_NONE, without a draw. */
double noise_draw(const struct noise_spread *spread, struct random_stream *stream);

/* The coefficient of variation as a parameter: sigma of a lognormal; the shape of a gamma; the tail
 * index of a Pareto distribution, which is above 2. */
double noise_sigma_of_cv(double cv);
double noise_shape_of_cv(double cv);
double noise_alpha_of_cv(double cv);

#endif
