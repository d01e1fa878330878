/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/pupil_stage.h"

#include <assert.h>
#include <string.h>

#include "agents/batch_norm.h"
#include "agents/convolution.h"
#include "agents/dropout.h"
#include "agents/layers.h"
#include "agents/pooling.h"
#include "base/random.h"

/* Rows are those of the stage. */
struct pupil_step_tape {
    const real *x;
    real *sum, *y;    /* before the normalisation; at the end */
    real *factors;    /* of dropout, NULL without */
    int32_t *winners; /* of max pooling */
    struct batch_norm_tape norm;
};

static struct convolution convolution_of(const struct trellis_step *step)
{
    return (struct convolution){step->in.height, step->in.width, step->in.channels,
                                step->size,      step->stride,   step->out.channels};
}

static struct pooling pooling_of(const struct trellis_step *step)
{
    return (struct pooling){.height = step->in.height,
                            .width = step->in.width,
                            .channels = step->in.channels,
                            .window = step->size,
                            .stride = step->stride,
                            .keeps_rest = step->out.height * step->stride > step->in.height};
}

/* The product of a step on one route: rows of x to rows of sums. */
static void multiply(const struct pupil_stage_pass *pass, const struct pupil_layer *layer,
                     const real *x, int32_t rows, real *sum)
{
    const struct trellis_step *step = layer->step;
    const real *weight = pass->parameters + layer->weight,
               *bias = layer->has_norm ? NULL : pass->parameters + layer->bias;
    if (step->kind == TRELLIS_CONV) {
        struct convolution shape = convolution_of(step);
        convolution_forward(&shape, x, weight, bias, rows, pass->workspace, sum);
        return;
    }
    struct workspace_mark mark = workspace_mark(pass->workspace);
    if (bias == NULL)
        bias = workspace_zeros(pass->workspace, (size_t)step->out.channels);
    linear_forward(x, weight, bias, rows, (int32_t)pupil_elements(step->in), step->out.channels,
                   sum);
    workspace_rewind(pass->workspace, mark);
}

/* The routes of a step as its normalisation sees them. */
static void list_groups(const struct pupil_stage_pass *pass, const struct pupil_stage *stage,
                        int32_t i, const struct pupil_stage_tape *tape,
                        struct batch_norm_group *groups)
{
    real *gradients = pass->results->gradients;
    const struct trellis_shape out = stage->steps[i].out;
    for (int32_t r = 0; r < stage->routes; r++) {
        const struct pupil_layer *layer = &stage->layers[r * stage->count + i];
        const int32_t rows = tape->first[r + 1] - tape->first[r];
        groups[r] = (struct batch_norm_group){
            .rows = (size_t)rows * (size_t)out.height * (size_t)out.width,
            .gain = pass->parameters + layer->gain,
            .bias = pass->parameters + layer->offset,
            .d_gain = gradients == NULL ? NULL : gradients + layer->gain,
            .d_bias = gradients == NULL ? NULL : gradients + layer->offset,
        };
    }
}

static void normalize(const struct pupil_stage_pass *pass, const struct pupil_stage *stage,
                      int32_t i, const struct pupil_stage_tape *tape, struct pupil_step_tape *step)
{
    const struct pupil_layer *layer = &stage->layers[i];
    const int32_t channels = layer->step->out.channels;
    struct batch_norm_group groups[PUPIL_ROUTES] = {0};
    list_groups(pass, stage, i, tape, groups);
    step->norm.mean = workspace_reals(pass->workspace, (size_t)channels);
    step->norm.scale = workspace_reals(pass->workspace, (size_t)channels);
    if (pass->learns) {
        real *seen = pass->results->statistics;
        batch_norm_forward_groups(step->sum, groups, stage->routes, channels, 1.0,
                                  seen + layer->mean, seen + layer->variance, &step->norm, step->y);
        return;
    }
    const real *x = step->sum;
    real *y = step->y;
    for (int32_t r = 0; r < stage->routes; r++) {
        batch_norm_fold(groups[r].gain, groups[r].bias, pass->running + layer->mean,
                        pass->running + layer->variance, channels, step->norm.scale,
                        step->norm.mean);
        batch_norm_apply(x, step->norm.scale, step->norm.mean, groups[r].rows, channels, y);
        x += groups[r].rows * (size_t)channels;
        y += groups[r].rows * (size_t)channels;
    }
}

