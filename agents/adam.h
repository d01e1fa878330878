/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adam (Kingma and Ba, ICLR 2015) with clipping by norm and decoupled weight decay (Loshchilov and
 * Hutter, ICLR 2019). */
#ifndef HETSOC_AGENTS_ADAM_H
#define HETSOC_AGENTS_ADAM_H

#include <stddef.h>

#include "agents/real.h"

struct adam_settings {
    double rate;
    double beta1, beta2, epsilon;
    double clip_norm;    /* longest gradient; 0 = any */
    double weight_decay; /* share of a weight that goes per step, times rate */
};

/* rate 1e-3, betas 0.9 and 0.999, epsilon 1e-8, no clipping, no decay. */
extern const struct adam_settings adam_defaults;

/* Moments of one block of parameters; together with the step they are the whole state. */
struct adam {
    size_t count;
    real *first, *second; /* [count], owned */
    long step;            /* steps made */
};

void adam_init(struct adam *adam, size_t count);
void adam_finish(struct adam *adam);

/* Forgets all steps. */
void adam_reset(struct adam *adam);

/* One step down `scale` times the gradients [count] (a sum, and one over the number of summands).
 * Returns the norm of that before clipping; if it is not finite, nothing changes. */
double adam_step(struct adam *adam, const struct adam_settings *settings, real *parameters,
                 const real *gradients, double scale);

#endif
