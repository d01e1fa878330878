/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernels refuse NaN and infinity instead of spreading them. */
#ifndef HETSOC_WORKLOADS_KERNELS_FINITE_H
#define HETSOC_WORKLOADS_KERNELS_FINITE_H

#include <stdint.h>

#include "base/fault.h"

/* True if all of x [batch][width] is finite; else a fault that names the sample and the place. */
bool finite_check(const float *x, int32_t batch, int32_t width, struct fault *fault);

#endif
