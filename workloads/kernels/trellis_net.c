/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/trellis_net.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "workloads/kernels/layers.h"

enum { OPS_MAX = TRELLIS_STEPS_MAX, BUFFERS_MAX = 16, SPLIT_SLOT = TRELLIS_SLOTS, FCS_MAX = 3 };

/* Feature maps of one size in one slot; kept apart by size, so that margins stay zero. */
struct buffer {
    struct planes planes;
    int32_t slot;
    float *origin;
};

enum op_kind { OP_CONV, OP_SPLIT, OP_MAX_POOL, OP_MEAN_POOL };

/* One call of a kernel on the feature maps of one sample. */
struct op {
    enum op_kind kind;
    struct planes in, out; /* with the channels that are used */
    struct layers_conv conv;
    int32_t size;
    int32_t from, to, add; /* buffers; add -1 = none */
    size_t packed;         /* where the weights begin in those of the route */
};

struct fc_op {
    struct layers_fc fc;
    size_t packed;
};

/* A stage: calls for each sample, then calls for all samples of a route. */
struct stage_ops {
    int32_t op_count, fc_count;
    struct op *ops;
    struct fc_op fcs[FCS_MAX];
    struct planes in, out; /* before and after the ops */
    int32_t entry;         /* buffer into which the input is copied, -1 = is read where it lies */
    int32_t input;         /* buffer that the first ops name for it */
    int32_t level;         /* of the feature maps that it reads; a block writes the next level */
    float **packed;        /* [route] */
};

/* The feature maps of all samples of a chunk between two blocks. */
struct level {
    struct planes planes;
    size_t stride;
    float *memory;
};

struct trellis_net {
    const struct trellis *model;
    const struct layers *layers;
    struct arena *arena;
    int32_t buffer_count, level_count, router_count;
    struct buffer buffers[BUFFERS_MAX];
    struct level levels[TRELLIS_STAGES_MAX];
    struct stage_ops stages[TRELLIS_STAGES_MAX];
    int32_t vector_stride;
    float
        *vectors[2]; /* [TRELLIS_CHUNK][vector_stride], inputs and outputs of the fc ops in turn */
};

/* ---- building ---- */

static int32_t claim_buffer(struct trellis_net *net, const struct planes *planes, int32_t slot)
{
    for (int32_t i = 0; i < net->buffer_count; i++) {
        struct buffer *buffer = &net->buffers[i];
        if (buffer->slot != slot || buffer->planes.height != planes->height ||
            buffer->planes.width != planes->width)
            continue;
        if (buffer->planes.channels < planes->channels)
            buffer->planes.channels = planes->channels;
        return i;
    }
    assert(net->buffer_count < BUFFERS_MAX);
    net->buffers[net->buffer_count] = (struct buffer){.planes = *planes, .slot = slot};
    return net->buffer_count++;
}

static struct op *append_op(struct stage_ops *stage, enum op_kind kind, struct planes in,
                            struct planes out)
{
    assert(stage->op_count < OPS_MAX);
    struct op *op = &stage->ops[stage->op_count++];
    *op = (struct op){.kind = kind, .in = in, .out = out, .add = -1};
    return op;
}

/* A convolution; one of stride 2 reads split planes, which its neighbour may have made already. */
static struct op *append_conv(struct trellis_net *net, struct stage_ops *stage,
                              const struct trellis_step *step, struct planes in, struct planes out)
{
    int32_t from = claim_buffer(net, &in, step->from),
            taps = step->in.channels * step->size * step->size;
    int32_t *offsets = arena_zeroed(net->arena, (size_t)taps, sizeof *offsets);
    layers_offsets(&in, step->size, step->stride, offsets);
    struct planes read = in;
    if (step->stride == 2) {
        read = planes_split(&in);
        int32_t split = claim_buffer(net, &read, SPLIT_SLOT);
        bool is_done = stage->op_count > 1 && stage->ops[stage->op_count - 2].kind == OP_SPLIT;
        if (!is_done) {
            struct op *op = append_op(stage, OP_SPLIT, in, read);
            op->from = from;
            op->to = split;
        }
        from = split;
    }
    struct op *op = append_op(stage, OP_CONV, read, out);
    op->from = from;
    op->conv = (struct layers_conv){
        .in = read,
        .out = out,
        .row_step = read.row * step->stride,
        .taps = taps,
        .has_relu = step->has_relu,
        .offsets = offsets,
    };
    return op;
}

