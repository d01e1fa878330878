/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/fff_leaf.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "workloads/kernels/finite.h"
#include "workloads/kernels/gelu.h"
#include "workloads/kernels/pages.h"
#include "workloads/kernels/uniform.h"

enum { ROW_STEP = 64, LANES_MAX = 16, CHUNK = 128 };

struct fff_leaf_workspace {
    struct fff_leaf_shape shape;
    int32_t batch_limit;
    int32_t *chosen; /* [batch_limit] */
    int32_t *start;  /* [leaves + 1] */
    int32_t order[CHUNK];
    int32_t *rows; /* [width]: 0, 1, 2... */
    float *hidden;
    float *x, *out; /* padded rows, of a chunk and of a sample */
};

static int32_t pad(int32_t count, int32_t step)
{
    return (count + step - 1) / step * step;
}

struct fff_leaf_cost fff_leaf_cost(const struct fff_leaf_shape *shape)
{
    int64_t leaves = (int64_t)1 << shape->depth, in = shape->inputs, out = shape->outputs;
    int64_t leaf = shape->width * (in + out + 1) + out;
    struct fff_leaf_cost cost = {
        .mac = shape->depth * in + shape->width * (in + out),
        .parameters = (leaves - 1) * (in + 1) + leaves * leaf,
        .touched_bytes = (int64_t)sizeof(float) * (shape->depth * (in + 1) + leaf),
    };
    cost.stored_bytes = (int64_t)sizeof(float) * cost.parameters;
    return cost;
}

double fff_leaf_batch_bytes(const struct fff_leaf_shape *shape, int32_t batch)
{
    double node = 4.0 * (shape->inputs + 1), bytes = 0;
    for (int32_t level = 0; level <= shape->depth; level++) {
        double rows = ldexp(1, level), met = rows * (1 - pow(1 - 1 / rows, batch));
        double leaf = (double)fff_leaf_cost(shape).touched_bytes - shape->depth * node;
        bytes += met * (level < shape->depth ? node : leaf);
    }
    return bytes;
}

/* Cuts `count` floats off the front of what is left. */
static float *take(float **left, size_t count)
{
    float *taken = *left;
    *left += count;
    return taken;
}

struct fff_leaf *fff_leaf_create(const struct fff_leaf_shape *shape)
{
    assert(shape->inputs > 0 && shape->outputs > 0 && shape->width > 0);
    assert(shape->depth >= 0 && shape->depth <= FFF_LEAF_DEPTH_LIMIT);
    struct fff_leaf *leaf = memory_zeroed(1, sizeof *leaf);
    leaf->shape = *shape;
    leaf->row_in = pad(shape->inputs, ROW_STEP);
    leaf->row_out = pad(shape->outputs, ROW_STEP);
    leaf->leaves = (int32_t)1 << shape->depth;
    leaf->nodes = leaf->leaves - 1;
    size_t in = (size_t)leaf->row_in, out = (size_t)leaf->row_out, nodes = (size_t)leaf->nodes;
    size_t leaves = (size_t)leaf->leaves, neurons = leaves * (size_t)shape->width;
    leaf->bytes = (nodes * (in + 1) + neurons * (in + out + 1) + leaves * out) * sizeof(float);
    float *left = pages_create(leaf->bytes);
    leaf->w_node = take(&left, nodes * in); /* the rows first: they stay aligned */
    leaf->w_in = take(&left, neurons * in);
    leaf->w_out = take(&left, neurons * out);
    leaf->b_out = take(&left, leaves * out);
    leaf->b_in = take(&left, neurons);
    leaf->b_node = take(&left, nodes);
    return leaf;
}

void fff_leaf_destroy(struct fff_leaf *leaf)
{
    if (leaf == NULL)
        return;
    pages_destroy(leaf->w_node, leaf->bytes);
    free(leaf);
}

/* Draws `count` rows of `width` floats, `row` apart. */
static void fill_rows(struct uniform *draws, float *rows, int32_t count, int32_t width, int32_t row,
                      float limit)
{
    for (int32_t i = 0; i < count; i++)
        uniform_fill(draws, rows + (size_t)i * (size_t)row, width, limit);
}

