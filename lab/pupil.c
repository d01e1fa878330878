/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/pupil.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define TRELLIS(title, does)                                                                       \
    {                                                                                              \
        .name = title, .summary = does, .kind = &pupil_trellis, .epochs = 6, .rate = 2e-3,         \
        .weight_decay = 0.05, .dropout = 0.185                                                     \
    }
#define FFF(title, does, k, d)                                                                     \
    {                                                                                              \
        .name = title, .summary = does, .kind = &pupil_fff, .trees = k, .depth = d, .epochs = 6,   \
        .rate = 1e-3                                                                               \
    }
#define DENSE(title, does, n)                                                                      \
    {                                                                                              \
        .name = title, .summary = does, .kind = &pupil_dense, .neurons = n, .epochs = 6,           \
        .rate = 1e-3                                                                               \
    }

const struct pupil_recipe pupil_recipes[] = {
    TRELLIS("cigt_fmnist", "LeNet trellis [1,2,4], routes by information gain"),
    TRELLIS("cigt_fmnist_tf2", "the same, with the pools of the two that follow"),
    TRELLIS("cigt_fmnist_thin", "one route of it: equal work"),
    TRELLIS("cigt_fmnist_thick", "LeNet with all its channels: 2.1 times the work"),
    FFF("fff_8x5", "FFF of 8 trees, 48 of 504 neurons per image", 8, 5),
    DENSE("dense_48", "dense layer of the same work as fff_8x5", 48),
    DENSE("dense_504", "dense layer of the same size as fff_8x5", 504),
    FFF("fff_1x11", "FFF of one tree, 12 of 4095 neurons per image", 1, 11),
    DENSE("dense_12", "dense layer of the same work as fff_1x11", 12),
    DENSE("dense_4095", "dense layer of the same size as fff_1x11", 4095),
    {0},
};

const struct pupil_recipe *pupil_find(const char *name)
{
    for (const struct pupil_recipe *recipe = pupil_recipes; recipe->name != NULL; recipe++)
        if (strcmp(recipe->name, name) == 0)
            return recipe;
    return NULL;
}

static size_t copy_tensor(struct tensors *to, const struct tensor *tensor, const char *name,
                          enum tensor_start start)
{
    const bool is_matrix = tensor->rank == 2;
    return tensors_add(to, name, is_matrix ? tensor->shape[0] : 0,
                       is_matrix ? tensor->shape[1] : tensor->shape[0], start);
}

/* The name of a tensor, STAGE.ROUTE.REST, with another route; false if it has no route. */
static bool rename_route(const char *name, const char *route, char other[TENSOR_NAME_SIZE])
{
    const char *dot = strchr(name, '.');
    if (dot == NULL)
        return false;
    snprintf(other, TENSOR_NAME_SIZE, "%.*s.%s%s", (int)(dot - name), name, route, dot + 2);
    return true;
}

/* Fills a tie if the tensor is that of the first of several routes. */
static bool find_tie(const struct tensors *tensors, const struct tensor *tensor,
                     struct pupil_tie *tie)
{
    char other[TENSOR_NAME_SIZE], route[2] = "0";
    *tie = (struct pupil_tie){.count = tensor->count};
    for (; tie->route_count < PUPIL_ROUTES; tie->route_count++, route[0]++) {
        const struct tensor *twin =
            rename_route(tensor->name, route, other) ? tensors_find(tensors, other) : NULL;
        if (twin == NULL || (tie->route_count == 0 && twin != tensor))
            break;
        tie->routes[tie->route_count] = twin->offset;
    }
    return tie->route_count > 1;
}

/* What is trained: each tensor, then what routes share; what is theirs alone starts from 0. */
static void tie_routes(struct pupil *pupil)
{
    const struct tensors *parameters = &pupil->parameters;
    pupil->ties = memory_zeroed((size_t)parameters->count, sizeof *pupil->ties);
    for (int32_t i = 0; i < parameters->count; i++)
        copy_tensor(&pupil->trained, &parameters->list[i], parameters->list[i].name,
                    parameters->list[i].start);
    for (int32_t i = 0; i < parameters->count; i++) {
        const struct tensor *tensor = &parameters->list[i];
        struct pupil_tie tie;
        char name[TENSOR_NAME_SIZE];
        if (!find_tie(parameters, tensor, &tie))
            continue;
        rename_route(tensor->name, "common", name);
        tie.common = copy_tensor(&pupil->trained, tensor, name, tensor->start);
        pupil->ties[pupil->tie_count++] = tie;
    }
    for (int32_t i = 0; i < parameters->count; i++)
        for (int32_t t = 0; t < pupil->tie_count; t++)
            for (int32_t r = 0; r < pupil->ties[t].route_count; r++)
                if (pupil->ties[t].routes[r] == pupil->trained.list[i].offset)
                    pupil->trained.list[i].start = TENSOR_ZERO;
}

