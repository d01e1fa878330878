/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/generator.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

/* Second entity of the streams of a variant; part of the meaning of a seed. */
enum { STREAM_SIZE, STREAM_LAYERS, STREAM_KINDS, STREAM_PARENTS, STREAM_BYTES, STREAM_COSTS };

/* The "variant" that owns the task kinds which all variants share. */
#define SHARED UINT32_MAX

struct range {
    double min, max;
};

struct cost_rule {
    const char *pe_kind;
    double share;
    struct range factor;
};

/* A `generate:` map as numbers. */
struct recipe {
    uint64_t seed;
    int32_t variants;
    struct range tasks;
    struct range *layers; /* NULL = by width */
    int32_t layers_count;
    struct range width; /* min 0 = by alpha */
    double alpha;
    double extra_parents;
    int32_t parents_max;
    int32_t shared_kinds; /* 0 = each task is a kind of its own */
    struct range base_us;
    bool is_log_uniform;
    struct cost_rule *rules;
    int32_t rule_count;
    struct range bytes;
    double ccr; /* NAN = by bytes */
    double bandwidth_bytes_per_us;
};

/* The edges of a variant while they are found. */
struct edges {
    int32_t *from, *to;
    size_t count, from_capacity, to_capacity;
};

static bool fault_at(struct fault *fault, const struct yaml_node *node, const char *what,
                     const char *hint)
{
    char where[sizeof fault->where];
    return fault_set(fault, yaml_where(node, where, sizeof where), hint, "%s", what);
}

/* Reads {min, max} of a map whose row in the schema is `path`. */
static bool read_range(struct range *range, const struct yaml_node *map, const char *path,
                       struct fault *fault)
{
    range->min = schema_real(&app_schema, map, path, "min");
    range->max = schema_real(&app_schema, map, path, "max");
    if (isnan(range->max))
        range->max = range->min;
    return range->max >= range->min || fault_at(fault, map, "max is smaller than min", NULL);
}

static bool read_shape(struct recipe *recipe, struct arena *arena, const struct yaml_node *map,
                       struct fault *fault)
{
    const struct yaml_node *layers = yaml_get(map, "layers"), *width = yaml_get(map, "width");
    recipe->alpha = schema_real(&app_schema, map, "generate", "alpha");
    if ((layers != NULL) + (width != NULL) + !isnan(recipe->alpha) > 1)
        return fault_at(fault, map, "layers, width and alpha exclude each other",
                        "keep the one that says the shape you want");
    if (isnan(recipe->alpha))
        recipe->alpha = 1.0;
    if (width != NULL)
        return read_range(&recipe->width, width, "generate.width", fault);
    if (layers == NULL)
        return true;
    if (layers->count == 0)
        return fault_at(fault, layers, "no number of layers", "for example `layers: [5]`");
    recipe->layers_count = layers->count;
    recipe->layers = arena_zeroed(arena, (size_t)layers->count, sizeof *recipe->layers);
    for (int i = 0; i < layers->count; i++)
        if (!read_range(&recipe->layers[i], layers->items[i], "generate.layers[]", fault))
            return false;
    return true;
}

static bool read_costs(struct recipe *recipe, struct arena *arena, const struct yaml_node *map,
                       struct fault *fault)
{
    const struct yaml_node *base = yaml_get(map, "base_us"), *costs = yaml_get(map, "costs");
    if (!read_range(&recipe->base_us, base, "generate.base_us", fault))
        return false;
    recipe->is_log_uniform =
        strcmp(schema_text(&app_schema, base, "generate.base_us", "dist"), "log_uniform") == 0;
    if (recipe->is_log_uniform && recipe->base_us.min <= 0.0)
        return fault_at(fault, base, "log_uniform needs a min above 0", NULL);
    double beta = schema_real(&app_schema, map, "generate", "beta");
    double largest_share = 0.0;
    recipe->rule_count = costs->count;
    recipe->rules = arena_zeroed(arena, (size_t)costs->count, sizeof *recipe->rules);
    for (int i = 0; i < costs->count; i++) {
        struct cost_rule *rule = &recipe->rules[i];
        const struct yaml_node *factor = yaml_get(costs->items[i], "factor");
        rule->pe_kind = costs->keys[i]->text;
        rule->share = schema_real(&app_schema, costs->items[i], "generate.costs.*", "share");
        rule->factor = (struct range){1.0 - beta / 2.0, 1.0 + beta / 2.0};
        largest_share = fmax(largest_share, rule->share);
        if (factor != NULL && !read_range(&rule->factor, factor, "generate.costs.*.factor", fault))
            return false;
    }
    return largest_share > 0.0 || fault_at(fault, costs, "no PE kind can run any task",
                                           "name a PE kind with a share above 0");
}

