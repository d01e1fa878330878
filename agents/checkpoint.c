/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/checkpoint.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/schema.h"

_Static_assert(sizeof(real) == sizeof(float), "files hold F32");

/* Most values of a row or a layer that a file may ask for. */
enum { WIDTH_LIMIT = 1 << 16 };

static const char network_key[] = "network";
static const char *const shape_keys[] = {"network.features", "network.node_features",
                                         "network.hidden.0", "network.hidden.1"};
enum { SHAPE_COUNT = sizeof shape_keys / sizeof *shape_keys };

static const char first_name[] = "adam.first", second_name[] = "adam.second",
                  step_name[] = "adam.step";

static int32_t *shape_value(struct network_shape *shape, int key)
{
    int32_t *const values[SHAPE_COUNT] = {&shape->features, &shape->node_features,
                                          &shape->hidden[0], &shape->hidden[1]};
    return values[key];
}

static struct safetensors_array array_of(const char *name, const real *values, size_t count)
{
    return (struct safetensors_array){.name = name,
                                      .type = SAFETENSORS_F32,
                                      .rank = 1,
                                      .shape = {(int64_t)count},
                                      .count = count,
                                      .data = values};
}

bool checkpoint_write(const char *path, const struct network *network, const real *parameters,
                      const struct adam *adam, const struct safetensors_note *notes, int32_t count,
                      struct fault *fault)
{
    struct arena *arena = arena_create();
    const struct tensors *tensors = &network->tensors;
    struct safetensors_array *arrays =
        arena_zeroed(arena, (size_t)tensors->count + 3, sizeof *arrays);
    int32_t array_count = 0;
    for (int32_t i = 0; i < tensors->count; i++) {
        const struct tensor *tensor = &tensors->list[i];
        struct safetensors_array *array = &arrays[array_count++];
        *array = array_of(tensor->name, parameters + tensor->offset, tensor->count);
        array->rank = tensor->rank;
        for (int32_t k = 0; k < tensor->rank; k++)
            array->shape[k] = tensor->shape[k];
    }
    int64_t step = adam == NULL ? 0 : adam->step;
    if (adam != NULL) {
        assert(adam->count == tensors->reals);
        arrays[array_count++] = array_of(first_name, adam->first, adam->count);
        arrays[array_count++] = array_of(second_name, adam->second, adam->count);
        arrays[array_count++] = (struct safetensors_array){
            .name = step_name, .type = SAFETENSORS_I64, .count = 1, .data = &step};
    }
    struct safetensors_note *all =
        arena_zeroed(arena, (size_t)count + 1 + SHAPE_COUNT, sizeof *all);
    struct network_shape shape = network->shape;
    int32_t note_count = 0;
    all[note_count++] = (struct safetensors_note){network_key, network->kind->name};
    for (int i = 0; i < SHAPE_COUNT; i++)
        all[note_count++] = (struct safetensors_note){
            shape_keys[i], arena_printf(arena, "%d", (int)*shape_value(&shape, i))};
    for (int32_t i = 0; i < count; i++) {
        assert(strncmp(notes[i].key, network_key, strlen(network_key)) != 0);
        all[note_count++] = notes[i];
    }
    bool ok = safetensors_write(path, arrays, array_count, all, note_count, fault);
    arena_destroy(arena);
    return ok;
}

const char *checkpoint_note(const struct checkpoint *checkpoint, const char *key)
{
    return safetensors_note(checkpoint->file, key);
}

bool checkpoint_expect(const struct checkpoint *checkpoint, const char *key, const char *value,
                       const char *hint, struct fault *fault)
{
    const char *found = checkpoint_note(checkpoint, key);
    if (found == NULL)
        return fault_set(fault, checkpoint->path, hint, "does not say its `%s`", key);
    return strcmp(found, value) == 0 ||
           fault_set(fault, checkpoint->path, hint, "has `%s` = `%.80s`, but `%.80s` is needed",
                     key, found, value);
}

bool checkpoint_number(const struct checkpoint *checkpoint, const char *key, int64_t *value,
                       struct fault *fault)
{
    const char *found = checkpoint_note(checkpoint, key);
    return (found != NULL && schema_parse_int(found, value) && *value >= 0) ||
           fault_set(fault, checkpoint->path, NULL, "its `%s` is not a whole number", key);
}