static void append_step(struct trellis_net *net, struct stage_ops *stage,
                        const struct trellis_step *step, size_t *packed)
{
    if (step->kind == TRELLIS_FC) {
        assert(stage->fc_count < FCS_MAX);
        struct layers_fc fc = {(int32_t)trellis_elements(step->in), step->out.channels,
                               step->has_relu};
        stage->fcs[stage->fc_count++] = (struct fc_op){fc, *packed};
        *packed += layers_fc_floats(net->layers, fc.inputs, fc.outputs);
        int32_t widest = fc.inputs > fc.outputs ? fc.inputs : fc.outputs;
        if (net->vector_stride < widest)
            net->vector_stride = widest;
        return;
    }
    struct planes in = planes_make(step->in), out = planes_make(step->out);
    struct op *op;
    if (step->kind == TRELLIS_CONV) {
        op = append_conv(net, stage, step, in, out);
        op->packed = *packed;
        *packed += layers_conv_floats(net->layers, op->conv.taps, step->out.channels);
    } else {
        assert(step->kind == TRELLIS_MEAN_POOL || step->size == 2);
        op = append_op(stage, step->kind == TRELLIS_MAX_POOL ? OP_MAX_POOL : OP_MEAN_POOL, in, out);
        op->size = step->size;
        op->from = claim_buffer(net, &in, step->from);
    }
    op->to = claim_buffer(net, &out, step->to);
    op->add = step->add < 0 ? -1 : claim_buffer(net, &out, step->add);
    stage->out = out;
}

/* Weights and bias with the batch normalisation multiplied in. */
static void fold(const struct trellis_step *step, const struct trellis_arrays *arrays,
                 float *weights, float *bias)
{
    int64_t per_output = step->weight_count / step->out.channels;
    for (int32_t output = 0; output < step->out.channels; output++) {
        double scale = 1, shift = step->has_bias ? arrays->bias[output] : 0;
        if (step->has_norm) {
            scale = arrays->gamma[output] /
                    sqrt((double)arrays->variance[output] + (double)TRELLIS_NORM_EPSILON);
            shift = (shift - arrays->mean[output]) * scale + arrays->beta[output];
        }
        for (int64_t i = output * per_output; i < (output + 1) * per_output; i++)
            weights[i] = (float)(arrays->weight[i] * scale);
        bias[output] = (float)shift;
    }
}

/* Packs the weights of all steps of a route, in the order in which append_step gave out room. */
static void pack_route(const struct trellis_net *net, const struct trellis_weights *source,
                       int32_t stage, int32_t route, float *packed)
{
    int32_t count;
    const struct trellis_step *steps = trellis_weights_steps(source, stage, &count);
    struct arena *scratch = arena_create();
    for (int32_t i = 0; i < count; i++) {
        const struct trellis_step *step = &steps[i];
        if (step->weight_count == 0)
            continue;
        int32_t outputs = step->out.channels, inputs = (int32_t)(step->weight_count / outputs);
        float *weights = arena_zeroed(scratch, (size_t)step->weight_count, sizeof *weights);
        float *bias = arena_zeroed(scratch, (size_t)outputs, sizeof *bias);
        fold(step, trellis_weights_at(source, stage, route, i), weights, bias);
        if (step->kind == TRELLIS_CONV) {
            layers_conv_pack(net->layers, inputs, outputs, weights, bias, packed);
            packed += layers_conv_floats(net->layers, inputs, outputs);
        } else {
            layers_fc_pack(net->layers, inputs, outputs, weights, bias, packed);
            packed += layers_fc_floats(net->layers, inputs, outputs);
        }
    }
    arena_destroy(scratch);
}

