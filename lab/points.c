/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/points.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/offered_load.h"
#include "base/tick.h"
#include "lab/catalog.h"
#include "lab/decision_cost.h"
#include "lab/identity.h"
#include "lab/library.h"

/* What points_seconds assumes (docs/performance.md). */
#define START_SIMGRID_S     1.6e-3
#define START_HEAP_S        7e-4
#define TASKS_PER_S_SIMGRID 3e5
#define TASKS_PER_S_HEAP    3e6

/* Room for "file:line:column". */
enum { WHERE_SIZE = 512 };

/* The walk through all combinations. */
struct expansion {
    const struct experiment *experiment;
    struct arena *arena;
    struct catalog *catalog;
    const struct catalog_mix *mix; /* of the point before, and its load at one job per us */
    double mix_load;
    struct yaml_node *root; /* own copy; the current item stands in place of each swept list */
    struct contender *contenders;
    struct contender_file *files; /* of the contenders */
    int contender_count;
    const char **keys; /* swept paths without a column of their own */
    size_t key_count, key_capacity;
    struct point *list;
    size_t count, capacity;
};

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

static bool same_value(const struct schema_row *row, const struct yaml_node *a,
                       const struct yaml_node *b)
{
    double x, y;
    if (a->type != YAML_SCALAR || b->type != YAML_SCALAR)
        return false;
    if ((row->type == SCHEMA_INT || row->type == SCHEMA_REAL) && schema_parse_real(a->text, &x) &&
        schema_parse_real(b->text, &y))
        return x == y;
    return strcmp(a->text, b->text) == 0;
}

/* Whether two places of an axis give the same values. */
static bool same_place(const struct axis *axis, int i, int j)
{
    for (int k = 0; k < axis->count; k++)
        if (!same_value(axis->keys[k].row, axis->keys[k].list->items[i],
                        axis->keys[k].list->items[j]))
            return false;
    return true;
}

