/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/trellis.h"

#include <assert.h>
#include <string.h>

const struct trellis *trellis_find(const char *name)
{
    for (const struct trellis *const *model = trellis_models; *model != NULL; model++)
        if (strcmp((*model)->name, name) == 0)
            return *model;
    return NULL;
}

int64_t trellis_elements(struct trellis_shape shape)
{
    return (int64_t)shape.channels * shape.height * shape.width;
}

/* A stage while it is unrolled. */
struct unroll {
    struct trellis_step *steps;
    int32_t count;
    struct trellis_shape shape; /* of what slot `slot` holds */
    int32_t slot;
};

static struct trellis_step *append(struct unroll *unroll, struct trellis_step step)
{
    assert(unroll->count < TRELLIS_STEPS_MAX);
    unroll->steps[unroll->count] = step;
    return &unroll->steps[unroll->count++];
}

/* A convolution of what is at `shape`; the slots are the caller's. */
static struct trellis_step make_conv(struct trellis_shape in, int32_t outputs, int32_t size,
                                     int32_t stride)
{
    return (struct trellis_step){
        .kind = TRELLIS_CONV,
        .in = in,
        .out = {outputs, (in.height + stride - 1) / stride, (in.width + stride - 1) / stride},
        .size = size,
        .stride = stride,
        .add = -1,
        .weight_count = (int64_t)in.channels * outputs * size * size,
    };
}

static struct trellis_step make_pool(struct trellis_shape in, const struct trellis_layer *layer)
{
    int32_t rest = layer->keeps_rest ? layer->size - 1 : 0;
    return (struct trellis_step){
        .kind = layer->kind,
        .in = in,
        .out = {in.channels, (in.height + rest) / layer->size, (in.width + rest) / layer->size},
        .size = layer->size,
        .stride = layer->size,
        .add = -1,
    };
}

static struct trellis_step make_fc(struct trellis_shape in, int32_t outputs)
{
    return (struct trellis_step){
        .kind = TRELLIS_FC,
        .in = in,
        .out = {outputs, 1, 1},
        .add = -1,
        .weight_count = trellis_elements(in) * outputs,
    };
}

/* conv1, conv2 and, where the shape changes, a 1x1 convolution beside conv1. The sum is formed in
 * place: in the slot of the input, or in that of the shortcut. */
static void append_basic_block(struct unroll *unroll, int32_t channels, int32_t stride)
{
    struct trellis_shape in = unroll->shape;
    int32_t from = unroll->slot, middle = (from + 1) % TRELLIS_SLOTS, sum = from;
    if (stride != 1 || in.channels != channels) {
        struct trellis_step *shortcut = append(unroll, make_conv(in, channels, 1, stride));
        shortcut->has_norm = shortcut->is_shortcut = true;
        shortcut->from = from;
        shortcut->to = sum = (from + 2) % TRELLIS_SLOTS;
    }
    struct trellis_step *first = append(unroll, make_conv(in, channels, 3, stride));
    first->has_norm = first->has_relu = true;
    first->from = from;
    first->to = middle;
    struct trellis_step *second = append(unroll, make_conv(first->out, channels, 3, 1));
    second->has_norm = second->has_relu = true;
    second->from = middle;
    second->to = second->add = sum;
    unroll->shape = second->out;
    unroll->slot = sum;
}

static void append_layer(struct unroll *unroll, const struct trellis_layer *layer)
{
    if (layer->kind == TRELLIS_BASIC_BLOCKS) {
        for (int32_t block = 0; block < layer->count; block++)
            append_basic_block(unroll, layer->outputs, block == 0 ? layer->stride : 1);
        return;
    }
    struct trellis_step step;
    if (layer->kind == TRELLIS_CONV)
        step = make_conv(unroll->shape, layer->outputs, layer->size, layer->stride);
    else if (layer->kind == TRELLIS_FC)
        step = make_fc(unroll->shape, layer->outputs);
    else
        step = make_pool(unroll->shape, layer);
    step.has_bias = layer->has_bias;
    step.has_norm = layer->has_norm;
    step.has_relu = layer->has_relu;
    step.from = unroll->slot;
    step.to = (unroll->slot + 1) % TRELLIS_SLOTS;
    append(unroll, step);
    unroll->shape = step.out;
    unroll->slot = step.to;
}

static int32_t unroll_from(const struct trellis_stage *stage, struct trellis_shape in,
                           struct trellis_step *steps)
{
    struct unroll unroll = {.steps = steps, .shape = in};
    for (int32_t i = 0; i < stage->layer_count; i++)
        append_layer(&unroll, &stage->layers[i]);
    return unroll.count;
}

struct trellis_shape trellis_input(const struct trellis *model, int32_t stage)
{
    assert(stage >= 0 && stage < model->stage_count);
    struct trellis_step steps[TRELLIS_STEPS_MAX];
    struct trellis_shape shape = model->input;
    for (int32_t i = 0; i < stage; i++)
        if (!model->stages[i].is_router) {
            int32_t count = unroll_from(&model->stages[i], shape, steps);
            shape = steps[count - 1].out;
        }
    return shape;
}

int32_t trellis_unroll(const struct trellis *model, int32_t stage,
                       struct trellis_step steps[static TRELLIS_STEPS_MAX])
{
    return unroll_from(&model->stages[stage], trellis_input(model, stage), steps);
}

static int64_t step_mac(const struct trellis_step *step)
{
    return step->weight_count * step->out.height * step->out.width;
}

static int64_t step_parameters(const struct trellis_step *step)
{
    int64_t per_output = (step->has_bias ? 1 : 0) + (step->has_norm ? 2 : 0);
    return step->weight_count + per_output * step->out.channels;
}

struct trellis_cost trellis_cost(const struct trellis *model, int32_t stage)
{
    struct trellis_step steps[TRELLIS_STEPS_MAX];
    int32_t count = trellis_unroll(model, stage, steps);
    struct trellis_cost cost = {
        .in_bytes = trellis_elements(steps[0].in) * (int64_t)sizeof(float),
        .out_bytes = trellis_elements(steps[count - 1].out) * (int64_t)sizeof(float),
    };
    for (int32_t i = 0; i < count; i++) {
        cost.mac += step_mac(&steps[i]);
        cost.parameters += step_parameters(&steps[i]);
        cost.depth += steps[i].is_shortcut ? 0 : 1;
    }
    return cost;
}

struct trellis_total trellis_total(const struct trellis *model)
{
    struct trellis_total total = {0};
    for (int32_t i = 0; i < model->stage_count; i++) {
        struct trellis_cost cost = trellis_cost(model, i);
        total.mac += cost.mac;
        total.touched_parameters += cost.parameters;
        total.stored_parameters += cost.parameters * model->stages[i].routes;
        total.depth += cost.depth;
    }
    return total;
}