static bool read_recipe(struct recipe *recipe, struct arena *arena, const struct yaml_node *map,
                        struct fault *fault)
{
    const struct yaml_node *tasks = yaml_get(map, "tasks"), *bytes = yaml_get(map, "bytes");
    const struct yaml_node *parents = yaml_get(map, "parents");
    recipe->seed = (uint64_t)schema_int(&app_schema, map, "generate", "seed");
    recipe->variants = (int32_t)schema_int(&app_schema, map, "generate", "variants");
    recipe->shared_kinds = (int32_t)schema_int(&app_schema, map, "generate", "kinds");
    recipe->extra_parents = schema_real(&app_schema, parents, "generate.parents", "extra");
    recipe->parents_max = (int32_t)schema_int(&app_schema, parents, "generate.parents", "max");
    recipe->ccr = schema_real(&app_schema, map, "generate", "ccr");
    recipe->bandwidth_bytes_per_us =
        schema_real(&app_schema, map, "generate", "bandwidth_bytes_per_us");
    if (!read_range(&recipe->tasks, tasks, "generate.tasks", fault) ||
        !read_shape(recipe, arena, map, fault) || !read_costs(recipe, arena, map, fault))
        return false;
    if (recipe->tasks.max * recipe->variants > GENERATOR_TOTAL_MAX)
        return fault_at(fault, map, "more than 10 million tasks altogether",
                        "ask for fewer variants or fewer tasks");
    if (bytes != NULL && !isnan(recipe->ccr))
        return fault_at(fault, map, "bytes and ccr exclude each other",
                        "keep the one that says how much data you want");
    if (bytes != NULL)
        return read_range(&recipe->bytes, bytes, "generate.bytes", fault);
    if (isnan(recipe->ccr))
        recipe->ccr = 1.0;
    return true;
}

static struct random_stream open_stream(const struct recipe *recipe, uint32_t variant, uint32_t b)
{
    return random_open(recipe->seed, 0, RANDOM_GENERATOR, variant, b);
}

static double draw_real(struct random_stream *stream, struct range range)
{
    return range.min + (range.max - range.min) * random_uniform(stream);
}

static int32_t draw_whole(struct random_stream *stream, struct range range)
{
    return (int32_t)range.min +
           (int32_t)random_below(stream, (uint32_t)(range.max - range.min) + 1);
}

static void draw_kind(struct app_task_kind *kind, struct arena *arena, const struct recipe *recipe,
                      uint32_t owner, int32_t number)
{
    struct random_stream stream = open_stream(recipe, owner, STREAM_COSTS + (uint32_t)number);
    struct app_cost *costs = arena_zeroed(arena, (size_t)recipe->rule_count, sizeof *costs);
    struct app_cost likeliest = {.pe_kind = NULL};
    double likeliest_share = 0.0, u = random_uniform(&stream);
    struct range base_us = recipe->base_us;
    double base = recipe->is_log_uniform ? base_us.min * pow(base_us.max / base_us.min, u)
                                         : base_us.min + (base_us.max - base_us.min) * u;
    for (int32_t i = 0; i < recipe->rule_count; i++) {
        const struct cost_rule *rule = &recipe->rules[i];
        bool is_capable = random_uniform(&stream) < rule->share;
        struct app_cost cost = {.pe_kind = rule->pe_kind,
                                .exec_us = base * draw_real(&stream, rule->factor)};
        if (is_capable)
            costs[kind->cost_count++] = cost;
        if (rule->share > likeliest_share) {
            likeliest_share = rule->share;
            likeliest = cost;
        }
    }
    if (kind->cost_count == 0)
        costs[kind->cost_count++] = likeliest;
    kind->costs = costs;
}

