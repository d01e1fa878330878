/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One feedforward layer from pixels to classes as a pupil: FFF (agents/tree.h), and the dense layer
 * of the same kind of neuron, GELU without a bias at the end (workloads/kernels/{fff,dense}.h).
 *
 * A dense layer is stored as an FFF of one level: a tree for each neuron. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "agents/classify.h"
#include "agents/layers.h"
#include "agents/tree.h"
#include "base/memory.h"
#include "lab/pupil.h"
#include "workloads/kernels/dense.h"
#include "workloads/kernels/fff.h"

enum { PIXELS = 28 * 28 };

/* Levels at which a single deep tree is cut into tasks: 16 and 256 ways (stage fff_1x11_3x4). */
static const int32_t cuts[PUPIL_ROUTERS] = {4, 8};

struct feedforward_own {
    struct tree tree; /* dense: trees of depth 0 */
    size_t w_in, b, w_out;
};

static bool is_cut(const struct tree *tree)
{
    return tree->trees == 1 && tree->depth > cuts[PUPIL_ROUTERS - 1];
}

static void init_fff(struct pupil *pupil)
{
    struct feedforward_own *own = pupil->own = memory_zeroed(1, sizeof *own);
    own->tree = (struct tree){PIXELS, PUPIL_CLASSES, pupil->recipe->trees, pupil->recipe->depth};
    const int32_t nodes = (int32_t)tree_nodes(&own->tree);
    own->w_in = tensors_add(&pupil->parameters, "w_in", nodes, PIXELS, TENSOR_ROWS);
    own->b = tensors_add(&pupil->parameters, "bias", 0, nodes, TENSOR_ZERO);
    own->w_out = tensors_add(&pupil->parameters, "w_out", nodes, PUPIL_CLASSES, TENSOR_SMALL);
    if (!is_cut(&own->tree))
        return;
    pupil->routers = PUPIL_ROUTERS;
    for (int32_t i = 0; i < PUPIL_ROUTERS; i++)
        pupil->routes[i] = 1 << cuts[i];
}

/* w_in [pixels][neurons], so that a batch is two products. */
static void init_dense(struct pupil *pupil)
{
    struct feedforward_own *own = pupil->own = memory_zeroed(1, sizeof *own);
    const int32_t neurons = pupil->recipe->neurons;
    own->tree = (struct tree){PIXELS, PUPIL_CLASSES, neurons, 0};
    own->w_in = tensors_add(&pupil->parameters, "w_in", PIXELS, neurons, TENSOR_HE);
    own->b = tensors_add(&pupil->parameters, "bias", 0, neurons, TENSOR_ZERO);
    own->w_out = tensors_add(&pupil->parameters, "w_out", neurons, PUPIL_CLASSES, TENSOR_SMALL);
}

static void finish(struct pupil *pupil)
{
    free(pupil->own);
}

/* Where a sample that ended in a leaf was at the cuts. */
static void choose(const struct tree *tree, int32_t leaf, int32_t *choices)
{
    for (int32_t i = 0; i < PUPIL_ROUTERS; i++)
        choices[i] = leaf >> (tree->depth - cuts[i]);
}

/* The loss of a shard, and its gradient by the logits. */
static void judge(const struct pupil_shard *shard, const real *logits, real *d,
                  const struct pupil_results *results, struct pupil_sums *sums)
{
    double loss = cross_entropy(logits, shard->labels, shard->rows, PUPIL_CLASSES, shard->share, d,
                                &sums->correct);
    sums->loss += loss;
    sums->objective += shard->share * loss;
    if (results->logits != NULL)
        memcpy(results->logits, logits, (size_t)shard->rows * PUPIL_CLASSES * sizeof *logits);
}

static void pass_fff(const struct pupil *pupil, const real *parameters, const real *transposed,
                     const real *running, const struct pupil_shard *shard,
                     struct workspace *workspace, const struct pupil_results *results,
                     struct pupil_sums *sums)
{
    (void)transposed, (void)running;
    const struct feedforward_own *own = pupil->own;
    const size_t rows = (size_t)shard->rows, visits = tree_visits(&own->tree);
    struct tree_tape tape = {workspace_reals(workspace, rows * visits),
                             workspace_take(workspace, rows * visits * sizeof *tape.visited)};
    real *logits = workspace_reals(workspace, rows * PUPIL_CLASSES);
    real *d = workspace_reals(workspace, rows * PUPIL_CLASSES);
    const struct tree_weights weights = {parameters + own->w_in, parameters + own->b,
                                         parameters + own->w_out};
    tree_forward(&own->tree, &weights, shard->images, shard->rows, &tape, logits);
    judge(shard, logits, d, results, sums);
    const int32_t leaves_from = (1 << own->tree.depth) - 1;
    for (size_t r = 0; results->choices != NULL && pupil->routers > 0 && r < rows; r++)
        choose(&own->tree, tape.visited[(r + 1) * visits - 1] - leaves_from,
               results->choices + r * PUPIL_ROUTERS);
    if (shard->mode == PUPIL_RUN)
        return;
    const struct tree_gradients gradients = {results->gradients + own->w_in,
                                             results->gradients + own->b,
                                             results->gradients + own->w_out};
    tree_backward(&own->tree, &weights, shard->images, &tape, d, shard->rows, &gradients, NULL);
}

