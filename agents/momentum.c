/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/momentum.h"

void momentum_step(const struct momentum_settings *settings, size_t count, real *velocity,
                   real *parameters, const real *gradients, double scale)
{
    const real keep = (real)settings->momentum, decay = (real)settings->weight_decay;
    const real rate = (real)settings->rate, share = (real)scale;
    for (size_t i = 0; i < count; i++) {
        velocity[i] = keep * velocity[i] + (share * gradients[i] + decay * parameters[i]);
        parameters[i] -= rate * velocity[i];
    }
}