static void drop_out(const struct pupil_stage_pass *pass, const struct pupil_layer *layer,
                     size_t count, struct pupil_step_tape *tape)
{
    const struct pupil_shard *shard = pass->shard;
    struct random_stream stream = random_open(shard->seed, shard->shard, RANDOM_DROPOUT,
                                              (uint32_t)layer->number, shard->step);
    tape->factors = workspace_reals(pass->workspace, count);
    dropout_forward(tape->y, count, pass->dropout, &stream, tape->factors);
}

static const real *forward_step(const struct pupil_stage_pass *pass,
                                const struct pupil_stage *stage, int32_t i, const real *x,
                                struct pupil_stage_tape *tape)
{
    const struct trellis_step *step = &stage->steps[i];
    const int32_t rows = pass->shard->rows;
    const size_t in = pupil_elements(step->in), out = pupil_elements(step->out);
    const size_t count = (size_t)rows * out;
    struct pupil_step_tape *kept = &tape->steps[i];
    *kept = (struct pupil_step_tape){.x = x, .sum = workspace_reals(pass->workspace, count)};
    kept->y = kept->sum;
    if (step->weight_count == 0) {
        struct pooling shape = pooling_of(step);
        if (step->kind == TRELLIS_MEAN_POOL) {
            average_pool_forward(&shape, x, rows, kept->y);
        } else {
            kept->winners = workspace_take(pass->workspace, count * sizeof *kept->winners);
            max_pool_forward(&shape, x, rows, kept->y, kept->winners);
        }
        return kept->y;
    }
    for (int32_t r = 0; r < stage->routes; r++) {
        const size_t first = (size_t)tape->first[r];
        if (tape->first[r + 1] > tape->first[r])
            multiply(pass, &stage->layers[r * stage->count + i], x + first * in,
                     tape->first[r + 1] - tape->first[r], kept->sum + first * out);
    }
    if (stage->layers[i].has_norm) {
        kept->y = workspace_reals(pass->workspace, count);
        normalize(pass, stage, i, tape, kept);
    }
    if (!step->has_relu)
        return kept->y;
    relu_forward(kept->y, count);
    if (step->kind == TRELLIS_FC && pass->learns && pass->dropout > 0)
        drop_out(pass, &stage->layers[i], count, kept);
    return kept->y;
}

/* The way back through the product of one route. */
static void multiply_backward(const struct pupil_stage_pass *pass, const struct pupil_layer *layer,
                              const real *x, int32_t rows, const real *d, real *d_x)
{
    const struct trellis_step *step = layer->step;
    real *gradients = pass->results->gradients,
         *d_bias = layer->has_norm ? NULL : gradients + layer->bias;
    if (step->kind == TRELLIS_CONV) {
        struct convolution shape = convolution_of(step);
        convolution_backward(&shape, x, pass->parameters + layer->weight, d, rows, pass->workspace,
                             gradients + layer->weight, d_bias, d_x);
        return;
    }
    linear_backward(x, pass->transposed + layer->weight, d, rows, (int32_t)pupil_elements(step->in),
                    step->out.channels, gradients + layer->weight, d_bias, d_x);
}

/* d is the gradient by the output and is used up; adds to d_x unless it is NULL. */
static void backward_step(const struct pupil_stage_pass *pass, const struct pupil_stage *stage,
                          int32_t i, const struct pupil_stage_tape *tape, real *d, real *d_x)
{
    const struct trellis_step *step = &stage->steps[i];
    const struct pupil_step_tape *kept = &tape->steps[i];
    const int32_t rows = pass->shard->rows;
    const size_t in = pupil_elements(step->in), out = pupil_elements(step->out);
    if (step->weight_count == 0) {
        struct pooling shape = pooling_of(step);
        if (step->kind == TRELLIS_MEAN_POOL)
            average_pool_backward(&shape, d, rows, d_x);
        else
            max_pool_backward(&shape, kept->winners, d, rows, d_x);
        return;
    }
    if (kept->factors != NULL)
        dropout_backward(kept->factors, d, (size_t)rows * out);
    if (step->has_relu)
        relu_backward(kept->y, d, (size_t)rows * out);
    if (stage->layers[i].has_norm) {
        struct batch_norm_group groups[PUPIL_ROUTES];
        list_groups(pass, stage, i, tape, groups);
        batch_norm_backward_groups(kept->sum, groups, stage->routes, &kept->norm,
                                   step->out.channels, d);
    }
    for (int32_t r = 0; r < stage->routes; r++) {
        const size_t first = (size_t)tape->first[r];
        if (tape->first[r + 1] > tape->first[r])
            multiply_backward(pass, &stage->layers[r * stage->count + i], kept->x + first * in,
                              tape->first[r + 1] - tape->first[r], d + first * out,
                              d_x == NULL ? NULL : d_x + first * in);
    }
}

