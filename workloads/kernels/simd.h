/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vectors of SIMD_LANES floats (4 unless a file says otherwise), with the compilers' vector
 * extension, for the files NOUN_simd.h that are compiled once per instruction set. */
#ifndef HETSOC_WORKLOADS_KERNELS_SIMD_H
#define HETSOC_WORKLOADS_KERNELS_SIMD_H

#include <stdint.h>
#include <string.h>

#ifndef SIMD_LANES
#define SIMD_LANES 4
#endif

#ifdef __clang__
#define SIMD_UNROLL _Pragma("unroll")
#else
#define SIMD_UNROLL _Pragma("GCC unroll 16")
#endif
#define SIMD_INLINE static inline __attribute__((always_inline))

/* Vectors need a typedef; these are the only ones. */
typedef float simd_floats __attribute__((vector_size(4 * SIMD_LANES)));
typedef int32_t simd_ints __attribute__((vector_size(4 * SIMD_LANES)));

SIMD_INLINE simd_floats simd_load(const float *from)
{
    simd_floats value;
    memcpy(&value, from, sizeof value);
    return value;
}

SIMD_INLINE void simd_store(float *to, simd_floats value)
{
    memcpy(to, &value, sizeof value);
}

SIMD_INLINE simd_floats simd_all(float value)
{
    return value - (simd_floats){0};
}

/* a where the mask is -1, b where it is 0. */
SIMD_INLINE simd_floats simd_select(simd_ints mask, simd_floats a, simd_floats b)
{
    return (simd_floats)((mask & (simd_ints)a) | (~mask & (simd_ints)b));
}

SIMD_INLINE simd_floats simd_absolute(simd_floats a)
{
    return (simd_floats)((simd_ints)a & INT32_MAX);
}

/* Sum of the lanes, by halves. */
SIMD_INLINE float simd_sum(simd_floats a)
{
    typedef float quad __attribute__((vector_size(16)));
#if SIMD_LANES == 16
    typedef float oct __attribute__((vector_size(32)));
    oct half = __builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7) +
               __builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15);
    quad four = __builtin_shufflevector(half, half, 0, 1, 2, 3) +
                __builtin_shufflevector(half, half, 4, 5, 6, 7);
#elif SIMD_LANES == 8
    quad four =
        __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
#else
    quad four = a;
#endif
    quad two = four + __builtin_shufflevector(four, four, 2, 3, 0, 1);
    return two[0] + two[1];
}

/* exp for arguments up to 0; below -87 as at -87. Relative error below 2e-7. */
SIMD_INLINE simd_floats simd_exp(simd_floats a)
{
    a = simd_select(a > -87.0f, a, simd_all(-87.0f));
    const float magic = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer */
    simd_floats shifted = a * 1.44269504f + magic;
    simd_floats power = shifted - magic;
    simd_floats r = a - power * 0.693359375f;
    r = r - power * -2.12194440e-4f;
    simd_floats p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    /* gcc takes the number of lanes for that of bits. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-shift-count-overflow"
    simd_ints exponent = ((simd_ints)shifted - (int32_t)0x4b400000 + 127) << 23;
#pragma GCC diagnostic pop
    return p * (simd_floats)exponent;
}

/* a * Phi(a), Phi the normal distribution: the exact GELU, not its tanh form. erfc is the rational
 * Chebyshev fit of Numerical Recipes (erfcc), whose relative error is below 1.2e-7 everywhere. */
SIMD_INLINE simd_floats simd_gelu(simd_floats a)
{
    simd_floats z = simd_absolute(a) * 0.70710678f;
    simd_floats t = 1.0f / (z * 0.5f + 1.0f);
    simd_floats p = t * 0.17087277f - 0.82215223f;
    p = p * t + 1.48851587f;
    p = p * t - 1.13520398f;
    p = p * t + 0.27886807f;
    p = p * t - 0.18628806f;
    p = p * t + 0.09678418f;
    p = p * t + 0.37409196f;
    p = p * t + 1.00002368f;
    p = p * t - 1.26551223f;
    simd_floats half = t * simd_exp(p - z * z) * 0.5f; /* erfc(z) / 2 */
    return a * simd_select(a > 0.0f, 1.0f - half, half);
}

#endif
