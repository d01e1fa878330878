/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drawn source of a scenario: keyed random streams (design 4.3). */
#ifndef HETSOC_SIM_SCENARIO_DRAWN_H
#define HETSOC_SIM_SCENARIO_DRAWN_H

#include "sim/noise.h"
#include "sim/scenario.h"

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
