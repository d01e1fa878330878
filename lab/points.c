/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/points.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "base/writing.h"
#include "lab/decision_cost.h"
#include "lab/failures_read.h"
#include "lab/identity.h"
#include "lab/library.h"
#include "lab/points_parts.h"

/* What points_seconds assumes (docs/performance.md). */
#define START_SIMGRID_S     1.6e-3
#define START_HEAP_S        7e-4
#define TASKS_PER_S_SIMGRID 3e5
#define TASKS_PER_S_HEAP    3e6

/* Room for "file:line:column". */
enum { WHERE_SIZE = 512 };

/* A key of an axis: where its list hangs in the tree. */
struct axis_key {
    const char *path;
    const struct schema_row *row;
    struct yaml_node **slot;
    struct yaml_node *list;
};

/* Swept keys that advance together; most axes have one. */
struct axis {
    struct axis_key *keys; /* [count], the first is the one that comes first in the enumeration */
    int count;
};

/* Swept keys whose value trials.csv has in a column of its own, and their order. */
static const struct {
    const char *path;
    int rank;
} own_columns[] = {
    {"platform", 0},
    {"workload", 1},
    {"workload.arrivals.rate_jobs_per_ms", 2},
    {"workload.arrivals.mean_interarrival_us", 2},
    {"engine", 3},
};

enum { RANK_OTHER = 3 };

/* Rank of a path in the enumeration; `own` tells whether it has its own column. */
static int rank_of(const char *path, bool *own)
{
    *own = false;
    for (size_t i = 0; i < sizeof own_columns / sizeof *own_columns; i++)
        if (strcmp(path, own_columns[i].path) == 0) {
            *own = true;
            return own_columns[i].rank;
        }
    return RANK_OTHER;
}

static const char *path_join(struct arena *arena, const char *path, const char *key)
{
    return *path == '\0' ? key : arena_printf(arena, "%s.%s", path, key);
}

static bool is_swept(const char *path, const struct yaml_node *node)
{
    const struct schema_row *row = schema_find(&experiment_schema, path);
    return row != NULL && row->sweepable && node->type == YAML_LIST;
}

/* Collects the swept paths without a column of their own, in file order. */
static void collect_keys(struct expansion *expansion, const struct yaml_node *map,
                         const char *prefix)
{
    for (int i = 0; i < map->count; i++) {
        const char *path = path_join(expansion->arena, prefix, map->keys[i]->text);
        const struct yaml_node *value = map->items[i];
        bool own, known = false;
        if (value->type == YAML_MAP)
            collect_keys(expansion, value, path);
        if (!is_swept(path, value))
            continue;
        rank_of(path, &own);
        for (size_t k = 0; k < expansion->key_count; k++)
            known = known || strcmp(expansion->keys[k], path) == 0;
        if (!own && !known) {
            expansion->keys = memory_grow(expansion->keys, &expansion->key_capacity,
                                          expansion->key_count + 1, sizeof *expansion->keys);
            expansion->keys[expansion->key_count++] = path;
        }
        for (int item = 0; item < value->count; item++)
            if (value->items[item]->type == YAML_MAP)
                collect_keys(expansion, value->items[item], path);
    }
}

/* Finds the swept key that comes first in the enumeration; best->slot stays NULL if none is. */
static void find_first(struct expansion *expansion, struct yaml_node *map, const char *prefix,
                       struct axis_key *best, int *best_rank)
{
    for (int i = 0; i < map->count; i++) {
        const char *path = path_join(expansion->arena, prefix, map->keys[i]->text);
        struct yaml_node **slot = &map->items[i];
        bool own;
        if ((*slot)->type == YAML_MAP)
            find_first(expansion, *slot, path, best, best_rank);
        if (!is_swept(path, *slot))
            continue;
        int rank = rank_of(path, &own);
        if (best->slot == NULL || rank < *best_rank) {
            *best = (struct axis_key){path, schema_find(&experiment_schema, path), slot, *slot};
            *best_rank = rank;
        }
    }
}

