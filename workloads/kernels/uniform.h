/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights and inputs drawn by seed: uniform floats from a keyed stream, two per block. */
#ifndef HETSOC_WORKLOADS_KERNELS_UNIFORM_H
#define HETSOC_WORKLOADS_KERNELS_UNIFORM_H

#include <stdint.h>

#include "base/random.h"

struct uniform {
    struct random_stream stream;
    uint64_t bits; /* drawn and not used */
    int32_t halves;
};

/* The stream of one array: (seed, RANDOM_WEIGHT, array). */
struct uniform uniform_open(uint64_t seed, uint32_t array);

/* The next `count` values, each uniform in (-limit, limit); consecutive calls continue. */
void uniform_fill(struct uniform *uniform, float *values, int32_t count, float limit);

#endif
