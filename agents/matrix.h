/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one product that layers are made of, for SIMD units of any width.
 *
 * C[r][c] = start[r][c] + sum over s of A[r][s] B[s][c], where A may be walked in any direction: a
 * transposed matrix and the overlapping windows of an image are only other steps through the same
 * memory. Each element is one chain of fused multiply-adds, s ascending, that starts at
 * start[r][c]; SIMD lanes lie along c. So all variants give the same bytes. */
#ifndef HETSOC_AGENTS_MATRIX_H
#define HETSOC_AGENTS_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agents/real.h"

/* C must not overlap A or B; `start` is C itself or does not overlap it. Steps are in reals. */
struct matrix_product {
    int32_t rows, columns; /* of C */
    int32_t blocks, sums;  /* summands: s = block * sums + i */
    const real *a;
    ptrdiff_t a_row, a_block, a_sum; /* A[r][s] = a[r * a_row + block * a_block + i * a_sum] */
    const real *b;
    ptrdiff_t b_block, b_sum; /* B[s][c] = b[block * b_block + i * b_sum + c] */
    const real *start;
    ptrdiff_t start_row; /* start[r][c] = start[r * start_row + c]; 0 for a bias */
    real *c;
    ptrdiff_t c_row; /* C[r][c] = c[r * c_row + c] */
};

/* By the fastest variant of this machine. O(rows columns sums). */
void matrix_multiply(const struct matrix_product *product);

/* target[c][r] = source[r][c], rows and columns of the source, both dense. */
void matrix_transpose(const real *source, int32_t rows, int32_t columns, real *target);

/* What there is to choose from, best first, for tests; the last one runs on every machine. */
struct matrix_variant {
    const char *name;
    bool (*is_supported)(void);
    void (*multiply)(const struct matrix_product *product);
};
extern const struct matrix_variant matrix_variants[];
extern const int32_t matrix_variant_count;

#endif
