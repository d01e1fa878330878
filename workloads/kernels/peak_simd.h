/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The yardstick loops, written once; peak_ISA.c sets the lanes and includes this file. */
#ifndef HETSOC_WORKLOADS_KERNELS_PEAK_SIMD_H
#define HETSOC_WORKLOADS_KERNELS_PEAK_SIMD_H

#include "workloads/kernels/peak.h"
#include "workloads/kernels/simd.h"

#ifndef PEAK_NAME
#define PEAK_NAME peak_portable
#endif

enum { CHAINS = 12 };

static float compute(int64_t macs)
{
    simd_floats sum[CHAINS], factor = simd_all(0.999f), term = simd_all(0.001f);
    for (int32_t i = 0; i < CHAINS; i++)
        sum[i] = simd_all((float)i);
    for (int64_t done = 0; done < macs; done += CHAINS * SIMD_LANES) {
        SIMD_UNROLL
        for (int32_t i = 0; i < CHAINS; i++)
            sum[i] = sum[i] * factor + term;
    }
    for (int32_t i = 1; i < CHAINS; i++)
        sum[0] += sum[i];
    return simd_sum(sum[0]);
}

static float read_values(const float *values, size_t count)
{
    simd_floats sum[4] = {0};
    for (size_t i = 0; i + 64 <= count; i += 64) {
        SIMD_UNROLL
        for (int32_t v = 0; v < 64 / SIMD_LANES; v++)
            sum[v % 4] += simd_load(values + i + v * SIMD_LANES);
    }
    return simd_sum((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

const struct peak_code PEAK_NAME = {.compute = compute, .read = read_values};

#endif
