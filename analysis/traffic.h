/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the links of a machine carried in one trial, gathered by an observer while it runs. */
#ifndef HETSOC_ANALYSIS_TRAFFIC_H
#define HETSOC_ANALYSIS_TRAFFIC_H

#include <stdint.h>

#include "sim/observer.h"

/* What one link carried. A transfer counts on each link that it passes. The window is that of
 * `metrics.utilization`; NAN where there is nothing to measure. */
struct traffic_link {
    int64_t transfers;
    double bytes;
    double busy_us;          /* at least one transfer on its way, latency included; NAN on shared
                                memory, where accesses do not know of each other */
    double utilization;      /* share of the window in which it is busy */
    double carried_share;    /* bytes that came through in the window / what it can carry there */
    double mean_transfer_us; /* from the DMA channel to the end */
    double mean_wait_us;     /* for a DMA channel */
};

/* The gathering state. O(links of its way) per start and per end of a transfer. */
struct traffic;

/* For a machine, which is borrowed. */
struct traffic *traffic_create(const struct soc *soc, int32_t warmup_jobs);
void traffic_destroy(struct traffic *traffic); /* NULL is fine */

/* The observer to hand to the world; borrows `traffic`. */
struct observer traffic_observer(struct traffic *traffic);

/* The figures of a link that exists (sim/links.h) so far. */
struct traffic_link traffic_read(const struct traffic *traffic, int32_t link);

#endif