static bool read_network(struct checkpoint *checkpoint, struct fault *fault)
{
    static const char hint[] = "is it a policy of this program, of this version?";
    const char *name = checkpoint_note(checkpoint, network_key);
    const struct network_kind *kind = name == NULL ? NULL : network_find(name);
    if (kind == NULL)
        return fault_set(fault, checkpoint->path, hint, "holds no network of a known kind");
    struct network_shape shape = {0};
    for (int i = 0; i < SHAPE_COUNT; i++) {
        int64_t value;
        if (!checkpoint_number(checkpoint, shape_keys[i], &value, fault))
            return false;
        bool may_be_none = i == 1 && kind->embed == NULL;
        if (value > WIDTH_LIMIT || (value == 0 && !may_be_none))
            return fault_set(fault, checkpoint->path, hint, "has `%s` = %lld", shape_keys[i],
                             (long long)value);
        *shape_value(&shape, i) = (int32_t)value;
    }
    network_init(&checkpoint->network, kind, shape);
    return true;
}

/* Copies one array of the file, which must have this many values, all finite. */
static bool read_values(const struct checkpoint *checkpoint, const char *name, int32_t rank,
                        const int32_t *shape, size_t count, real *values, struct fault *fault)
{
    const struct safetensors_array *array = safetensors_find(checkpoint->file, name);
    bool fits = array != NULL && array->type == SAFETENSORS_F32 && array->rank == rank &&
                array->count == count;
    for (int32_t i = 0; fits && shape != NULL && i < rank; i++)
        fits = array->shape[i] == shape[i];
    if (!fits)
        return fault_set(fault, checkpoint->path, "is it a policy of this version?",
                         "has no array `%s` of the shape that its network needs", name);
    memcpy(values, array->data, count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return fault_set(fault, checkpoint->path, "the training run went wrong",
                             "array `%s` has a value that is not finite", name);
    return true;
}

static bool read_optimizer(struct checkpoint *checkpoint, struct fault *fault)
{
    const struct safetensors_array *step = safetensors_find(checkpoint->file, step_name);
    if (step == NULL)
        return true;
    size_t count = checkpoint->network.tensors.reals;
    int64_t steps = -1;
    if (step->type == SAFETENSORS_I64 && step->count == 1)
        memcpy(&steps, step->data, sizeof steps);
    if (steps < 0)
        return fault_set(fault, checkpoint->path, NULL, "its `%s` is not a count", step_name);
    adam_init(&checkpoint->adam, count);
    checkpoint->adam.step = (long)steps;
    return read_values(checkpoint, first_name, 1, NULL, count, checkpoint->adam.first, fault) &&
           read_values(checkpoint, second_name, 1, NULL, count, checkpoint->adam.second, fault);
}

/* Whether the file is long enough for the network that its notes ask for: what is allocated is then
 * no larger than the file. */
static bool can_hold(const struct checkpoint *checkpoint, struct fault *fault)
{
    const struct safetensors *file = checkpoint->file;
    size_t count = 0, reals = checkpoint->network.tensors.reals;
    for (int32_t i = 0; i < file->count; i++)
        count += file->arrays[i].count;
    return count >= reals ||
           fault_set(fault, checkpoint->path, "is it a policy of this version?",
                     "its notes ask for a network of %zu numbers, but it has %zu", reals, count);
}

bool checkpoint_open(struct checkpoint *checkpoint, const char *path, struct fault *fault)
{
    *checkpoint = (struct checkpoint){.path = path, .file = safetensors_open(path, fault)};
    bool ok =
        checkpoint->file != NULL && read_network(checkpoint, fault) && can_hold(checkpoint, fault);
    if (ok) {
        const struct tensors *tensors = &checkpoint->network.tensors;
        checkpoint->parameters = memory_zeroed(tensors->reals, sizeof *checkpoint->parameters);
        for (int32_t i = 0; ok && i < tensors->count; i++) {
            const struct tensor *tensor = &tensors->list[i];
            ok = read_values(checkpoint, tensor->name, tensor->rank, tensor->shape, tensor->count,
                             checkpoint->parameters + tensor->offset, fault);
        }
    }
    ok = ok && read_optimizer(checkpoint, fault);
    if (!ok)
        checkpoint_close(checkpoint);
    return ok;
}

void checkpoint_close(struct checkpoint *checkpoint)
{
    network_finish(&checkpoint->network);
    free(checkpoint->parameters);
    adam_finish(&checkpoint->adam);
    safetensors_close(checkpoint->file);
    *checkpoint = (struct checkpoint){0};
}
