/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/adam.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const struct adam_settings adam_defaults = {
    .rate = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};

void adam_init(struct adam *adam, size_t count)
{
    *adam = (struct adam){
        .count = count,
        .first = memory_zeroed(count, sizeof *adam->first),
        .second = memory_zeroed(count, sizeof *adam->second),
    };
}

void adam_finish(struct adam *adam)
{
    free(adam->first);
    free(adam->second);
    *adam = (struct adam){0};
}

void adam_reset(struct adam *adam)
{
    memset(adam->first, 0, adam->count * sizeof *adam->first);
    memset(adam->second, 0, adam->count * sizeof *adam->second);
    adam->step = 0;
}

static double norm_of(const real *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    return sqrt(sum);
}

double adam_step(struct adam *adam, const struct adam_settings *settings, real *restrict parameters,
                 const real *restrict gradients, double scale)
{
    double norm = norm_of(gradients, adam->count) * scale;
    if (!isfinite(norm))
        return norm;
    if (settings->clip_norm > 0 && norm > settings->clip_norm)
        scale *= settings->clip_norm / norm;
    adam->step++;
    real share = (real)scale;
    real beta1 = (real)settings->beta1, beta2 = (real)settings->beta2;
    real unbias1 = (real)(1 / (1 - real_power(settings->beta1, adam->step)));
    real unbias2 = (real)(1 / (1 - real_power(settings->beta2, adam->step)));
    real rate = (real)settings->rate, epsilon = (real)settings->epsilon;
    real keep = (real)(1 - settings->rate * settings->weight_decay);
    real *restrict first = adam->first, *restrict second = adam->second;
    for (size_t i = 0; i < adam->count; i++) {
        real gradient = gradients[i] * share;
        first[i] = beta1 * first[i] + (1 - beta1) * gradient;
        second[i] = beta2 * second[i] + (1 - beta2) * (gradient * gradient);
        real root = (real)sqrt((double)(second[i] * unbias2));
        parameters[i] = keep * parameters[i] - rate * (first[i] * unbias1) / (root + epsilon);
    }
    return norm;
}
