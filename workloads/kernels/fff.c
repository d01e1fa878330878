/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/fff.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "workloads/kernels/finite.h"
#include "workloads/kernels/gelu.h"
#include "workloads/kernels/pages.h"
#include "workloads/kernels/uniform.h"

enum {
    NEAR_BYTES = 128 << 10, /* of the top levels, taken to stay in the L2 cache */
    LANES_MAX = 16,
    PAIRS_AT_ONCE = 128, /* sorted together; more would push their inputs out of the cache */
};

struct fff_workspace {
    struct fff_shape shape;
    int32_t batch_limit;
    int32_t chunk;  /* samples that go through the kernel at once */
    int32_t visits; /* nodes per sample, a multiple of LANES_MAX */
    struct fff_pair *pairs;
    int32_t *order;
    float *logits;
    int32_t *rows;
    int32_t *leaves;
    float *x, *out; /* padded rows of a chunk */
};

static int32_t pad(int32_t count, int32_t step)
{
    return (count + step - 1) / step * step;
}

struct fff_cost fff_cost(const struct fff_shape *shape)
{
    int64_t nodes = shape->trees * (((int64_t)2 << shape->depth) - 1);
    int64_t visited = shape->trees * ((int64_t)shape->depth + 1);
    int64_t per_node = shape->inputs + (int64_t)shape->outputs;
    int64_t stored_per_node = per_node + (shape->has_bias ? 1 : 0);
    return (struct fff_cost){
        .nodes = nodes,
        .visited = visited,
        .mac = visited * per_node,
        .parameters = nodes * stored_per_node,
        .stored_bytes = nodes * stored_per_node * (int64_t)sizeof(float),
        .touched_bytes = visited * stored_per_node * (int64_t)sizeof(float),
    };
}

double fff_batch_bytes(const struct fff_shape *shape, int32_t batch)
{
    struct fff_cost cost = fff_cost(shape);
    double rows = 0;
    for (int32_t level = 0; level <= shape->depth; level++) {
        double nodes = ldexp(1, level);
        rows += nodes * (1 - pow(1 - 1 / nodes, batch));
    }
    return rows * shape->trees * (double)cost.touched_bytes / (double)cost.visited;
}

struct fff *fff_create(const struct fff_shape *shape)
{
    assert(shape->inputs > 0 && shape->outputs > 0 && shape->trees > 0);
    assert(shape->depth >= 0 && shape->depth <= FFF_DEPTH_LIMIT);
    struct fff_cost cost = fff_cost(shape);
    assert(cost.nodes <= INT32_MAX);
    struct fff *fff = memory_zeroed(1, sizeof *fff);
    fff->shape = *shape;
    fff->row_in = pad(shape->inputs, FFF_ROW_STEP);
    fff->row_out = pad(shape->outputs, FFF_ROW_STEP);
    fff->tree_nodes = (int32_t)(cost.nodes / shape->trees);
    size_t in = (size_t)cost.nodes * (size_t)fff->row_in;
    size_t out = (size_t)cost.nodes * (size_t)fff->row_out;
    size_t bias = shape->has_bias ? (size_t)cost.nodes : 0;
    fff->bytes = (in + out + bias) * sizeof(float);
    fff->w_in = pages_create(fff->bytes);
    fff->w_out = fff->w_in + in;
    fff->bias = shape->has_bias ? fff->w_out + out : NULL;
    int64_t level_bytes = cost.touched_bytes / (shape->depth + 1);
    while (fff->far_level <= shape->depth && level_bytes << fff->far_level <= NEAR_BYTES)
        fff->far_level++;
    return fff;
}

void fff_destroy(struct fff *fff)
{
    if (fff == NULL)
        return;
    pages_destroy(fff->w_in, fff->bytes);
    free(fff);
}

