/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/bench_feedforward.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "workloads/kernels/dense.h"
#include "workloads/kernels/dense_blas.h"
#include "workloads/kernels/fff.h"
#include "workloads/kernels/fff_leaf.h"

enum { WIDTH = 768, LAYERS_MAX = 64 };

static const struct fff_shape shape_1x11 = {
    .inputs = WIDTH, .outputs = WIDTH, .trees = 1, .depth = 11};

/* Layers of one kernel; members that it does not use are NULL. */
struct layers {
    int32_t count;
    enum isa isa;
    struct fff *fff[LAYERS_MAX]; /* the weights; dense kernels that pack keep those of layer 0 */
    struct fff_workspace *fff_workspace;
    struct fff_leaf *leaf[LAYERS_MAX];
    struct fff_leaf_workspace *leaf_workspace;
    struct dense *dense[LAYERS_MAX];
    struct dense_workspace *dense_workspace;
    struct dense_blas *blas;
};

/* The rows of an FFF whose rows need no padding. */
static struct dense_rows rows_of(const struct fff *fff)
{
    struct fff_cost cost = fff_cost(&fff->shape);
    assert(fff->row_in == fff->shape.inputs && fff->row_out == fff->shape.outputs);
    return (struct dense_rows){
        .shape = {fff->shape.inputs, (int32_t)cost.nodes, fff->shape.outputs, fff->shape.has_bias},
        .w_in = fff->w_in,
        .w_out = fff->w_out,
        .bias = fff->bias,
    };
}

static struct fff *create_weights(const struct bench_kind *kind,
                                  const struct bench_setting *setting, int32_t layer)
{
    struct fff *fff = fff_create(kind->parameter);
    fff_fill(fff, setting->seed, (uint32_t)layer);
    return fff;
}

static struct layers *create_layers(const struct bench_setting *setting)
{
    assert(setting->layers <= LAYERS_MAX);
    struct layers *layers = memory_zeroed(1, sizeof *layers);
    layers->count = setting->layers;
    layers->isa = setting->isa;
    return layers;
}

static void destroy_layers(void *self)
{
    struct layers *layers = self;
    for (int32_t i = 0; i < layers->count; i++) {
        fff_destroy(layers->fff[i]);
        fff_leaf_destroy(layers->leaf[i]);
        dense_destroy(layers->dense[i]);
    }
    fff_workspace_destroy(layers->fff_workspace);
    fff_leaf_workspace_destroy(layers->leaf_workspace);
    dense_workspace_destroy(layers->dense_workspace);
    dense_blas_destroy(layers->blas);
    free(layers);
}

static void *create_fff(const struct bench_kind *kind, const struct bench_setting *setting)
{
    struct layers *layers = create_layers(setting);
    for (int32_t i = 0; i < layers->count; i++)
        layers->fff[i] = create_weights(kind, setting, i);
    layers->fff_workspace = fff_workspace_create(kind->parameter, setting->batch_limit);
    return layers;
}

static void describe_fff(const void *self, int32_t batch, struct bench_work *work)
{
    const struct layers *layers = self;
    const struct fff_shape *shape = &layers->fff[0]->shape;
    *work = (struct bench_work){
        .inputs = shape->inputs,
        .outputs = shape->outputs,
        .mac = fff_cost(shape).mac,
        .bytes = fff_batch_bytes(shape, batch) / batch,
        .stored_bytes = (double)fff_cost(shape).stored_bytes,
    };
}

static bool run_fff(void *self, int32_t layer, const float *x, int32_t batch, float *out,
                    struct fault *fault)
{
    struct layers *layers = self;
    return fff_apply(layers->fff[layer], layers->isa, layers->fff_workspace, x, batch, out, fault);
}

static void reference_fff(void *self, const float *x, int32_t batch, float *out)
{
    struct layers *layers = self;
    fff_reference(layers->fff[0], x, batch, out, NULL);
}

static void *create_leaf(const struct bench_kind *kind, const struct bench_setting *setting)
{
    struct layers *layers = create_layers(setting);
    for (int32_t i = 0; i < layers->count; i++) {
        layers->leaf[i] = fff_leaf_create(kind->parameter);
        fff_leaf_fill(layers->leaf[i], setting->seed, (uint32_t)i);
    }
    layers->leaf_workspace = fff_leaf_workspace_create(kind->parameter, setting->batch_limit);
    return layers;
}

static void describe_leaf(const void *self, int32_t batch, struct bench_work *work)
{
    const struct layers *layers = self;
    const struct fff_leaf_shape *shape = &layers->leaf[0]->shape;
    *work = (struct bench_work){
        .inputs = shape->inputs,
        .outputs = shape->outputs,
        .mac = fff_leaf_cost(shape).mac,
        .bytes = fff_leaf_batch_bytes(shape, batch) / batch,
        .stored_bytes = (double)fff_leaf_cost(shape).stored_bytes,
    };
}

static bool run_leaf(void *self, int32_t layer, const float *x, int32_t batch, float *out,
                     struct fault *fault)
{
    struct layers *layers = self;
    return fff_leaf_apply(layers->leaf[layer], layers->isa, layers->leaf_workspace, x, batch, out,
                          fault);
}

static void reference_leaf(void *self, const float *x, int32_t batch, float *out)
{
    struct layers *layers = self;
    fff_leaf_reference(layers->leaf[0], x, batch, out, NULL);
}

