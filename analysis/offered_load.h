/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much of a machine a stream of jobs asks for.
 *
 * The priced work (analysis/prices.h) that arrives in a unit of time: PEs do no more than 1 in
 * every unit of time, so that above 1 the queues grow as long as jobs arrive, whatever the
 * scheduler. Up to 1 there may or may not be a scheduler that keeps up. Mean durations, of branches
 * the mean over what samples take; no communication, no loads of weights, no slow-downs, which all
 * only take more. */
#ifndef HETSOC_ANALYSIS_OFFERED_LOAD_H
#define HETSOC_ANALYSIS_OFFERED_LOAD_H

#include "sim/bind.h"

/* Load by jobs of each app [bind_count] that arrive at these mean rates; also the machine time per
 * job, if they sum to 1. The apps run on one machine. O(tasks x PE kinds). */
double offered_load(const struct bind *binds, const double *jobs_per_us, int32_t bind_count);

#endif
