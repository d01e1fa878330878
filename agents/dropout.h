/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dropout (Srivastava et al., JMLR 2014), inverted: what stays is scaled up, so that inference
 * needs nothing. */
#ifndef HETSOC_AGENTS_DROPOUT_H
#define HETSOC_AGENTS_DROPOUT_H

#include <stddef.h>

#include "agents/real.h"
#include "base/random.h"

/* Zeroes each of y [count] with probability `rate` < 1, scales the others by 1 / (1 - rate), and
 * keeps the factors. One 64-bit draw serves two values. */
void dropout_forward(real *y, size_t count, double rate, struct random_stream *stream,
                     real *factors);

/* d *= factors. */
void dropout_backward(const real *factors, real *d, size_t count);

#endif
