/* SPDX-License-Identifier: GPL-3.0-or-later */
/* agents/matrix_kernel.c, compiled once for each instruction set. Each takes products whose columns
 * are a multiple of its lanes. Only on x86, and only for floats, there is more than `portable`. */
#ifndef HETSOC_AGENTS_MATRIX_KERNEL_H
#define HETSOC_AGENTS_MATRIX_KERNEL_H

#include "agents/matrix.h"

enum { MATRIX_AVX512_LANES = 16, MATRIX_AVX2_LANES = 8 };

void matrix_kernel_avx512(const struct matrix_product *product);
void matrix_kernel_avx2(const struct matrix_product *product);
void matrix_kernel_fma(const struct matrix_product *product);      /* one lane */
void matrix_kernel_portable(const struct matrix_product *product); /* one lane, by the C library */

#endif
