/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The variants of agents/matrix.h: agents/matrix_kernel.c, compiled once for each instruction set.
 * Only on x86, and only for floats, there is more than one. */
#ifndef HETSOC_AGENTS_MATRIX_KERNEL_H
#define HETSOC_AGENTS_MATRIX_KERNEL_H

#include "agents/matrix.h"

void matrix_kernel_avx512(const struct matrix_product *product);
void matrix_kernel_avx2(const struct matrix_product *product);
void matrix_kernel_portable(const struct matrix_product *product);

#endif
