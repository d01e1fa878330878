/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compiled several times: MATRIX_KERNEL is the name of the function, AGENTS_AVX512 or AGENTS_AVX2
 * says which instructions it may use. A tile of C stays in registers while the sums run. */
#include "agents/matrix_kernel.h"

#include <math.h>

#if defined AGENTS_AVX512
#include <immintrin.h>

enum { LANES = MATRIX_AVX512_LANES, TILE_ROWS = 7, TILE_VECTORS = 2 };
typedef __m512 vector;

static inline vector load(const real *from)
{
    return _mm512_loadu_ps(from);
}

static inline void store(real *to, vector value)
{
    _mm512_storeu_ps(to, value);
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

enum { LANES = MATRIX_AVX2_LANES, TILE_ROWS = 6, TILE_VECTORS = 2 };
typedef __m256 vector;

static inline vector load(const real *from)
{
    return _mm256_loadu_ps(from);
}

static inline void store(real *to, vector value)
{
    _mm256_storeu_ps(to, value);
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

enum { LANES = 1, TILE_ROWS = 6, TILE_VECTORS = 2 };
typedef real vector;

static inline vector load(const real *from)
{
    return *from;
}

static inline void store(real *to, vector value)
{
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

#ifdef __clang__
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 8")
#endif

/* Rows [row, row + rows) and vectors columns [column, ...) of C; `rows` and `vectors` are constants
 * where this is inlined, so that `tile` becomes registers. */
static inline __attribute__((always_inline)) void multiply_tile(const struct matrix_product *p,
                                                                int32_t row, int32_t column,
                                                                const int rows, const int vectors)
{
    vector tile[TILE_ROWS][TILE_VECTORS];
    const real *start = p->start + row * p->start_row + column;
    real *c = p->c + row * p->c_row + column;
    UNROLLED
    for (int r = 0; r < rows; r++) {
        UNROLLED
        for (int v = 0; v < vectors; v++)
            tile[r][v] = load(start + r * p->start_row + v * LANES);
    }
    for (int32_t block = 0; block < p->blocks; block++) {
        const real *a = p->a + row * p->a_row + block * p->a_block;
        const real *b = p->b + column + block * p->b_block;
        for (int32_t s = 0; s < p->sums; s++, a += p->a_sum, b += p->b_sum) {
            vector factor[TILE_VECTORS];
            UNROLLED
            for (int v = 0; v < vectors; v++)
                factor[v] = load(b + v * LANES);
            UNROLLED
            for (int r = 0; r < rows; r++) {
                vector left = broadcast(a[r * p->a_row]);
                UNROLLED
                for (int v = 0; v < vectors; v++)
                    tile[r][v] = multiply_add(left, factor[v], tile[r][v]);
            }
        }
    }
    UNROLLED
    for (int r = 0; r < rows; r++) {
        UNROLLED
        for (int v = 0; v < vectors; v++)
            store(c + r * p->c_row + v * LANES, tile[r][v]);
    }
}

static inline __attribute__((always_inline)) void
multiply_columns(const struct matrix_product *p, int32_t column, const int vectors)
{
    int32_t row = 0;
    for (; row + TILE_ROWS <= p->rows; row += TILE_ROWS)
        multiply_tile(p, row, column, TILE_ROWS, vectors);
    switch (p->rows - row) {
    case 6:
        multiply_tile(p, row, column, 6, vectors);
        break;
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
    int32_t column = 0;
    for (; column + TILE_VECTORS * LANES <= product->columns; column += TILE_VECTORS * LANES)
        multiply_columns(product, column, TILE_VECTORS);
    for (; column < product->columns; column += LANES)
        multiply_columns(product, column, 1);
}
