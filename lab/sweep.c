/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/sweep.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/random.h"

/* Room for "file:line:column". */
enum { WHERE_SIZE = 512 };

/* Draws for each sample before it is believed that there are not so many combinations. */
enum { DRAWS_PER_SAMPLE = 1000 };

static const struct schema_row rows[] = {
    {.path = "", .type = SCHEMA_MAP, .help = "`sweep`: keys that vary together."},
    {.path = "zip",
     .type = SCHEMA_MAP,
     .help = "Values that belong together: the first of each key, the second of each, and so on."},
    {.path = "zip.*",
     .type = SCHEMA_ANY,
     .help = "The values of a key: KEY: [VALUE, ...], the key with dots between its parts, all "
             "lists of the same length."},
    {.path = "random",
     .type = SCHEMA_MAP,
     .help = "Random samples of several keys at once, the same for the same seed."},
    {.path = "random.n",
     .type = SCHEMA_INT,
     .min = 1,
     .max = 1e4,
     .required = true,
     .help = "Number of samples, all different; more of them keep the earlier ones."},
    {.path = "random.ranges", .type = SCHEMA_MAP, .help = "Keys that take any number of a range."},
    {.path = "random.ranges.*",
     .type = SCHEMA_MAP,
     .help = "The range of a key: KEY: {from: A, to: B}, the key with dots between its parts."},
    {.path = "random.ranges.*.from",
     .type = SCHEMA_REAL,
     .required = true,
     .help = "The smallest value."},
    {.path = "random.ranges.*.to",
     .type = SCHEMA_REAL,
     .required = true,
     .help = "The largest value."},
    {.path = "random.ranges.*.scale",
     .type = SCHEMA_CHOICE,
     .choices = "linear|log",
     .fallback = "linear",
     .help = "Whether values or their logarithms are uniform; numbers that are not whole are "
             "rounded to 6 digits."},
    {.path = "random.choices", .type = SCHEMA_MAP, .help = "Keys that take one of some values."},
    {.path = "random.choices.*",
     .type = SCHEMA_ANY,
     .help = "The values of a key: KEY: [VALUE, ...], each as likely."},
};

const struct schema sweep_schema = {
    .title = "sweep", .rows = rows, .count = sizeof rows / sizeof *rows};

static bool fault_at(struct fault *fault, const struct yaml_node *node, const char *hint,
                     const char *what, const char *key)
{
    char where[WHERE_SIZE];
    return fault_set(fault, yaml_where(node, where, sizeof where), hint, what, key);
}

struct yaml_node **sweep_slot(struct arena *arena, struct yaml_node *root, const char *path)
{
    char *rest = arena_string(arena, path);
    struct yaml_node **slot = NULL;
    for (char *part; (part = strsep(&rest, ".")) != NULL;) {
        struct yaml_node *map = slot == NULL ? root : *slot;
        int i = 0;
        if (map->type != YAML_MAP)
            return NULL;
        while (i < map->count && strcmp(map->keys[i]->text, part) != 0)
            i++;
        if (i == map->count)
            return NULL;
        slot = &map->items[i];
    }
    return slot;
}

/* Hangs a list into the tree; `key` is where its key is written. */
static bool put(struct arena *arena, struct yaml_node *root, const struct yaml_node *key,
                struct yaml_node *list, struct fault *fault)
{
    struct yaml_node *map = root;
    char *rest = arena_string(arena, key->text);
    for (char *part = strsep(&rest, "."); map->type == YAML_MAP; part = strsep(&rest, ".")) {
        struct yaml_node *below = yaml_get(map, part);
        if (rest == NULL && below != NULL)
            return fault_at(fault, below, "give the key a value here or in `sweep`, not in both",
                            "`%s` is swept in `sweep`, too", key->text);
        if (rest == NULL) {
            yaml_append(arena, map, part, list);
            return true;
        }
        if (below == NULL) {
            below = arena_zeroed(arena, 1, sizeof *below);
            *below = *key;
            below->type = YAML_MAP;
            yaml_append(arena, map, part, below);
        }
        map = below;
    }
    return fault_at(fault, map, "write the map that the key is in as one map: {KEY: VALUE, ...}",
                    "`sweep` has `%s`, but here is no map that it could be in", key->text);
}

/* ---- groups ---- */

/* The groups while they are read. */
struct reading {
    struct arena *arena;
    const struct schema *schema; /* of the experiment */
    struct yaml_node *root;
    struct fault *fault;
};

static bool check_key(const struct reading *reading, const struct yaml_node *key)
{
    const struct schema_row *row = schema_find(reading->schema, key->text);
    return (row != NULL && row->sweepable) ||
           fault_at(reading->fault, key,
                    "the table of keys in docs/formats.md says which can, under `sweep`",
                    "`%s` is no key that can be swept", key->text);
}

