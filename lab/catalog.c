/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/catalog.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lab/experiment.h"
#include "lab/library.h"

/* One thing under its key; the lists are short. */
struct entry {
    const char *key;
    const void *thing;
    struct entry *next;
};

struct catalog {
    struct arena *arena;
    const char *folder;
    struct entry *socs, *soc_names; /* by path; path by name */
    struct entry *apps;             /* app sets by path */
    struct entry *mixes, *traces;   /* by everything that they are made of */
    struct entry *workloads;        /* map node by name */
};

struct catalog *catalog_create(struct arena *arena, const char *folder)
{
    struct catalog *catalog = arena_zeroed(arena, 1, sizeof *catalog);
    *catalog = (struct catalog){.arena = arena, .folder = folder};
    return catalog;
}

static const void *entry_find(const struct entry *list, const char *key)
{
    while (list != NULL && strcmp(list->key, key) != 0)
        list = list->next;
    return list == NULL ? NULL : list->thing;
}

static void entry_add(struct catalog *catalog, struct entry **list, const char *key,
                      const void *thing)
{
    struct entry *entry = arena_zeroed(catalog->arena, 1, sizeof *entry);
    *entry = (struct entry){arena_string(catalog->arena, key), thing, *list};
    *list = entry;
}

/* Path of the file that a scalar names. */
static const char *find_file(struct catalog *catalog, enum library_shelf shelf,
                             const struct yaml_node *node, struct fault *fault)
{
    char where[512];
    return library_find(catalog->arena, shelf, node->text, catalog->folder,
                        yaml_where(node, where, sizeof where), fault);
}

const struct soc *catalog_soc(struct catalog *catalog, const struct yaml_node *platform,
                              struct fault *fault)
{
    const char *path = find_file(catalog, LIBRARY_PLATFORMS, platform, fault);
    if (path == NULL)
        return NULL;
    const struct soc *known = entry_find(catalog->socs, path);
    if (known != NULL)
        return known;
    struct soc *soc = arena_zeroed(catalog->arena, 1, sizeof *soc);
    if (!soc_load(soc, catalog->arena, path, fault))
        return NULL;
    const char *other = entry_find(catalog->soc_names, soc->name);
    char where[512];
    if (other != NULL) {
        fault_set(fault, yaml_where(platform, where, sizeof where),
                  "give one of them another name in its file",
                  "%s and %s are platforms of the same name `%s`", other, path, soc->name);
        return NULL;
    }
    entry_add(catalog, &catalog->socs, path, soc);
    entry_add(catalog, &catalog->soc_names, soc->name, path);
    return soc;
}

static const struct app_set *load_apps(struct catalog *catalog, const char *path,
                                       struct fault *fault)
{
    const struct app_set *known = entry_find(catalog->apps, path);
    if (known != NULL)
        return known;
    struct app_set *set = arena_zeroed(catalog->arena, 1, sizeof *set);
    if (!app_load(set, catalog->arena, path, fault))
        return NULL;
    entry_add(catalog, &catalog->apps, path, set);
    return set;
}

/* Name of a set of variants: that of its first app up to the number. */
static const char *set_name(struct arena *arena, const struct app_set *set)
{
    const char *name = set->apps[0].name;
    return set->count == 1 ? name : arena_substring(arena, name, strcspn(name, "#"));
}

/* Binds the variants of all sets of a mix; makes shares cumulative. */
static bool fill_mix(struct catalog *catalog, struct catalog_mix *mix,
                     const struct app_set *const *sets, const double *weights, int set_count,
                     const struct soc *soc, struct fault *fault)
{
    struct bind *binds = arena_zeroed(catalog->arena, (size_t)mix->app_count, sizeof *binds);
    double *shares = arena_zeroed(catalog->arena, (size_t)mix->app_count, sizeof *shares);
    mix->app_names = arena_zeroed(catalog->arena, (size_t)mix->app_count, sizeof *mix->app_names);
    mix->binds = binds;
    mix->app_share = shares;
    double total = 0, sum = 0;
    for (int i = 0; i < set_count; i++)
        total += weights[i];
    int32_t at = 0;
    for (int i = 0; i < set_count; i++) {
        for (int32_t v = 0; v < sets[i]->count; v++, at++) {
            if (!bind_app(&binds[at], catalog->arena, &sets[i]->apps[v], soc, fault))
                return false;
            mix->app_names[at] = sets[i]->apps[v].name;
            shares[at] = (sum + weights[i] * (v + 1) / sets[i]->count) / total;
        }
        sum += weights[i];
    }
    shares[at - 1] = 1;
    return true;
}