/* Fills start[0 .. layers] so that layer l has the tasks start[l] .. start[l + 1) and none is
 * empty; returns the number of layers. `start` has room for task_count + 1. */
static int32_t draw_layers(int32_t *start, int32_t task_count, const struct recipe *recipe,
                           uint32_t variant)
{
    struct random_stream stream = open_stream(recipe, variant, STREAM_LAYERS);
    int32_t layer_count = 0;
    if (recipe->layers == NULL) {
        struct range width = recipe->width;
        if (width.min < 1.0)
            width = (struct range){
                1.0, fmax(1.0, round(2.0 * recipe->alpha * sqrt((double)task_count) - 1.0))};
        width.min = fmin(width.min, (double)task_count);
        width.max = fmin(width.max, (double)task_count);
        while (start[layer_count] < task_count) {
            int32_t left = task_count - start[layer_count], drawn = draw_whole(&stream, width);
            start[layer_count + 1] = start[layer_count] + (drawn < left ? drawn : left);
            layer_count++;
        }
        return layer_count;
    }
    int32_t drawn_count =
        draw_whole(&stream, recipe->layers[variant % (uint32_t)recipe->layers_count]);
    int32_t *sizes = memory_zeroed((size_t)drawn_count, sizeof *sizes);
    for (int32_t task = 0; task < task_count; task++)
        sizes[random_below(&stream, (uint32_t)drawn_count)]++;
    for (int32_t layer = 0; layer < drawn_count; layer++)
        if (sizes[layer] > 0) {
            start[layer_count + 1] = start[layer_count] + sizes[layer];
            layer_count++;
        }
    free(sizes);
    return layer_count;
}

static void add_edge(struct edges *edges, int32_t from, int32_t to)
{
    size_t needed = edges->count + 1;
    edges->from = memory_grow(edges->from, &edges->from_capacity, needed, sizeof *edges->from);
    edges->to = memory_grow(edges->to, &edges->to_capacity, needed, sizeof *edges->to);
    edges->from[edges->count] = from;
    edges->to[edges->count] = to;
    edges->count++;
}

/* Further parents of a task among the `candidates` first ones, each with one probability. Instead
 * of asking every candidate, it draws how many are passed over, which is geometric. */
static void draw_extra_parents(struct edges *edges, struct random_stream *stream,
                               const struct recipe *recipe, int32_t task, int32_t first_parent,
                               int32_t candidates)
{
    double probability = recipe->extra_parents / task;
    if (probability <= 0.0)
        return;
    int32_t count = 1;
    for (double at = 0.0; count < recipe->parents_max; at += 1.0) {
        if (probability < 1.0)
            at += floor(log(random_uniform(stream)) / log1p(-probability));
        if (at >= candidates)
            return;
        if ((int32_t)at == first_parent)
            continue;
        add_edge(edges, (int32_t)at, task);
        count++;
    }
}

static void draw_edges(struct edges *edges, int32_t task_count, const struct recipe *recipe,
                       uint32_t variant)
{
    int32_t *start = memory_zeroed((size_t)task_count + 1, sizeof *start);
    int32_t layer_count = draw_layers(start, task_count, recipe, variant);
    struct random_stream stream = open_stream(recipe, variant, STREAM_PARENTS);
    for (int32_t layer = 1; layer < layer_count; layer++) {
        int32_t above = start[layer - 1], here = start[layer];
        for (int32_t task = here; task < start[layer + 1]; task++) {
            int32_t parent = above + (int32_t)random_below(&stream, (uint32_t)(here - above));
            add_edge(edges, parent, task);
            draw_extra_parents(edges, &stream, recipe, task, parent, here);
        }
    }
    free(start);
}