static void build_stage(struct trellis_net *net, const struct trellis_weights *weights, int32_t s,
                        int32_t level)
{
    struct stage_ops *stage = &net->stages[s];
    int32_t count;
    const struct trellis_step *steps = trellis_weights_steps(weights, s, &count);
    stage->level = level;
    stage->in = stage->out = planes_make(steps[0].in);
    stage->input = claim_buffer(net, &stage->in, 0);
    stage->ops = arena_zeroed(net->arena, OPS_MAX, sizeof *stage->ops);
    size_t packed = 0;
    for (int32_t i = 0; i < count; i++)
        append_step(net, stage, &steps[i], &packed);
    stage->entry = -1;
    for (int32_t i = 0; i < stage->op_count; i++)
        if (stage->ops[i].to == stage->input)
            stage->entry = stage->input;
    int32_t routes = net->model->stages[s].routes;
    stage->packed = arena_zeroed(net->arena, (size_t)routes, sizeof *stage->packed);
    for (int32_t route = 0; route < routes; route++) {
        stage->packed[route] = arena_zeroed(net->arena, packed, sizeof **stage->packed);
        pack_route(net, weights, s, route, stage->packed[route]);
    }
}

struct trellis_net *trellis_net_create(const struct trellis_weights *weights, enum isa isa)
{
    struct arena *arena = arena_create();
    struct trellis_net *net = arena_zeroed(arena, 1, sizeof *net);
    net->arena = arena;
    net->model = trellis_weights_model(weights);
    net->layers = layers_for(isa);
    for (int32_t s = 0; s < net->model->stage_count; s++) {
        build_stage(net, weights, s, net->level_count);
        if (net->model->stages[s].is_router) {
            net->router_count++;
            continue;
        }
        struct level *level = &net->levels[net->level_count++];
        level->planes = net->stages[s].in;
        level->stride = planes_floats(&level->planes);
        level->memory = arena_zeroed(arena, TRELLIS_CHUNK * level->stride, sizeof *level->memory);
    }
    for (int32_t i = 0; i < net->buffer_count; i++) {
        struct planes *planes = &net->buffers[i].planes;
        float *memory = arena_zeroed(arena, planes_floats(planes), sizeof *memory);
        net->buffers[i].origin = memory + planes_origin(planes);
    }
    int32_t block = net->layers->fc_lanes;
    net->vector_stride = (net->vector_stride + block - 1) / block * block;
    for (int32_t i = 0; i < 2; i++)
        net->vectors[i] = arena_zeroed(arena, TRELLIS_CHUNK * (size_t)net->vector_stride,
                                       sizeof *net->vectors[i]);
    return net;
}

void trellis_net_destroy(struct trellis_net *net)
{
    if (net != NULL)
        arena_destroy(net->arena);
}

int32_t trellis_net_routers(const struct trellis_net *net)
{
    return net->router_count;
}

/* ---- running ---- */

static float *find_maps(const struct trellis_net *net, int32_t level, int32_t sample)
{
    const struct level *of = &net->levels[level];
    return of->memory + (size_t)sample * of->stride + planes_origin(&of->planes);
}

static void run_op(const struct layers *layers, const struct op *op, const float *packed,
                   const float *from, const float *add, float *to)
{
    switch (op->kind) {
    case OP_CONV:
        layers->conv(&op->conv, packed + op->packed, from, add, to);
        break;
    case OP_SPLIT:
        layers->split(&op->in, from, to);
        break;
    case OP_MAX_POOL:
        layers->max_pool(&op->in, from, &op->out, to);
        break;
    case OP_MEAN_POOL:
        layers->mean_pool(&op->in, from, op->size, &op->out, to);
        break;
    }
}

/* The ops of a stage on one sample. The first reads the sample's feature maps, the last writes
 * those of the next level or, if fc ops follow, the row `vector`. */
static void run_sample(struct trellis_net *net, const struct stage_ops *stage, const float *packed,
                       int32_t sample, float *vector)
{
    float *input = find_maps(net, stage->level, sample);
    float *maps[BUFFERS_MAX];
    for (int32_t i = 0; i < net->buffer_count; i++)
        maps[i] = net->buffers[i].origin;
    if (stage->entry >= 0)
        memcpy(maps[stage->entry], input,
               (planes_floats(&stage->in) - planes_origin(&stage->in)) * sizeof *input);
    else
        maps[stage->input] = input;
    const float *result = input;
    for (int32_t i = 0; i < stage->op_count; i++) {
        const struct op *op = &stage->ops[i];
        const float *add = op->add < 0 ? NULL : maps[op->add];
        bool is_last = i == stage->op_count - 1 && stage->fc_count == 0;
        float *to = is_last ? find_maps(net, stage->level + 1, sample) : maps[op->to];
        run_op(net->layers, op, packed, maps[op->from], add, to);
        result = to;
    }
    if (stage->fc_count > 0)
        planes_store(&stage->out, result, vector);
}

