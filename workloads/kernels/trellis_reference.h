/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plain form of every layer and of a whole trellis, in double precision and unfolded: what the
 * fast kernels are held against. Written to be read, not to be fast. */
#ifndef HETSOC_WORKLOADS_KERNELS_TRELLIS_REFERENCE_H
#define HETSOC_WORKLOADS_KERNELS_TRELLIS_REFERENCE_H

#include "workloads/kernels/trellis_weights.h"

/* One step on one sample: arrays are [channels][height][width]; `add` may be NULL or `out`. */
void trellis_reference_step(const struct trellis_step *step, const struct trellis_arrays *arrays,
                            const double *in, const double *add, double *out);

/* One sample through the whole model. Writes the logits and the choice of each router (the largest
 * logit, the first of equals). Returns by how much the closest choice was won, relative to the size
 * of that router's logits: rounding may turn a choice that is closer than its error. */
double trellis_reference_run(const struct trellis_weights *weights, const float *sample,
                             double *logits, int32_t *choices);

#endif