/* Faults if two apps of a mix, which come from different files, have the same name. */
static bool check_names(const struct yaml_node *apps, const struct app_set *const *sets,
                        struct arena *arena, struct fault *fault)
{
    for (int i = 1; i < apps->count; i++)
        for (int j = 0; j < i; j++) {
            char where[512];
            if (strcmp(set_name(arena, sets[i]), set_name(arena, sets[j])) == 0)
                return fault_set(fault, yaml_where(apps->items[i], where, sizeof where),
                                 "give one of them another name in its file",
                                 "%s and %s are apps of the same name `%s`", sets[j]->apps[0].file,
                                 sets[i]->apps[0].file, set_name(arena, sets[i]));
        }
    return true;
}

/* Faults if another workload map has the same name. */
static bool claim_name(struct catalog *catalog, const char *name, const struct yaml_node *workload,
                       struct fault *fault)
{
    const struct yaml_node *owner = entry_find(catalog->workloads, name);
    char where[512];
    if (owner != NULL && owner != workload)
        return fault_set(fault, yaml_where(workload, where, sizeof where),
                         "add a name: to each workload of the list",
                         "two workloads have the same name `%s`", name);
    if (owner == NULL)
        entry_add(catalog, &catalog->workloads, name, workload);
    return true;
}

const struct catalog_mix *catalog_mix(struct catalog *catalog, const struct yaml_node *workload,
                                      const struct soc *soc, struct fault *fault)
{
    struct arena *arena = catalog->arena;
    const struct yaml_node *apps = yaml_get(workload, "apps");
    const struct yaml_node *given = yaml_get(workload, "name");
    const struct app_set **sets = arena_zeroed(arena, (size_t)apps->count, sizeof *sets);
    double *weights = arena_zeroed(arena, (size_t)apps->count, sizeof *weights);
    struct catalog_mix *mix = arena_zeroed(arena, 1, sizeof *mix);
    const char *key = soc->name;
    const char *name = "";
    for (int i = 0; i < apps->count; i++) {
        const struct yaml_node *share = yaml_get(apps->items[i], "share");
        const char *path = find_file(catalog, LIBRARY_APPS, yaml_get(apps->items[i], "app"), fault);
        sets[i] = path == NULL ? NULL : load_apps(catalog, path, fault);
        if (sets[i] == NULL)
            return NULL;
        weights[i] = share == NULL ? 1
                                   : schema_real(&experiment_schema, apps->items[i],
                                                 "workload.apps[]", "share");
        mix->app_count += sets[i]->count;
        name = arena_printf(arena, "%s%s%s", name, i == 0 ? "" : "+", set_name(arena, sets[i]));
        key = arena_printf(arena, "%s\n%s\n%a", key, path, weights[i]);
    }
    mix->workload = given == NULL ? name : given->text;
    key = arena_printf(arena, "%s\n%s", key, mix->workload);
    if (!check_names(apps, sets, arena, fault) ||
        !claim_name(catalog, mix->workload, workload, fault))
        return NULL;
    const struct catalog_mix *known = entry_find(catalog->mixes, key);
    if (known != NULL)
        return known;
    if (!fill_mix(catalog, mix, sets, weights, apps->count, soc, fault))
        return NULL;
    entry_add(catalog, &catalog->mixes, key, mix);
    return mix;
}

const struct arrivals *catalog_trace(struct catalog *catalog, const struct yaml_node *file,
                                     const struct catalog_mix *mix, struct fault *fault)
{
    const char *path = library_path(catalog->arena, catalog->folder, file->text);
    const char *key = path;
    char where[512];
    if (access(path, R_OK) != 0) {
        fault_set(fault, yaml_where(file, where, sizeof where),
                  "paths are relative to the folder of the experiment file",
                  "cannot read the arrivals %s: %s", path, strerror(errno));
        return NULL;
    }
    for (int32_t i = 0; i < mix->app_count; i++)
        key = arena_printf(catalog->arena, "%s\n%s", key, mix->app_names[i]);
    const struct arrivals *known = entry_find(catalog->traces, key);
    if (known != NULL)
        return known;
    struct arrivals *arrivals = arena_zeroed(catalog->arena, 1, sizeof *arrivals);
    if (!arrivals_load_trace(arrivals, catalog->arena, path, mix->app_names, mix->app_count, fault))
        return NULL;
    entry_add(catalog, &catalog->traces, key, arrivals);
    return arrivals;
}