/* Faults if an axis has a value twice. */
static bool check_axis(const struct axis *axis, struct fault *fault)
{
    const struct axis_key *first = &axis->keys[0];
    char where[WHERE_SIZE];
    for (int i = 1; i < first->list->count; i++)
        for (int j = 0; j < i; j++)
            if (same_place(axis, i, j))
                return fault_set(fault, yaml_where(first->list->items[i], where, sizeof where),
                                 "list every value once; `replicates` repeats",
                                 "`%s` has the value %s twice%s", first->path,
                                 first->list->items[i]->text,
                                 axis->count > 1 ? ", and what belongs to it, too" : "");
    return true;
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

/* How many jobs a point has: what the file says, within what its arrivals can give. */
static bool count_jobs(struct point *point, const struct yaml_node *workload, struct fault *fault)
{
    const struct schema *schema = &experiment_schema;
    const struct arrivals_kind *kind = point->arrivals.kind;
    bool is_single = !kind->needs_rate && !kind->needs_file && !kind->needs_periods;
    int64_t jobs = is_single ? 1 : schema_int(schema, workload, "workload", "jobs");
    if (kind->needs_file && (jobs < 0 || jobs > point->arrivals.row_count))
        jobs = point->arrivals.row_count;
    point->jobs = (int32_t)jobs;
    point->warmup_jobs = (int32_t)schema_int(schema, workload, "workload", "warmup_jobs");
    char where[WHERE_SIZE];
    if (point->jobs == 0)
        return fault_set(fault, yaml_where(yaml_get(workload, "arrivals"), where, sizeof where),
                         "add rows to its file", "the workload is empty: no job arrives");
    if (point->warmup_jobs >= point->jobs)
        return fault_set(fault, yaml_where(yaml_get(workload, "warmup_jobs"), where, sizeof where),
                         "make warmup_jobs smaller than the number of jobs",
                         "warmup_jobs leaves none of %d jobs to measure", (int)point->jobs);
    return true;
}

/* Faults if the optimum is asked for of an app with branches, or on a machine where the time that
 * data takes depends on more than where it goes. */
static bool check_optimum(const struct expansion *expansion, const struct point *point,
                          const struct yaml_node *apps, struct fault *fault)
{
    char where[WHERE_SIZE];
    if (point->soc->interconnect != SOC_MATRIX || point->soc->at_assign)
        return fault_set(
            fault,
            yaml_where(yaml_get(expansion->experiment->root, "optimum"), where, sizeof where),
            "remove `optimum`, or choose a platform with a matrix",
            "optima are known on a matrix only; the transfers of `%s` are not so free",
            point->soc->name);
    for (int32_t i = 0; i < point->app_count; i++)
        if (point->binds[i].chances != NULL)
            return fault_set(fault,
                             yaml_where(yaml_get(apps->items[i], "app"), where, sizeof where),
                             "remove `optimum`, or choose an app without branches",
                             "`%s` has branches, so its optimum differs from job to job",
                             point->binds[i].app->name);
    return true;
}

/* Load by one job per us of a mix; counted once as long as the mix stays the same. */
static double load_of_mix(struct expansion *expansion, const struct catalog_mix *mix)
{
    if (mix == expansion->mix)
        return expansion->mix_load;
    double *share = memory_zeroed((size_t)mix->app_count, sizeof *share);
    for (int32_t app = 0; app < mix->app_count; app++)
        share[app] = mix->app_share[app] - (app > 0 ? mix->app_share[app - 1] : 0);
    expansion->mix = mix;
    expansion->mix_load = offered_load(mix->binds, share, mix->app_count);
    free(share);
    return expansion->mix_load;
}

/* Load by jobs at known dates, those of a period or of a trace. */
static double load_of_dates(const struct catalog_mix *mix, const struct arrivals *arrivals)
{
    double *rate = memory_zeroed((size_t)mix->app_count, sizeof *rate);
    const struct arrival_row *rows = arrivals->rows;
    for (int32_t app = 0; arrivals->kind->needs_periods && app < mix->app_count; app++)
        rate[app] = (double)TICK_PER_US / (double)mix->period_ps[app];
    int64_t span_ps =
        arrivals->row_count > 1 ? rows[arrivals->row_count - 1].at_ps - rows[0].at_ps : 0;
    for (int32_t i = 1; span_ps > 0 && i < arrivals->row_count; i++)
        rate[rows[i].app] += (double)TICK_PER_US / (double)span_ps;
    double load = offered_load(mix->binds, rate, mix->app_count);
    free(rate);
    return load;
}

static bool read_workload(struct expansion *expansion, struct point *point,
                          const struct yaml_node *workload, struct fault *fault)
{
    static const char at[] = "workload.arrivals";
    const struct yaml_node *arrivals = yaml_get(workload, "arrivals");
    const struct catalog_mix *mix = catalog_mix(expansion->catalog, workload, point->soc, fault);
    if (mix == NULL)
        return false;
    point->workload = mix->workload;
    point->binds = mix->binds;
    point->app_count = mix->app_count;
    point->app_share = mix->app_share;
    if (expansion->experiment->optimum.nodes > 0 &&
        !check_optimum(expansion, point, yaml_get(workload, "apps"), fault))
        return false;
    const struct arrivals_kind *kind =
        arrivals_find(schema_text(&experiment_schema, arrivals, at, "kind"));
    if (kind->needs_file) {
        const struct arrivals *trace =
            catalog_trace(expansion->catalog, yaml_get(arrivals, "file"), mix, fault);
        if (trace == NULL)
            return false;
        point->arrivals = *trace;
    }
    double mean_us = schema_real(&experiment_schema, arrivals, at, "mean_interarrival_us");
    double rate = schema_real(&experiment_schema, arrivals, at, "rate_jobs_per_ms");
    point->rate_jobs_per_ms = isnan(rate) ? 1000 / mean_us : rate;
    point->arrivals.mean_interarrival_us = isnan(mean_us) ? 1000 / rate : mean_us;
    point->arrivals.kind = kind;
    point->arrivals.period_ps = mix->period_ps;
    point->arrivals.app_count = mix->app_count;
    point->load = kind->needs_rate
                      ? load_of_mix(expansion, mix) / point->arrivals.mean_interarrival_us
                      : load_of_dates(mix, &point->arrivals);
    return count_jobs(point, workload, fault);
}

static struct noise read_noise(const struct yaml_node *node)
{
    const struct schema *schema = &experiment_schema;
    const struct yaml_node *exec = yaml_get(node, "exec");
    const struct yaml_node *tail = yaml_get(node, "tail");
    const struct yaml_node *slowdown = yaml_get(node, "slowdown");
    struct noise noise = {.name = schema_text(schema, node, "noise[]", "name"), .slow_factor = 1};
    if (exec != NULL) {
        static const char at[] = "noise[].exec";
        const char *dist = schema_text(schema, exec, at, "dist");
        double sigma = schema_real(schema, exec, at, "sigma");
        double cv = schema_real(schema, exec, at, "cv");
        if (strcmp(dist, "normal") == 0) {
            noise.dist = NOISE_NORMAL;
            noise.sigma = isnan(sigma) ? cv : sigma;
        } else if (strcmp(dist, "lognormal") == 0) {
            noise.dist = NOISE_LOGNORMAL;
            noise.sigma = isnan(sigma) ? noise_sigma_of_cv(cv) : sigma;
        } else if (strcmp(dist, "exponential") == 0) {
            noise.dist = NOISE_EXPONENTIAL;
        }
    }
    if (tail != NULL) {
        noise.tail_share = schema_real(schema, tail, "noise[].tail", "share");
        noise.tail_factor = schema_real(schema, tail, "noise[].tail", "factor");
    }
    if (slowdown != NULL) {
        static const char at[] = "noise[].slowdown";
        noise.slow_gap_us = schema_real(schema, slowdown, at, "gap_us");
        noise.slow_length_us = schema_real(schema, slowdown, at, "length_us");
        noise.slow_factor = schema_real(schema, slowdown, at, "factor");
    }
    return noise;
}

/* Where the files are that a tree without lists names. */
static bool find_files(struct expansion *expansion, struct point *point, struct fault *fault)
{
    const struct yaml_node *workload = yaml_get(expansion->root, "workload");
    const struct yaml_node *apps = yaml_get(workload, "apps");
    const struct yaml_node *arrivals = yaml_get(yaml_get(workload, "arrivals"), "file");
    const char **files = arena_zeroed(expansion->arena, (size_t)apps->count, sizeof *files);
    for (int i = 0; i < apps->count; i++) {
        const struct yaml_node *app = yaml_get(apps->items[i], "app");
        files[i] = catalog_file(expansion->catalog, LIBRARY_APPS, app, fault);
    }
    point->app_files = files;
    point->app_file_count = apps->count;
    point->platform_file = catalog_file(expansion->catalog, LIBRARY_PLATFORMS,
                                        yaml_get(expansion->root, "platform"), fault);
    if (arrivals != NULL)
        point->arrivals_file =
            library_path(expansion->arena, expansion->experiment->folder, arrivals->text);
    return !fault_is_set(fault);
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
    if (point.soc == NULL || !read_workload(expansion, &point, yaml_get(root, "workload"), fault))
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
    if (!find_files(expansion, &point, fault))
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
            point.noise = read_noise(noise->items[n]);
            point.scheduler = contender->label;
            point.policy = contender->policy;
            point.params = contender->params;
            point.file = file;
            expansion->list = memory_grow(expansion->list, &expansion->capacity,
                                          expansion->count + 1, sizeof point);
            expansion->list[expansion->count++] = point;
        }
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
    bool ok = true;
    for (int i = 0; ok && i < axis.keys[0].list->count; i++) {
        for (int k = 0; k < axis.count; k++)
            *axis.keys[k].slot = axis.keys[k].list->items[i];
        ok = expand(expansion, fault);
    }
    for (int k = 0; k < axis.count; k++)
        *axis.keys[k].slot = axis.keys[k].list;
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
    };
    if (!read_contenders(&expansion, fault))
        return false;
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
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        memory_exhausted(1, BUFSIZ);
    fprintf(stream, "replicates: %d\n", (int)points->replicates);
    for (int32_t i = 0; i < points->count; i++)
        fprintf(stream, "%s\n", points->list[i].identity);
    if (fclose(stream) != 0)
        memory_exhausted(1, size);
    digest_bytes(digest, text, size);
    free(text);
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
