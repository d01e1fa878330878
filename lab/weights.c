/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/weights.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/safetensors.h"
#include "sched/model.h"
#include "workloads/kernels/fff.h"
#include "workloads/kernels/fff_leaf.h"
#include "workloads/kernels/trellis_weights.h"

/* A file that is sound as safetensors, and where its description goes. */
struct weights {
    const struct safetensors *file;
    const char *path;
    struct arena *arena;
};

/* ---- which files ---- */

static bool ends_in(const char *path, const char *end)
{
    size_t length = strlen(path), least = strlen(end);
    return length >= least && strcmp(path + length - least, end) == 0;
}

/* A length of at most SAFETENSORS_HEADER_LIMIT, little-endian, and an object of JSON. */
static bool begins_as_one(const char *path)
{
    unsigned char start[9];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    bool is_read = fread(start, sizeof start, 1, file) == 1;
    fclose(file);
    return is_read && start[8] == '{' && memcmp(&start[3], "\0\0\0\0", 5) == 0;
}

bool weights_recognize(const char *path)
{
    return ends_in(path, ".safetensors") || ends_in(path, ".safetensors.state") ||
           begins_as_one(path);
}

/* ---- what they hold ---- */

static const char *note(const struct weights *weights, const char *key)
{
    return safetensors_note(weights->file, key);
}

/* ", KEY VALUE" if the file tells it. */
static const char *add_note(const struct weights *weights, const char *text, const char *words,
                            const char *key)
{
    const char *value = note(weights, key);
    return value == NULL ? text : arena_printf(weights->arena, "%s%s%.80s", text, words, value);
}

static long long count_numbers(const struct safetensors *file)
{
    size_t count = 0;
    for (int32_t i = 0; i < file->count; i++)
        count += file->arrays[i].count;
    return (long long)count;
}

/* What `hetsoc train` writes: policy.safetensors and state.safetensors. */
static const char *check_policy(const struct weights *weights, struct fault *fault)
{
    struct model model;
    struct network network;
    if (!model_load(&model, weights->arena, weights->path, fault))
        return NULL;
    network_init(&network, model.kind, model.shape);
    const char *text = arena_printf(
        weights->arena, "%s, mode %s: network %s, %d features, %d and %d hidden, %zu parameters",
        safetensors_find(weights->file, "adam.step") != NULL ? "state of a training" : "policy",
        model_mode_name(model.mode), model.kind->name, (int)model.shape.features,
        (int)model.shape.hidden[0], (int)model.shape.hidden[1], network.tensors.reals);
    network_finish(&network);
    text = add_note(weights, text, "; trained by experiment ", "experiment");
    text = add_note(weights, text, ", seed ", "seed");
    text = add_note(weights, text, ", best at iteration ", "best_iteration");
    return add_note(weights, text, ", version ", "version");
}

static const char *check_fff(const struct weights *weights, struct fault *fault)
{
    struct fff *fff = fff_load(weights->path, fault);
    if (fff == NULL)
        return NULL;
    const struct fff_shape shape = fff->shape;
    fff_destroy(fff);
    return arena_printf(weights->arena,
                        "weights of kernel fff %dx%d, %d inputs, %d outputs, %lld parameters",
                        (int)shape.trees, (int)shape.depth, (int)shape.inputs, (int)shape.outputs,
                        (long long)fff_cost(&shape).parameters);
}

static const char *check_fff_leaf(const struct weights *weights, struct fault *fault)
{
    struct fff_leaf *leaf = fff_leaf_load(weights->path, fault);
    if (leaf == NULL)
        return NULL;
    const struct fff_leaf_shape shape = leaf->shape;
    fff_leaf_destroy(leaf);
    return arena_printf(weights->arena,
                        "weights of kernel fff_leaf, depth %d, width %d, %d inputs, %d outputs, "
                        "%lld parameters",
                        (int)shape.depth, (int)shape.width, (int)shape.inputs, (int)shape.outputs,
                        count_numbers(weights->file));
}

static const char *check_kernel(const struct weights *weights, struct fault *fault)
{
    const char *kernel = note(weights, "kernel");
    if (strcmp(kernel, "fff") == 0)
        return check_fff(weights, fault);
    if (strcmp(kernel, "fff_leaf") == 0)
        return check_fff_leaf(weights, fault);
    fault_set(fault, weights->path, "there are fff and fff_leaf",
              "holds weights of an unknown kernel `%.80s`", kernel);
    return NULL;
}

static const char *check_trellis(const struct weights *weights, struct fault *fault)
{
    const char *name = note(weights, "model");
    const struct trellis *model = trellis_find(name);
    if (model == NULL) {
        fault_set(fault, weights->path, "`hetsoc kernels bench --help` names those there are",
                  "holds weights of an unknown model `%.80s`", name);
        return NULL;
    }
    struct trellis_weights *trellis = trellis_weights_load(model, weights->path, fault);
    if (trellis == NULL)
        return NULL;
    trellis_weights_destroy(trellis);
    return arena_printf(weights->arena, "weights of kernel %s, %d stages, %lld parameters", name,
                        (int)model->stage_count, (long long)trellis_total(model).stored_parameters);
}

/* The state of a training of kernels: whether it fits is known with the options of the training. */
static const char *check_training(const struct weights *weights, struct fault *fault)
{
    const struct safetensors *file = weights->file;
    for (int32_t i = 0; i < file->count; i++) {
        const struct safetensors_array *array = &file->arrays[i];
        for (size_t k = 0; array->type == SAFETENSORS_F32 && k < array->count; k++) {
            float value;
            memcpy(&value, (const char *)array->data + k * sizeof value, sizeof value);
            if (!isfinite(value)) {
                fault_set(fault, weights->path, "remove it and train anew",
                          "array `%s` has a value that is not finite", array->name);
                return NULL;
            }
        }
    }
    return arena_printf(weights->arena, "state of a training of kernels: %.200s",
                        note(weights, "training"));
}

static const char *check(const struct weights *weights, struct fault *fault)
{
    if (note(weights, "network") != NULL)
        return check_policy(weights, fault);
    if (note(weights, "kernel") != NULL)
        return check_kernel(weights, fault);
    if (note(weights, "model") != NULL)
        return check_trellis(weights, fault);
    if (note(weights, "training") != NULL)
        return check_training(weights, fault);
    fault_set(fault, weights->path,
              "its notes name what a file is for: `network` a policy, `kernel` or `model` the "
              "weights of an inference kernel",
              "a sound safetensors file, but of nothing that this program reads");
    return NULL;
}

const char *weights_check(struct arena *arena, const char *path, struct fault *fault)
{
    struct safetensors *file = safetensors_open(path, fault);
    if (file == NULL)
        return NULL;
    const struct weights weights = {file, path, arena};
    const char *what = check(&weights, fault);
    safetensors_close(file);
    return what;
}
