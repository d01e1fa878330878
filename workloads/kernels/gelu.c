/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/gelu.h"

#include <math.h>

double gelu_exact(double z)
{
    return 0.5 * z * erfc(-z * 0.70710678118654752440);
}

double gelu_logit(const float *w, const float *x, int32_t count, float bias)
{
    double sum = 0;
    for (int32_t i = 0; i < count; i++)
        sum += (double)w[i] * (double)x[i];
    return sum + (double)bias;
}
