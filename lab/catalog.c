/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/catalog.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/tick.h"
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
    struct entry *soc_words;        /* by path: what the experiment calls it */
    struct entry *apps;             /* app sets by path */
    struct entry *mixes, *traces;   /* by everything that they are made of */
    struct entry *workloads;        /* map node by name */
    struct entry *digests;          /* of files, by path */
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

const char *catalog_file(struct catalog *catalog, enum library_shelf shelf,
                         const struct yaml_node *node, struct fault *fault)
{
    char where[512];
    return library_find(catalog->arena, shelf, node->text, catalog->folder,
                        yaml_where(node, where, sizeof where), fault);
}

static const struct soc *load_soc(struct catalog *catalog, const struct yaml_node *platform,
                                  const char *path, struct fault *fault)
{
    const struct soc *known = entry_find(catalog->socs, path);
    const char *word = entry_find(catalog->soc_words, path);
    char where[512];
    if (known != NULL && strcmp(word, platform->text) == 0)
        return known;
    if (known != NULL) {
        fault_set(fault, yaml_where(platform, where, sizeof where),
                  "list every platform once; `replicates` repeats",
                  "`%s` and `%s` are one platform, %s", word, platform->text, path);
        return NULL;
    }
    struct soc *soc = arena_zeroed(catalog->arena, 1, sizeof *soc);
    if (!soc_load(soc, catalog->arena, path, fault))
        return NULL;
    const char *other = entry_find(catalog->soc_names, soc->name);
    if (other != NULL) {
        fault_set(fault, yaml_where(platform, where, sizeof where),
                  "give one of them another name in its file",
                  "%s and %s are platforms of the same name `%s`", other, path, soc->name);
        return NULL;
    }
    entry_add(catalog, &catalog->socs, path, soc);
    entry_add(catalog, &catalog->soc_names, soc->name, path);
    entry_add(catalog, &catalog->soc_words, path, platform->text);
    return soc;
}

/* A machine of which nothing but the operating points is a copy's own. */
static struct soc *copy_soc(struct arena *arena, const struct soc *soc)
{
    struct soc *copy = arena_zeroed(arena, 1, sizeof *copy);
    *copy = *soc;
    copy->kinds = arena_zeroed(arena, (size_t)soc->kind_count, sizeof *copy->kinds);
    memcpy(copy->kinds, soc->kinds, (size_t)soc->kind_count * sizeof *copy->kinds);
    return copy;
}

/* The number of a word among others, which has it. */
static int find_word(const char *const *words, const char *word)
{
    int number = 0;
    while (strcmp(words[number], word) != 0)
        number++;
    return number;
}

/* What an experiment says of operating points and temperatures. */
struct governing {
    enum soc_governor governor;
    double mhz;
    struct soc_ondemand ondemand;
    enum soc_thermal_mode thermal;
};

static struct governing read_governing(const struct yaml_node *root)
{
    static const char *const governors[] = {[SOC_PERFORMANCE] = "performance",
                                            [SOC_POWERSAVE] = "powersave",
                                            [SOC_FIXED] = "fixed",
                                            [SOC_ONDEMAND] = "ondemand"};
    static const char *const modes[] = {[SOC_THERMAL_NONE] = "none",
                                        [SOC_THERMAL_WATCH] = "watch",
                                        [SOC_THERMAL_THROTTLE] = "throttle"};
    const struct schema *schema = &experiment_schema;
    struct governing governing = {
        .governor =
            (enum soc_governor)find_word(governors, schema_text(schema, root, "", "governor")),
        .mhz = schema_real(schema, root, "", "frequency_mhz"),
        .thermal =
            (enum soc_thermal_mode)find_word(modes, schema_text(schema, root, "", "thermal")),
    };
    const struct yaml_node *rule = yaml_get(root, "ondemand");
    if (governing.governor == SOC_ONDEMAND)
        governing.ondemand = (struct soc_ondemand){
            .period_ps = tick_from_us(schema_real(schema, rule, "ondemand", "period_us")),
            .up = schema_real(schema, rule, "ondemand", "up"),
            .down = schema_real(schema, rule, "ondemand", "down"),
        };
    return governing;
}

static bool fault_of(const struct yaml_node *node, const char *hint, const char *what,
                     struct fault *fault)
{
    char where[512];
    return fault_set(fault, yaml_where(node, where, sizeof where), hint, "%s", what);
}