/* Sorts samples by their route; `routes` NULL = all take the first. */
static void sort_samples(const struct pupil_stage_pass *pass, const struct pupil_stage *stage,
                         const int32_t *routes, struct pupil_stage_tape *tape)
{
    const int32_t rows = pass->shard->rows;
    *tape = (struct pupil_stage_tape){
        .steps = workspace_take(pass->workspace, (size_t)stage->count * sizeof *tape->steps)};
    if (routes == NULL || stage->routes == 1) {
        for (int32_t r = 0; r < stage->routes; r++)
            tape->first[r + 1] = rows;
        return;
    }
    tape->order = workspace_take(pass->workspace, (size_t)rows * sizeof *tape->order);
    int32_t row = 0;
    for (int32_t r = 0; r < stage->routes; r++) {
        for (int32_t i = 0; i < rows; i++)
            if (routes[i] == r)
                tape->order[row++] = i;
        tape->first[r + 1] = row;
    }
    assert(row == rows);
}

/* Rows in the order of the routes from rows as samples come, or (`back`) the other way round. */
static real *reorder(const struct pupil_stage_pass *pass, const struct pupil_stage_tape *tape,
                     const real *from, size_t width, bool back)
{
    const size_t rows = (size_t)pass->shard->rows;
    real *to = workspace_reals(pass->workspace, rows * width);
    for (size_t row = 0; row < rows; row++) {
        const size_t sample = (size_t)tape->order[row];
        memcpy(to + (back ? sample : row) * width, from + (back ? row : sample) * width,
               width * sizeof *to);
    }
    return to;
}

const real *pupil_stage_forward(const struct pupil_stage_pass *pass,
                                const struct pupil_stage *stage, const real *x,
                                const int32_t *routes, struct pupil_stage_tape *tape)
{
    sort_samples(pass, stage, routes, tape);
    if (tape->order != NULL)
        x = reorder(pass, tape, x, pupil_elements(stage->steps[0].in), false);
    for (int32_t i = 0; i < stage->count; i++)
        x = forward_step(pass, stage, i, x, tape);
    return tape->order == NULL
               ? x
               : reorder(pass, tape, x, pupil_elements(stage->steps[stage->count - 1].out), true);
}

void pupil_stage_backward(const struct pupil_stage_pass *pass, const struct pupil_stage *stage,
                          const struct pupil_stage_tape *tape, real *d, real *d_x)
{
    const size_t rows = (size_t)pass->shard->rows, in = pupil_elements(stage->steps[0].in);
    struct workspace_mark mark = workspace_mark(pass->workspace);
    if (tape->order != NULL)
        d = reorder(pass, tape, d, pupil_elements(stage->steps[stage->count - 1].out), false);
    for (int32_t i = stage->count - 1; i >= 0; i--) {
        real *next = d_x;
        if (i > 0 || (tape->order != NULL && d_x != NULL))
            next = workspace_zeros(pass->workspace, rows * pupil_elements(stage->steps[i].in));
        backward_step(pass, stage, i, tape, d, next);
        d = next;
    }
    if (tape->order != NULL && d_x != NULL)
        for (size_t row = 0; row < rows; row++)
            for (size_t k = 0; k < in; k++)
                d_x[(size_t)tape->order[row] * in + k] += d[row * in + k];
    workspace_rewind(pass->workspace, mark);
}