void fff_leaf_fill(struct fff_leaf *leaf, uint64_t seed, uint32_t layer)
{
    const struct fff_leaf_shape *shape = &leaf->shape;
    int32_t neurons = leaf->leaves * shape->width;
    float in = 1 / sqrtf((float)shape->inputs), out = 1 / sqrtf((float)shape->width);
    struct uniform draws = uniform_open(seed, layer);
    fill_rows(&draws, leaf->w_node, leaf->nodes, shape->inputs, leaf->row_in, in);
    fill_rows(&draws, leaf->b_node, leaf->nodes, 1, 1, in);
    fill_rows(&draws, leaf->w_in, neurons, shape->inputs, leaf->row_in, in);
    fill_rows(&draws, leaf->b_in, neurons, 1, 1, in);
    fill_rows(&draws, leaf->w_out, neurons, shape->outputs, leaf->row_out, out);
    fill_rows(&draws, leaf->b_out, leaf->leaves, shape->outputs, leaf->row_out, out);
    struct fault fault = FAULT_NONE;
    bool is_finite = fff_leaf_seal(leaf, &fault);
    assert(is_finite);
    (void)is_finite;
}

bool fff_leaf_seal(struct fff_leaf *leaf, struct fault *fault)
{
    int32_t neurons = leaf->leaves * leaf->shape.width;
    if (!finite_check(leaf->w_node, leaf->nodes, leaf->row_in, fault) ||
        !finite_check(leaf->b_node, leaf->nodes, 1, fault) ||
        !finite_check(leaf->w_in, neurons, leaf->row_in, fault) ||
        !finite_check(leaf->b_in, neurons, 1, fault) ||
        !finite_check(leaf->w_out, neurons, leaf->row_out, fault) ||
        !finite_check(leaf->b_out, leaf->leaves, leaf->row_out, fault))
        return false;
    leaf->weight_limit = leaf->bias_limit = 0;
    for (size_t i = 0; i < (size_t)leaf->nodes * (size_t)leaf->row_in; i++)
        leaf->weight_limit = fmaxf(leaf->weight_limit, fabsf(leaf->w_node[i]));
    for (int32_t n = 0; n < leaf->nodes; n++)
        leaf->bias_limit = fmaxf(leaf->bias_limit, fabsf(leaf->b_node[n]));
    return true;
}

struct fff_leaf_workspace *fff_leaf_workspace_create(const struct fff_leaf_shape *shape,
                                                     int32_t batch_limit)
{
    struct fff_leaf_workspace *workspace = memory_zeroed(1, sizeof *workspace);
    workspace->shape = *shape;
    workspace->batch_limit = batch_limit;
    workspace->chosen = memory_zeroed((size_t)batch_limit + 1, sizeof(int32_t));
    workspace->start = memory_zeroed(((size_t)1 << shape->depth) + 1, sizeof(int32_t));
    workspace->rows = memory_zeroed((size_t)shape->width, sizeof(int32_t));
    for (int32_t i = 0; i < shape->width; i++)
        workspace->rows[i] = i;
    workspace->hidden = memory_zeroed((size_t)pad(shape->width, LANES_MAX), sizeof(float));
    workspace->x = memory_zeroed(CHUNK * (size_t)pad(shape->inputs, ROW_STEP), sizeof(float));
    workspace->out = memory_zeroed((size_t)pad(shape->outputs, ROW_STEP), sizeof(float));
    return workspace;
}

void fff_leaf_workspace_destroy(struct fff_leaf_workspace *workspace)
{
    if (workspace == NULL)
        return;
    free(workspace->chosen);
    free(workspace->start);
    free(workspace->rows);
    free(workspace->hidden);
    free(workspace->x);
    free(workspace->out);
    free(workspace);
}

const int32_t *fff_leaf_chosen(const struct fff_leaf_workspace *workspace)
{
    return workspace->chosen;
}

static const struct fff_leaf_code *code_for(enum isa isa)
{
    assert(isa_runs(isa));
#ifdef __x86_64__
    if (isa == ISA_AVX512)
        return &fff_leaf_avx512;
    if (isa == ISA_AVX2)
        return &fff_leaf_avx2;
#endif
    return &fff_leaf_portable;
}

/* Samples of a chunk by leaf, so that neighbours read the same weights. */
static void sort_samples(struct fff_leaf_workspace *workspace, const int32_t *chosen, int32_t count,
                         int32_t leaves)
{
    int32_t *start = workspace->start;
    memset(start, 0, ((size_t)leaves + 1) * sizeof *start);
    for (int32_t i = 0; i < count; i++)
        start[chosen[i] + 1]++;
    for (int32_t n = 0; n < leaves; n++)
        start[n + 1] += start[n];
    for (int32_t i = 0; i < count; i++)
        workspace->order[start[chosen[i]]++] = i;
}