static void pass_dense(const struct pupil *pupil, const real *parameters, const real *transposed,
                       const real *running, const struct pupil_shard *shard,
                       struct workspace *workspace, const struct pupil_results *results,
                       struct pupil_sums *sums)
{
    (void)running;
    const struct feedforward_own *own = pupil->own;
    const int32_t rows = shard->rows, neurons = own->tree.trees;
    const size_t count = (size_t)rows * (size_t)neurons;
    real *sum = workspace_reals(workspace, count), *active = workspace_reals(workspace, count);
    real *logits = workspace_reals(workspace, (size_t)rows * PUPIL_CLASSES);
    real *d = workspace_reals(workspace, (size_t)rows * PUPIL_CLASSES);
    real *d_active = workspace_zeros(workspace, count);
    const real *none = workspace_zeros(workspace, PUPIL_CLASSES);
    linear_forward(shard->images, parameters + own->w_in, parameters + own->b, rows, PIXELS,
                   neurons, sum);
    gelu_forward(sum, active, count);
    linear_forward(active, parameters + own->w_out, none, rows, neurons, PUPIL_CLASSES, logits);
    judge(shard, logits, d, results, sums);
    if (shard->mode == PUPIL_RUN)
        return;
    real *gradients = results->gradients;
    linear_backward(active, transposed + own->w_out, d, rows, neurons, PUPIL_CLASSES,
                    gradients + own->w_out, NULL, d_active);
    gelu_backward(sum, d_active, count);
    linear_backward(shard->images, NULL, d_active, rows, PIXELS, neurons, gradients + own->w_in,
                    gradients + own->b, NULL);
}

static struct fff_shape shape_of(const struct tree *tree)
{
    return (struct fff_shape){tree->inputs, tree->outputs, tree->trees, tree->depth, true};
}

static bool save_rows(const struct feedforward_own *own, const real *w_in, const real *parameters,
                      const char *path, struct fault *fault)
{
    struct fff_shape shape = shape_of(&own->tree);
    struct fff *fff = fff_create(&shape);
    const size_t nodes = tree_nodes(&own->tree);
    for (size_t n = 0; n < nodes; n++) {
        memcpy(fff->w_in + n * (size_t)fff->row_in, w_in + n * PIXELS, PIXELS * sizeof *w_in);
        memcpy(fff->w_out + n * (size_t)fff->row_out, parameters + own->w_out + n * PUPIL_CLASSES,
               PUPIL_CLASSES * sizeof *w_in);
    }
    memcpy(fff->bias, parameters + own->b, nodes * sizeof *fff->bias);
    bool ok = fff_seal(fff, fault) && fff_save(fff, path, fault);
    fff_destroy(fff);
    return ok;
}

static bool save_fff(const struct pupil *pupil, const real *parameters, const real *statistics,
                     const char *path, struct fault *fault)
{
    (void)statistics;
    const struct feedforward_own *own = pupil->own;
    return save_rows(own, parameters + own->w_in, parameters, path, fault);
}

static bool save_dense(const struct pupil *pupil, const real *parameters, const real *statistics,
                       const char *path, struct fault *fault)
{
    (void)statistics;
    const struct feedforward_own *own = pupil->own;
    const size_t neurons = (size_t)own->tree.trees;
    real *rows = memory_zeroed(neurons * PIXELS, sizeof *rows);
    for (size_t n = 0; n < neurons; n++)
        for (size_t p = 0; p < PIXELS; p++)
            rows[n * PIXELS + p] = parameters[own->w_in + p * neurons + n];
    bool ok = save_rows(own, rows, parameters, path, fault);
    free(rows);
    return ok;
}

static int64_t macs(const struct pupil *pupil)
{
    const struct feedforward_own *own = pupil->own;
    struct fff_shape shape = shape_of(&own->tree);
    return fff_cost(&shape).mac;
}

static int64_t stored(const struct pupil *pupil)
{
    const struct feedforward_own *own = pupil->own;
    struct fff_shape shape = shape_of(&own->tree);
    return fff_cost(&shape).parameters;
}

