/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dense kernel, written once with the compilers' vectors; dense_ISA.c sets the sizes, includes
 * this file and is compiled with the flags of its instruction set. By default the portable form. */
#ifndef HETSOC_WORKLOADS_KERNELS_DENSE_SIMD_H
#define HETSOC_WORKLOADS_KERNELS_DENSE_SIMD_H

#include "workloads/kernels/dense.h"
#include "workloads/kernels/simd.h"

#ifndef DENSE_NAME
#define DENSE_NAME    dense_portable
#define DENSE_VECTORS 3 /* of columns in a tile: divides DENSE_PANEL */
#define DENSE_SAMPLES 4 /* in a tile; vectors * samples accumulators stay in registers */
#endif

enum {
    COLUMNS = DENSE_VECTORS * SIMD_LANES,
    AHEAD = 2048, /* bytes of the panel that are asked for in advance */
};

/* `samples` is a constant in every caller: the accumulators are registers. */
SIMD_INLINE void multiply_tile(const struct dense_panel *job, int32_t first, int32_t column,
                               int32_t samples)
{
    simd_floats sum[DENSE_SAMPLES][DENSE_VECTORS];
    float *out = job->out + (size_t)first * job->out_stride + column;
    const float *x = job->x + (size_t)first * job->x_stride;
    const float *panel = job->panel + column;
    SIMD_UNROLL
    for (int32_t s = 0; s < samples; s++) {
        const float *from =
            job->start != NULL ? job->start + column : out + (size_t)s * job->out_stride;
        SIMD_UNROLL
        for (int32_t v = 0; v < DENSE_VECTORS; v++)
            sum[s][v] = simd_load(from + v * SIMD_LANES);
    }
    for (int32_t k = 0; k < job->depth; k++, panel += DENSE_PANEL) {
        simd_floats w[DENSE_VECTORS];
        SIMD_UNROLL
        for (int32_t v = 0; v < DENSE_VECTORS; v++) {
            w[v] = simd_load(panel + v * SIMD_LANES);
            __builtin_prefetch((const char *)(panel + v * SIMD_LANES) + AHEAD);
        }
        SIMD_UNROLL
        for (int32_t s = 0; s < samples; s++) {
            float value = x[(size_t)s * job->x_stride + (size_t)k];
            SIMD_UNROLL
            for (int32_t v = 0; v < DENSE_VECTORS; v++)
                sum[s][v] += w[v] * value;
        }
    }
    SIMD_UNROLL
    for (int32_t s = 0; s < samples; s++) {
        SIMD_UNROLL
        for (int32_t v = 0; v < DENSE_VECTORS; v++)
            simd_store(out + (size_t)s * job->out_stride + v * SIMD_LANES,
                       job->has_gelu ? simd_gelu(sum[s][v]) : sum[s][v]);
    }
}

/* A single sample: the panel's products are split by parity of k, or they would wait for each other
 * instead of for memory. */
SIMD_INLINE void multiply_single(const struct dense_panel *job, int32_t sample)
{
    enum { VECTORS = DENSE_PANEL / SIMD_LANES };
    float *out = job->out + (size_t)sample * job->out_stride;
    const float *x = job->x + (size_t)sample * job->x_stride;
    for (int32_t column = 0; column < VECTORS; column += DENSE_VECTORS) {
        simd_floats even[DENSE_VECTORS], odd[DENSE_VECTORS];
        const float *from = (job->start != NULL ? job->start : out) + column * SIMD_LANES;
        SIMD_UNROLL
        for (int32_t v = 0; v < DENSE_VECTORS; v++) {
            even[v] = simd_load(from + v * SIMD_LANES);
            odd[v] = simd_all(0);
        }
        const float *panel = job->panel + column * SIMD_LANES;
        int32_t k = 0;
        for (; k + 2 <= job->depth; k += 2, panel += 2 * DENSE_PANEL) {
            SIMD_UNROLL
            for (int32_t v = 0; v < DENSE_VECTORS; v++) {
                __builtin_prefetch((const char *)(panel + v * SIMD_LANES) + AHEAD);
                __builtin_prefetch((const char *)(panel + DENSE_PANEL + v * SIMD_LANES) + AHEAD);
                even[v] += simd_load(panel + v * SIMD_LANES) * x[k];
                odd[v] += simd_load(panel + DENSE_PANEL + v * SIMD_LANES) * x[k + 1];
            }
        }
        if (k < job->depth)
            for (int32_t v = 0; v < DENSE_VECTORS; v++)
                even[v] += simd_load(panel + v * SIMD_LANES) * x[k];
        SIMD_UNROLL
        for (int32_t v = 0; v < DENSE_VECTORS; v++) {
            simd_floats sum = even[v] + odd[v];
            simd_store(out + (column + v) * SIMD_LANES, job->has_gelu ? simd_gelu(sum) : sum);
        }
    }
}

static void multiply_panel(const struct dense_panel *job)
{
    int32_t done = 0;
    for (; done + DENSE_SAMPLES <= job->samples; done += DENSE_SAMPLES)
        for (int32_t column = 0; column < DENSE_PANEL; column += COLUMNS)
            multiply_tile(job, done, column, DENSE_SAMPLES);
    for (; done + 2 <= job->samples; done += 2)
        for (int32_t column = 0; column < DENSE_PANEL; column += COLUMNS)
            multiply_tile(job, done, column, 2);
    if (done < job->samples)
        multiply_single(job, done);
}

static void gelu_values(float *values, size_t count)
{
    for (size_t i = 0; i < count; i += SIMD_LANES)
        simd_store(values + i, simd_gelu(simd_load(values + i)));
}

const struct dense_code DENSE_NAME = {.panel = multiply_panel, .gelu = gelu_values};

#endif
