/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/library.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/schema.h"

/* How a shelf is laid out below a data root: FOLDER/NAME + suffix. */
static const struct {
    const char *what;
    const char *folder;
    const char *suffix;
} shelves[] = {
    [LIBRARY_PLATFORMS] = {"platform", "sim/platforms", ".yaml"},
    [LIBRARY_APPS] = {"app", "workloads/apps", ".yaml"},
    [LIBRARY_EXPERIMENTS] = {"experiment", "analysis/experiments", "/experiment.yaml"},
    [LIBRARY_POLICIES] = {"policy", "sched/policies", ".safetensors"},
};

enum { ROOT_COUNT = 3 };

/* The data root of a rank; NULL if it is not set. */
static const char *data_root(int rank)
{
    const char *const roots[ROOT_COUNT] = {getenv("HETSOC_DATA"), HETSOC_SOURCE_DATA,
                                           HETSOC_INSTALLED_DATA};
    return roots[rank] != NULL && roots[rank][0] != '\0' ? roots[rank] : NULL;
}

static bool is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISDIR(status.st_mode);
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static bool is_path(enum library_shelf shelf, const char *value)
{
    return strchr(value, '/') != NULL || ends_with(value, ".yaml") ||
           ends_with(value, shelves[shelf].suffix);
}

const char *library_path(struct arena *arena, const char *folder, const char *value)
{
    if (value[0] == '/' || strcmp(folder, ".") == 0)
        return arena_string(arena, value);
    return arena_printf(arena, "%s/%s", folder, value);
}

/* The hint for a name that is on no shelf: the nearest one, and where was looked. */
static const char *not_found_hint(struct arena *arena, enum library_shelf shelf, const char *value,
                                  const char *folder)
{
    int count;
    const char **names = library_list(arena, shelf, &count);
    const char *nearest = schema_nearest(value, names, count);
    const char *hint = "";
    if (nearest != NULL)
        hint = arena_printf(arena, "did you mean `%s`? ", nearest);
    hint = arena_printf(arena, "%slooked in %s", hint, folder);
    for (int i = 0; i < ROOT_COUNT; i++)
        if (data_root(i) != NULL)
            hint = arena_printf(arena, "%s, %s/%s", hint, data_root(i), shelves[shelf].folder);
    return hint;
}

const char *library_find(struct arena *arena, enum library_shelf shelf, const char *value,
                         const char *folder, const char *where, struct fault *fault)
{
    if (is_path(shelf, value)) {
        const char *path = library_path(arena, folder, value);
        if (is_file(path))
            return path;
        fault_set(fault, where, "paths are relative to the folder of the file that names them",
                  "there is no %s file `%s`", shelves[shelf].what, path);
        return NULL;
    }
    const char *file = arena_printf(arena, "%s%s", value, shelves[shelf].suffix);
    const char *beside = library_path(arena, folder, file);
    if (is_file(beside))
        return beside;
    for (int i = 0; i < ROOT_COUNT; i++) {
        if (data_root(i) == NULL)
            continue;
        const char *path =
            arena_printf(arena, "%s/%s/%s", data_root(i), shelves[shelf].folder, file);
        if (is_file(path))
            return path;
    }
    fault_set(fault, where, not_found_hint(arena, shelf, value, folder), "unknown %s `%s`",
              shelves[shelf].what, value);
    return NULL;
}

const char *library_find_app(struct arena *arena, const char *name, const char *folder,
                             const char *where, struct fault *fault)
{
    return library_find(arena, LIBRARY_APPS, name, folder, where, fault);
}

const char *library_find_experiment(struct arena *arena, const char *argument, struct fault *fault)
{
    bool is_path = strchr(argument, '/') != NULL || ends_with(argument, ".yaml");
    if (is_path && is_file(argument))
        return arena_string(arena, argument);
    if (is_folder(argument)) {
        size_t length = strlen(argument);
        const char *path = arena_printf(arena, "%s%sexperiment.yaml", argument,
                                        argument[length - 1] == '/' ? "" : "/");
        if (is_file(path))
            return path;
    }
    if (is_path) {
        fault_set(
            fault, argument,
            "give the path of a file or folder from here, or the name of a shipped experiment",
            "there is no experiment `%s`", argument);
        return NULL;
    }
    struct fault no_name = FAULT_NONE;
    const char *path = library_find(arena, LIBRARY_EXPERIMENTS, argument, ".", argument, &no_name);
    if (path == NULL && is_file(argument))
        return arena_string(arena, argument);
    if (path == NULL)
        *fault = no_name;
    return path;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The name that a directory entry stands for on a shelf, NULL if it is none. */
static const char *entry_name(struct arena *arena, enum library_shelf shelf, const char *folder,
                              const char *entry)
{
    const char *suffix = shelves[shelf].suffix;
    if (entry[0] == '.')
        return NULL;
    if (suffix[0] == '/')
        return is_file(arena_printf(arena, "%s/%s%s", folder, entry, suffix))
                   ? arena_string(arena, entry)
                   : NULL;
    return ends_with(entry, suffix) ? arena_substring(arena, entry, strlen(entry) - strlen(suffix))
                                    : NULL;
}

const char **library_list(struct arena *arena, enum library_shelf shelf, int *count)
{
    const char **names = NULL;
    size_t found = 0, capacity = 0;
    for (int i = 0; i < ROOT_COUNT; i++) {
        if (data_root(i) == NULL)
            continue;
        const char *folder = arena_printf(arena, "%s/%s", data_root(i), shelves[shelf].folder);
        DIR *stream = opendir(folder);
        if (stream == NULL)
            continue;
        for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
            const char *name = entry_name(arena, shelf, folder, entry->d_name);
            if (name == NULL)
                continue;
            names = memory_grow(names, &capacity, found + 1, sizeof *names);
            names[found++] = name;
        }
        closedir(stream);
    }
    const char **list = arena_zeroed(arena, found + 1, sizeof *list);
    *count = 0;
    if (found > 0)
        qsort(names, found, sizeof *names, by_name);
    for (size_t i = 0; i < found; i++)
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            list[(*count)++] = names[i];
    free(names);
    return list;
}