void fff_fill(struct fff *fff, uint64_t seed, uint32_t layer)
{
    const struct fff_shape *shape = &fff->shape;
    int32_t nodes = shape->trees * fff->tree_nodes;
    float in = 1 / sqrtf((float)shape->inputs);
    float out = 1 / sqrtf((float)((shape->depth + 1) * shape->trees));
    struct uniform draws = uniform_open(seed, 3 * layer);
    for (int32_t n = 0; n < nodes; n++)
        uniform_fill(&draws, fff->w_in + (size_t)n * (size_t)fff->row_in, shape->inputs, in);
    draws = uniform_open(seed, 3 * layer + 1);
    for (int32_t n = 0; n < nodes; n++)
        uniform_fill(&draws, fff->w_out + (size_t)n * (size_t)fff->row_out, shape->outputs, out);
    draws = uniform_open(seed, 3 * layer + 2);
    if (fff->bias != NULL)
        uniform_fill(&draws, fff->bias, nodes, in);
    struct fault fault = FAULT_NONE;
    bool is_finite = fff_seal(fff, &fault);
    assert(is_finite);
    (void)is_finite;
}

bool fff_seal(struct fff *fff, struct fault *fault)
{
    int32_t nodes = fff->shape.trees * fff->tree_nodes;
    fff->weight_limit = fff->bias_limit = 0;
    if (!finite_check(fff->w_in, nodes, fff->row_in, fault) ||
        !finite_check(fff->w_out, nodes, fff->row_out, fault) ||
        (fff->bias != NULL && !finite_check(fff->bias, nodes, 1, fault)))
        return false;
    for (size_t i = 0; i < (size_t)nodes * (size_t)fff->row_in; i++)
        fff->weight_limit = fmaxf(fff->weight_limit, fabsf(fff->w_in[i]));
    for (int32_t n = 0; fff->bias != NULL && n < nodes; n++)
        fff->bias_limit = fmaxf(fff->bias_limit, fabsf(fff->bias[n]));
    return true;
}

struct fff_workspace *fff_workspace_create(const struct fff_shape *shape, int32_t batch_limit)
{
    struct fff_workspace *workspace = memory_zeroed(1, sizeof *workspace);
    workspace->shape = *shape;
    workspace->batch_limit = batch_limit;
    workspace->chunk = shape->trees < PAIRS_AT_ONCE ? PAIRS_AT_ONCE / shape->trees : 1;
    workspace->visits = pad(shape->trees * (shape->depth + 1), LANES_MAX);
    size_t chunk = (size_t)workspace->chunk;
    workspace->logits = memory_zeroed(chunk * (size_t)workspace->visits, sizeof(float));
    workspace->rows = memory_zeroed(chunk * (size_t)workspace->visits, sizeof(int32_t));
    workspace->pairs = memory_zeroed(chunk * (size_t)shape->trees, sizeof *workspace->pairs);
    workspace->order = memory_zeroed(chunk * (size_t)shape->trees, sizeof *workspace->order);
    workspace->leaves = memory_zeroed((size_t)batch_limit * (size_t)shape->trees, sizeof(int32_t));
    workspace->x = memory_zeroed(chunk * (size_t)pad(shape->inputs, FFF_ROW_STEP), sizeof(float));
    workspace->out =
        memory_zeroed(chunk * (size_t)pad(shape->outputs, FFF_ROW_STEP), sizeof(float));
    return workspace;
}

void fff_workspace_destroy(struct fff_workspace *workspace)
{
    if (workspace == NULL)
        return;
    free(workspace->logits);
    free(workspace->rows);
    free(workspace->pairs);
    free(workspace->order);
    free(workspace->leaves);
    free(workspace->x);
    free(workspace->out);
    free(workspace);
}

const int32_t *fff_leaves(const struct fff_workspace *workspace)
{
    return workspace->leaves;
}

static const struct fff_code *code_for(enum isa isa)
{
    assert(isa_runs(isa));
#ifdef __x86_64__
    if (isa == ISA_AVX512)
        return &fff_avx512;
    if (isa == ISA_AVX2)
        return &fff_avx2;
#endif
    return &fff_portable;
}

