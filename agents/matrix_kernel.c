/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compiled several times: MATRIX_KERNEL is the name of the function, AGENTS_AVX512 or AGENTS_AVX2
 * says which instructions it may use. A tile of C stays in registers while the sums run. */
#include "agents/matrix_kernel.h"

#include <math.h>

enum { TILE_ROWS = 6 };

#if defined AGENTS_AVX512
#include <immintrin.h>

enum { LANES = 16, TILE_VECTORS = 2 };
typedef __m512 vector;
typedef __mmask16 mask;

static inline mask mask_first(int32_t count)
{
    return count >= LANES ? (mask)0xffff : (mask)((1u << (count > 0 ? count : 0)) - 1);
}

static inline vector load(const real *from, mask lanes)
{
    return _mm512_maskz_loadu_ps(lanes, from);
}

static inline void store(real *to, mask lanes, vector value)
{
    _mm512_mask_storeu_ps(to, lanes, value);
}

static inline vector broadcast(real value)
{
    return _mm512_set1_ps(value);
}

static inline vector multiply_add(vector a, vector b, vector c)
{
    return _mm512_fmadd_ps(a, b, c);
}

#elif defined AGENTS_AVX2
#include <immintrin.h>

enum { LANES = 8, TILE_VECTORS = 2 };
typedef __m256 vector;
typedef __m256i mask;

static inline mask mask_first(int32_t count)
{
    const __m256i places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), places);
}

static inline vector load(const real *from, mask lanes)
{
    return _mm256_maskload_ps(from, lanes);
}

static inline void store(real *to, mask lanes, vector value)
{
    _mm256_maskstore_ps(to, lanes, value);
}

static inline vector broadcast(real value)
{
    return _mm256_set1_ps(value);
}

static inline vector multiply_add(vector a, vector b, vector c)
{
    return _mm256_fmadd_ps(a, b, c);
}

#else

enum { LANES = 1, TILE_VECTORS = 2 };
typedef real vector;
typedef int mask;

static inline mask mask_first(int32_t count)
{
    return count > 0;
}

static inline vector load(const real *from, mask lanes)
{
    return lanes ? *from : 0;
}

static inline void store(real *to, mask lanes, vector value)
{
    if (lanes)
        *to = value;
}

static inline vector broadcast(real value)
{
    return value;
}

static inline vector multiply_add(vector a, vector b, vector c)
{
    return sizeof(real) == sizeof(float) ? (real)fmaf((float)a, (float)b, (float)c)
                                         : (real)fma((double)a, (double)b, (double)c);
}

#endif

#define UNROLLED _Pragma("GCC unroll 8")

/* Rows [row, row + rows) and vectors columns [column, ...) of C; `rows` and `vectors` are constants
 * where this is inlined, so that `tile` becomes registers. */
static inline __attribute__((always_inline)) void multiply_tile(const struct matrix_product *p,
                                                                int32_t row, int32_t column,
                                                                const int rows, const int vectors)
{
    vector tile[TILE_ROWS][TILE_VECTORS];
    mask lanes[TILE_VECTORS];
    const real *a = p->a + row * p->a_row;
    const real *b = p->b + column;
    real *c = p->c + row * p->c_row + column;
    UNROLLED for (int v = 0; v < vectors; v++) lanes[v] =
        mask_first(p->columns - column - v * LANES);
    UNROLLED for (int r = 0; r < rows; r++) UNROLLED for (int v = 0; v < vectors; v++) tile[r][v] =
        load(c + r * p->c_row + v * LANES, lanes[v]);
    for (int32_t s = 0; s < p->sums; s++, a += p->a_sum, b += p->b_sum) {
        vector factor[TILE_VECTORS];
        UNROLLED for (int v = 0; v < vectors; v++) factor[v] = load(b + v * LANES, lanes[v]);
        UNROLLED for (int r = 0; r < rows; r++)
        {
            vector left = broadcast(a[r * p->a_row]);
            UNROLLED for (int v = 0; v < vectors; v++) tile[r][v] =
                multiply_add(left, factor[v], tile[r][v]);
        }
    }
    UNROLLED for (int r = 0; r < rows; r++) UNROLLED for (int v = 0; v < vectors; v++)
        store(c + r * p->c_row + v * LANES, lanes[v], tile[r][v]);
}

static inline __attribute__((always_inline)) void
multiply_columns(const struct matrix_product *p, int32_t column, const int vectors)
{
    int32_t row = 0;
    for (; row + TILE_ROWS <= p->rows; row += TILE_ROWS)
        multiply_tile(p, row, column, TILE_ROWS, vectors);
    switch (p->rows - row) {
    case 5:
        multiply_tile(p, row, column, 5, vectors);
        break;
    case 4:
        multiply_tile(p, row, column, 4, vectors);
        break;
    case 3:
        multiply_tile(p, row, column, 3, vectors);
        break;
    case 2:
        multiply_tile(p, row, column, 2, vectors);
        break;
    case 1:
        multiply_tile(p, row, column, 1, vectors);
        break;
    default:
        break;
    }
}

void MATRIX_KERNEL(const struct matrix_product *product)
{
    const int32_t wide = LANES * TILE_VECTORS;
    int32_t column = 0;
    for (; column + wide - LANES < product->columns; column += wide)
        multiply_columns(product, column, TILE_VECTORS);
    for (; column < product->columns; column += LANES)
        multiply_columns(product, column, 1);
}
