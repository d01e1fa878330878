/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/uniform.h"

struct uniform uniform_open(uint64_t seed, uint32_t array)
{
    return (struct uniform){.stream = random_open(seed, 0, RANDOM_WEIGHT, array, 0)};
}

void uniform_fill(struct uniform *uniform, float *values, int32_t count, float limit)
{
    for (int32_t i = 0; i < count; i++) {
        if (uniform->halves == 0) {
            uniform->bits = random_bits(&uniform->stream);
            uniform->halves = 2;
        }
        uint32_t bits = (uint32_t)uniform->bits >> 9; /* 23 bits and a half: both ends open */
        uniform->bits >>= 32;
        uniform->halves--;
        values[i] = (((float)bits + 0.5f) * 0x1p-22f - 1) * limit;
    }
}