/* Mean time of the tasks, each over the PE kinds that can run it. */
static double mean_exec_us(const struct app *app)
{
    double sum = 0.0;
    for (int32_t task = 0; task < app->task_count; task++) {
        const struct app_task_kind *kind = &app->kinds[app->tasks[task].kind];
        double kind_sum = 0.0;
        for (int32_t i = 0; i < kind->cost_count; i++)
            kind_sum += kind->costs[i].exec_us;
        sum += kind_sum / kind->cost_count;
    }
    return sum / app->task_count;
}

static void draw_bytes(struct app *app, struct arena *arena, const struct recipe *recipe,
                       uint32_t variant)
{
    struct random_stream stream = open_stream(recipe, variant, STREAM_BYTES);
    struct range bytes = recipe->bytes;
    if (!isnan(recipe->ccr))
        bytes.max = 2.0 * recipe->ccr * mean_exec_us(app) * recipe->bandwidth_bytes_per_us;
    app->bytes = arena_zeroed(arena, (size_t)app->edge_count, sizeof *app->bytes);
    for (int32_t edge = 0; edge < app->edge_count; edge++)
        app->bytes[edge] = draw_real(&stream, bytes);
}

static void draw_tasks(struct app *app, struct arena *arena, const struct recipe *recipe,
                       uint32_t variant)
{
    struct random_stream kind_stream = open_stream(recipe, variant, STREAM_KINDS);
    size_t task_count = (size_t)app->task_count;
    bool has_own_kinds = recipe->shared_kinds == 0;
    app->tasks = arena_zeroed(arena, task_count, sizeof *app->tasks);
    if (has_own_kinds) {
        app->kind_count = app->task_count;
        app->kinds = arena_zeroed(arena, task_count, sizeof *app->kinds);
    }
    for (int32_t i = 0; i < app->task_count; i++) {
        struct app_task *task = &app->tasks[i];
        task->name = arena_printf(arena, "t%d", (int)i);
        task->kind =
            has_own_kinds ? i : (int32_t)random_below(&kind_stream, (uint32_t)app->kind_count);
        if (has_own_kinds) {
            app->kinds[i].name = task->name;
            draw_kind(&app->kinds[i], arena, recipe, variant, i);
        }
    }
}

/* A variant; its kinds are there already if they are shared. */
static bool build_variant(struct app *app, struct arena *arena, const struct recipe *recipe,
                          uint32_t variant, struct fault *fault)
{
    struct random_stream size_stream = open_stream(recipe, variant, STREAM_SIZE);
    struct edges edges = {0};
    app->task_count = draw_whole(&size_stream, recipe->tasks);
    draw_tasks(app, arena, recipe, variant);
    draw_edges(&edges, app->task_count, recipe, variant);
    assert(edges.count <= INT32_MAX);
    app->edge_count = (int32_t)edges.count;
    draw_bytes(app, arena, recipe, variant);
    bool is_fine = app_finish(app, arena, edges.from, edges.to, fault);
    free(edges.from);
    free(edges.to);
    return is_fine;
}

bool generator_build(struct app_set *set, struct arena *arena, const struct yaml_node *generate,
                     const char *name, struct fault *fault)
{
    struct recipe recipe = {0};
    if (!read_recipe(&recipe, arena, generate, fault))
        return false;
    struct app_task_kind *shared = arena_zeroed(arena, (size_t)recipe.shared_kinds, sizeof *shared);
    for (int32_t i = 0; i < recipe.shared_kinds; i++) {
        shared[i].name = arena_printf(arena, "k%d", (int)i);
        draw_kind(&shared[i], arena, &recipe, SHARED, i);
    }
    struct app *apps = arena_zeroed(arena, (size_t)recipe.variants, sizeof *apps);
    for (int32_t i = 0; i < recipe.variants; i++) {
        apps[i].name = recipe.variants == 1 ? name : arena_printf(arena, "%s#%d", name, (int)i);
        apps[i].file = generate->file;
        apps[i].kinds = shared;
        apps[i].kind_count = recipe.shared_kinds;
        if (!build_variant(&apps[i], arena, &recipe, (uint32_t)i, fault))
            return false;
    }
    *set = (struct app_set){.apps = apps, .count = recipe.variants};
    return true;
}
