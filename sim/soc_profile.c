/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/soc_profile.h"

#include <math.h>
#include <string.h>

#include "base/yaml.h"
#include "sim/soc.h"
#include "workloads/app_kernel.h"

static const char profile_at[] = "kinds.*.profile";

/* Keys of a file of measurements, but for those below `kind`. */
static const struct schema_row own_rows[] = {
    {.path = "", .type = SCHEMA_MAP, .help = "What kernels cost on a machine, as measured."},
    {.path = "format",
     .type = SCHEMA_INT,
     .min = 1,
     .max = 1,
     .required = true,
     .help = "Version of this file format."},
    {.path = "instruction_set",
     .type = SCHEMA_NAME,
     .help = "What the kernels used: portable, avx2 or avx512."},
    {.path = "stages",
     .type = SCHEMA_LIST,
     .required = true,
     .help = "What was measured, a line per stage."},
    {.path = "stages[]", .type = SCHEMA_MAP, .help = "One stage."},
    {.path = "stages[].stage",
     .type = SCHEMA_TEXT,
     .required = true,
     .help = "MODEL/STAGE, as in `kinds.*.kernel.stage` of an app."},
    {.path = "stages[].fixed_us",
     .type = SCHEMA_REAL,
     .unit = "us",
     .min = 0,
     .max = 1e9,
     .required = true,
     .help = "A call with n samples takes about fixed_us + n * sample_us, whatever it needs to get "
             "its weights included."},
    {.path = "stages[].sample_us",
     .type = SCHEMA_REAL,
     .unit = "us",
     .min = 0,
     .max = 1e9,
     .required = true,
     .help = "See fixed_us."},
    {.path = "stages[].variants",
     .type = SCHEMA_INT,
     .min = 1,
     .max = INFINITY,
     .help = "Alternatives with weights of their own, of which a sample takes one; measured in "
             "turn. This and what follows is for people and other programs."},
    {.path = "stages[].mac",
     .type = SCHEMA_REAL,
     .unit = "MAC",
     .min = 0,
     .max = INFINITY,
     .help = "Multiply-adds per sample."},
    {.path = "stages[].weight_bytes",
     .type = SCHEMA_REAL,
     .unit = "bytes",
     .min = 0,
     .max = INFINITY,
     .help = "Weights of one variant."},
    {.path = "stages[].touched_bytes",
     .type = SCHEMA_REAL,
     .unit = "bytes",
     .min = 0,
     .max = INFINITY,
     .help = "Weights that one sample reads."},
    {.path = "stages[].in_bytes",
     .type = SCHEMA_REAL,
     .unit = "bytes",
     .min = 0,
     .max = INFINITY,
     .help = "Activations that one sample reads."},
    {.path = "stages[].out_bytes",
     .type = SCHEMA_REAL,
     .unit = "bytes",
     .min = 0,
     .max = INFINITY,
     .help = "Activations that one sample writes."},
    {.path = "stages[].depth",
     .type = SCHEMA_REAL,
     .unit = "steps",
     .min = 0,
     .max = INFINITY,
     .help = "Layers or nodes that follow each other."},
    {.path = "kind",
     .type = SCHEMA_MAP,
     .help = "One core as a whole, in the keys of a platform's `kinds.*.profile`."},
};

enum { OWN_ROWS = sizeof own_rows / sizeof *own_rows };

const struct schema *soc_profile_schema(struct arena *arena)
{
    struct schema_row *rows =
        arena_zeroed(arena, OWN_ROWS + (size_t)soc_schema.count, sizeof *rows);
    size_t length = strlen(profile_at);
    int count = OWN_ROWS;
    memcpy(rows, own_rows, sizeof own_rows);
    for (int i = 0; i < soc_schema.count; i++) {
        const struct schema_row *row = &soc_schema.rows[i];
        if (strncmp(row->path, profile_at, length) != 0 || row->path[length] != '.' ||
            strcmp(row->path + length, ".file") == 0)
            continue;
        rows[count] = *row;
        rows[count++].path = arena_printf(arena, "kind%s", row->path + length);
    }
    struct schema *schema = arena_zeroed(arena, 1, sizeof *schema);
    *schema = (struct schema){.title = "cost profile", .rows = rows, .count = count};
    return schema;
}

