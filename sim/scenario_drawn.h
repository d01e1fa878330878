/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drawn source of a scenario: keyed random streams (design 4.3). */
#ifndef HETSOC_SIM_SCENARIO_DRAWN_H
#define HETSOC_SIM_SCENARIO_DRAWN_H

#include "sim/scenario.h"

/* The distribution of execution times; all keep the mean. */
enum noise_dist { NOISE_NONE, NOISE_NORMAL, NOISE_LOGNORMAL };

/* How reality departs from the tables. */
struct noise {
    const char *name;
    enum noise_dist dist;
    double sigma; /* normal: standard deviation / mean; lognormal: of the logarithm */
    /* Slow-down episodes per PE: exponential gap between them and exponential length, times in
     * them are `slow_factor` times longer; gap 0 = no episodes. */
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
