/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/tree.h"

#include <string.h>

#include "agents/layers.h"

/* Sums that run side by side, so that they may be one vector; their order is part of the result. */
enum { LANES = 16 };

size_t tree_nodes(const struct tree *shape)
{
    return (size_t)shape->trees * (((size_t)2 << shape->depth) - 1);
}

size_t tree_visits(const struct tree *shape)
{
    return (size_t)shape->trees * ((size_t)shape->depth + 1);
}

static real dot(const real *restrict a, const real *restrict b, int32_t count)
{
    real lanes[LANES] = {0}, sum = 0;
    int32_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int32_t k = 0; k < LANES; k++)
            lanes[k] += a[i + k] * b[i + k];
    for (; i < count; i++)
        lanes[i % LANES] += a[i] * b[i];
    for (int32_t k = 0; k < LANES; k++)
        sum += lanes[k];
    return sum;
}

static void add_scaled(real *restrict to, real factor, const real *restrict from, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        to[i] += factor * from[i];
}

void tree_forward(const struct tree *shape, const struct tree_weights *weights, const real *x,
                  int32_t rows, const struct tree_tape *tape, real *y)
{
    const int32_t inputs = shape->inputs, outputs = shape->outputs;
    const ptrdiff_t slab = ((ptrdiff_t)2 << shape->depth) - 1;
    memset(y, 0, (size_t)rows * (size_t)outputs * sizeof *y);
    real *logits = tape->logits;
    int32_t *visited = tape->visited;
    for (int32_t r = 0; r < rows; r++, x += inputs, y += outputs) {
        for (int32_t t = 0; t < shape->trees; t++)
            for (ptrdiff_t level = 0, node = 0; level <= shape->depth; level++) {
                ptrdiff_t row = t * slab + node;
                real s = dot(weights->w_in + row * inputs, x, inputs) + weights->b[row], active;
                gelu_forward(&s, &active, 1);
                add_scaled(y, active, weights->w_out + row * outputs, outputs);
                *logits++ = s;
                *visited++ = (int32_t)row;
                node = 2 * node + 1 + (s > 0);
            }
    }
}

void tree_backward(const struct tree *shape, const struct tree_weights *weights, const real *x,
                   const struct tree_tape *tape, const real *d_y, int32_t rows,
                   const struct tree_gradients *gradients, real *d_x)
{
    const int32_t inputs = shape->inputs, outputs = shape->outputs;
    const size_t visits = tree_visits(shape);
    for (int32_t r = 0; r < rows; r++) {
        const real *from = x + (ptrdiff_t)r * inputs, *d = d_y + (ptrdiff_t)r * outputs;
        for (size_t v = 0; v < visits; v++) {
            const ptrdiff_t row = tape->visited[(size_t)r * visits + v];
            real s = tape->logits[(size_t)r * visits + v], active;
            gelu_forward(&s, &active, 1);
            real d_s = dot(weights->w_out + row * outputs, d, outputs);
            gelu_backward(&s, &d_s, 1);
            add_scaled(gradients->w_out + row * outputs, active, d, outputs);
            add_scaled(gradients->w_in + row * inputs, d_s, from, inputs);
            gradients->b[row] += d_s;
            if (d_x != NULL)
                add_scaled(d_x + (ptrdiff_t)r * inputs, d_s, weights->w_in + row * inputs, inputs);
        }
    }
}
