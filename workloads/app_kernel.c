/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/app_kernel.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "workloads/kernels/stage.h"

/* Most stages that a hint chooses from. */
#define STAGES_MAX 256

const char *app_kernel_class_name(enum app_kernel_class class)
{
    static const char *const names[APP_KERNEL_CLASSES] = {"conv", "dense", "tree"};
    return names[class];
}

static enum app_kernel_class find_class(const char *name)
{
    int class = 0;
    while (strcmp(app_kernel_class_name((enum app_kernel_class) class), name) != 0) {
        class ++;
        assert(class < APP_KERNEL_CLASSES); /* the schema has refused every other name */
    }
    return (enum app_kernel_class) class;
}

bool app_kernel_check_stage(struct arena *arena, const struct yaml_node *name, struct fault *fault)
{
    struct stage stage;
    if (stage_find(name->text, &stage))
        return true;
    const char *names[STAGES_MAX];
    int count = 0;
    for (const char *const *model = stage_models; *model != NULL; model++) {
        struct stage stages[STAGE_MAX];
        int32_t stage_count = stage_list(*model, stages);
        for (int32_t i = 0; i < stage_count && count < STAGES_MAX; i++)
            names[count++] = arena_printf(arena, "%s/%s", *model, stages[i].name);
    }
    const char *nearest = schema_nearest(name->text, names, count);
    char where[sizeof fault->where];
    return fault_set(fault, yaml_where(name, where, sizeof where),
                     nearest == NULL ? "a stage is MODEL/STAGE, for example cigt_cifar10/B1"
                                     : arena_printf(arena, "did you mean '%s'?", nearest),
                     "there is no stage '%s'", name->text);
}

/* The value of a key, or what the stage says. */
static double value_or(const struct yaml_node *map, const char *key, double otherwise)
{
    double value = schema_real(&app_schema, map, "kinds.*.kernel", key);
    return isnan(value) ? otherwise : value;
}

/* Whether an app says itself what a kernel computes. */
static bool has_counts(const struct yaml_node *map)
{
    static const char *const keys[] = {"mac", "weight_bytes", "touched_bytes", "activation_bytes",
                                       "depth"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (yaml_get(map, keys[i]) != NULL)
            return true;
    return false;
}

static const struct app_kernel *read_kernel(struct arena *arena, const struct yaml_node *map,
                                            struct fault *fault)
{
    const struct yaml_node *name = yaml_get(map, "stage");
    struct stage stage = {0};
    char where[sizeof fault->where];
    if (name != NULL && !app_kernel_check_stage(arena, name, fault))
        return NULL;
    if (name != NULL)
        stage_find(name->text, &stage);
    if (name == NULL && yaml_get(map, "mac") == NULL) {
        fault_set(fault, yaml_where(map, where, sizeof where),
                  "for example {stage: cigt_cifar10/B1}, or {mac: 1e6, weight_bytes: 4096}",
                  "a kernel needs a stage or mac");
        return NULL;
    }
    struct app_kernel *kernel = arena_zeroed(arena, 1, sizeof *kernel);
    *kernel = (struct app_kernel){
        .class = find_class(schema_text(&app_schema, map, "kinds.*.kernel", "class")),
        .mac = value_or(map, "mac", (double)stage.mac),
        .weight_bytes = value_or(map, "weight_bytes", (double)stage.stored_bytes),
        .activation_bytes =
            value_or(map, "activation_bytes", (double)(stage.in_bytes + stage.out_bytes)),
        .depth = value_or(map, "depth", stage.depth),
    };
    bool is_whole = name == NULL || yaml_get(map, "weight_bytes") != NULL;
    kernel->touched_bytes = value_or(map, "touched_bytes",
                                     is_whole ? kernel->weight_bytes : (double)stage.touched_bytes);
    if (name != NULL && !has_counts(map))
        kernel->stage = arena_string(arena, name->text);
    return kernel;
}

bool app_load_kernels(struct app *app, struct arena *arena, const struct yaml_node *kinds,
                      struct fault *fault)
{
    for (int32_t i = 0; i < kinds->count; i++) {
        const struct yaml_node *map = yaml_get(kinds->items[i], "kernel");
        if (map == NULL)
            continue;
        if (app->kernels == NULL)
            app->kernels = arena_zeroed(arena, (size_t)kinds->count, sizeof *app->kernels);
        app->kernels[i] = read_kernel(arena, map, fault);
        if (app->kernels[i] == NULL)
            return false;
    }
    return true;
}
