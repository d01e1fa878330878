/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A platform file that says only in what it differs from another one (sim/soc.h). */
#include <string.h>

#include "base/yaml.h"
#include "sim/soc.h"

/* Keys that every file says for itself. */
static const char *const own_keys[] = {"format", "platform", "summary"};

static bool is_inherited(const struct yaml_node *root, const char *key)
{
    for (size_t i = 0; i < sizeof own_keys / sizeof *own_keys; i++)
        if (strcmp(key, own_keys[i]) == 0)
            return false;
    /* each of the two says all about where the PEs come from; what gets warm names clusters */
    bool is_of_clusters = strcmp(key, "clusters") == 0 || strcmp(key, "thermal") == 0;
    if (is_of_clusters && yaml_get(root, "generate") != NULL)
        return false;
    if (strcmp(key, "generate") == 0 && yaml_get(root, "clusters") != NULL)
        return false;
    return yaml_get(root, key) == NULL;
}

/* NAME is a file beside the one at `path`; what looks like a path starts in its folder. */
static const char *base_path(struct arena *arena, const char *path, const char *value)
{
    const char *slash = strrchr(path, '/');
    size_t length = strlen(value);
    bool is_name =
        strchr(value, '/') == NULL && (length < 5 || strcmp(value + length - 5, ".yaml") != 0);
    const char *file = is_name ? arena_printf(arena, "%s.yaml", value) : value;
    if (slash == NULL || file[0] == '/')
        return file;
    return arena_printf(arena, "%.*s/%s", (int)(slash - path), path, file);
}

struct yaml_node *soc_read_keys(struct arena *arena, const char *path, const char **base_file,
                                struct fault *fault)
{
    *base_file = NULL;
    struct yaml_node *root = yaml_load(arena, path, fault);
    const struct yaml_node *extends = root == NULL ? NULL : yaml_get(root, "extends");
    if (extends == NULL || extends->type != YAML_SCALAR)
        return root;
    char where[512];
    yaml_where(extends, where, sizeof where);
    const char *other = base_path(arena, path, extends->text);
    struct fault unread = FAULT_NONE;
    struct yaml_node *base = yaml_load(arena, other, &unread);
    if (base == NULL) {
        if (strcmp(unread.where, other) == 0)
            fault_set(fault, where, "name a platform file beside this one, or a path from here",
                      "cannot extend '%s': %s", other, unread.what);
        else
            *fault = unread;
        return NULL;
    }
    if (!schema_check(&soc_schema, arena, base, fault))
        return NULL;
    if (yaml_get(base, "extends") != NULL) {
        fault_set(fault, where, "extend the file that it extends",
                  "'%s' extends another platform itself", extends->text);
        return NULL;
    }
    yaml_remove(root, "extends");
    for (int i = 0; i < base->count; i++)
        if (is_inherited(root, base->keys[i]->text))
            yaml_append(arena, root, base->keys[i]->text, base->items[i]);
    *base_file = other;
    return root;
}