/* Copies `count` rows of `width` floats between two distances. */
static void copy_rows(float *to, int32_t to_row, const float *from, int32_t from_row, int32_t width,
                      int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        memcpy(to + (size_t)i * (size_t)to_row, from + (size_t)i * (size_t)from_row,
               (size_t)width * sizeof(float));
}

/* Names what is wrong with a sample that the kernel refused. */
static bool refuse(const float *x, int32_t sample, int32_t inputs, struct fault *fault)
{
    if (!finite_check(x, sample + 1, inputs, fault))
        return false;
    return fault_set(fault, NULL, "scale the inputs or the weights down",
                     "a logit of sample %d is beyond single precision", (int)sample);
}

static bool is_same(const struct fff_shape *a, const struct fff_shape *b)
{
    return a->inputs == b->inputs && a->outputs == b->outputs && a->trees == b->trees &&
           a->depth == b->depth;
}

bool fff_apply(const struct fff *fff, enum isa isa, struct fff_workspace *workspace, const float *x,
               int32_t batch, float *out, struct fault *fault)
{
    const struct fff_shape *shape = &fff->shape;
    const struct fff_code *code = code_for(isa);
    assert(batch >= 0 && batch <= workspace->batch_limit);
    assert(is_same(shape, &workspace->shape));
    bool is_padded_in = fff->row_in != shape->inputs,
         is_padded_out = fff->row_out != shape->outputs;
    for (int32_t done = 0; done < batch; done += workspace->chunk) {
        struct fff_job job = {
            .fff = fff,
            .x = x + (size_t)done * (size_t)shape->inputs,
            .out = out + (size_t)done * (size_t)shape->outputs,
            .samples = batch - done < workspace->chunk ? batch - done : workspace->chunk,
            .logits = workspace->logits,
            .rows = workspace->rows,
            .pairs = workspace->pairs,
            .order = workspace->order,
            .leaves = workspace->leaves + (size_t)done * (size_t)shape->trees,
            .visits = workspace->visits,
        };
        float *target = job.out;
        if (is_padded_in) {
            copy_rows(workspace->x, fff->row_in, job.x, shape->inputs, shape->inputs, job.samples);
            job.x = workspace->x;
        }
        if (is_padded_out)
            job.out = workspace->out;
        int32_t refused = code->apply(&job);
        if (refused >= 0)
            return refuse(x, done + refused, shape->inputs, fault);
        if (is_padded_out)
            copy_rows(target, shape->outputs, job.out, fff->row_out, shape->outputs, job.samples);
    }
    return true;
}

void fff_reference(const struct fff *fff, const float *x, int32_t batch, float *out,
                   int32_t *leaves)
{
    const struct fff_shape *shape = &fff->shape;
    double *sum = memory_zeroed((size_t)shape->outputs, sizeof *sum);
    for (int32_t b = 0; b < batch; b++, x += shape->inputs, out += shape->outputs) {
        memset(sum, 0, (size_t)shape->outputs * sizeof *sum);
        for (int32_t tree = 0; tree < shape->trees; tree++) {
            int32_t node = 0;
            for (int32_t level = 0; level <= shape->depth; level++) {
                size_t row = (size_t)tree * (size_t)fff->tree_nodes + (size_t)node;
                double logit = gelu_logit(fff->w_in + row * (size_t)fff->row_in, x, shape->inputs,
                                          fff->bias != NULL ? fff->bias[row] : 0);
                const float *w_out = fff->w_out + row * (size_t)fff->row_out;
                double value = gelu_exact(logit);
                for (int32_t i = 0; i < shape->outputs; i++)
                    sum[i] += value * (double)w_out[i];
                if (leaves != NULL && level == shape->depth)
                    leaves[b * shape->trees + tree] = node;
                node = 2 * node + 1 + (logit > 0);
            }
        }
        for (int32_t i = 0; i < shape->outputs; i++)
            out[i] = (float)sum[i];
    }
    free(sum);
}