static bool govern(struct soc *soc, const struct yaml_node *root, const struct governing *governing,
                   struct fault *fault)
{
    struct fault slow = FAULT_NONE;
    if (governing->governor != SOC_PERFORMANCE &&
        !soc_govern(soc, governing->governor, governing->mhz, &slow))
        return fault_of(yaml_get(root, "governor"), slow.hint, slow.what, fault);
    soc->ondemand = governing->ondemand;
    if (soc->ondemand.down > soc->ondemand.up)
        return fault_of(yaml_get(root, "ondemand"), "make `up` larger than `down`",
                        "`ondemand` would go up and down at the same load", fault);
    if (governing->thermal != SOC_THERMAL_NONE && soc->thermal == NULL)
        return fault_of(yaml_get(root, "thermal"),
                        "add `thermal` to its file, or leave it out here",
                        "the platform does not tell how it gets warm", fault);
    soc->thermal_mode = governing->thermal;
    return true;
}

const struct soc *catalog_soc(struct catalog *catalog, const struct yaml_node *root,
                              struct fault *fault)
{
    const struct yaml_node *platform = yaml_get(root, "platform");
    const char *path = catalog_file(catalog, LIBRARY_PLATFORMS, platform, fault);
    const struct soc *soc = path == NULL ? NULL : load_soc(catalog, platform, path, fault);
    struct governing governing = read_governing(root);
    if (soc == NULL ||
        (governing.governor == SOC_PERFORMANCE && governing.thermal == SOC_THERMAL_NONE))
        return soc;
    const struct soc_ondemand *ondemand = &governing.ondemand;
    const char *key = arena_printf(
        catalog->arena, "%s\n%d %a %a %a %a %d", path, (int)governing.governor, governing.mhz,
        (double)ondemand->period_ps, ondemand->up, ondemand->down, (int)governing.thermal);
    const struct soc *known = entry_find(catalog->socs, key);
    if (known != NULL)
        return known;
    struct soc *governed = copy_soc(catalog->arena, soc);
    if (!govern(governed, root, &governing, fault))
        return NULL;
    entry_add(catalog, &catalog->socs, key, governed);
    return governed;
}