/* The weights of the file, if they are of this shape. */
static struct fff *load_rows(const struct pupil *pupil, const char *path, struct fault *fault)
{
    const struct feedforward_own *own = pupil->own;
    struct fff_shape wanted = shape_of(&own->tree);
    struct fff *fff = fff_load(path, fault);
    if (fff == NULL || (fff->shape.inputs == wanted.inputs &&
                        fff->shape.outputs == wanted.outputs && fff->shape.trees == wanted.trees &&
                        fff->shape.depth == wanted.depth && fff->shape.has_bias))
        return fff;
    fault_set(fault, path, NULL, "these are not weights of %s", pupil->recipe->name);
    fff_destroy(fff);
    return NULL;
}

enum { RUN_ROWS = 256 };

struct fff_loaded {
    struct fff *fff;
    struct fff_workspace *workspace;
};

static void *load_fff(const struct pupil *pupil, const char *path, struct fault *fault)
{
    struct fff *fff = load_rows(pupil, path, fault);
    if (fff == NULL)
        return NULL;
    struct fff_loaded *loaded = memory_zeroed(1, sizeof *loaded);
    *loaded = (struct fff_loaded){fff, fff_workspace_create(&fff->shape, RUN_ROWS)};
    return loaded;
}

static bool run_fff(void *self, const float *images, int32_t rows, float *logits, int32_t *choices,
                    struct fault *fault)
{
    struct fff_loaded *loaded = self;
    const struct fff_shape *shape = &loaded->fff->shape;
    const struct tree tree = {shape->inputs, shape->outputs, shape->trees, shape->depth};
    const int32_t leaves_from = (1 << shape->depth) - 1;
    for (int32_t from = 0; from < rows; from += RUN_ROWS) {
        int32_t count = rows - from < RUN_ROWS ? rows - from : RUN_ROWS;
        if (!fff_apply(loaded->fff, isa_best(), loaded->workspace,
                       images + (ptrdiff_t)from * PIXELS, count,
                       logits + (ptrdiff_t)from * PUPIL_CLASSES, fault))
            return false;
        for (int32_t r = 0; choices != NULL && is_cut(&tree) && r < count; r++)
            choose(&tree, fff_leaves(loaded->workspace)[r] - leaves_from,
                   choices + (ptrdiff_t)(from + r) * PUPIL_ROUTERS);
    }
    return true;
}

static void unload_fff(void *self)
{
    struct fff_loaded *loaded = self;
    fff_workspace_destroy(loaded->workspace);
    fff_destroy(loaded->fff);
    free(loaded);
}

struct dense_loaded {
    struct dense *dense;
    struct dense_workspace *workspace;
};

static void *load_dense(const struct pupil *pupil, const char *path, struct fault *fault)
{
    struct fff *fff = load_rows(pupil, path, fault);
    if (fff == NULL)
        return NULL;
    const size_t neurons = (size_t)fff->shape.trees;
    struct dense_shape shape = {PIXELS, fff->shape.trees, PUPIL_CLASSES, true};
    float *w_in = memory_zeroed(neurons * PIXELS, sizeof *w_in);
    float *w_out = memory_zeroed(neurons * PUPIL_CLASSES, sizeof *w_out);
    for (size_t n = 0; n < neurons; n++) {
        memcpy(w_in + n * PIXELS, fff->w_in + n * (size_t)fff->row_in, PIXELS * sizeof *w_in);
        memcpy(w_out + n * PUPIL_CLASSES, fff->w_out + n * (size_t)fff->row_out,
               PUPIL_CLASSES * sizeof *w_out);
    }
    struct dense_loaded *loaded = memory_zeroed(1, sizeof *loaded);
    loaded->dense = dense_create(&(struct dense_rows){shape, w_in, w_out, fff->bias});
    loaded->workspace = dense_workspace_create(&shape);
    free(w_in);
    free(w_out);
    fff_destroy(fff);
    return loaded;
}

static bool run_dense(void *self, const float *images, int32_t rows, float *logits,
                      int32_t *choices, struct fault *fault)
{
    (void)choices;
    struct dense_loaded *loaded = self;
    return dense_apply(loaded->dense, isa_best(), loaded->workspace, images, rows, logits, fault);
}

static void unload_dense(void *self)
{
    struct dense_loaded *loaded = self;
    dense_workspace_destroy(loaded->workspace);
    dense_destroy(loaded->dense);
    free(loaded);
}

const struct pupil_kind pupil_fff = {init_fff, finish,   pass_fff, save_fff,  macs,
                                     stored,   load_fff, run_fff,  unload_fff};
const struct pupil_kind pupil_dense = {init_dense, finish,     pass_dense, save_dense,  macs,
                                       stored,     load_dense, run_dense,  unload_dense};
