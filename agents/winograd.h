/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Convolutions with windows of 5 x 5 by Winograd's minimal filtering F(2 x 2, 5 x 5) (Lavin and
 * Gray 2016, section 4; points 0, 1, -1, 2, -2): 36 multiplications for 4 outputs instead of 100.
 * Both ways back are its adjoints. Sums are rounded otherwise than those of the definition, to
 * about 1e-6 of the largest. */
#ifndef HETSOC_AGENTS_WINOGRAD_H
#define HETSOC_AGENTS_WINOGRAD_H

#include <stdbool.h>

#include "agents/convolution.h"
#include "agents/winograd_kernel.h"

/* Whether a shape is one that these can do: kernel 5, stride 1, height and width even, channels
 * multiples of 16. */
bool winograd_suits(const struct convolution *shape);

/* As those of agents/convolution.h, without d_b. */
void winograd_forward(const struct convolution *shape, const real *x, const real *w, const real *b,
                      int32_t images, struct workspace *workspace, real *y);
void winograd_backward(const struct convolution *shape, const real *x, const real *w,
                       const real *d_y, int32_t images, struct workspace *workspace, real *d_w,
                       real *d_x);

/* The transforms for each of matrix_variants, in their order. */
extern const struct winograd_kernel *const winograd_kernels[];

#endif
