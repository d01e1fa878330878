/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Backward passes against central differences, in programs that build the room agents in double. */
#ifndef HETSOC_TEST_GRADIENT_H
#define HETSOC_TEST_GRADIENT_H

#include <stddef.h>

#include "agents/real.h"
#include "base/random.h"

/* Normal values with a standard deviation; free() them. */
real *gradient_draw(struct random_stream *stream, size_t count, double deviation);

/* Sum of a[i] b[i]: a loss that reads out a layer's output with fixed weights. */
double gradient_dot(const real *a, const real *b, size_t count);

/* Fails the test unless the gradient of `loss(context)` by a sample of `values` is that of central
 * differences within 1e-5 of its size, and is somewhere above 1e-3. */
void gradient_check(const char *what, double (*loss)(void *context), void *context, real *values,
                    const real *gradient, size_t count);

#endif
