/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stochastic gradient descent with momentum and weight decay, as PyTorch's SGD does it. */
#ifndef HETSOC_AGENTS_MOMENTUM_H
#define HETSOC_AGENTS_MOMENTUM_H

#include <stddef.h>

#include "agents/real.h"

struct momentum_settings {
    double rate;
    double momentum;     /* 0.9 is usual */
    double weight_decay; /* added to the gradient, times the weight */
};

/* v = momentum v + scale gradient + weight_decay w;  w -= rate v.  `velocity` [count] starts at 0
 * and is the whole state. */
void momentum_step(const struct momentum_settings *settings, size_t count, real *velocity,
                   real *parameters, const real *gradients, double scale);

#endif