/* A stage on the samples of one route. Returns the vectors, one row of vector_stride floats per
 * sample, in which the fc ops end. */
static const float *run_group(struct trellis_net *net, int32_t s, int32_t route,
                              const int32_t *samples, int32_t count)
{
    const struct stage_ops *stage = &net->stages[s];
    const float *packed = stage->packed[route];
    float *in = net->vectors[0], *out = net->vectors[1];
    for (int32_t i = 0; i < count; i++)
        run_sample(net, stage, packed, samples[i], in + i * net->vector_stride);
    for (int32_t i = 0; i < stage->fc_count; i++) {
        net->layers->fc(&stage->fcs[i].fc, packed + stage->fcs[i].packed, in, net->vector_stride,
                        count, out, net->vector_stride);
        float *swap = in;
        in = out;
        out = swap;
    }
    return in;
}

static int32_t find_largest(const float *values, int32_t count)
{
    int32_t best = 0;
    for (int32_t i = 1; i < count; i++)
        best = values[i] > values[best] ? i : best;
    return best;
}

/* A block: group after group; the last block leaves logits. */
static void run_block(struct trellis_net *net, int32_t s, const int32_t *routes, int32_t count,
                      float *logits)
{
    int32_t route_count = net->model->stages[s].routes;
    for (int32_t route = 0; route < route_count; route++) {
        int32_t samples[TRELLIS_CHUNK], size = 0;
        for (int32_t i = 0; i < count; i++)
            if (route_count == 1 || routes[i] == route)
                samples[size++] = i;
        const float *vectors = run_group(net, s, route, samples, size);
        if (s + 1 < net->model->stage_count)
            continue;
        for (int32_t i = 0; i < size; i++)
            memcpy(logits + samples[i] * TRELLIS_CLASSES, vectors + i * net->vector_stride,
                   TRELLIS_CLASSES * sizeof *logits);
    }
}

static void run_router(struct trellis_net *net, int32_t s, int32_t *routes, int32_t count)
{
    int32_t samples[TRELLIS_CHUNK];
    for (int32_t i = 0; i < count; i++)
        samples[i] = i;
    const float *vectors = run_group(net, s, 0, samples, count);
    const struct stage_ops *stage = &net->stages[s];
    int32_t choices = stage->fcs[stage->fc_count - 1].fc.outputs;
    for (int32_t i = 0; i < count; i++)
        routes[i] = find_largest(vectors + i * net->vector_stride, choices);
}

static void run_chunk(struct trellis_net *net, int32_t count, float *logits, int32_t *choices)
{
    int32_t routes[TRELLIS_CHUNK] = {0}, router = 0;
    for (int32_t s = 0; s < net->model->stage_count; s++) {
        if (!net->model->stages[s].is_router) {
            run_block(net, s, routes, count, logits);
            continue;
        }
        run_router(net, s, routes, count);
        for (int32_t i = 0; choices != NULL && i < count; i++)
            choices[i * net->router_count + router] = routes[i];
        router++;
    }
}

bool trellis_net_run(struct trellis_net *net, const float *samples, int32_t count, float *logits,
                     int32_t *choices, struct fault *fault)
{
    assert(count >= 1);
    size_t size = (size_t)trellis_elements(net->model->input);
    for (int32_t first = 0; first < count; first += TRELLIS_CHUNK) {
        int32_t taken = count - first < TRELLIS_CHUNK ? count - first : TRELLIS_CHUNK;
        for (int32_t i = 0; i < taken; i++)
            if (!planes_load(&net->levels[0].planes, samples + (size_t)(first + i) * size,
                             find_maps(net, 0, i)))
                return fault_set(fault, net->model->name, "give finite pixels",
                                 "sample %d has a value that is not finite", first + i);
        run_chunk(net, taken, logits + (size_t)first * TRELLIS_CLASSES,
                  choices == NULL ? NULL : choices + (size_t)first * (size_t)net->router_count);
    }
    return true;
}

void trellis_net_repeat(struct trellis_net *net, int32_t stage, int32_t route, int32_t count)
{
    assert(stage >= 0 && stage < net->model->stage_count && count <= TRELLIS_CHUNK);
    int32_t samples[TRELLIS_CHUNK];
    for (int32_t i = 0; i < count; i++)
        samples[i] = i;
    run_group(net, stage, route, samples, count);
}