static bool check_list(const struct reading *reading, const struct yaml_node *key,
                       const struct yaml_node *list)
{
    return check_key(reading, key) && ((list->type == YAML_LIST && list->count > 0) ||
                                       fault_at(reading->fault, list, "write KEY: [VALUE, ...]",
                                                "`%s` has no list of values", key->text));
}

static bool read_zip(const struct reading *reading, const struct yaml_node *zip,
                     struct sweep_group *group)
{
    group->paths = arena_zeroed(reading->arena, (size_t)zip->count, sizeof *group->paths);
    for (int i = 0; i < zip->count; i++) {
        struct yaml_node *key = zip->keys[i], *list = zip->items[i];
        char where[WHERE_SIZE];
        if (!check_list(reading, key, list))
            return false;
        if (list->count != zip->items[0]->count)
            return fault_set(reading->fault, yaml_where(list, where, sizeof where),
                             "lists that belong together are equally long",
                             "`%s` has %d values, `%s` has %d", key->text, list->count,
                             zip->keys[0]->text, zip->items[0]->count);
        if (!put(reading->arena, reading->root, key, yaml_copy(reading->arena, list),
                 reading->fault))
            return false;
        group->paths[group->count++] = key->text;
    }
    return true;
}

/* A key of `random`: either a range or choices. */
struct variable {
    const struct yaml_node *key;
    const struct yaml_node *choices; /* NULL for a range */
    const struct yaml_node *range;
    double from, to;
    bool is_log, is_whole;
    uint32_t number; /* of its draws */
    struct yaml_node *list;
};

/* The number of a key in the keys of draws. */
static uint32_t number_of(const char *key)
{
    char digest[DIGEST_SIZE];
    digest_bytes(digest, key, strlen(key));
    digest[8] = '\0';
    return (uint32_t)strtoul(digest, NULL, 16);
}

static bool read_range(const struct reading *reading, struct variable *variable)
{
    static const char at[] = "random.ranges.*";
    const struct yaml_node *range = variable->range;
    const struct schema_row *row = schema_find(reading->schema, variable->key->text);
    variable->from = schema_real(&sweep_schema, range, at, "from");
    variable->to = schema_real(&sweep_schema, range, at, "to");
    variable->is_log = strcmp(schema_text(&sweep_schema, range, at, "scale"), "log") == 0;
    variable->is_whole = row->type == SCHEMA_INT;
    const char *name = variable->key->text;
    if (row->type != SCHEMA_INT && row->type != SCHEMA_REAL)
        return fault_at(reading->fault, range, "list its values under `choices`",
                        "`%s` is no number and has no range", name);
    if (variable->is_whole) {
        variable->from = ceil(variable->from);
        variable->to = floor(variable->to);
    }
    if (!(variable->from <= variable->to))
        return fault_at(reading->fault, range, "`from` is the smaller one",
                        "the range of `%s` is empty", name);
    return !variable->is_log || variable->from > 0 ||
           fault_at(reading->fault, range, "begin above 0, or leave `scale` out",
                    "the range of `%s` has no logarithm", name);
}

/* The value of a draw, at the place where its range or its choices are written. */
static struct yaml_node *draw(struct arena *arena, const struct variable *variable, uint64_t seed,
                              uint32_t number)
{
    struct random_stream stream = random_open(seed, 0, RANDOM_SWEEP, number, variable->number);
    if (variable->choices != NULL)
        return variable->choices->items[random_below(&stream, (uint32_t)variable->choices->count)];
    const double from = variable->from, to = variable->to;
    double u = random_uniform(&stream), value;
    if (!variable->is_whole)
        value = variable->is_log ? from * pow(to / from, u) : from + u * (to - from);
    else if (variable->is_log)
        value = floor(from * pow((to + 1) / from, u));
    else
        value = from + floor(u * (to - from + 1));
    value = fmin(fmax(value, from), to);
    struct yaml_node *node = arena_zeroed(arena, 1, sizeof *node);
    *node = *variable->range;
    *node = (struct yaml_node){
        .type = YAML_SCALAR, .file = node->file, .line = node->line, .column = node->column};
    node->text = arena_printf(arena, variable->is_whole ? "%.0f" : "%.6g", value);
    return node;
}

static bool is_same(const struct yaml_node *a, const struct yaml_node *b)
{
    return a == b ||
           (a->type == YAML_SCALAR && b->type == YAML_SCALAR && strcmp(a->text, b->text) == 0);
}

/* Whether a draw was made before: `drawn` has `count` of them, a row each. */
static bool is_known(struct yaml_node *const *drawn, int count, int width,
                     struct yaml_node *const *latest)
{
    for (int i = 0; i < count; i++) {
        int same = 0;
        while (same < width && is_same(drawn[i * width + same], latest[same]))
            same++;
        if (same == width)
            return true;
    }
    return false;
}

