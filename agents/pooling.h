/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pooling of images [height][width][channels]: windows that lie wholly inside (floor), and if it is
 * wanted also what part of a last window lies inside. */
#ifndef HETSOC_AGENTS_POOLING_H
#define HETSOC_AGENTS_POOLING_H

#include <stdbool.h>
#include <stdint.h>

#include "agents/real.h"

struct pooling {
    int32_t height, width, channels; /* of the input */
    int32_t window, stride;
    bool keeps_rest; /* incomplete windows below and right count too; max only */
};

int32_t pooling_height(const struct pooling *shape);
int32_t pooling_width(const struct pooling *shape);

/* Largest value of each window; `winner`, of the size of y, tells which of the window's values it
 * was (the first of equals), for the backward pass; NULL = not wanted. */
void max_pool_forward(const struct pooling *shape, const real *x, int32_t images, real *y,
                      int32_t *winner);
void max_pool_backward(const struct pooling *shape, const int32_t *winner, const real *d_y,
                       int32_t images, real *d_x);

/* Mean of each window. */
void average_pool_forward(const struct pooling *shape, const real *x, int32_t images, real *y);
void average_pool_backward(const struct pooling *shape, const real *d_y, int32_t images, real *d_x);

#endif
