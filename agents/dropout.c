/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/dropout.h"

#include <assert.h>
#include <stdint.h>

void dropout_forward(real *y, size_t count, double rate, struct random_stream *stream,
                     real *factors)
{
    assert(rate >= 0 && rate < 1);
    const uint32_t limit = (uint32_t)(rate * 0x1p32);
    const real kept = (real)(1 / (1 - rate));
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        bits = i % 2 == 0 ? random_bits(stream) : bits >> 32;
        factors[i] = (uint32_t)bits < limit ? 0 : kept;
        y[i] *= factors[i];
    }
}

void dropout_backward(const real *factors, real *d, size_t count)
{
    for (size_t i = 0; i < count; i++)
        d[i] *= factors[i];
}
