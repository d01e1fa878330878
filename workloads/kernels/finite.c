/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/finite.h"

#include <math.h>
#include <string.h>

/* By bits, because the compiler makes vectors of integers and not of isfinite(). */
static bool is_finite_row(const float *x, int32_t width)
{
    const int32_t exponent = 0x7f800000;
    int32_t wrong = 0;
    for (int32_t i = 0; i < width; i++) {
        int32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        wrong |= (bits & exponent) == exponent;
    }
    return wrong == 0;
}

bool finite_check(const float *x, int32_t batch, int32_t width, struct fault *fault)
{
    for (int32_t b = 0; b < batch; b++, x += width) {
        if (is_finite_row(x, width))
            continue;
        int32_t i = 0;
        while (isfinite(x[i]))
            i++;
        return fault_set(fault, NULL, "the kernels take finite numbers only",
                         "input %d of sample %d is %s", (int)i, (int)b,
                         isnan(x[i]) ? "not a number" : "infinite");
    }
    return true;
}
