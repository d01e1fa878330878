/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dense layers as forward/backward pairs on plain rows.
 *
 * x_backward takes the gradient of the loss by the layer's output and adds the gradients by its
 * weights and input to what is there. Rows are dense, row-major. */
#ifndef HETSOC_AGENTS_LAYERS_H
#define HETSOC_AGENTS_LAYERS_H

#include <stddef.h>
#include <stdint.h>

#include "agents/real.h"

/* The slope of leaky_relu below 0. */
#define LEAKY_SLOPE ((real)0.1)

/* y = x w + b.  x [rows][inputs], w [inputs][outputs], b [outputs], y [rows][outputs] */
void linear_forward(const real *x, const real *w, const real *b, int32_t rows, int32_t inputs,
                    int32_t outputs, real *y);

/* w_transposed [outputs][inputs]. d_w, d_b and d_x may each be NULL: not wanted; without d_x,
 * w_transposed is not read. */
void linear_backward(const real *x, const real *w_transposed, const real *d_y, int32_t rows,
                     int32_t inputs, int32_t outputs, real *d_w, real *d_b, real *d_x);

/* y = x > 0 ? x : 0.1 x, in place; and d *= dy/dx, in place, from the output y. */
void leaky_relu_forward(real *y, size_t count);
void leaky_relu_backward(const real *y, real *d, size_t count);

/* y = max(x, 0), likewise. */
void relu_forward(real *y, size_t count);
void relu_backward(const real *y, real *d, size_t count);

/* The Gaussian error linear unit (Hendrycks and Gimpel 2016), exact: y = x P(N < x), N standard
 * normal; y must not be x. And d *= dy/dx, in place, from the input x. */
void gelu_forward(const real *x, real *y, size_t count);
void gelu_backward(const real *x, real *d, size_t count);

#endif
