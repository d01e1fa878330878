/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/trellis_reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static void convolve(const struct trellis_step *step, const float *weight, const double *in,
                     double *out)
{
    int32_t size = step->size, reach = (size - 1) / 2, stride = step->stride;
    int32_t height = step->in.height, width = step->in.width;
    memset(out, 0, (size_t)trellis_elements(step->out) * sizeof *out);
    for (int32_t output = 0; output < step->out.channels; output++)
        for (int32_t input = 0; input < step->in.channels; input++)
            for (int32_t tap = 0; tap < size * size; tap++) {
                double w = weight[(output * step->in.channels + input) * size * size + tap];
                for (int32_t y = 0; y < step->out.height; y++) {
                    int32_t row = y * stride + tap / size - reach;
                    if (row < 0 || row >= height)
                        continue;
                    const double *from = in + (input * height + row) * width;
                    double *to = out + (output * step->out.height + y) * step->out.width;
                    for (int32_t x = 0; x < step->out.width; x++) {
                        int32_t column = x * stride + tap % size - reach;
                        if (column >= 0 && column < width)
                            to[x] += w * from[column];
                    }
                }
            }
}

static void connect(const struct trellis_step *step, const float *weight, const double *in,
                    double *out)
{
    int64_t inputs = trellis_elements(step->in);
    for (int32_t output = 0; output < step->out.channels; output++) {
        out[output] = 0;
        for (int64_t i = 0; i < inputs; i++)
            out[output] += weight[output * inputs + i] * in[i];
    }
}

/* The largest value or the mean of each window, as far as it lies in the plane. */
static void pool(const struct trellis_step *step, const double *in, double *out)
{
    int32_t size = step->size, height = step->in.height, width = step->in.width;
    for (int32_t channel = 0; channel < step->out.channels; channel++, in += height * width)
        for (int32_t y = 0; y < step->out.height; y++)
            for (int32_t x = 0; x < step->out.width; x++) {
                int32_t bottom = least(height, (y + 1) * size),
                        right = least(width, (x + 1) * size);
                double most = -INFINITY, sum = 0;
                for (int32_t row = y * size; row < bottom; row++)
                    for (int32_t column = x * size; column < right; column++) {
                        most = fmax(most, in[row * width + column]);
                        sum += in[row * width + column];
                    }
                *out++ = step->kind == TRELLIS_MAX_POOL ? most : sum / (size * size);
            }
}

/* Bias, batch normalisation, sum, ReLU: in this order. */
static void finish(const struct trellis_step *step, const struct trellis_arrays *arrays,
                   const double *add, double *out)
{
    int32_t pixels = step->out.height * step->out.width;
    for (int64_t i = 0; i < trellis_elements(step->out); i++) {
        int64_t channel = i / pixels;
        double value = out[i];
        if (step->has_bias)
            value += arrays->bias[channel];
        if (step->has_norm)
            value = (value - arrays->mean[channel]) /
                        sqrt((double)arrays->variance[channel] + (double)TRELLIS_NORM_EPSILON) *
                        arrays->gamma[channel] +
                    arrays->beta[channel];
        if (add != NULL)
            value += add[i];
        out[i] = step->has_relu ? fmax(value, 0) : value;
    }
}

void trellis_reference_step(const struct trellis_step *step, const struct trellis_arrays *arrays,
                            const double *in, const double *add, double *out)
{
    size_t bytes = (size_t)trellis_elements(step->out) * sizeof *out;
    double *saved = NULL;
    if (add != NULL) {
        saved = memory_zeroed(1, bytes);
        memcpy(saved, add, bytes);
    }
    if (step->kind == TRELLIS_CONV)
        convolve(step, arrays->weight, in, out);
    else if (step->kind == TRELLIS_FC)
        connect(step, arrays->weight, in, out);
    else
        pool(step, in, out);
    finish(step, arrays, saved, out);
    free(saved);
}

/* Runs a stage on `in`; returns its output, owned by the caller. */
static double *run_stage(const struct trellis_weights *weights, int32_t stage, int32_t route,
                         const double *in)
{
    int32_t count;
    const struct trellis_step *steps = trellis_weights_steps(weights, stage, &count);
    double *slots[TRELLIS_SLOTS];
    int64_t most = trellis_elements(steps[0].in);
    for (int32_t i = 0; i < count; i++)
        if (trellis_elements(steps[i].out) > most)
            most = trellis_elements(steps[i].out);
    for (int32_t slot = 0; slot < TRELLIS_SLOTS; slot++)
        slots[slot] = memory_zeroed((size_t)most, sizeof **slots);
    memcpy(slots[0], in, (size_t)trellis_elements(steps[0].in) * sizeof *in);
    for (int32_t i = 0; i < count; i++)
        trellis_reference_step(&steps[i], trellis_weights_at(weights, stage, route, i),
                               slots[steps[i].from], steps[i].add < 0 ? NULL : slots[steps[i].add],
                               slots[steps[i].to]);
    for (int32_t slot = 0; slot < TRELLIS_SLOTS; slot++)
        if (slot != steps[count - 1].to)
            free(slots[slot]);
    return slots[steps[count - 1].to];
}

/* The largest; `*margin` gets its distance to the next, relative to the largest absolute value. */
static int32_t choose(const double *values, int32_t count, double *margin)
{
    int32_t best = 0;
    double size = 0, next = -INFINITY;
    for (int32_t i = 0; i < count; i++) {
        best = values[i] > values[best] ? i : best;
        size = fmax(size, fabs(values[i]));
    }
    for (int32_t i = 0; i < count; i++)
        if (i != best)
            next = fmax(next, values[i]);
    *margin = size > 0 ? (values[best] - next) / size : 0;
    return best;
}

double trellis_reference_run(const struct trellis_weights *weights, const float *sample,
                             double *logits, int32_t *choices)
{
    const struct trellis *model = trellis_weights_model(weights);
    int64_t inputs = trellis_elements(model->input);
    double *value = memory_zeroed((size_t)inputs, sizeof *value), closest = INFINITY;
    for (int64_t i = 0; i < inputs; i++)
        value[i] = sample[i];
    int32_t route = 0;
    for (int32_t s = 0; s < model->stage_count; s++) {
        const struct trellis_stage *stage = &model->stages[s];
        double *result = run_stage(weights, s, stage->routes > 1 ? route : 0, value);
        if (stage->is_router) {
            double margin;
            route = choose(result, stage->layers[stage->layer_count - 1].outputs, &margin);
            *choices++ = route;
            closest = fmin(closest, margin);
            free(result);
        } else {
            free(value);
            value = result;
        }
    }
    memcpy(logits, value, 10 * sizeof *logits);
    free(value);
    return closest;
}
