/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/schema.h"
#include "base/writing.h"

/* Keys of an experiment that are no parameter of a point, or are added one by one. */
static const char *const left_out[] = {
    "name",         "replicates",       "baseline",   "trace", "record", "sweep",
    "time_limit_s", "memory_limit_mib", "schedulers", "noise", "train"};

static bool is_left_out(const char *key)
{
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (strcmp(left_out[i], key) == 0)
            return true;
    return false;
}

static void print_canonical(const struct yaml_node *node, FILE *stream);

static int compare_keys(const void *a, const void *b)
{
    const struct yaml_node *const *const *x = a, *const *const *y = b;
    return strcmp((**x)->text, (**y)->text);
}

static void print_map(const struct yaml_node *map, FILE *stream)
{
    struct yaml_node ***keys = memory_zeroed((size_t)map->count, sizeof *keys);
    for (int i = 0; i < map->count; i++)
        keys[i] = &map->keys[i];
    qsort(keys, (size_t)map->count, sizeof *keys, compare_keys);
    for (int i = 0; i < map->count; i++) {
        fprintf(stream, "%s: ", (*keys[i])->text);
        print_canonical(map->items[keys[i] - map->keys], stream);
    }
    free(keys);
}

/* Writes a tree so that neither the order of keys nor the way a number is written matters. */
static void print_canonical(const struct yaml_node *node, FILE *stream)
{
    double real;
    char text[32];
    switch (node->type) {
    case YAML_SCALAR:
        if (!node->quoted && schema_parse_real(node->text, &real))
            fprintf(stream, "%s\n", csv_format_real(text, real));
        else
            fprintf(stream, "%zu %s\n", strlen(node->text), node->text);
        return;
    case YAML_LIST:
        fprintf(stream, "[%d\n", node->count);
        for (int i = 0; i < node->count; i++)
            print_canonical(node->items[i], stream);
        return;
    case YAML_MAP:
        fprintf(stream, "{%d\n", node->count);
        print_map(node, stream);
        return;
    }
}

const char *identity_shared(struct arena *arena, const struct yaml_node *complete,
                            const char *const *contents)
{
    struct writing writing;
    writing_begin(&writing);
    fprintf(writing.stream, "model: %d\n", IDENTITY_MODEL);
    struct yaml_node kept = *complete;
    kept.count = 0;
    kept.keys = arena_zeroed(arena, (size_t)complete->count, sizeof *kept.keys);
    kept.items = arena_zeroed(arena, (size_t)complete->count, sizeof *kept.items);
    for (int i = 0; i < complete->count; i++) {
        if (is_left_out(complete->keys[i]->text))
            continue;
        kept.keys[kept.count] = complete->keys[i];
        kept.items[kept.count++] = complete->items[i];
    }
    print_map(&kept, writing.stream);
    for (; *contents != NULL; contents++)
        fprintf(writing.stream, "content %s\n", *contents);
    return writing_keep(&writing, arena);
}

const char *identity_of_point(struct arena *arena, const char *shared,
                              const struct yaml_node *noise, const struct yaml_node *scheduler,
                              const char *content)
{
    struct writing writing;
    writing_begin(&writing);
    fprintf(writing.stream, "%snoise: ", shared);
    print_canonical(noise, writing.stream);
    fputs("scheduler: ", writing.stream);
    print_canonical(scheduler, writing.stream);
    if (content != NULL)
        fprintf(writing.stream, "content %s\n", content);
    char digest[DIGEST_SIZE];
    writing_digest(&writing, digest);
    return arena_string(arena, digest);
}
