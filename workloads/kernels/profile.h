/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cost profile of this machine: what each stage of stage.h takes here, measured with the kernels.
 *
 * A call with n samples takes about fixed_us + n * sample_us; both come from calls with one sample
 * and with many. A stage with variants is measured on all of them in turn, as random routes would
 * take them. Stages without a kernel of our own (attention) are left out; the two halves of the
 * dense layer, which runs whole, get half of its time each (same multiply-adds, same bytes). */
#ifndef HETSOC_WORKLOADS_KERNELS_PROFILE_H
#define HETSOC_WORKLOADS_KERNELS_PROFILE_H

#include <stdio.h>

#include "base/fault.h"
#include "workloads/kernels/isa.h"
#include "workloads/kernels/stage.h"

struct profile_stage {
    struct stage stage;
    double fixed_us, sample_us;
};

/* The whole machine in the terms of a platform's `kinds.*.profile`, for one PE = one core. */
struct profile_kind {
    double launch_us;
    double mac_per_us;
    double conv_efficiency, dense_efficiency, tree_efficiency; /* parts of mac_per_us reached */
    double memory_bytes_per_us, io_bytes_per_us;
    double tree_step_us; /* from a node to the next, with one sample */
    double local_bytes;  /* L2 cache; 0 = the system does not say */
};

enum { PROFILE_STAGES_MAX = 64 };

struct profile {
    enum isa isa;
    struct profile_kind kind;
    int32_t count;
    struct profile_stage stages[PROFILE_STAGES_MAX];
};

/* Measures for about `seconds`; `progress` (may be NULL) hears of each model before it starts. */
void profile_measure(struct profile *profile, enum isa isa, double seconds,
                     void (*progress)(const char *text));

/* As YAML (docs/formats.md); numbers in any locale with a point. */
void profile_print(const struct profile *profile, FILE *stream);

/* The same to a file that is there whole or not at all. */
bool profile_write(const struct profile *profile, const char *path, struct fault *fault);

/* The two terms of a line through (1, one_us) and (many, many_us); neither is negative. */
void profile_fit(double one_us, double many_us, int32_t many, double *fixed_us, double *sample_us);

#endif