/* The axis that comes first in the enumeration; count 0 if nothing is swept (any more). */
static struct axis find_axis(struct expansion *expansion)
{
    struct axis_key first = {0};
    int rank = 0;
    find_first(expansion, expansion->root, "", &first, &rank);
    if (first.slot == NULL)
        return (struct axis){0};
    const struct sweep_group *group = sweep_group(&expansion->experiment->sweep, first.path);
    struct axis axis = {.count = 1};
    axis.keys =
        arena_zeroed(expansion->arena, group != NULL ? (size_t)group->count : 1, sizeof *axis.keys);
    axis.keys[0] = first;
    for (int i = 0; group != NULL && i < group->count; i++) {
        const char *path = group->paths[i];
        struct yaml_node **slot = sweep_slot(expansion->arena, expansion->root, path);
        if (strcmp(path, first.path) != 0)
            axis.keys[axis.count++] =
                (struct axis_key){path, schema_find(&experiment_schema, path), slot, *slot};
    }
    return axis;
}

/* A place of an axis: places that give the same values have the same text. */
struct place {
    const char *text;
    int number;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order != 0 ? order : x->number - y->number;
}

/* Numbers by their value; maps are all different. */
static const char *place_text(struct arena *arena, const struct axis *axis, int number)
{
    const char *text = "";
    for (int k = 0; k < axis->count; k++) {
        const struct schema_row *row = axis->keys[k].row;
        const struct yaml_node *value = axis->keys[k].list->items[number];
        double real;
        if (value->type != YAML_SCALAR)
            text = arena_printf(arena, "%s#%d\n", text, number);
        else if ((row->type == SCHEMA_INT || row->type == SCHEMA_REAL) &&
                 schema_parse_real(value->text, &real))
            text = arena_printf(arena, "%s%a\n", text, real + 0.0); /* no negative zero */
        else
            text = arena_printf(arena, "%s\"%s\n", text, value->text);
    }
    return text;
}

/* The first place of an axis whose values an earlier one gives, too; -1 if there is none. */
static int find_repetition(const struct axis *axis)
{
    const int count = axis->keys[0].list->count;
    struct arena *arena = arena_create();
    struct place *places = arena_zeroed(arena, (size_t)count, sizeof *places);
    int first = -1;
    for (int i = 0; i < count; i++)
        places[i] = (struct place){place_text(arena, axis, i), i};
    qsort(places, (size_t)count, sizeof *places, compare_places);
    for (int i = 1; i < count; i++)
        if (strcmp(places[i].text, places[i - 1].text) == 0 &&
            (first < 0 || places[i].number < first))
            first = places[i].number;
    arena_destroy(arena);
    return first;
}

/* Faults if an axis has a value twice. */
static bool check_axis(const struct axis *axis, struct fault *fault)
{
    const struct axis_key *first = &axis->keys[0];
    const int repetition = find_repetition(axis);
    char where[WHERE_SIZE];
    if (repetition < 0)
        return true;
    const struct yaml_node *value = first->list->items[repetition];
    return fault_set(fault, yaml_where(value, where, sizeof where),
                     "list every value once; `replicates` repeats", "`%s` has the value %s twice%s",
                     first->path, value->text,
                     axis->count > 1 ? ", and what belongs to it, too" : "");
}

/* The value of a dotted path as text: of the tree, else the default, else "". */
static const char *value_text(const struct expansion *expansion, const char *path)
{
    const struct yaml_node *node = expansion->root;
    const char *rest = path;
    while (node != NULL && *rest != '\0') {
        size_t length = strcspn(rest, ".");
        node = yaml_get(node, arena_substring(expansion->arena, rest, length));
        rest += length + (rest[length] == '.');
    }
    if (node != NULL && node->type == YAML_MAP) /* of one key */
        return node->items[0]->text;
    if (node != NULL)
        return node->text;
    const char *fallback = schema_find(&experiment_schema, path)->fallback;
    return fallback != NULL ? fallback : "";
}

