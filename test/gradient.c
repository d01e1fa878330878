/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test/gradient.h"

#include <math.h>

#include "base/memory.h"
#include "test/suite.h"

_Static_assert(sizeof(real) == sizeof(double), "differences of floats prove nothing");

#define WORST_ERROR 1e-5
#define STEP        1e-5

/* Values of one array that are varied, at most twice this. */
enum { SAMPLE = 12 };

real *gradient_draw(struct random_stream *stream, size_t count, double deviation)
{
    real *values = memory_zeroed(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = deviation * random_normal(stream);
    return values;
}

double gradient_dot(const real *a, const real *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

void gradient_check(const char *what, double (*loss)(void *context), void *context, real *values,
                    const real *gradient, size_t count)
{
    double worst = 0, largest = 0;
    for (size_t i = 0; i < count; i += 1 + count / SAMPLE) {
        real kept = values[i];
        values[i] = kept + STEP;
        double above = loss(context);
        values[i] = kept - STEP;
        double below = loss(context);
        values[i] = kept;
        double expected = (above - below) / (2 * STEP);
        double error = fabs(expected - gradient[i]) / (fabs(expected) + fabs(gradient[i]) + 1e-4);
        worst = fmax(worst, error);
    }
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(gradient[i]));
    ck_assert_msg(worst < WORST_ERROR, "%s: relative error %g", what, worst);
    ck_assert_msg(largest > 1e-3, "%s: no gradient at all", what);
}
