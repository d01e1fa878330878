/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drawn source of a scenario: keyed random streams (design 4.3). */
#ifndef HETSOC_SIM_SCENARIO_DRAWN_H
#define HETSOC_SIM_SCENARIO_DRAWN_H

#include "sim/scenario.h"

/* The distribution of execution-time factors; all have mean 1. With z standard normal: lognormal is
 * exp(sigma z - sigma^2 / 2); normal is 1 + sigma z, clipped on both sides alike to [0.01, 1.99],
 * which keeps the mean and narrows the spread (by 4 % at sigma 0.5). Exponential is that of
 * queueing theory and has no sigma. */
enum noise_dist { NOISE_NONE, NOISE_NORMAL, NOISE_LOGNORMAL, NOISE_EXPONENTIAL };

/* How reality departs from the tables. */
struct noise {
    const char *name;
    enum noise_dist dist;
    double sigma; /* normal: standard deviation / mean; lognormal: of the logarithm */
    /* A share of the tasks takes `tail_factor` times as long, drawn apart from `dist`; all tasks
     * are divided by 1 + share (factor - 1), so that the mean stays 1. Share 0 = no such tasks. */
    double tail_share, tail_factor;
    /* Slow-down episodes per PE: exponential gap from the end of one (or date 0) to the start of
     * the next and exponential length, times in them are `slow_factor` times longer; gap 0 = no
     * episodes. One that would not end before TICK_LIMIT ends at TICK_NEVER and is the last. */
    double slow_gap_us, slow_length_us, slow_factor;
};

/* Standard deviation of the logarithm that gives a lognormal with this coefficient of variation. */
double noise_sigma_of_cv(double cv);

struct scenario_drawn {
    uint64_t seed;
    uint32_t replicate;
    int32_t jobs;                    /* stop after so many */
    const struct arrivals *arrivals; /* borrowed */
    const double *app_share;         /* [app_count] cumulative, last = 1; borrowed */
    int32_t app_count;
    struct noise noise;
};

/* The scenario on top of a source; borrows `drawn`. */
struct scenario scenario_drawn(const struct scenario_drawn *drawn);

#endif
