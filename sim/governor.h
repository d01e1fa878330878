/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operating points in time: at which one each cluster runs, and how much its PEs have to do.
 *
 * The governor wishes for a point, a cap may hold it back; whoever samples carries out what comes
 * of both. Clusters whose kind has no points are at point 0 for ever. */
#ifndef HETSOC_SIM_GOVERNOR_H
#define HETSOC_SIM_GOVERNOR_H

#include <stdint.h>

#include "sim/soc.h"

struct governor_cluster {
    int32_t opp;      /* in force */
    int32_t wish;     /* of the governor */
    int32_t cap;      /* the last point that is allowed; INT32_MAX: all */
    int32_t busy_pes; /* that execute */
    int64_t busy_ps;  /* of all its PEs since the last sample, as of since_ps */
    int64_t since_ps;
};

/* Caller's memory. */
struct governor {
    const struct soc *soc;
    struct governor_cluster *clusters; /* [cluster_count] */
};

/* Starts at date 0, every PE idle, at the points of the kinds. governor_finish releases it. */
void governor_init(struct governor *governor, const struct soc *soc);
void governor_finish(struct governor *governor);

/* A PE begins or ceases to execute. O(1). */
void governor_note(struct governor *governor, int32_t pe, int64_t at_ps, bool is_busy);

/* Takes a sample of the ondemand rule (struct soc_ondemand), a period after the last one; new
 * wishes. O(clusters). */
void governor_sample(struct governor *governor, int64_t now_ps);

/* Whether samples change nothing until a PE executes again. O(clusters). */
bool governor_is_settled(const struct governor *governor);

/* Puts the wish of a cluster, as far as the cap allows, into force; returns whether that is another
 * point than before. O(1). */
bool governor_apply(struct governor *governor, int32_t cluster);

/* The point at which a PE runs. O(1). */
static inline int32_t governor_opp(const struct governor *governor, int32_t pe)
{
    return governor->clusters[governor->soc->pes[pe].cluster].opp;
}

#endif
