/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A platform file that says only in what it differs from another one (sim/soc.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
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

/* A file of a chain, each of which extends the next. */
struct link {
    const char *path;
    struct yaml_node *root;
    struct stat status; /* which file it is, by whatever path */
};

struct chain {
    struct arena *arena;
    struct link *links;
    size_t count, capacity;
    struct fault *fault;
};

/* What a file extends; NULL: nothing that can be told. */
static const struct yaml_node *extended(const struct link *link)
{
    const struct yaml_node *extends = yaml_get(link->root, "extends");
    return extends != NULL && extends->type == YAML_SCALAR ? extends : NULL;
}

static bool append_file(struct chain *chain, const char *path, struct fault *fault)
{
    struct link link = {.path = path, .root = yaml_load(chain->arena, path, fault)};
    if (link.root == NULL)
        return false;
    if (stat(path, &link.status) != 0)
        return fault_set(fault, path, NULL, "cannot read: %s", strerror(errno));
    chain->links =
        memory_grow(chain->links, &chain->capacity, chain->count + 1, sizeof *chain->links);
    chain->links[chain->count++] = link;
    return true;
}

/* A fault if the last file is another one of the chain, with all from there on. */
static bool check_cycle(const struct chain *chain, const char *where)
{
    const struct link *last = &chain->links[chain->count - 1];
    size_t first = 0;
    while (last->status.st_ino != chain->links[first].status.st_ino ||
           last->status.st_dev != chain->links[first].status.st_dev)
        first++;
    if (&chain->links[first] == last)
        return true;
    const char *names = chain->links[first].path;
    for (size_t i = first + 1; i < chain->count; i++)
        names = arena_printf(chain->arena, "%s -> %s", names, chain->links[i].path);
    return fault_set(chain->fault, where, "one of them must say everything itself",
                     "platforms extend each other in a circle: %s", names);
}

/* Reads all files of the chain that begins at `path`. */
static bool read_chain(struct chain *chain, const char *path)
{
    if (!append_file(chain, path, chain->fault))
        return false;
    for (;;) {
        const struct link *last = &chain->links[chain->count - 1];
        const struct yaml_node *extends = extended(last);
        if (extends == NULL)
            return true;
        char where[512];
        yaml_where(extends, where, sizeof where);
        const char *other = base_path(chain->arena, last->path, extends->text);
        struct fault unread = FAULT_NONE;
        if (!append_file(chain, other, &unread)) {
            if (strcmp(unread.where, other) == 0)
                return fault_set(chain->fault, where,
                                 "name a platform file beside this one, or a path from here",
                                 "cannot extend '%s': %s", other, unread.what);
            *chain->fault = unread;
            return false;
        }
        if (!check_cycle(chain, where))
            return false;
    }
}

/* Gives each file what the one that it extends says, from the last to the first. */
static bool merge(const struct chain *chain)
{
    for (size_t i = chain->count; i-- > 1;) {
        struct yaml_node *base = chain->links[i].root;
        struct yaml_node *root = chain->links[i - 1].root;
        if (!schema_check(&soc_schema, chain->arena, base, chain->fault))
            return false;
        yaml_remove(root, "extends");
        for (int k = 0; k < base->count; k++)
            if (is_inherited(root, base->keys[k]->text))
                yaml_append(chain->arena, root, base->keys[k]->text, base->items[k]);
    }
    return true;
}

struct yaml_node *soc_read_keys(struct arena *arena, const char *path, struct soc_bases *bases,
                                struct fault *fault)
{
    struct chain chain = {.arena = arena, .fault = fault};
    bool ok = read_chain(&chain, path) && merge(&chain);
    struct yaml_node *root = ok ? chain.links[0].root : NULL;
    *bases = (struct soc_bases){0};
    if (ok && chain.count > 1) {
        const char **files = arena_zeroed(arena, chain.count - 1, sizeof *files);
        for (size_t i = 1; i < chain.count; i++)
            files[bases->count++] = chain.links[i].path;
        bases->files = files;
    }
    free(chain.links);
    return root;
}
