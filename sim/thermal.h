/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Temperatures of a machine, period by period (struct soc_thermal). */
#ifndef HETSOC_SIM_THERMAL_H
#define HETSOC_SIM_THERMAL_H

#include "sim/soc.h"

/* Caller's memory. */
struct thermal {
    const struct soc_thermal *model; /* NULL: nobody asks for temperatures */
    double *above_c;                 /* [hotspot_count] above ambient */
    double *next_c;                  /* [hotspot_count] scratch */
    double change_c;                 /* largest in the last period */
    double max_c;                    /* the highest so far; NAN without a model */
    int32_t trip;                    /* of those reached, the highest that holds; -1: none */
};

/* Starts at the ambient temperature; thermal_finish releases it. */
void thermal_init(struct thermal *thermal, const struct soc *soc);
void thermal_finish(struct thermal *thermal);

/* A period is over in which the clusters drew so much on average, [cluster_count]. Returns whether
 * another trip holds than before. O(hotspots x (hotspots + sources)). */
bool thermal_step(struct thermal *thermal, const double *mean_mw);

/* The highest temperature of a hotspot now. */
double thermal_hottest_c(const struct thermal *thermal);

/* The last point that a cluster may run at now; INT32_MAX: all. */
int32_t thermal_cap(const struct thermal *thermal, int32_t cluster);

/* Whether more periods of the same power would change nothing. */
bool thermal_is_settled(const struct thermal *thermal);

#endif
