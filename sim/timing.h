/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a task takes on a kind of PE, as a function of its samples: from a table, or from what
 * its kernel computes and what the PE kind's profile says. */
#ifndef HETSOC_SIM_TIMING_H
#define HETSOC_SIM_TIMING_H

#include "sim/soc_profile.h"
#include "workloads/app.h"

/* fixed_us + max(sample_us n, min(stream_us n, stream_most_us) + move_us n, floor_us) for n
 * samples, in front of it load_us if the weights have to be loaded. A table needs the first two. */
struct timing {
    double fixed_us;       /* launch */
    double sample_us;      /* computing a sample */
    double stream_us;      /* weights that a sample reads, if they cannot stay in local memory */
    double stream_most_us; /* all of them */
    double move_us;        /* activations of a sample */
    double floor_us;       /* steps that follow each other */
    double load_us;        /* all weights, if they can stay in local memory */
};

/* The timing of a kernel on a PE kind: that of its stage if the profile has it measured, else a
 * roofline with launch and serial depth (Williams, Waterman, Patterson 2009, and the latency of
 * dependent steps). False if the profile cannot run it. */
bool timing_of_kernel(struct timing *timing, const struct app_kernel *kernel,
                      const struct soc_profile *profile);

/* Makes everything but the load take `factor` times as long, exactly so: 1 changes no bit. */
void timing_stretch(struct timing *timing, double factor);

/* Time of so many samples, without the load. */
double timing_us(const struct timing *timing, double samples);

#endif
