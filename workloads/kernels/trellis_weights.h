/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weights of a trellis, as they are trained: batch normalisations apart, one set per route.
 *
 * In a file (safetensors) the arrays of step 3 of route 1 of stage B1 are named B1.1.3.weight,
 * .bias, .gamma, .beta, .mean and .variance; steps are those of trellis_unroll, from 0. Shapes:
 * weight [outputs, inputs, size, size] of a convolution, [outputs, inputs] of a fully connected
 * layer, whose inputs are flattened channel by channel, row by row; all others [outputs]. The note
 * `model` names the model. */
#ifndef HETSOC_WORKLOADS_KERNELS_TRELLIS_WEIGHTS_H
#define HETSOC_WORKLOADS_KERNELS_TRELLIS_WEIGHTS_H

#include "base/fault.h"
#include "workloads/kernels/trellis.h"

#define TRELLIS_NORM_EPSILON 1e-5f

/* The arrays of one step; NULL where the step has none. All are float32 and finite. */
struct trellis_arrays {
    float *weight, *bias;
    float *gamma, *beta, *mean,
        *variance; /* of the batch normalisation; variances are not negative */
};

struct trellis_weights;

/* Random weights for which activations neither grow nor vanish: uniform, He's variance; a pure
 * function of model and seed. */
struct trellis_weights *trellis_weights_draw(const struct trellis *model, uint64_t seed);

/* From a file; NULL and a fault if an array is missing, has another shape or type, or a value that
 * is not finite. */
struct trellis_weights *trellis_weights_load(const struct trellis *model, const char *path,
                                             struct fault *fault);
bool trellis_weights_save(const struct trellis_weights *weights, const char *path,
                          struct fault *fault);
void trellis_weights_destroy(struct trellis_weights *weights); /* NULL is fine */

const struct trellis *trellis_weights_model(const struct trellis_weights *weights);

/* The steps of a stage (count in `*count`; borrowed), and the arrays of one of them. */
const struct trellis_step *trellis_weights_steps(const struct trellis_weights *weights,
                                                 int32_t stage, int32_t *count);
const struct trellis_arrays *trellis_weights_at(const struct trellis_weights *weights,
                                                int32_t stage, int32_t route, int32_t step);

#endif
