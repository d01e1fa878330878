/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two-dimensional convolution of images [height][width][channels] with `same` padding.
 *
 * An output is ceil(input / stride) high and wide; zeros are added around the image so that windows
 * are centred, one more below and right where the number is odd (TensorFlow's rule). Weights are
 * [kernel][kernel][inputs][outputs]. Windows are read where they lie, without copying them, or,
 * where agents/winograd.h can do a shape, by tiles. */
#ifndef HETSOC_AGENTS_CONVOLUTION_H
#define HETSOC_AGENTS_CONVOLUTION_H

#include <stdint.h>

#include "agents/real.h"
#include "agents/workspace.h"

struct convolution {
    int32_t height, width, inputs; /* of the input image, and its channels */
    int32_t kernel, stride, outputs;
};

/* Height and width of the output. */
int32_t convolution_height(const struct convolution *shape);
int32_t convolution_width(const struct convolution *shape);

/* Multiply-accumulates for one image, those with padding included. */
int64_t convolution_macs(const struct convolution *shape);

/* x [images][height][width][inputs], b [outputs] or NULL = 0 -> y [images][...][...][outputs] */
void convolution_forward(const struct convolution *shape, const real *x, const real *w,
                         const real *b, int32_t images, struct workspace *workspace, real *y);

/* Adds to d_w, d_b and d_x; d_b and d_x may be NULL: not wanted. */
void convolution_backward(const struct convolution *shape, const real *x, const real *w,
                          const real *d_y, int32_t images, struct workspace *workspace, real *d_w,
                          real *d_b, real *d_x);

#endif
