/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of base/yaml.h that works on trees alone; base/yaml.c reads and prints them. */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (map == NULL || map->type != YAML_MAP) {
        return NULL;
    }
    for (int i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i]->text, key) == 0) {
            return map->items[i];
        }
    }
    return NULL;
}

char *yaml_where(const struct yaml_node *node, char *text, size_t size)
{
    if (node->line == 0) {
        snprintf(text, size, "%s", node->file);
    } else {
        snprintf(text, size, "%s:%d:%d", node->file, node->line, node->column);
    }
    return text;
}

void yaml_remove(struct yaml_node *map, const char *key)
{
    int kept = 0;
    for (int i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i]->text, key) == 0)
            continue;
        map->keys[kept] = map->keys[i];
        map->items[kept++] = map->items[i];
    }
    map->count = kept;
}

struct yaml_node *yaml_copy(struct arena *arena, const struct yaml_node *node)
{
    struct yaml_node *copy = arena_zeroed(arena, 1, sizeof *copy);
    *copy = *node;
    copy->file = arena_string(arena, node->file);
    if (node->type == YAML_SCALAR) {
        copy->text = arena_string(arena, node->text);
        return copy;
    }
    size_t count = (size_t)node->count;
    copy->items = arena_zeroed(arena, count, sizeof *copy->items);
    copy->keys = node->type == YAML_MAP ? arena_zeroed(arena, count, sizeof *copy->keys) : NULL;
    for (int i = 0; i < node->count; i++) {
        copy->items[i] = yaml_copy(arena, node->items[i]);
        if (node->type == YAML_MAP) {
            copy->keys[i] = yaml_copy(arena, node->keys[i]);
        }
    }
    return copy;
}

struct yaml_node *yaml_append(struct arena *arena, struct yaml_node *map, const char *key,
                              struct yaml_node *value)
{
    assert(map->type == YAML_MAP && yaml_get(map, key) == NULL);
    size_t count = (size_t)map->count;
    struct yaml_node **items = arena_zeroed(arena, count + 1, sizeof *items);
    struct yaml_node **keys = arena_zeroed(arena, count + 1, sizeof *keys);
    if (count > 0) {
        memcpy(items, map->items, count * sizeof *items);
        memcpy(keys, map->keys, count * sizeof *keys);
    }
    struct yaml_node *name = arena_zeroed(arena, 1, sizeof *name);
    name->file = value->file;
    name->line = value->line;
    name->column = value->column;
    name->text = arena_string(arena, key);
    items[count] = value;
    keys[count] = name;
    map->items = items;
    map->keys = keys;
    map->count++;
    return value;
}

/* Marks a tree as coming from a flag, not from a place in a file; returns its depth. */
static int forget_lines(struct yaml_node *node)
{
    int depth = 0;
    node->line = 0;
    node->column = 0;
    for (int i = 0; i < node->count; i++) {
        int below = forget_lines(node->items[i]);
        depth = below > depth ? below : depth;
        if (node->type == YAML_MAP) {
            forget_lines(node->keys[i]);
        }
    }
    return depth + 1;
}

/* An empty value stands for a map that has not been written yet. */
static void turn_empty_into_map(struct yaml_node *node)
{
    if (node->type == YAML_SCALAR && !node->quoted && node->text[0] == '\0') {
        node->type = YAML_MAP;
        node->text = NULL;
    }
}

/* The item of a list that a part of a path names, NULL and a fault if it names none. */
static struct yaml_node **find_item(const struct yaml_node *list, const char *part,
                                    const char *where, struct fault *fault)
{
    char *end;
    errno = 0;
    long index = isdigit((unsigned char)part[0]) ? strtol(part, &end, 10) : -1;
    if (index < 0 || errno != 0 || *end != '\0' || index >= list->count) {
        fault_set(fault, where, "items are counted from 0",
                  "the list has %d items and no item '%s'", list->count, part);
        return NULL;
    }
    return &list->items[index];
}

/* Makes the maps that the rest of a path names, ending in `value`. */
static void append_path(struct arena *arena, struct yaml_node *map, char *key, char *rest,
                        struct yaml_node *value)
{
    for (char *next; (next = strsep(&rest, ".")) != NULL; key = next) {
        struct yaml_node *made = arena_zeroed(arena, 1, sizeof *made);
        made->type = YAML_MAP;
        made->file = value->file;
        map = yaml_append(arena, map, key, made);
    }
    yaml_append(arena, map, key, value);
}

/* Follows `rest` from `node` and puts `value` at its end. */
static bool assign_at(struct arena *arena, struct yaml_node *node, char *rest,
                      struct yaml_node *value, struct fault *fault)
{
    const char *where = value->file;
    for (;;) {
        char *part = strsep(&rest, ".");
        struct yaml_node **place = NULL;
        turn_empty_into_map(node);
        if (node->type == YAML_SCALAR) {
            return fault_set(fault, where, "set the whole of it, for example to {name: ...}",
                             "there is no '%s' in the single value '%s'", part, node->text);
        }
        if (node->type == YAML_LIST) {
            place = find_item(node, part, where, fault);
            if (place == NULL) {
                return false;
            }
        }
        for (int i = 0; node->type == YAML_MAP && place == NULL && i < node->count; i++) {
            place = strcmp(node->keys[i]->text, part) == 0 ? &node->items[i] : NULL;
        }
        if (place == NULL) {
            append_path(arena, node, part, rest, value);
            return true;
        }
        if (rest == NULL) {
            *place = value;
            return true;
        }
        node = *place;
    }
}

bool yaml_assign(struct arena *arena, struct yaml_node *root, const char *path, const char *value,
                 struct fault *fault)
{
    const char *where = arena_printf(arena, "--set %s", path);
    const char *hint = "a path is KEY.KEY.KEY, and lists count from 0: noise.0.name";
    int depth = 1;
    for (const char *at = path; *at != '\0'; at++) {
        depth += *at == '.' ? 1 : 0;
    }
    if (path[0] == '\0' || path[0] == '.' || strstr(path, "..") != NULL ||
        path[strlen(path) - 1] == '.') {
        return fault_set(fault, where, hint, "the path '%s' has an empty part", path);
    }
    struct yaml_node *node = yaml_parse(arena, where, value, fault);
    if (node == NULL) {
        return false;
    }
    if (depth + forget_lines(node) > YAML_MAX_DEPTH) {
        return fault_set(fault, where, NULL, "lists and maps are nested too deep");
    }
    return assign_at(arena, root, arena_string(arena, path), node, fault);
}