void pupil_init(struct pupil *pupil, const struct pupil_recipe *recipe)
{
    *pupil = (struct pupil){.recipe = recipe};
    tensors_init(&pupil->parameters);
    tensors_init(&pupil->trained);
    tensors_init(&pupil->statistics);
    recipe->kind->init(pupil);
    tie_routes(pupil);
}

void pupil_finish(struct pupil *pupil)
{
    pupil->recipe->kind->finish(pupil);
    tensors_finish(&pupil->parameters);
    tensors_finish(&pupil->trained);
    tensors_finish(&pupil->statistics);
    free(pupil->ties);
    *pupil = (struct pupil){0};
}

void pupil_draw(const struct pupil *pupil, uint64_t seed, real *trained, real *statistics)
{
    tensors_draw(&pupil->trained, trained, seed);
    tensors_draw(&pupil->statistics, statistics, seed);
}

static void add_reals(real *restrict to, const real *restrict from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] += from[i];
}

static void scale_reals(real *reals, real factor, size_t count)
{
    for (size_t i = 0; i < count; i++)
        reals[i] *= factor;
}

void pupil_expand(const struct pupil *pupil, const real *trained, real *parameters)
{
    memcpy(parameters, trained, pupil->parameters.reals * sizeof *parameters);
    for (int32_t t = 0; t < pupil->tie_count; t++) {
        const struct pupil_tie *tie = &pupil->ties[t];
        for (int32_t r = 0; r < tie->route_count; r++) {
            scale_reals(parameters + tie->routes[r], (real)PUPIL_OWN, tie->count);
            add_reals(parameters + tie->routes[r], trained + tie->common, tie->count);
        }
    }
}

void pupil_contract(const struct pupil *pupil, const real *gradients, bool tied, real *trained)
{
    memcpy(trained, gradients, pupil->parameters.reals * sizeof *trained);
    for (int32_t t = 0; t < pupil->tie_count; t++) {
        const struct pupil_tie *tie = &pupil->ties[t];
        memset(trained + tie->common, 0, tie->count * sizeof *trained);
        for (int32_t r = 0; r < tie->route_count; r++) {
            add_reals(trained + tie->common, gradients + tie->routes[r], tie->count);
            scale_reals(trained + tie->routes[r], tied ? 0 : (real)PUPIL_OWN, tie->count);
        }
    }
}

void pupil_untie(const struct pupil *pupil, real *moments)
{
    for (int32_t t = 0; t < pupil->tie_count; t++) {
        const struct pupil_tie *tie = &pupil->ties[t];
        for (int32_t r = 0; r < tie->route_count; r++)
            memcpy(moments + tie->routes[r], moments + tie->common, tie->count * sizeof *moments);
    }
}

void pupil_pass(const struct pupil *pupil, const real *parameters, const real *transposed,
                const real *running, const struct pupil_shard *shard, struct workspace *workspace,
                const struct pupil_results *results, struct pupil_sums *sums)
{
    workspace_reset(workspace);
    pupil->recipe->kind->pass(pupil, parameters, transposed, running, shard, workspace, results,
                              sums);
    sums->samples += shard->rows;
}

bool pupil_save(const struct pupil *pupil, const real *parameters, const real *statistics,
                const char *path, struct fault *fault)
{
    return pupil->recipe->kind->save(pupil, parameters, statistics, path, fault);
}

int64_t pupil_macs(const struct pupil *pupil)
{
    return pupil->recipe->kind->macs(pupil);
}

int64_t pupil_stored(const struct pupil *pupil)
{
    return pupil->recipe->kind->stored(pupil);
}

struct pupil_kernel {
    const struct pupil_kind *kind;
    void *loaded;
};

struct pupil_kernel *pupil_kernel_load(const struct pupil *pupil, const char *path,
                                       struct fault *fault)
{
    void *loaded = pupil->recipe->kind->load(pupil, path, fault);
    if (loaded == NULL)
        return NULL;
    struct pupil_kernel *kernel = memory_zeroed(1, sizeof *kernel);
    *kernel = (struct pupil_kernel){pupil->recipe->kind, loaded};
    return kernel;
}

void pupil_kernel_destroy(struct pupil_kernel *kernel)
{
    if (kernel == NULL)
        return;
    kernel->kind->unload(kernel->loaded);
    free(kernel);
}

bool pupil_kernel_run(struct pupil_kernel *kernel, const float *images, int32_t rows, float *logits,
                      int32_t *choices, struct fault *fault)
{
    return kernel->kind->run(kernel->loaded, images, rows, logits, choices, fault);
}
