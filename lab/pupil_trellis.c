/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trellises as pupils: the models of workloads/kernels/trellis.h without residual blocks.
 *
 * Convolutions are batch-normalized while they learn; the file has that folded into weights and
 * biases. Routers learn by information gain (agents/classify.h) and pass its gradient on to the
 * block that they read. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "agents/batch_norm.h"
#include "agents/choice.h"
#include "agents/classify.h"
#include "base/memory.h"
#include "lab/pupil_stage.h"
#include "workloads/kernels/trellis_net.h"

/* Of the information gain losses: their weight beside the cross entropy, and the temperature and
 * the weight of even use of their routes (the authors' best for Fashion-MNIST: 0.063, 2.1). */
#define GAIN_WEIGHT  0.1
#define GAIN_BALANCE 2.1
#define TEMPERATURE  1.0

struct trellis_own {
    const struct trellis *model;
    struct pupil_stage stages[TRELLIS_STAGES_MAX];
};

static size_t add_tensor(struct tensors *tensors, const struct trellis_stage *stage, int32_t route,
                         int32_t step, const char *what, int32_t rows, int32_t columns,
                         enum tensor_start start)
{
    char name[TENSOR_NAME_SIZE];
    snprintf(name, sizeof name, "%s.%d.%d.%s", stage->name, (int)route, (int)step, what);
    return tensors_add(tensors, name, rows, columns, start);
}

/* `first` is the layer of the first route. */
static void init_layer(struct pupil *pupil, const struct trellis_stage *stage, int32_t route,
                       int32_t step, const struct pupil_layer *first, struct pupil_layer *layer)
{
    const struct trellis_step *of = layer->step;
    struct tensors *parameters = &pupil->parameters, *statistics = &pupil->statistics;
    assert(of->add < 0 && !of->is_shortcut);
    if (of->weight_count == 0)
        return;
    const int32_t outputs = of->out.channels, rows = (int32_t)(of->weight_count / outputs);
    layer->has_norm = of->has_norm || of->kind == TRELLIS_CONV;
    layer->weight = add_tensor(parameters, stage, route, step, "weight", rows, outputs, TENSOR_HE);
    if (!layer->has_norm) {
        layer->bias = add_tensor(parameters, stage, route, step, "bias", 0, outputs, TENSOR_ZERO);
        return;
    }
    layer->gain = add_tensor(parameters, stage, route, step, "gain", 0, outputs, TENSOR_ONE);
    layer->offset = add_tensor(parameters, stage, route, step, "offset", 0, outputs, TENSOR_ZERO);
    if (route > 0) {
        layer->mean = first->mean;
        layer->variance = first->variance;
        return;
    }
    layer->mean = add_tensor(statistics, stage, 0, step, "mean", 0, outputs, TENSOR_ZERO);
    layer->variance = add_tensor(statistics, stage, 0, step, "variance", 0, outputs, TENSOR_ONE);
}

static void init(struct pupil *pupil)
{
    struct trellis_own *own = pupil->own = memory_zeroed(1, sizeof *own);
    own->model = trellis_find(pupil->recipe->name);
    int32_t number = 0;
    for (int32_t s = 0; s < own->model->stage_count; s++) {
        struct pupil_stage *stage = &own->stages[s];
        struct trellis_step steps[TRELLIS_STEPS_MAX];
        stage->count = trellis_unroll(own->model, s, steps);
        stage->routes = own->model->stages[s].routes;
        stage->steps = memory_zeroed((size_t)stage->count, sizeof *steps);
        memcpy(stage->steps, steps, (size_t)stage->count * sizeof *steps);
        stage->layers =
            memory_zeroed((size_t)stage->count * (size_t)stage->routes, sizeof *stage->layers);
        assert(stage->routes <= PUPIL_ROUTES);
        for (int32_t i = 0; i < stage->count * stage->routes; i++) {
            struct pupil_layer *layer = &stage->layers[i];
            layer->step = &stage->steps[i % stage->count];
            layer->number = number++;
            init_layer(pupil, &own->model->stages[s], i / stage->count, i % stage->count,
                       &stage->layers[i % stage->count], layer);
        }
        if (own->model->stages[s].is_router) {
            assert(pupil->routers < PUPIL_ROUTERS);
            pupil->routes[pupil->routers++] = steps[stage->count - 1].out.channels;
        }
    }
}