static void *create_packed(const struct bench_kind *kind, const struct bench_setting *setting)
{
    struct layers *layers = create_layers(setting);
    for (int32_t i = layers->count - 1; i >= 0; i--) {
        fff_destroy(layers->fff[0]);
        layers->fff[0] = create_weights(kind, setting, i);
        struct dense_rows rows = rows_of(layers->fff[0]);
        layers->dense[i] = dense_create(&rows);
        if (i == 0)
            layers->dense_workspace = dense_workspace_create(&rows.shape);
    }
    return layers;
}

static void describe_dense(const void *self, int32_t batch, struct bench_work *work)
{
    const struct layers *layers = self;
    struct dense_rows rows = rows_of(layers->fff[0]);
    struct dense_cost cost = dense_cost(&rows.shape);
    *work = (struct bench_work){
        .inputs = rows.shape.inputs,
        .outputs = rows.shape.outputs,
        .mac = cost.mac,
        .bytes = (double)cost.weight_bytes / batch,
        .stored_bytes = (double)cost.weight_bytes,
    };
}

static bool run_packed(void *self, int32_t layer, const float *x, int32_t batch, float *out,
                       struct fault *fault)
{
    struct layers *layers = self;
    return dense_apply(layers->dense[layer], layers->isa, layers->dense_workspace, x, batch, out,
                       fault);
}

static void reference_dense(void *self, const float *x, int32_t batch, float *out)
{
    struct layers *layers = self;
    struct dense_rows rows = rows_of(layers->fff[0]);
    dense_reference(&rows, x, batch, out);
}

static void *create_openblas(const struct bench_kind *kind, const struct bench_setting *setting)
{
    struct layers *layers = create_layers(setting);
    for (int32_t i = 0; i < layers->count; i++)
        layers->fff[i] = create_weights(kind, setting, i);
    struct dense_rows rows = rows_of(layers->fff[0]);
    layers->blas = dense_blas_create(&rows.shape);
    if (layers->blas == NULL) {
        destroy_layers(layers);
        return NULL;
    }
    return layers;
}

static bool run_openblas(void *self, int32_t layer, const float *x, int32_t batch, float *out,
                         struct fault *fault)
{
    (void)fault;
    struct layers *layers = self;
    struct dense_rows rows = rows_of(layers->fff[layer]);
    dense_blas_apply(layers->blas, &rows, x, batch, out);
    return true;
}

static const char *isa_of_openblas(const void *self)
{
    const struct layers *layers = self;
    return dense_blas_core(layers->blas);
}

const struct bench_kind bench_dense_packed = {
    .kernel = "dense",
    .variant = "packed",
    .summary = "768 -> 4095 -> 768, own kernel, weights packed in panels",
    .contest = "feedforward",
    .is_rival = true,
    .has_isa = true,
    .has_layers = true,
    .parameter = &shape_1x11,
    .create = create_packed,
    .destroy = destroy_layers,
    .describe = describe_dense,
    .run = run_packed,
    .reference = reference_dense,
};

const struct bench_kind bench_dense_openblas = {
    .kernel = "dense",
    .variant = "openblas",
    .summary = "768 -> 4095 -> 768, sgemv or sgemm of OpenBLAS",
    .contest = "feedforward",
    .is_rival = true,
    .has_layers = true,
    .parameter = &shape_1x11,
    .create = create_openblas,
    .destroy = destroy_layers,
    .describe = describe_dense,
    .isa = isa_of_openblas,
    .run = run_openblas,
    .reference = reference_dense,
};

/* K trees of depth D in the place of 4095 neurons (Belcak and Wattenhofer's models). */
#define FFF_KIND(trees_, depth_, is_extra_)                                                        \
    const struct bench_kind bench_fff_##trees_##x##depth_ = {                                      \
        .kernel = "fff",                                                                           \
        .variant = #trees_ "x" #depth_,                                                            \
        .summary = "UltraFastBERT's form: trees x depth, one neuron per node",                     \
        .contest = "feedforward",                                                                  \
        .has_isa = true,                                                                           \
        .has_layers = true,                                                                        \
        .is_extra = is_extra_,                                                                     \
        .parameter =                                                                               \
            &(const struct fff_shape){                                                             \
                .inputs = WIDTH, .outputs = WIDTH, .trees = (trees_), .depth = (depth_)},          \
        .create = create_fff,                                                                      \
        .destroy = destroy_layers,                                                                 \
        .describe = describe_fff,                                                                  \
        .run = run_fff,                                                                            \
        .reference = reference_fff,                                                                \
    }

FFF_KIND(1, 11, false);
FFF_KIND(2, 10, true);
FFF_KIND(4, 9, true);
FFF_KIND(8, 8, true);
FFF_KIND(16, 7, true);
FFF_KIND(32, 6, true);
FFF_KIND(64, 5, true);
FFF_KIND(128, 4, true);
FFF_KIND(256, 3, true);
FFF_KIND(512, 2, true);
FFF_KIND(1536, 1, true);
FFF_KIND(3072, 0, true);

const struct bench_kind bench_fff_leaf = {
    .kernel = "fff_leaf",
    .variant = "d7w32",
    .summary = "fastfeedforward's form: 7 levels of hyperplanes, 128 leaves of 32 ReLU neurons",
    .contest = "feedforward",
    .has_isa = true,
    .has_layers = true,
    .parameter = &(const struct fff_leaf_shape){.inputs = WIDTH,
                                                .outputs = WIDTH,
                                                .depth = 7,
                                                .width = 32,
                                                .activation = FFF_LEAF_RELU},
    .create = create_leaf,
    .destroy = destroy_layers,
    .describe = describe_leaf,
    .run = run_leaf,
    .reference = reference_leaf,
};
