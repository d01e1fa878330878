/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run's decision was worth: its return against that of the other runs of one scenario.
 *
 * The runs met the same arrivals, routes and noise, so that what all of them lose from a date on is
 * what the scenario costs at that date. The mean leaves the run itself out: then it does not depend
 * on the decision that is judged, and the gradient keeps its expectation (Kool et al. 2019, "Buy 4
 * REINFORCE samples, get a baseline for free"). */
#ifndef HETSOC_LAB_ADVANTAGE_H
#define HETSOC_LAB_ADVANTAGE_H

#include "lab/returns.h"

/* Return at a date of run `own` of `count` >= 2 closed ones, less the mean of the others at that
 * date. O(count log steps). */
double advantage_over_others(const struct returns *runs, int32_t count, int32_t own, int64_t at_ps);

#endif
