/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What kernels with a row of weights per neuron are made of. Rows are multiples of ROWS_STEP floats
 * long, padded with zeros. */
#ifndef HETSOC_WORKLOADS_KERNELS_ROWS_SIMD_H
#define HETSOC_WORKLOADS_KERNELS_ROWS_SIMD_H

#include <stddef.h>

#include "workloads/kernels/simd.h"

#ifndef ROWS_VECTORS
#define ROWS_VECTORS 8 /* of a block of columns whose sums stay in registers */
#endif

enum {
    ROWS_STEP = 64,
    ROWS_LINE = 16 /* floats of a cache line */,
    ROWS_CHAINS = 4,
    ROWS_JOINT = 2
};

/* Asks for `floats` floats of a row; a macro, because GCC 12 drops functions that only prefetch.
 * `locality` is that of __builtin_prefetch: 3 = to L1, 2 = to L2. */
#define ROWS_PREFETCH(row, floats, locality)                                                       \
    do {                                                                                           \
        const float *rows_ahead = (row);                                                           \
        for (int32_t rows_i = 0; rows_i < (floats); rows_i += ROWS_LINE)                           \
            __builtin_prefetch(rows_ahead + rows_i, 0, locality);                                  \
    } while (0)

/* Sums of w[p][i] * x[p][i] for `count` <= ROWS_JOINT pairs of rows, each in ROWS_CHAINS chains of
 * vectors: while one waits for its additions, the other goes on. On the way it asks, a line at a
 * time, for as many floats of two other rows for each, to L2; NULL = none. Asking for a row at once
 * would block the loads behind it. `count` and what is NULL are constants in every caller. */
SIMD_INLINE void rows_dots(int32_t count, const float *const *w, const float *const *x, int32_t row,
                           const float *const *ahead, const float *const *also, float *sums)
{
    simd_floats sum[ROWS_JOINT][ROWS_CHAINS] = {{{0}}};
    for (int32_t i = 0; i < row; i += ROWS_STEP) {
        SIMD_UNROLL
        for (int32_t p = 0; p < count; p++) {
            if (ahead != NULL)
                ROWS_PREFETCH(ahead[p] + i, ROWS_STEP, 2);
            if (also != NULL)
                ROWS_PREFETCH(also[p] + i, ROWS_STEP, 2);
            SIMD_UNROLL
            for (int32_t v = 0; v < ROWS_STEP / SIMD_LANES; v++)
                sum[p][v % ROWS_CHAINS] +=
                    simd_load(w[p] + i + v * SIMD_LANES) * simd_load(x[p] + i + v * SIMD_LANES);
        }
    }
    SIMD_UNROLL
    for (int32_t p = 0; p < count; p++)
        sums[p] = simd_sum((sum[p][0] + sum[p][1]) + (sum[p][2] + sum[p][3]));
}

/* One sum, the same bits. */
SIMD_INLINE float rows_dot(const float *w, const float *x, int32_t row)
{
    float sum;
    rows_dots(1, &w, &x, row, NULL, NULL, &sum);
    return sum;
}

/* How far rows_dot may be from the true sum, at most, per unit of the sum of |w[i] * x[i]|: twice
 * the roundings on the longest way from a product to the result, times 2^-24. */
SIMD_INLINE float rows_dot_error(int32_t row)
{
    const int32_t steps = row / (ROWS_CHAINS * SIMD_LANES);
    return (float)(steps + 10) * 0x1p-23f;
}

/* Sum of |x[i]|. */
SIMD_INLINE float rows_magnitude(const float *x, int32_t row)
{
    simd_floats sum[ROWS_CHAINS] = {0};
    for (int32_t i = 0; i < row; i += ROWS_STEP) {
        SIMD_UNROLL
        for (int32_t v = 0; v < ROWS_STEP / SIMD_LANES; v++)
            sum[v % ROWS_CHAINS] += simd_absolute(simd_load(x + i + v * SIMD_LANES));
    }
    return simd_sum((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

/* `vectors` vectors of out = start + sum over i of scale[i] * (row nodes[i] of w). `vectors` is a
 * constant in every caller. */
SIMD_INLINE void rows_mix_block(const float *w, int32_t row, const int32_t *nodes,
                                const float *scale, int32_t count, const float *start, float *out,
                                int32_t vectors)
{
    simd_floats sum[ROWS_VECTORS];
    SIMD_UNROLL
    for (int32_t v = 0; v < vectors; v++)
        sum[v] = start != NULL ? simd_load(start + v * SIMD_LANES) : simd_all(0);
    for (int32_t i = 0; i < count; i++) {
        const float *from = w + (size_t)nodes[i] * (size_t)row;
        SIMD_UNROLL
        for (int32_t v = 0; v < vectors; v++)
            sum[v] += simd_load(from + v * SIMD_LANES) * scale[i];
    }
    SIMD_UNROLL
    for (int32_t v = 0; v < vectors; v++)
        simd_store(out + v * SIMD_LANES, sum[v]);
}

/* The same for the block of columns that begins at `column`, of rows, start (may be NULL) and out;
 * returns how many columns it has. */
SIMD_INLINE int32_t rows_mix_columns(const float *w, int32_t row, const int32_t *nodes,
                                     const float *scale, int32_t count, const float *start,
                                     float *out, int32_t column)
{
    enum { SMALL = ROWS_VECTORS < ROWS_STEP / SIMD_LANES ? ROWS_VECTORS : ROWS_STEP / SIMD_LANES };
    const float *from = start != NULL ? start + column : NULL;
    if (column + ROWS_VECTORS * SIMD_LANES <= row) {
        rows_mix_block(w + column, row, nodes, scale, count, from, out + column, ROWS_VECTORS);
        return ROWS_VECTORS * SIMD_LANES;
    }
    rows_mix_block(w + column, row, nodes, scale, count, from, out + column, SMALL);
    return SMALL * SIMD_LANES;
}

/* The same for a whole row. */
SIMD_INLINE void rows_mix(const float *w, int32_t row, const int32_t *nodes, const float *scale,
                          int32_t count, const float *start, float *out)
{
    for (int32_t i = 0; i < row;)
        i += rows_mix_columns(w, row, nodes, scale, count, start, out, i);
}

#endif
