/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The multilayer perceptron that turns a candidate's row into its logit: two hidden layers with
 * leaky ReLU, one output. Its input is the row of features and, beside it, an optional row of
 * values that the network made itself (an embedding). Shared by the network kinds. */
#ifndef HETSOC_AGENTS_SCORER_H
#define HETSOC_AGENTS_SCORER_H

#include "agents/network.h"

enum { SCORER_LAYERS = 3 };

/* What the backward pass needs. */
struct scorer_tape {
    const real *rows, *extra; /* inputs */
    real *hidden[2];          /* outputs of the hidden layers */
};

/* Adds the tensors; they are the first of the network, in this order. */
void scorer_layout(struct network *network, int32_t extra);

/* rows [count][features], extra [count][extra] (NULL if none) -> logits [count] */
void scorer_forward(const struct network *network, const real *parameters, const real *rows,
                    const real *extra, int32_t count, struct workspace *workspace,
                    struct scorer_tape *tape, real *logits);

/* `transposed` as tensors_transpose made it. Adds to gradients and to d_extra [count][extra]. */
void scorer_backward(const struct network *network, const real *transposed,
                     const struct scorer_tape *tape, const real *d_logits, int32_t count,
                     struct workspace *workspace, real *gradients, real *d_extra);

#endif