static bool fault_many(const struct expansion *expansion, struct fault *fault)
{
    return fault_set(fault, expansion->experiment->path,
                     "sweep less, or make several experiments of it",
                     "the experiment has more than %d combinations", POINTS_MAX);
}

/* Adds the points of a tree without lists: one per noise and scheduler. */
static bool add_points(struct expansion *expansion, struct fault *fault)
{
    const struct yaml_node *root = expansion->root;
    struct point point = {
        .soc = catalog_soc(expansion->catalog, root, fault),
        .engine = engine_find(schema_text(&experiment_schema, root, "", "engine")),
        .decision_cost = decision_cost_read(yaml_get(root, "decision_cost")),
        .compat_ds3 = strcmp(schema_text(&experiment_schema, root, "", "compat"), "ds3") == 0,
        .prefetch = (int32_t)schema_int(&experiment_schema, root, "", "prefetch"),
        .key_count = (int32_t)expansion->key_count,
    };
    if (point.soc == NULL ||
        !points_read_workload(expansion, &point, yaml_get(root, "workload"), fault))
        return false;
    assert(point.engine != NULL); /* the choices of the schema are those of the registry */
    point.platform = point.soc->name;
    point.keys = arena_zeroed(expansion->arena, expansion->key_count, sizeof *point.keys);
    for (size_t k = 0; k < expansion->key_count; k++)
        point.keys[k] =
            (struct point_key){expansion->keys[k], value_text(expansion, expansion->keys[k])};
    const char *const *contents = catalog_contents(expansion->catalog, root, fault);
    if (contents == NULL)
        return false;
    if (!points_find_files(expansion, &point, fault))
        return false;
    const struct yaml_node *complete = schema_complete(&experiment_schema, expansion->arena, root);
    const struct yaml_node *schedulers = yaml_get(complete, "schedulers");
    const char *shared = identity_shared(expansion->arena, complete, contents);
    const struct yaml_node *noise = yaml_get(root, "noise");
    for (int n = 0; n < noise->count; n++)
        for (int s = 0; s < expansion->contender_count; s++) {
            const struct contender *contender = &expansion->contenders[s];
            const struct contender_file *file = &expansion->files[s];
            const char *content = contender->content;
            if (file->path != NULL)
                content = arena_printf(expansion->arena, "%s%s", content != NULL ? content : "",
                                       file->digest);
            point.identity =
                identity_of_point(expansion->arena, shared, yaml_get(complete, "noise")->items[n],
                                  schedulers->items[s], content);
            point.tree = complete;
            point.noise_item = n;
            point.scheduler_item = s;
            point.noise = points_read_noise(noise->items[n]);
            if (!failures_read(&point.noise.failures, &point.noise.link_failures, expansion->arena,
                               point.soc, noise->items[n], fault))
                return false;
            point.scheduler = contender->label;
            point.policy = contender->policy;
            point.params = contender->params;
            point.file = file;
            expansion->list = memory_grow(expansion->list, &expansion->capacity,
                                          expansion->count + 1, sizeof point);
            expansion->list[expansion->count++] = point;
        }
    if (expansion->count > POINTS_MAX)
        return fault_many(expansion, fault);
    if (expansion->count > (size_t)(INT32_MAX / expansion->experiment->replicates))
        return fault_set(fault, expansion->experiment->path, "sweep less, or use fewer replicates",
                         "the experiment has more than %d trials", (int)INT32_MAX);
    return true;
}

