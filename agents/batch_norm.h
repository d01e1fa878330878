/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Batch normalization over rows of channels (Ioffe and Szegedy, ICML 2015). Images are rows too: a
 * row for each pixel. At most BATCH_NORM_CHANNELS channels. */
#ifndef HETSOC_AGENTS_BATCH_NORM_H
#define HETSOC_AGENTS_BATCH_NORM_H

#include <stddef.h>
#include <stdint.h>

#include "agents/real.h"

#define BATCH_NORM_EPSILON 1e-5

enum { BATCH_NORM_CHANNELS = 1024 };

/* What the backward pass needs; [channels] each, the caller's memory. */
struct batch_norm_tape {
    real *mean, *scale; /* scale = 1 / sqrt(variance + epsilon) */
};

/* Rows that have a gain and a bias of their own while all rows are normalized together: the routes
 * of a block. The rows of groups follow one another. */
struct batch_norm_group {
    size_t rows; /* may be 0 */
    const real *gain, *bias;
    real *d_gain, *d_bias; /* for the backward pass */
};

/* y = gain (x - mean) / sqrt(variance + epsilon) + bias, with mean and (biased) variance of these
 * rows. x and y [rows][channels]; y may be x. The running statistics move towards those of the rows
 * by `momentum` (0.1 is usual), the variance unbiased, as PyTorch does; rows > 1. */
void batch_norm_forward(const real *x, const real *gain, const real *bias, size_t rows,
                        int32_t channels, double momentum, real *running_mean,
                        real *running_variance, struct batch_norm_tape *tape, real *y);

void batch_norm_forward_groups(const real *x, const struct batch_norm_group *groups, int32_t count,
                               int32_t channels, double momentum, real *running_mean,
                               real *running_variance, struct batch_norm_tape *tape, real *y);

/* Adds to d_gain and d_bias; turns d_y into the gradient by x, in place. x is the input. */
void batch_norm_backward(const real *x, const real *gain, const struct batch_norm_tape *tape,
                         size_t rows, int32_t channels, real *d_gain, real *d_bias, real *d_y);

void batch_norm_backward_groups(const real *x, const struct batch_norm_group *groups, int32_t count,
                                const struct batch_norm_tape *tape, int32_t channels, real *d_y);

/* For inference: with the running statistics, the layer is y = factor x + offset. */
void batch_norm_fold(const real *gain, const real *bias, const real *running_mean,
                     const real *running_variance, int32_t channels, real *factor, real *offset);

/* y = factor x + offset, per channel; y may be x. */
void batch_norm_apply(const real *x, const real *factor, const real *offset, size_t rows,
                      int32_t channels, real *y);

#endif