/* Draws different samples of all variables into their lists. */
static bool draw_samples(const struct reading *reading, const struct yaml_node *random,
                         struct variable *variables, int width, int samples)
{
    int64_t seed = 1;
    const struct yaml_node *seed_node = yaml_get(reading->root, "seed");
    if (seed_node != NULL && seed_node->type == YAML_SCALAR)
        schema_parse_int(seed_node->text, &seed); /* what is wrong with it is told later */
    struct yaml_node **drawn =
        arena_zeroed(reading->arena, ((size_t)samples + 1) * (size_t)width, sizeof *drawn);
    int count = 0;
    for (uint32_t number = 0; count < samples; number++) {
        struct yaml_node **latest = &drawn[(int64_t)count * width];
        if (number >= (uint32_t)samples * DRAWS_PER_SAMPLE)
            return fault_at(reading->fault, random, "ask for fewer samples, or widen the ranges",
                            "there are not so many different samples%s", "");
        for (int v = 0; v < width; v++)
            latest[v] = draw(reading->arena, &variables[v], (uint64_t)seed, number);
        count += !is_known(drawn, count, width, latest);
    }
    for (int v = 0; v < width; v++) {
        struct yaml_node *list = arena_zeroed(reading->arena, 1, sizeof *list);
        *list = *variables[v].key;
        list->type = YAML_LIST;
        list->count = samples;
        list->items = arena_zeroed(reading->arena, (size_t)samples, sizeof *list->items);
        for (int i = 0; i < samples; i++)
            list->items[i] = yaml_copy(reading->arena, drawn[i * width + v]);
        if (!put(reading->arena, reading->root, variables[v].key, list, reading->fault))
            return false;
    }
    return true;
}

static bool read_random(const struct reading *reading, const struct yaml_node *random,
                        struct sweep_group *group)
{
    const struct yaml_node *ranges = yaml_get(random, "ranges");
    const struct yaml_node *choices = yaml_get(random, "choices");
    int range_count = ranges != NULL ? ranges->count : 0;
    int width = range_count + (choices != NULL ? choices->count : 0);
    int samples = (int)schema_int(&sweep_schema, random, "random", "n");
    struct variable *variables = arena_zeroed(reading->arena, (size_t)width + 1, sizeof *variables);
    if (width == 0)
        return fault_at(reading->fault, random, "add ranges: {KEY: {from: A, to: B}}",
                        "there is nothing to draw: no ranges and no choices%s", "");
    group->paths = arena_zeroed(reading->arena, (size_t)width, sizeof *group->paths);
    for (int v = 0; v < width; v++) {
        struct variable *variable = &variables[v];
        bool is_range = v < range_count;
        variable->key = is_range ? ranges->keys[v] : choices->keys[v - range_count];
        variable->number = number_of(variable->key->text);
        if (is_range)
            variable->range = ranges->items[v];
        else
            variable->choices = choices->items[v - range_count];
        if (is_range ? !check_key(reading, variable->key) || !read_range(reading, variable)
                     : !check_list(reading, variable->key, variable->choices))
            return false;
        group->paths[group->count++] = variable->key->text;
    }
    return draw_samples(reading, random, variables, width, samples);
}

bool sweep_read(struct sweep *sweep, struct arena *arena, const struct schema *schema,
                struct yaml_node *root, struct fault *fault)
{
    struct yaml_node *node = yaml_get(root, "sweep");
    const struct reading reading = {arena, schema, root, fault};
    *sweep = (struct sweep){0};
    if (node == NULL)
        return true;
    if (!schema_check(&sweep_schema, arena, node, fault))
        return false;
    const struct yaml_node *zip = yaml_get(node, "zip"), *random = yaml_get(node, "random");
    return (zip == NULL || read_zip(&reading, zip, &sweep->groups[SWEEP_ZIP])) &&
           (random == NULL || read_random(&reading, random, &sweep->groups[SWEEP_RANDOM]));
}

const struct sweep_group *sweep_group(const struct sweep *sweep, const char *path)
{
    for (int g = 0; g < SWEEP_COUNT; g++)
        for (int i = 0; i < sweep->groups[g].count; i++)
            if (strcmp(sweep->groups[g].paths[i], path) == 0)
                return &sweep->groups[g];
    return NULL;
}

void sweep_take_out(const struct sweep *sweep, struct arena *arena, struct yaml_node *root)
{
    for (int g = 0; g < SWEEP_COUNT; g++)
        for (int i = 0; i < sweep->groups[g].count; i++) {
            const char *path = sweep->groups[g].paths[i];
            const char *dot = strrchr(path, '.');
            struct yaml_node *map = root;
            if (dot != NULL) {
                struct yaml_node **slot =
                    sweep_slot(arena, root, arena_substring(arena, path, (size_t)(dot - path)));
                assert(slot != NULL);
                map = *slot;
            }
            int at = 0;
            while (strcmp(map->keys[at]->text, dot != NULL ? dot + 1 : path) != 0)
                at++;
            map->count--;
            for (int k = at; k < map->count; k++) {
                map->keys[k] = map->keys[k + 1];
                map->items[k] = map->items[k + 1];
            }
        }
}
