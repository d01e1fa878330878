/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/trellis_weights.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/safetensors.h"

/* One stage: its steps, and their arrays for each route. */
struct stage_weights {
    int32_t count;
    struct trellis_step *steps;
    struct trellis_arrays *arrays; /* [route][step] */
};

struct trellis_weights {
    const struct trellis *model;
    struct arena *arena;
    struct stage_weights stages[TRELLIS_STAGES_MAX];
};

enum { ARRAYS = 6, NAME_SIZE = 64 };
static const char *const array_names[ARRAYS] = {"weight", "bias", "gamma",
                                                "beta",   "mean", "variance"};

/* The member of that index. */
static float **select_array(struct trellis_arrays *arrays, int32_t index)
{
    float **const members[ARRAYS] = {&arrays->weight, &arrays->bias, &arrays->gamma,
                                     &arrays->beta,   &arrays->mean, &arrays->variance};
    return members[index];
}

/* Numbers in an array of a step, 0 if the step has no such array. */
static size_t array_count(const struct trellis_step *step, int32_t index)
{
    size_t outputs = (size_t)step->out.channels;
    if (step->weight_count == 0)
        return 0;
    if (index == 0)
        return (size_t)step->weight_count;
    if (index == 1)
        return step->has_bias ? outputs : 0;
    return step->has_norm ? outputs : 0;
}

static struct trellis_weights *create(const struct trellis *model)
{
    struct arena *arena = arena_create();
    struct trellis_weights *weights = arena_zeroed(arena, 1, sizeof *weights);
    weights->model = model;
    weights->arena = arena;
    for (int32_t s = 0; s < model->stage_count; s++) {
        struct stage_weights *stage = &weights->stages[s];
        struct trellis_step steps[TRELLIS_STEPS_MAX];
        stage->count = trellis_unroll(model, s, steps);
        stage->steps = arena_zeroed(arena, (size_t)stage->count, sizeof *steps);
        memcpy(stage->steps, steps, (size_t)stage->count * sizeof *steps);
        int32_t sets = stage->count * model->stages[s].routes;
        stage->arrays = arena_zeroed(arena, (size_t)sets, sizeof *stage->arrays);
        for (int32_t set = 0; set < sets; set++)
            for (int32_t i = 0; i < ARRAYS; i++) {
                size_t count = array_count(&steps[set % stage->count], i);
                if (count > 0)
                    *select_array(&stage->arrays[set], i) =
                        arena_zeroed(arena, count, sizeof(float));
            }
    }
    return weights;
}

void trellis_weights_destroy(struct trellis_weights *weights)
{
    if (weights != NULL)
        arena_destroy(weights->arena);
}

const struct trellis *trellis_weights_model(const struct trellis_weights *weights)
{
    return weights->model;
}

const struct trellis_step *trellis_weights_steps(const struct trellis_weights *weights,
                                                 int32_t stage, int32_t *count)
{
    assert(stage >= 0 && stage < weights->model->stage_count);
    *count = weights->stages[stage].count;
    return weights->stages[stage].steps;
}

const struct trellis_arrays *trellis_weights_at(const struct trellis_weights *weights,
                                                int32_t stage, int32_t route, int32_t step)
{
    const struct stage_weights *of = &weights->stages[stage];
    assert(route >= 0 && route < weights->model->stages[stage].routes);
    assert(step >= 0 && step < of->count);
    return &of->arrays[route * of->count + step];
}

/* Fills an array uniformly between two ends. */
static void draw_array(float *array, size_t count, double low, double high,
                       struct random_stream *stream)
{
    for (size_t i = 0; i < count; i++)
        array[i] = (float)(low + (high - low) * random_uniform(stream));
}

/* A step whose result is added to another gets a small scale, so that sums do not grow. */
static void draw_step(const struct trellis_step *step, struct trellis_arrays *arrays,
                      struct random_stream *stream)
{
    if (step->weight_count == 0)
        return;
    size_t outputs = (size_t)step->out.channels;
    double bound = sqrt(6.0 * (double)outputs / (double)step->weight_count);
    draw_array(arrays->weight, (size_t)step->weight_count, -bound, bound, stream);
    if (step->has_bias)
        draw_array(arrays->bias, outputs, -0.1, 0.1, stream);
    if (!step->has_norm)
        return;
    double scale = step->add >= 0 ? 0.2 : 1.0;
    draw_array(arrays->gamma, outputs, 0.8 * scale, 1.2 * scale, stream);
    draw_array(arrays->beta, outputs, -0.1, 0.1, stream);
    draw_array(arrays->mean, outputs, -0.1, 0.1, stream);
    draw_array(arrays->variance, outputs, 0.8, 1.2, stream);
}