static void finish(struct pupil *pupil)
{
    struct trellis_own *own = pupil->own;
    for (int32_t s = 0; s < own->model->stage_count; s++) {
        free(own->stages[s].steps);
        free(own->stages[s].layers);
    }
    free(own);
}

/* The route of each sample behind a router; returns the gradient by its logits. */
static real *choose_routes(const struct pupil_stage_pass *pass, const struct pupil *pupil,
                           int32_t router, const real *logits, int32_t *chosen,
                           struct pupil_sums *sums)
{
    const struct pupil_shard *shard = pass->shard;
    const int32_t routes = pupil->routes[router], rows = shard->rows;
    for (int32_t r = 0; r < rows; r++) {
        chosen[r] = choice_best(logits + (ptrdiff_t)r * routes, routes);
        if (pass->results->choices != NULL)
            pass->results->choices[r * pupil->routers + router] = chosen[r];
    }
    if (!pass->learns)
        return NULL;
    real *d = workspace_reals(pass->workspace, (size_t)rows * (size_t)routes);
    const double weight = GAIN_WEIGHT * shard->share * rows;
    double loss = information_gain(logits, shard->labels, rows, routes, PUPIL_CLASSES, TEMPERATURE,
                                   GAIN_BALANCE, weight, pass->workspace, d);
    sums->gain[router] += rows * loss;
    sums->objective += weight * loss;
    return d;
}

static void pass_shard(const struct pupil *pupil, const real *parameters, const real *transposed,
                       const real *running, const struct pupil_shard *shard,
                       struct workspace *workspace, const struct pupil_results *results,
                       struct pupil_sums *sums)
{
    const struct trellis_own *own = pupil->own;
    const struct trellis *model = own->model;
    const struct pupil_stage_pass pass = {.parameters = parameters,
                                          .transposed = transposed,
                                          .running = running,
                                          .shard = shard,
                                          .results = results,
                                          .workspace = workspace,
                                          .dropout = pupil->recipe->dropout,
                                          .learns = shard->mode != PUPIL_RUN};
    struct pupil_stage_tape tapes[TRELLIS_STAGES_MAX];
    real *d_logits[PUPIL_ROUTERS] = {0};
    int32_t *chosen = workspace_take(workspace, (size_t)shard->rows * sizeof *chosen);
    const int32_t *routes = NULL;
    const real *x = shard->images;
    int32_t router = 0;
    for (int32_t s = 0; s < model->stage_count; s++) {
        if (!model->stages[s].is_router) {
            x = pupil_stage_forward(&pass, &own->stages[s], x, routes, &tapes[s]);
            continue;
        }
        const real *logits = pupil_stage_forward(&pass, &own->stages[s], x, NULL, &tapes[s]);
        d_logits[router] = choose_routes(&pass, pupil, router, logits, chosen, sums);
        routes = shard->mode == PUPIL_TIED ? NULL : chosen;
        router++;
    }
    real *d = workspace_reals(workspace, (size_t)shard->rows * PUPIL_CLASSES);
    double loss = cross_entropy(x, shard->labels, shard->rows, PUPIL_CLASSES, shard->share, d,
                                &sums->correct);
    sums->loss += loss;
    sums->objective += shard->share * loss;
    if (results->logits != NULL)
        memcpy(results->logits, x, (size_t)shard->rows * PUPIL_CLASSES * sizeof *x);
    for (int32_t s = model->stage_count - 1; pass.learns && s >= 0; s--) {
        if (model->stages[s].is_router) {
            pupil_stage_backward(&pass, &own->stages[s], &tapes[s], d_logits[--router], d);
            continue;
        }
        size_t in = (size_t)shard->rows * pupil_elements(own->stages[s].steps[0].in);
        real *d_x = s > 0 ? workspace_zeros(workspace, in) : NULL;
        pupil_stage_backward(&pass, &own->stages[s], &tapes[s], d, d_x);
        d = d_x;
    }
}

