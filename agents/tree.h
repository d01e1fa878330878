/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trees of neurons: the fast feedforward layer in UltraFastBERT's form (Belcak and Wattenhofer
 * 2023, "Exponentially faster language modelling"), trained as it runs.
 *
 * KxD = K trees with levels 0..D. At node n of a tree, s = <w_in[n], x> + b[n]; y += gelu(s)
 * w_out[n]; the next node is 2n + 2 if s > 0, else 2n + 1. Node n of tree t is row
 * t (2^(D+1) - 1) + n of the weights. The choices have no gradient; only visited rows do. */
#ifndef HETSOC_AGENTS_TREE_H
#define HETSOC_AGENTS_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "agents/real.h"

struct tree {
    int32_t inputs, outputs;
    int32_t trees, depth;
};

/* Rows of the weights, and those of them that a sample visits. */
size_t tree_nodes(const struct tree *shape);
size_t tree_visits(const struct tree *shape);

/* w_in [nodes][inputs], b [nodes], w_out [nodes][outputs], and their gradients. */
struct tree_weights {
    const real *w_in, *b, *w_out;
};
struct tree_gradients {
    real *w_in, *b, *w_out;
};

/* What the backward pass needs: [rows][visits] each, the caller's memory. */
struct tree_tape {
    real *logits;
    int32_t *visited;
};

/* x [rows][inputs] -> y [rows][outputs] */
void tree_forward(const struct tree *shape, const struct tree_weights *weights, const real *x,
                  int32_t rows, const struct tree_tape *tape, real *y);

/* Adds to the gradients and, unless it is NULL, to d_x. */
void tree_backward(const struct tree *shape, const struct tree_weights *weights, const real *x,
                   const struct tree_tape *tape, const real *d_y, int32_t rows,
                   const struct tree_gradients *gradients, real *d_x);

#endif