struct trellis_weights *trellis_weights_draw(const struct trellis *model, uint64_t seed)
{
    struct trellis_weights *weights = create(model);
    for (int32_t s = 0; s < model->stage_count; s++) {
        struct stage_weights *stage = &weights->stages[s];
        for (int32_t set = 0; set < stage->count * model->stages[s].routes; set++) {
            struct random_stream stream =
                random_open(seed, 0, RANDOM_WEIGHT, (uint32_t)s, (uint32_t)set);
            draw_step(&stage->steps[set % stage->count], &stage->arrays[set], &stream);
        }
    }
    return weights;
}

/* What a file calls one array, and how it lies there. */
static struct safetensors_array describe_array(const struct trellis_weights *weights, int32_t stage,
                                               int32_t set, int32_t index, char name[NAME_SIZE])
{
    const struct stage_weights *of = &weights->stages[stage];
    const struct trellis_step *step = &of->steps[set % of->count];
    snprintf(name, NAME_SIZE, "%s.%d.%d.%s", weights->model->stages[stage].name, set / of->count,
             set % of->count, array_names[index]);
    struct safetensors_array array = {
        .name = name,
        .type = SAFETENSORS_F32,
        .rank = 1,
        .shape = {step->out.channels},
        .count = array_count(step, index),
    };
    if (index == 0 && step->kind == TRELLIS_CONV) {
        array.rank = 4;
        array.shape[1] = step->in.channels;
        array.shape[2] = array.shape[3] = step->size;
    } else if (index == 0) {
        array.rank = 2;
        array.shape[1] = trellis_elements(step->in);
    }
    return array;
}

static bool read_array(const struct safetensors *file, const struct safetensors_array *wanted,
                       bool is_variance, float *target, const char *path, struct fault *fault)
{
    const struct safetensors_array *found = safetensors_find(file, wanted->name);
    if (found == NULL)
        return fault_set(fault, path, "the file is of another model", "there is no array %s",
                         wanted->name);
    if (found->type != SAFETENSORS_F32 || found->rank != wanted->rank ||
        memcmp(found->shape, wanted->shape, (size_t)wanted->rank * sizeof wanted->shape[0]) != 0)
        return fault_set(fault, path, "the file is of another model",
                         "array %s is not float32 or has another shape", wanted->name);
    memcpy(target, found->data, wanted->count * sizeof *target);
    for (size_t i = 0; i < wanted->count; i++)
        if (!isfinite(target[i]) || (is_variance && target[i] < 0))
            return fault_set(fault, path, "weights are finite numbers",
                             "value %zu of array %s is not %s", i, wanted->name,
                             is_variance ? "a variance" : "finite");
    return true;
}

/* Calls for every array that exists, in the order of the model. */
#define FOR_EACH_ARRAY(weights, s, set, i)                                                         \
    for (int32_t s = 0; s < (weights)->model->stage_count; s++)                                    \
        for (int32_t set = 0;                                                                      \
             set < (weights)->stages[s].count * (weights)->model->stages[s].routes; set++)         \
            for (int32_t i = 0; i < ARRAYS; i++)                                                   \
                if (*select_array(&(weights)->stages[s].arrays[set], i) != NULL)

struct trellis_weights *trellis_weights_load(const struct trellis *model, const char *path,
                                             struct fault *fault)
{
    struct safetensors *file = safetensors_open(path, fault);
    if (file == NULL)
        return NULL;
    struct trellis_weights *weights = create(model);
    const char *name = safetensors_note(file, "model");
    bool ok = name == NULL || strcmp(name, model->name) == 0 ||
              fault_set(fault, path, NULL, "these are weights of %s, not of %s", name, model->name);
    FOR_EACH_ARRAY(weights, s, set, i)
    {
        char text[NAME_SIZE];
        struct safetensors_array wanted = describe_array(weights, s, set, i, text);
        ok = ok && read_array(file, &wanted, i == ARRAYS - 1,
                              *select_array(&weights->stages[s].arrays[set], i), path, fault);
    }
    safetensors_close(file);
    if (ok)
        return weights;
    trellis_weights_destroy(weights);
    return NULL;
}

bool trellis_weights_save(const struct trellis_weights *weights, const char *path,
                          struct fault *fault)
{
    size_t count = 0, used = 0;
    FOR_EACH_ARRAY(weights, s, set, i)
    {
        count++;
    }
    struct safetensors_array *arrays = memory_zeroed(count, sizeof *arrays);
    char(*names)[NAME_SIZE] = memory_zeroed(count, sizeof *names);
    FOR_EACH_ARRAY(weights, s, set, i)
    {
        arrays[used] = describe_array(weights, s, set, i, names[used]);
        arrays[used++].data = *select_array(&weights->stages[s].arrays[set], i);
    }
    struct safetensors_note note = {"model", weights->model->name};
    bool ok = safetensors_write(path, arrays, (int32_t)count, &note, 1, fault);
    free(names);
    free(arrays);
    return ok;
}