static void apply_chunk(const struct fff_leaf *leaf, const struct fff_leaf_code *code,
                        struct fff_leaf_workspace *workspace, const float *x, int32_t count,
                        float *out, int32_t *chosen)
{
    size_t inputs = (size_t)leaf->shape.inputs, outputs = (size_t)leaf->shape.outputs;
    size_t row_in = (size_t)leaf->row_in;
    if (row_in != inputs) {
        for (size_t i = 0; i < (size_t)count; i++)
            memcpy(workspace->x + i * row_in, x + i * inputs, inputs * sizeof *x);
        x = workspace->x;
    }
    for (int32_t i = 0; i < count; i++)
        chosen[i] = code->choose(leaf, x + (size_t)i * row_in);
    sort_samples(workspace, chosen, count, leaf->leaves);
    for (int32_t i = 0; i < count; i++) {
        size_t sample = (size_t)workspace->order[i];
        bool is_padded = (size_t)leaf->row_out != outputs;
        float *target = is_padded ? workspace->out : out + sample * outputs;
        code->apply(leaf, chosen[sample], x + sample * row_in, workspace->hidden, workspace->rows,
                    target);
        if (is_padded)
            memcpy(out + sample * outputs, target, outputs * sizeof *out);
    }
}

bool fff_leaf_apply(const struct fff_leaf *leaf, enum isa isa, struct fff_leaf_workspace *workspace,
                    const float *x, int32_t batch, float *out, struct fault *fault)
{
    const struct fff_leaf_shape *shape = &leaf->shape;
    assert(batch >= 0 && batch <= workspace->batch_limit);
    assert(memcmp(shape, &workspace->shape, sizeof *shape) == 0);
    if (!finite_check(x, batch, shape->inputs, fault))
        return false;
    for (int32_t done = 0; done < batch; done += CHUNK)
        apply_chunk(leaf, code_for(isa), workspace, x + (size_t)done * (size_t)shape->inputs,
                    batch - done < CHUNK ? batch - done : CHUNK,
                    out + (size_t)done * (size_t)shape->outputs, workspace->chosen + done);
    return true;
}

/* One sample; sum [outputs] is scratch memory. */
static int32_t apply_reference(const struct fff_leaf *leaf, const float *x, float *out, double *sum)
{
    const struct fff_leaf_shape *shape = &leaf->shape;
    int32_t node = 0;
    while (node < leaf->nodes) {
        double score = gelu_logit(leaf->w_node + (size_t)node * (size_t)leaf->row_in, x,
                                  shape->inputs, leaf->b_node[node]);
        node = 2 * node + 1 + (score >= 0);
    }
    size_t chosen = (size_t)(node - leaf->nodes);
    for (int32_t i = 0; i < shape->outputs; i++)
        sum[i] = (double)leaf->b_out[chosen * (size_t)leaf->row_out + (size_t)i];
    for (int32_t j = 0; j < shape->width; j++) {
        size_t neuron = chosen * (size_t)shape->width + (size_t)j;
        double value = gelu_logit(leaf->w_in + neuron * (size_t)leaf->row_in, x, shape->inputs,
                                  leaf->b_in[neuron]);
        value = shape->activation == FFF_LEAF_GELU ? gelu_exact(value) : fmax(value, 0);
        for (int32_t i = 0; i < shape->outputs; i++)
            sum[i] += value * (double)leaf->w_out[neuron * (size_t)leaf->row_out + (size_t)i];
    }
    for (int32_t i = 0; i < shape->outputs; i++)
        out[i] = (float)sum[i];
    return node - leaf->nodes;
}

void fff_leaf_reference(const struct fff_leaf *leaf, const float *x, int32_t batch, float *out,
                        int32_t *chosen)
{
    double *sum = memory_zeroed((size_t)leaf->shape.outputs, sizeof *sum);
    for (int32_t b = 0; b < batch; b++) {
        int32_t taken = apply_reference(leaf, x + (size_t)b * (size_t)leaf->shape.inputs,
                                        out + (size_t)b * (size_t)leaf->shape.outputs, sum);
        if (chosen != NULL)
            chosen[b] = taken;
    }
    free(sum);
}