/* Weights of a step as the file has them: outputs first, inputs channel by channel. */
static void export_weight(const struct trellis_step *step, const real *from, const real *factor,
                          float *to)
{
    const int32_t outputs = step->out.channels, channels = step->in.channels;
    const int32_t taps =
        step->kind == TRELLIS_CONV ? step->size * step->size : step->in.height * step->in.width;
    for (int32_t o = 0; o < outputs; o++)
        for (int32_t c = 0; c < channels; c++)
            for (int32_t tap = 0; tap < taps; tap++)
                *to++ = from[(ptrdiff_t)(tap * channels + c) * outputs + o] *
                        (factor != NULL ? factor[o] : 1);
}

static void export_layer(const struct pupil_layer *layer, const real *parameters,
                         const real *statistics, const struct trellis_arrays *arrays)
{
    const struct trellis_step *step = layer->step;
    const size_t outputs = (size_t)step->out.channels, bytes = outputs * sizeof(real);
    if (step->weight_count == 0)
        return;
    if (layer->has_norm && !step->has_norm) {
        real *factor = memory_zeroed(outputs, sizeof *factor);
        batch_norm_fold(parameters + layer->gain, parameters + layer->offset,
                        statistics + layer->mean, statistics + layer->variance, step->out.channels,
                        factor, arrays->bias);
        export_weight(step, parameters + layer->weight, factor, arrays->weight);
        free(factor);
        return;
    }
    export_weight(step, parameters + layer->weight, NULL, arrays->weight);
    if (!layer->has_norm) {
        memcpy(arrays->bias, parameters + layer->bias, bytes);
        return;
    }
    if (step->has_bias)
        memset(arrays->bias, 0, bytes);
    memcpy(arrays->gamma, parameters + layer->gain, bytes);
    memcpy(arrays->beta, parameters + layer->offset, bytes);
    memcpy(arrays->mean, statistics + layer->mean, bytes);
    memcpy(arrays->variance, statistics + layer->variance, bytes);
}

static bool save(const struct pupil *pupil, const real *parameters, const real *statistics,
                 const char *path, struct fault *fault)
{
    const struct trellis_own *own = pupil->own;
    struct trellis_weights *weights = trellis_weights_draw(own->model, 0);
    for (int32_t s = 0; s < own->model->stage_count; s++)
        for (int32_t i = 0; i < own->stages[s].count * own->stages[s].routes; i++)
            export_layer(
                &own->stages[s].layers[i], parameters, statistics,
                trellis_weights_at(weights, s, i / own->stages[s].count, i % own->stages[s].count));
    bool ok = trellis_weights_save(weights, path, fault);
    trellis_weights_destroy(weights);
    return ok;
}

static int64_t macs(const struct pupil *pupil)
{
    const struct trellis_own *own = pupil->own;
    return trellis_total(own->model).mac;
}

static int64_t stored(const struct pupil *pupil)
{
    const struct trellis_own *own = pupil->own;
    return trellis_total(own->model).stored_parameters;
}

static void *load(const struct pupil *pupil, const char *path, struct fault *fault)
{
    const struct trellis_own *own = pupil->own;
    struct trellis_weights *weights = trellis_weights_load(own->model, path, fault);
    if (weights == NULL)
        return NULL;
    struct trellis_net *net = trellis_net_create(weights, isa_best());
    trellis_weights_destroy(weights);
    return net;
}

static bool run(void *loaded, const float *images, int32_t rows, float *logits, int32_t *choices,
                struct fault *fault)
{
    return trellis_net_run(loaded, images, rows, logits, choices, fault);
}

static void unload(void *loaded)
{
    trellis_net_destroy(loaded);
}

const struct pupil_kind pupil_trellis = {init,   finish, pass_shard, save,  macs,
                                         stored, load,   run,        unload};
