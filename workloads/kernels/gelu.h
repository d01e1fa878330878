/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the reference kernels compute with, in double precision. */
#ifndef HETSOC_WORKLOADS_KERNELS_GELU_H
#define HETSOC_WORKLOADS_KERNELS_GELU_H

#include <stdint.h>

/* z * Phi(z), Phi the normal distribution function (Hendrycks and Gimpel 2016, not the tanh form).
 */
double gelu_exact(double z);

/* bias + sum of w[i] * x[i], summed in double precision in the order of i: products of floats are
 * exact, so its sign is that of the true sum but for about 1e-13 of the sum of magnitudes. */
double gelu_logit(const float *w, const float *x, int32_t count, float bias);

#endif
