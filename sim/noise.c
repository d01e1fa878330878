/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/noise.h"

#include <math.h>

/* Bounds of a normal factor: as far below the mean as above it. */
#define NORMAL_REACH 0.99

double noise_sigma_of_cv(double cv)
{
    return sqrt(log1p(cv * cv));
}

double noise_shape_of_cv(double cv)
{
    return 1.0 / (cv * cv);
}

double noise_alpha_of_cv(double cv)
{
    return 1.0 + sqrt(1.0 + 1.0 / (cv * cv));
}

double noise_draw(const struct noise_spread *spread, struct random_stream *stream)
{
    double deviation;
    switch (spread->dist) {
    case NOISE_NONE:
        break;
    case NOISE_NORMAL:
        deviation = spread->sigma * random_normal(stream);
        return 1.0 + fmin(fmax(deviation, -NORMAL_REACH), NORMAL_REACH);
    case NOISE_LOGNORMAL:
        deviation = spread->sigma * random_normal(stream);
        return exp(deviation - 0.5 * spread->sigma * spread->sigma);
    case NOISE_EXPONENTIAL:
        return random_exponential(stream);
    case NOISE_GAMMA:
        return random_gamma(stream, spread->shape);
    case NOISE_PARETO:
        return random_pareto(stream, spread->shape);
    }
    return 1.0;
}
