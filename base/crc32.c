/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/crc32.h"

#include <zlib.h>

#if defined(__x86_64__)

#include <immintrin.h>

/* Blocks that are folded at a time, and the least for which it pays. */
enum { BLOCK = 16, LANES = 4, LEAST = 4 * BLOCK * LANES };

/* Moves a block over what follows: its halves times powers of x modulo the polynomial. */
__attribute__((target("pclmul"))) static inline __m128i fold(__m128i block, __m128i powers,
                                                             __m128i next)
{
    __m128i low = _mm_clmulepi64_si128(block, powers, 0x00);
    __m128i high = _mm_clmulepi64_si128(block, powers, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/* Of a multiple of BLOCK bytes, at least LANES * BLOCK: Gopal et al., "Fast CRC computation for
 * generic polynomials using PCLMULQDQ", Intel 2009. What is left of them is a block with the same
 * remainder, which zlib finishes. */
__attribute__((target("pclmul"))) static uint32_t fold_all(uint32_t crc, const char *bytes,
                                                           size_t size)
{
    const __m128i far = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);  /* over LANES blocks */
    const __m128i near = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0); /* over one */
    const __m128i *block = (const __m128i *)(const void *)bytes;
    const __m128i *end = block + size / BLOCK;
    unsigned char rest[BLOCK];
    __m128i lanes[LANES];
    for (int i = 0; i < LANES; i++)
        lanes[i] = _mm_loadu_si128(block++);
    lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128((int)~crc));
    for (; end - block >= LANES; block += LANES)
        for (int i = 0; i < LANES; i++)
            lanes[i] = fold(lanes[i], far, _mm_loadu_si128(block + i));
    for (int i = 1; i < LANES; i++)
        lanes[0] = fold(lanes[0], near, lanes[i]);
    while (block < end)
        lanes[0] = fold(lanes[0], near, _mm_loadu_si128(block++));
    _mm_storeu_si128((__m128i *)(void *)rest, lanes[0]);
    return (uint32_t)crc32_z(UINT32_MAX, rest, sizeof rest);
}

uint32_t crc32_add(uint32_t crc, const void *data, size_t size)
{
    const char *bytes = data;
    if (size >= LEAST && __builtin_cpu_supports("pclmul")) {
        size_t folded = size / BLOCK * BLOCK;
        crc = fold_all(crc, bytes, folded);
        bytes += folded;
        size -= folded;
    }
    return (uint32_t)crc32_z(crc, (const unsigned char *)bytes, size);
}

#else

uint32_t crc32_add(uint32_t crc, const void *data, size_t size)
{
    return (uint32_t)crc32_z(crc, data, size);
}

#endif
