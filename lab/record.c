/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/record.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "lab/version.h"

struct record {
    struct arena *arena;
    const char *dir, *aside; /* where it will be, and where it is made */
    const struct experiment *experiment;
    struct recorder *recorder;
    struct trace_manifest manifest;
};

/* Keys of an experiment that mean nothing for one trial alone. */
static const char *const left_out[] = {"sweep", "train", "trace", "record"};

static bool is_left_out(const char *key)
{
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (strcmp(left_out[i], key) == 0)
            return true;
    return false;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* Copies a file that the trial depends on to a name in the trace; returns the name. */
static const char *carry_as(struct record *record, const char *name, const char *path,
                            struct fault *fault)
{
    const char *to = arena_printf(record->arena, "%s/%s", record->aside, name);
    const char *folder = arena_substring(record->arena, to, (size_t)(strrchr(to, '/') - to));
    return folder_make(folder, fault) && folder_copy_file(path, to, fault) ? name : NULL;
}

/* The same into a folder of the trace, under the name that the file has. */
static const char *carry(struct record *record, const char *folder, const char *path,
                         struct fault *fault)
{
    return carry_as(record, arena_printf(record->arena, "%s/%s", folder, base_name(path)), path,
                    fault);
}

static bool write_tree(const struct yaml_node *tree, const char *path, struct fault *fault)
{
    FILE *stream = fopen(path, "w");
    bool ok = stream != NULL;
    if (ok) {
        yaml_print(tree, stream);
        ok = ferror(stream) == 0;
        ok = fclose(stream) == 0 && ok;
    }
    return ok || fault_set(fault, path, "is the disk full?", "cannot write: %s", strerror(errno));
}

static struct yaml_node *make_text(struct arena *arena, const char *text)
{
    struct yaml_node *node = arena_zeroed(arena, 1, sizeof *node);
    *node = (struct yaml_node){.type = YAML_SCALAR, .file = "", .text = text, .quoted = true};
    return node;
}

/* Puts a text at a key of a map, which may have it already. */
static void put_text(struct arena *arena, struct yaml_node *map, const char *key, const char *text)
{
    struct yaml_node *node = yaml_get(map, key);
    if (node != NULL)
        *node = *make_text(arena, text);
    else
        yaml_append(arena, map, key, make_text(arena, text));
}

/* A list of one item. */
static struct yaml_node *make_list(struct arena *arena, const struct yaml_node *item)
{
    struct yaml_node *list = arena_zeroed(arena, 1, sizeof *list);
    *list = (struct yaml_node){.type = YAML_LIST, .file = "", .count = 1};
    list->items = arena_zeroed(arena, 1, sizeof *list->items);
    list->items[0] = yaml_copy(arena, item);
    return list;
}

/* The experiment of this point alone, with the files that the trace carries. */
static struct yaml_node *narrow(struct record *record, const struct point *point,
                                struct fault *fault)
{
    struct arena *arena = record->arena;
    struct yaml_node *tree = yaml_copy(arena, point->tree);
    int kept = 0;
    for (int i = 0; i < tree->count; i++) {
        if (is_left_out(tree->keys[i]->text))
            continue;
        tree->keys[kept] = tree->keys[i];
        tree->items[kept++] = tree->items[i];
    }
    tree->count = kept;
    struct yaml_node *workload = yaml_get(tree, "workload");
    const struct yaml_node *apps = yaml_get(workload, "apps");
    for (int i = 0; i < apps->count; i++)
        put_text(arena, apps->items[i], "app", record->manifest.apps[i]);
    put_text(arena, workload, "name", point->workload);
    if (point->arrivals_file != NULL) {
        const char *arrivals = carry(record, "arrivals", point->arrivals_file, fault);
        if (arrivals == NULL)
            return NULL;
        put_text(arena, yaml_get(workload, "arrivals"), "file", arrivals);
    }
    put_text(arena, tree, "platform", record->manifest.platform);
    put_text(arena, tree, "baseline", point->scheduler);
    yaml_get(tree, "replicates")->text = "1";
    *yaml_get(tree, "noise") =
        *make_list(arena, yaml_get(point->tree, "noise")->items[point->noise_item]);
    struct yaml_node *scheduler = yaml_get(tree, "schedulers");
    *scheduler =
        *make_list(arena, yaml_get(point->tree, "schedulers")->items[point->scheduler_item]);
    if (point->file->path != NULL) {
        const char *policy = carry(record, "policies", point->file->path, fault);
        if (policy == NULL)
            return NULL;
        put_text(arena, scheduler->items[0], point->policy->file->key, policy);
    }
    return tree;
}

/* Copies a measured profile, once for all kinds that name it; returns where it is, from the folder
 * of the platform. Profiles of different folders may share their name, also with the platform. */
static const char *carry_profile(struct record *record, const struct soc *soc, int32_t number,
                                 struct fault *fault)
{
    const char *path = soc->kinds[number].profile.file;
    int32_t first = 0;
    while (soc->kinds[first].profile.file == NULL ||
           strcmp(soc->kinds[first].profile.file, path) != 0)
        first++;
    const char *name = arena_printf(record->arena, "profiles/%s.yaml", soc->kinds[first].name);
    return first < number || carry_as(record, arena_printf(record->arena, "platform/%s", name),
                                      path, fault) != NULL
               ? name
               : NULL;
}

/* Copies the platform, complete with what it takes from another file, and the measured profiles
 * that it names. */
static const char *carry_platform(struct record *record, const struct point *point,
                                  struct fault *fault)
{
    struct arena *arena = record->arena;
    const char *name = carry(record, "platform", point->platform_file, fault);
    struct soc_bases bases;
    struct yaml_node *tree =
        name == NULL ? NULL : soc_read_keys(arena, point->platform_file, &bases, fault);
    if (tree == NULL)
        return NULL;
    bool is_changed = bases.count > 0;
    const struct yaml_node *kinds = yaml_get(tree, "kinds");
    for (int32_t i = 0; i < point->soc->kind_count; i++) {
        const struct soc_kind *kind = &point->soc->kinds[i];
        if (kind->profile.file == NULL)
            continue;
        const char *profile = carry_profile(record, point->soc, i, fault);
        if (profile == NULL)
            return NULL;
        const struct yaml_node *keys = yaml_get(kinds, kind->name);
        if (keys == NULL)
            keys = yaml_get(kinds, kind->like); /* generated: its template */
        put_text(arena, yaml_get(keys, "profile"), "file", profile);
        is_changed = true;
    }
    if (!is_changed)
        return name;
    return write_tree(tree, arena_printf(arena, "%s/%s", record->aside, name), fault) ? name : NULL;
}

/* Writes experiment.yaml and what it names. */
static bool write_parts(struct record *record, const struct point *point, struct fault *fault)
{
    struct trace_manifest *manifest = &record->manifest;
    const char **apps = arena_zeroed(record->arena, (size_t)point->app_file_count, sizeof *apps);
    manifest->apps = apps;
    manifest->app_count = point->app_file_count;
    manifest->platform = carry_platform(record, point, fault);
    for (int32_t i = 0; i < point->app_file_count; i++)
        apps[i] = carry(record, "apps", point->app_files[i], fault);
    for (int32_t i = 0; i < point->part_file_count; i++)
        carry(record, "apps", point->part_files[i], fault);
    if (fault_is_set(fault))
        return false;
    const struct yaml_node *tree = narrow(record, point, fault);
    if (tree == NULL)
        return false;
    return write_tree(tree, arena_printf(record->arena, "%s/experiment.yaml", record->aside),
                      fault);
}

struct record *record_begin(const struct experiment *experiment, const struct point *point,
                            int32_t trial, int32_t replicate, const struct scenario *scenario,
                            struct fault *fault)
{
    const struct record_wish *wish = &experiment->record;
    struct arena *arena = arena_create();
    struct record *record = arena_zeroed(arena, 1, sizeof *record);
    *record = (struct record){
        .arena = arena,
        .experiment = experiment,
        .dir = arena_printf(arena, "%s/%d", wish->dir, (int)trial),
        .aside = arena_printf(arena, "%s/.%d.new", wish->dir, (int)trial),
        .manifest =
            {
                .experiment = experiment->name,
                .scheduler = point->scheduler,
                .engine = point->engine->name,
                .program = arena_printf(arena, "hetsoc %s", version_number),
                .commit = version_commit,
                .identity = point->identity,
                .trial = trial,
                .replicate = replicate,
                .seed = (int64_t)experiment->seed,
                .from_ps = wish->from_ps,
                .until_ps = wish->until_ps,
            },
    };
    const struct recorder_setup setup = {
        .dir = record->aside,
        .soc = point->soc,
        .binds = point->binds,
        .bind_count = point->app_count,
        .scenario = scenario,
        .categories = wish->categories,
        .from_ps = wish->from_ps,
        .until_ps = wish->until_ps,
        .is_compressed = wish->is_compressed,
        .has_compat = point->compat_ds3,
    };
    if (folder_remove(record->aside, fault) && folder_make(record->aside, fault) &&
        write_parts(record, point, fault))
        record->recorder = recorder_create(&setup, arena, fault);
    if (record->recorder != NULL)
        return record;
    arena_destroy(arena);
    return NULL;
}

struct observer record_observer(struct record *record)
{
    return recorder_observer(record->recorder);
}

bool record_end(struct record *record, const char *status, int64_t end_ps, struct fault *fault)
{
    struct trace_manifest *manifest = &record->manifest;
    manifest->status = status;
    manifest->end_ps = end_ps;
    bool ok = recorder_finish(record->recorder, end_ps, manifest->files, fault) &&
              trace_manifest_write(manifest, record->aside, fault) &&
              folder_remove(record->dir, fault);
    if (ok && rename(record->aside, record->dir) != 0)
        ok = fault_set(fault, record->dir, NULL, "cannot make the folder: %s", strerror(errno));
    arena_destroy(record->arena);
    return ok;
}

/* Whether a trace is of one of the points; O(1) if it is of the point that its number says. */
static bool is_of_points(const struct trace_manifest *manifest, const struct points *points)
{
    if (manifest->identity == NULL)
        return false;
    const int32_t own = manifest->trial / points->replicates;
    if (own >= 0 && own < points->count &&
        strcmp(points->list[own].identity, manifest->identity) == 0)
        return true;
    for (int32_t i = 0; i < points->count; i++)
        if (strcmp(points->list[i].identity, manifest->identity) == 0)
            return true;
    return false;
}

/* What to do about a trace of another experiment that lies at `dir`. */
typedef bool on_stranger(const char *dir, const struct trace_manifest *manifest,
                         struct fault *fault);

static bool refuse_stranger(const char *dir, const struct trace_manifest *manifest,
                            struct fault *fault)
{
    return fault_set(fault, dir, "choose another folder with --record, or --overwrite",
                     "there is a trace of another experiment, `%s` under %s, or of this "
                     "one before a change",
                     manifest->experiment, manifest->scheduler);
}

static bool remove_stranger(const char *dir, const struct trace_manifest *manifest,
                            struct fault *fault)
{
    (void)manifest;
    return folder_remove(dir, fault);
}

/* Deals with one entry of the folder. */
static bool look_at(const char *name, const struct experiment *experiment,
                    const struct points *points, on_stranger *act, struct fault *fault)
{
    if (strspn(name, "0123456789") != strlen(name))
        return true;
    struct arena *arena = arena_create();
    struct fault none = FAULT_NONE;
    struct trace_manifest manifest;
    const char *dir = arena_printf(arena, "%s/%s", experiment->record.dir, name);
    bool ok = true;
    if (trace_manifest_read(&manifest, arena, dir, &none) && !is_of_points(&manifest, points))
        ok = act(dir, &manifest, fault);
    arena_destroy(arena);
    return ok;
}

static bool look_at_all(const struct experiment *experiment, const struct points *points,
                        on_stranger *act, struct fault *fault)
{
    const char *dir = experiment->record.dir;
    DIR *stream = opendir(dir);
    if (stream == NULL)
        return fault_set(fault, dir, "choose another folder with --record", "cannot read: %s",
                         strerror(errno));
    bool ok = true;
    for (struct dirent *entry = readdir(stream); ok && entry != NULL; entry = readdir(stream))
        ok = look_at(entry->d_name, experiment, points, act, fault);
    closedir(stream);
    return ok;
}

/* The number-th of the files that an app of the point is or is made of. */
static const char *file_of(const struct point *point, int32_t number)
{
    return number < point->app_file_count ? point->app_files[number]
                                          : point->part_files[number - point->app_file_count];
}

/* Faults if an app and what another one is made of, in different folders, are called the same: they
 * would be one file in the trace. */
static bool check_names(const struct point *point, struct fault *fault)
{
    const int32_t count = point->app_file_count + point->part_file_count;
    for (int32_t i = point->app_file_count; i < count; i++)
        for (int32_t j = 0; j < i; j++) {
            const char *one = file_of(point, i), *other = file_of(point, j);
            if (strcmp(base_name(one), base_name(other)) == 0 && strcmp(one, other) != 0 &&
                !folder_is_same(one, other))
                return fault_set(fault, one, "give one of them another name in its file",
                                 "a trace carries apps by their names and cannot hold %s as well",
                                 other);
        }
    return true;
}

bool record_prepare(const struct experiment *experiment, const struct points *points,
                    bool overwrite, struct fault *fault)
{
    struct fault own = FAULT_NONE;
    for (int32_t i = 0; i < points->count; i++)
        if (!check_names(&points->list[i], fault))
            return false;
    if (!folder_make(experiment->record.dir, &own))
        return fault_set(fault, own.where, "choose another folder with --record", "%s", own.what);
    return overwrite || look_at_all(experiment, points, refuse_stranger, fault);
}

bool record_sweep(const struct experiment *experiment, const struct points *points,
                  struct fault *fault)
{
    return look_at_all(experiment, points, remove_stranger, fault);
}

bool record_has(const struct experiment *experiment, const struct point *point, int32_t trial,
                int32_t replicate)
{
    struct arena *arena = arena_create();
    struct fault none = FAULT_NONE;
    struct trace_manifest manifest;
    const char *dir = arena_printf(arena, "%s/%d", experiment->record.dir, (int)trial);
    bool has = trace_manifest_read(&manifest, arena, dir, &none) && manifest.identity != NULL &&
               strcmp(manifest.identity, point->identity) == 0 && manifest.replicate == replicate;
    arena_destroy(arena);
    return has;
}