static const struct app_set *load_apps(struct catalog *catalog, const char *path,
                                       struct fault *fault)
{
    const struct app_set *known = entry_find(catalog->apps, path);
    if (known != NULL)
        return known;
    struct app_set *set = arena_zeroed(catalog->arena, 1, sizeof *set);
    if (!app_load_with(set, catalog->arena, path, library_find_app, fault))
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

/* An item of `workload.apps`. */
struct ingredient {
    const struct app_set *set;
    double weight;
    double deadline_us, period_us; /* NAN = none */
    int32_t batch;                 /* 0 = what the app says */
    int32_t priority;
};

/* Samples of a job; 0 = what its app says. */
static int32_t read_batch(const struct yaml_node *workload, const struct yaml_node *item)
{
    if (yaml_get(item, "batch") != NULL)
        return (int32_t)schema_int(&experiment_schema, item, "workload.apps[]", "batch");
    if (yaml_get(workload, "batch") != NULL)
        return (int32_t)schema_int(&experiment_schema, workload, "workload", "batch");
    return 0;
}

static struct ingredient read_ingredient(const struct yaml_node *workload,
                                         const struct yaml_node *item)
{
    static const char at[] = "workload.apps[]";
    double share = schema_real(&experiment_schema, item, at, "share");
    return (struct ingredient){
        .weight = isnan(share) ? 1 : share,
        .deadline_us = schema_real(&experiment_schema, item, at, "deadline_us"),
        .period_us = schema_real(&experiment_schema, item, at, "period_us"),
        .priority = (int32_t)schema_int(&experiment_schema, item, at, "priority"),
        .batch = read_batch(workload, item),
    };
}

/* The app with this batch, its own if that is 0. */
static const struct app *with_batch(struct arena *arena, const struct app *app, int32_t batch)
{
    if (batch == 0 || batch == app->batch)
        return app;
    struct app *copy = arena_zeroed(arena, 1, sizeof *copy);
    *copy = *app;
    copy->batch = batch;
    return copy;
}

/* Binds the variants of all ingredients of a mix; makes shares cumulative. */
static bool fill_mix(struct catalog *catalog, struct catalog_mix *mix,
                     const struct ingredient *ingredients, int count, const struct soc *soc,
                     struct fault *fault)
{
    size_t app_count = (size_t)mix->app_count;
    struct bind *binds = arena_zeroed(catalog->arena, app_count, sizeof *binds);
    double *shares = arena_zeroed(catalog->arena, app_count, sizeof *shares);
    int64_t *periods_ps = arena_zeroed(catalog->arena, app_count, sizeof *periods_ps);
    mix->app_names = arena_zeroed(catalog->arena, app_count, sizeof *mix->app_names);
    mix->binds = binds;
    mix->app_share = shares;
    mix->period_ps = periods_ps;
    double total = 0, sum = 0;
    for (int i = 0; i < count; i++)
        total += ingredients[i].weight;
    int32_t at = 0;
    for (int i = 0; i < count; i++) {
        const struct ingredient *what = &ingredients[i];
        for (int32_t v = 0; v < what->set->count; v++, at++) {
            const struct app *app = with_batch(catalog->arena, &what->set->apps[v], what->batch);
            if (!bind_app(&binds[at], catalog->arena, app, soc, fault))
                return false;
            if (!isnan(what->deadline_us))
                binds[at].deadline_ps = tick_from_us(what->deadline_us);
            binds[at].priority = what->priority;
            periods_ps[at] = isnan(what->period_us) ? 0 : tick_from_us(what->period_us);
            mix->app_names[at] = what->set->apps[v].name;
            shares[at] = (sum + what->weight * (v + 1) / what->set->count) / total;
        }
        sum += what->weight;
    }
    shares[at - 1] = 1;
    return true;
}

/* Faults if two apps of a mix, which come from different files, have the same name, or if an app
 * with variants has a period: its jobs would be those of one variant. */
static bool check_ingredients(const struct yaml_node *apps, const struct ingredient *ingredients,
                              struct arena *arena, struct fault *fault)
{
    char where[512];
    for (int i = 0; i < apps->count; i++) {
        const struct app_set *set = ingredients[i].set;
        if (set->count > 1 && !isnan(ingredients[i].period_us))
            return fault_set(fault, yaml_where(apps->items[i], where, sizeof where),
                             "use another arrival process, or an app without variants",
                             "`%s` has %d variants and so no jobs of one period",
                             set_name(arena, set), (int)set->count);
        for (int j = 0; j < i; j++)
            if (strcmp(set_name(arena, set), set_name(arena, ingredients[j].set)) == 0)
                return fault_set(fault, yaml_where(apps->items[i], where, sizeof where),
                                 "give one of them another name in its file",
                                 "%s and %s are apps of the same name `%s`",
                                 ingredients[j].set->apps[0].file, set->apps[0].file,
                                 set_name(arena, set));
    }
    return true;
}

/* Whether two maps are one, or copies of one by the place where it is written: a sweep that draws
 * workloads may draw one twice. */
static bool is_copy(const struct yaml_node *a, const struct yaml_node *b)
{
    return a == b || (a->line > 0 && a->line == b->line && a->column == b->column &&
                      strcmp(a->file, b->file) == 0);
}

/* Faults if another workload map has the same name. */
static bool claim_name(struct catalog *catalog, const char *name, const struct yaml_node *workload,
                       struct fault *fault)
{
    const struct yaml_node *owner = entry_find(catalog->workloads, name);
    char where[512];
    if (owner != NULL && !is_copy(owner, workload))
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
    struct ingredient *ingredients = arena_zeroed(arena, (size_t)apps->count, sizeof *ingredients);
    struct catalog_mix *mix = arena_zeroed(arena, 1, sizeof *mix);
    const char *key = arena_printf(arena, "%p", (const void *)soc);
    const char *name = "";
    for (int i = 0; i < apps->count; i++) {
        struct ingredient *what = &ingredients[i];
        const char *path =
            catalog_file(catalog, LIBRARY_APPS, yaml_get(apps->items[i], "app"), fault);
        *what = read_ingredient(workload, apps->items[i]);
        what->set = path == NULL ? NULL : load_apps(catalog, path, fault);
        if (what->set == NULL)
            return NULL;
        mix->app_count += what->set->count;
        name = arena_printf(arena, "%s%s%s", name, i == 0 ? "" : "+", set_name(arena, what->set));
        key =
            arena_printf(arena, "%s\n%s\n%a %a %a %d %d", key, path, what->weight,
                         what->deadline_us, what->period_us, (int)what->priority, (int)what->batch);
    }
    mix->workload = given == NULL ? name : given->text;
    key = arena_printf(arena, "%s\n%s", key, mix->workload);
    if (!check_ingredients(apps, ingredients, arena, fault) ||
        !claim_name(catalog, mix->workload, workload, fault))
        return NULL;
    const struct catalog_mix *known = entry_find(catalog->mixes, key);
    if (known != NULL)
        return known;
    if (!fill_mix(catalog, mix, ingredients, apps->count, soc, fault))
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

/* Digest of a file; NULL and a fault if it cannot be read, or if `path` is NULL. */
static const char *find_digest(struct catalog *catalog, const char *path, struct fault *fault)
{
    if (path == NULL)
        return NULL;
    const char *known = entry_find(catalog->digests, path);
    if (known != NULL)
        return known;
    char *digest = arena_zeroed(catalog->arena, 1, DIGEST_SIZE);
    if (!digest_file(digest, path, fault))
        return NULL;
    entry_add(catalog, &catalog->digests, path, digest);
    return digest;
}

const char *const *catalog_parts(struct catalog *catalog, const struct yaml_node *workload,
                                 int32_t *count, struct fault *fault)
{
    const struct yaml_node *apps = yaml_get(workload, "apps");
    const char **parts = NULL;
    size_t found = 0, capacity = 0;
    for (int i = 0; i < apps->count; i++) {
        const char *path =
            catalog_file(catalog, LIBRARY_APPS, yaml_get(apps->items[i], "app"), fault);
        const struct app_set *set = path == NULL ? NULL : load_apps(catalog, path, fault);
        for (int32_t k = 0; set != NULL && k < set->part_file_count; k++) {
            parts = memory_grow(parts, &capacity, found + 1, sizeof *parts);
            parts[found++] = set->part_files[k];
        }
    }
    const char **kept = arena_zeroed(catalog->arena, found + 1, sizeof *kept);
    if (found > 0)
        memcpy(kept, parts, found * sizeof *kept);
    free(parts);
    *count = (int32_t)found;
    return kept;
}

const char *const *catalog_contents(struct catalog *catalog, const struct yaml_node *root,
                                    struct fault *fault)
{
    const struct yaml_node *platform = yaml_get(root, "platform");
    const struct yaml_node *workload = yaml_get(root, "workload");
    const struct yaml_node *apps = yaml_get(workload, "apps");
    const struct yaml_node *file = yaml_get(yaml_get(workload, "arrivals"), "file");
    const struct soc *soc = catalog_soc(catalog, root, fault);
    if (soc == NULL)
        return NULL;
    int32_t part_count;
    const char *const *parts = catalog_parts(catalog, workload, &part_count, fault);
    size_t room = (size_t)apps->count + (size_t)part_count + (size_t)soc->kind_count +
                  (size_t)soc->bases.count + 3;
    const char **digests = arena_zeroed(catalog->arena, room, sizeof *digests);
    int count = 0;
    digests[count++] =
        find_digest(catalog, catalog_file(catalog, LIBRARY_PLATFORMS, platform, fault), fault);
    for (int32_t i = 0; i < soc->bases.count; i++)
        digests[count++] = find_digest(catalog, soc->bases.files[i], fault);
    for (int32_t i = 0; i < soc->kind_count; i++)
        if (soc->kinds[i].profile.file != NULL)
            digests[count++] = find_digest(catalog, soc->kinds[i].profile.file, fault);
    for (int i = 0; i < apps->count; i++) {
        const struct yaml_node *app = yaml_get(apps->items[i], "app");
        digests[count++] =
            find_digest(catalog, catalog_file(catalog, LIBRARY_APPS, app, fault), fault);
    }
    for (int32_t i = 0; i < part_count; i++)
        digests[count++] = find_digest(catalog, parts[i], fault);
    if (file != NULL)
        digests[count++] =
            find_digest(catalog, library_path(catalog->arena, catalog->folder, file->text), fault);
    return fault_is_set(fault) ? NULL : digests;
}
