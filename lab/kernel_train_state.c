/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/kernel_train_state.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/safetensors.h"

enum { PARTS = 4, TEXT = 256, PATH_SIZE = 4096 };

static const char step_name[] = "step", identity_key[] = "training";

void kernel_train_state_init(struct kernel_train_state *state, const struct pupil *pupil)
{
    *state = (struct kernel_train_state){
        .trained = memory_zeroed(pupil->trained.reals, sizeof *state->trained),
        .statistics = memory_zeroed(pupil->statistics.reals + 1, sizeof *state->statistics),
    };
    adam_init(&state->adam, pupil->trained.reals);
}

void kernel_train_state_finish(struct kernel_train_state *state)
{
    free(state->trained);
    free(state->statistics);
    adam_finish(&state->adam);
    *state = (struct kernel_train_state){0};
}

/* The blocks of a state, and how long they are. */
struct part {
    const char *name;
    real *block;
    size_t count;
};

static void list_parts(const struct kernel_train_state *state, const struct pupil *pupil,
                       struct part parts[PARTS])
{
    const size_t trained = pupil->trained.reals;
    parts[0] = (struct part){"trained", state->trained, trained};
    parts[1] = (struct part){"adam.first", state->adam.first, trained};
    parts[2] = (struct part){"adam.second", state->adam.second, trained};
    parts[3] = (struct part){"statistics", state->statistics, pupil->statistics.reals};
}

/* What makes this training another than others. */
static void identify(const struct kernel_train_setup *setup, char text[TEXT])
{
    const struct pupil_recipe *recipe = setup->pupil->recipe;
    snprintf(text, TEXT, "%s seed %" PRIu64 " epochs %d rate %g decay %g dropout %g%s on %s",
             recipe->name, setup->seed, (int)setup->epochs, recipe->rate, recipe->weight_decay,
             recipe->dropout, setup->mirrors ? " mirrored" : "", setup->images->digest);
}

static void name_file(const struct kernel_train_setup *setup, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s.state", setup->path);
}

bool kernel_train_state_save(const struct kernel_train_state *state,
                             const struct kernel_train_setup *setup, struct fault *fault)
{
    struct part parts[PARTS];
    struct safetensors_array arrays[PARTS + 1];
    int32_t count = 0;
    char path[PATH_SIZE], identity[TEXT];
    name_file(setup, path);
    identify(setup, identity);
    list_parts(state, setup->pupil, parts);
    for (int32_t i = 0; i < PARTS; i++)
        if (parts[i].count > 0) {
            arrays[count] = (struct safetensors_array){.name = parts[i].name,
                                                       .type = SAFETENSORS_F32,
                                                       .rank = 1,
                                                       .shape = {(int64_t)parts[i].count},
                                                       .count = parts[i].count,
                                                       .data = parts[i].block};
            count++;
        }
    arrays[count] = (struct safetensors_array){
        .name = step_name, .type = SAFETENSORS_I64, .count = 1, .data = &state->step};
    count++;
    const struct safetensors_note note = {identity_key, identity};
    return safetensors_write(path, arrays, count, &note, 1, fault);
}

static bool read_part(const struct safetensors *file, const struct part *part, const char *path,
                      struct fault *fault)
{
    if (part->count == 0)
        return true;
    const struct safetensors_array *array = safetensors_find(file, part->name);
    if (array == NULL || array->type != SAFETENSORS_F32 || array->count != part->count)
        return fault_set(fault, path, NULL, "there is no array `%s` of %zu numbers", part->name,
                         part->count);
    memcpy(part->block, array->data, part->count * sizeof *part->block);
    for (size_t i = 0; i < part->count; i++)
        if (!isfinite(part->block[i]))
            return fault_set(fault, path, NULL, "array `%s` has a value that is not finite",
                             part->name);
    return true;
}

static bool read_state(struct kernel_train_state *state, const struct kernel_train_setup *setup,
                       const struct safetensors *file, const char *path, struct fault *fault)
{
    struct part parts[PARTS];
    char identity[TEXT];
    identify(setup, identity);
    const char *found = safetensors_note(file, identity_key);
    if (found == NULL || strcmp(found, identity) != 0)
        return fault_set(fault, path, "remove it, or train with its options",
                         "it is the state of another training: %.200s",
                         found != NULL ? found : "it does not say of which");
    list_parts(state, setup->pupil, parts);
    for (int32_t i = 0; i < PARTS; i++)
        if (!read_part(file, &parts[i], path, fault))
            return false;
    const struct safetensors_array *step = safetensors_find(file, step_name);
    state->step = -1;
    if (step != NULL && step->type == SAFETENSORS_I64 && step->count == 1)
        memcpy(&state->step, step->data, sizeof state->step);
    if (state->step < 0 || state->step > kernel_train_steps(setup))
        return fault_set(fault, path, NULL, "its `%s` is not a step of this training", step_name);
    state->adam.step = (long)state->step;
    return true;
}

bool kernel_train_state_load(struct kernel_train_state *state,
                             const struct kernel_train_setup *setup, struct fault *fault)
{
    char path[PATH_SIZE];
    name_file(setup, path);
    if (access(path, F_OK) != 0)
        return true;
    struct safetensors *file = safetensors_open(path, fault);
    bool ok = file != NULL && read_state(state, setup, file, path, fault);
    safetensors_close(file);
    return ok;
}

void kernel_train_state_remove(const struct kernel_train_setup *setup)
{
    char path[PATH_SIZE];
    name_file(setup, path);
    unlink(path);
}