/* Puts each item of the first swept list (or lists) in its place and goes on with the next. */
static bool expand(struct expansion *expansion, struct fault *fault)
{
    struct axis axis = find_axis(expansion);
    if (axis.count == 0)
        return add_points(expansion, fault);
    if (!check_axis(&axis, fault))
        return false;
    double before = expansion->product;
    expansion->product *= axis.keys[0].list->count;
    bool ok = expansion->product <= POINTS_MAX || fault_many(expansion, fault);
    for (int i = 0; ok && i < axis.keys[0].list->count; i++) {
        for (int k = 0; k < axis.count; k++)
            *axis.keys[k].slot = axis.keys[k].list->items[i];
        ok = expand(expansion, fault);
    }
    for (int k = 0; k < axis.count; k++)
        *axis.keys[k].slot = axis.keys[k].list;
    expansion->product = before;
    return ok;
}

static bool read_contenders(struct expansion *expansion, struct fault *fault)
{
    const struct yaml_node *list = yaml_get(expansion->root, "schedulers");
    expansion->contender_count = list->count;
    expansion->contenders =
        arena_zeroed(expansion->arena, (size_t)list->count, sizeof *expansion->contenders);
    expansion->files =
        arena_zeroed(expansion->arena, (size_t)list->count, sizeof *expansion->files);
    for (int i = 0; i < list->count; i++) {
        expansion->contenders[i] =
            contender_read(expansion->experiment->roster, expansion->arena, list->items[i]);
        if (!contender_load(&expansion->files[i], expansion->arena, expansion->contenders[i].policy,
                            list->items[i], expansion->experiment->folder, fault))
            return false;
    }
    return true;
}

bool points_expand(struct points *points, const struct experiment *experiment, struct fault *fault)
{
    struct expansion expansion = {
        .experiment = experiment,
        .arena = experiment->arena,
        .catalog = catalog_create(experiment->arena, experiment->folder),
        .root = yaml_copy(experiment->arena, experiment->root),
        .product = 1,
    };
    if (!read_contenders(&expansion, fault))
        return false;
    yaml_remove(expansion.root, "sweep"); /* or every point would have a copy of all values */
    collect_keys(&expansion, expansion.root, "");
    bool ok = expand(&expansion, fault);
    if (ok) {
        *points = (struct points){
            .list = arena_zeroed(experiment->arena, expansion.count, sizeof *points->list),
            .count = (int32_t)expansion.count,
            .replicates = experiment->replicates,
        };
        memcpy(points->list, expansion.list, expansion.count * sizeof *points->list);
    }
    free(expansion.keys);
    free(expansion.list);
    return ok;
}

void points_digest(const struct points *points, char digest[static DIGEST_SIZE])
{
    struct writing writing;
    writing_begin(&writing);
    fprintf(writing.stream, "replicates: %d\n", (int)points->replicates);
    for (int32_t i = 0; i < points->count; i++)
        fprintf(writing.stream, "%s\n", points->list[i].identity);
    writing_digest(&writing, digest);
}

double points_seconds(const struct points *points)
{
    double seconds = 0;
    for (int32_t i = 0; i < points->count; i++) {
        const struct point *point = &points->list[i];
        bool is_simgrid = strcmp(point->engine->name, "simgrid") == 0;
        double tasks_per_job = 0, share = 0;
        for (int32_t app = 0; app < point->app_count; app++) {
            tasks_per_job += (point->app_share[app] - share) * point->binds[app].app->task_count;
            share = point->app_share[app];
        }
        seconds +=
            (is_simgrid ? START_SIMGRID_S : START_HEAP_S) +
            point->jobs * tasks_per_job / (is_simgrid ? TASKS_PER_S_SIMGRID : TASKS_PER_S_HEAP);
    }
    return seconds * points->replicates;
}

struct scenario_drawn points_drawn(const struct point *point, const struct experiment *experiment,
                                   int32_t replicate)
{
    return (struct scenario_drawn){
        .seed = experiment->seed,
        .replicate = (uint32_t)replicate,
        .jobs = point->jobs,
        .arrivals = &point->arrivals,
        .app_share = point->app_share,
        .app_count = point->app_count,
        .noise = point->noise,
    };
}