const struct soc_stage *soc_profile_stage(const struct soc_profile *profile, const char *name)
{
    for (int32_t i = 0; name != NULL && i < profile->stage_count; i++)
        if (strcmp(profile->stages[i].name, name) == 0)
            return &profile->stages[i];
    return NULL;
}

static bool read_stages(struct soc_profile *profile, struct arena *arena,
                        const struct schema *schema, const struct yaml_node *list,
                        struct fault *fault)
{
    profile->stages = arena_zeroed(arena, (size_t)list->count, sizeof *profile->stages);
    for (int32_t i = 0; i < list->count; i++) {
        const struct yaml_node *item = list->items[i], *name = yaml_get(item, "stage");
        char where[sizeof fault->where];
        if (!app_kernel_check_stage(arena, name, fault))
            return false;
        if (soc_profile_stage(profile, name->text) != NULL)
            return fault_set(fault, yaml_where(name, where, sizeof where), "leave one of them out",
                             "stage '%s' is measured twice", name->text);
        profile->stages[profile->stage_count++] = (struct soc_stage){
            .name = arena_string(arena, name->text),
            .fixed_us = schema_real(schema, item, "stages[]", "fixed_us"),
            .sample_us = schema_real(schema, item, "stages[]", "sample_us"),
        };
    }
    return true;
}

/* Reads the stages of a file of measurements; returns its `kind`. */
static const struct yaml_node *read_file(struct soc_profile *profile, struct arena *arena,
                                         struct fault *fault)
{
    const struct schema *schema = soc_profile_schema(arena);
    struct yaml_node *root = yaml_load(arena, profile->file, fault);
    if (root == NULL || !schema_check(schema, arena, root, fault) ||
        !read_stages(profile, arena, schema, yaml_get(root, "stages"), fault))
        return NULL;
    return yaml_get(root, "kind");
}

/* The profile itself, what the file says where it is silent (may be NULL), below the same keys. */
struct source {
    const struct yaml_node *own, *file;
};

static double read_real(const struct source *source, const char *at, const char *key)
{
    bool is_own = source->file == NULL || yaml_get(source->own, key) != NULL;
    return schema_real(&soc_schema, is_own ? source->own : source->file, at, key);
}

static void read_classes(double values[APP_KERNEL_CLASSES], const struct source *source,
                         const char *at, const char *key)
{
    const struct source below = {yaml_get(source->own, key), yaml_get(source->file, key)};
    for (int class = 0; class < APP_KERNEL_CLASSES; class ++)
        values[class] = read_real(&below, at, app_kernel_class_name((enum app_kernel_class) class));
}

bool soc_profile_read(struct soc_profile *profile, struct arena *arena, const struct yaml_node *map,
                      const char *path, struct fault *fault)
{
    const char *file = schema_text(&soc_schema, map, profile_at, "file");
    struct soc_profile read = {0};
    struct source source = {.own = map};
    if (file != NULL) {
        const char *slash = file[0] == '/' ? NULL : strrchr(path, '/');
        int folder = slash == NULL ? 0 : (int)(slash + 1 - path);
        read.file = arena_printf(arena, "%.*s%s", folder, path, file);
        source.file = read_file(&read, arena, fault);
        if (fault_is_set(fault))
            return false;
    }
    read.launch_us = read_real(&source, profile_at, "launch_us");
    read.mac_per_us = read_real(&source, profile_at, "mac_per_us");
    read.memory_bytes_per_us = read_real(&source, profile_at, "memory_bytes_per_us");
    read.io_bytes_per_us = read_real(&source, profile_at, "io_bytes_per_us");
    read.local_bytes = read_real(&source, profile_at, "local_bytes");
    char where[sizeof fault->where];
    if (isnan(read.mac_per_us) || isnan(read.memory_bytes_per_us))
        return fault_set(fault, yaml_where(map, where, sizeof where),
                         "or name a file that `hetsoc kernels profile` wrote: {file: PATH}",
                         "a profile needs mac_per_us and memory_bytes_per_us");
    if (isnan(read.io_bytes_per_us))
        read.io_bytes_per_us = read.memory_bytes_per_us;
    read_classes(read.efficiency, &source, "kinds.*.profile.efficiency", "efficiency");
    read_classes(read.step_us, &source, "kinds.*.profile.step_us", "step_us");
    *profile = read;
    return true;
}
