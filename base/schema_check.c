/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of base/schema.h that holds trees against tables; base/schema.c reads the tables. */
#include <assert.h>
#include <string.h>

#include "base/schema.h"

/* What a check carries along. */
struct check {
    const struct schema *schema;
    struct arena *arena;
    struct fault *fault;
};

/* What a fault calls a value: a key, or an item of the list at a key. */
struct label {
    const char *key;
    int item; /* from 1; 0 = the value of the key */
};

/* Tables are part of the program: what is wrong with one is a programmer's mistake. */
static void assert_table(const struct schema *schema)
{
    assert(schema->count > 0 && schema->rows[0].path[0] == '\0');
    assert(schema->rows[0].type == SCHEMA_MAP);
    for (int i = 0; i < schema->count; i++) {
        const struct schema_row *row = &schema->rows[i];
        bool is_single = row->type != SCHEMA_MAP && row->type != SCHEMA_LIST;
        assert(row->type != SCHEMA_CHOICE || row->choices != NULL);
        assert(row->type != SCHEMA_LIST ||
               (!row->sweepable && schema_below(schema, row->path, "[]") != NULL));
        assert(row->shorthand == NULL ||
               (row->type == SCHEMA_MAP && schema_below(schema, row->path, row->shorthand)));
        assert(!is_single || row->fallback == NULL || strchr("\"'", row->fallback[0]) == NULL);
        const char *name =
            strrchr(row->path, '.') == NULL ? row->path : strrchr(row->path, '.') + 1;
        assert(strcmp(name, "*") != 0 || (!row->required && row->fallback == NULL));
        bool has_parent = i == 0;
        for (int j = 0; j < i; j++) {
            const struct schema_row *above = &schema->rows[j];
            const char *key = schema_key(above->path, row);
            assert(strcmp(above->path, row->path) != 0);
            has_parent |=
                key != NULL && above->type == (strcmp(key, "[]") == 0 ? SCHEMA_LIST : SCHEMA_MAP);
        }
        assert(has_parent);
        (void)is_single;
        (void)name;
        (void)has_parent;
    }
}

static const char *join(struct arena *arena, const char *const *words, int count)
{
    size_t length = 1;
    for (int i = 0; i < count; i++) {
        length += strlen(words[i]) + 2;
    }
    char *text = arena_zeroed(arena, length, 1), *end = text;
    for (int i = 0; i < count; i++) {
        end = stpcpy(end, i > 0 ? ", " : "");
        end = stpcpy(end, words[i]);
    }
    return text;
}

/* The words of "a|b|c" in the arena. */
static int split_choices(struct arena *arena, const char *choices, const char ***words)
{
    int count = 1;
    for (const char *at = choices; *at != '\0'; at++) {
        count += *at == '|';
    }
    char *rest = arena_string(arena, choices);
    *words = arena_zeroed(arena, (size_t)count, sizeof **words);
    for (int i = 0; i < count; i++) {
        (*words)[i] = strsep(&rest, "|");
    }
    return count;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t length = strlen(text);
    for (const char *at = choices; at != NULL;) {
        size_t size = strcspn(at, "|");
        if (size == length && strncmp(at, text, size) == 0) {
            return true;
        }
        at = at[size] == '|' ? at + size + 1 : NULL;
    }
    return false;
}

/* "a whole number >= 1 (jobs/ms)" */
static const char *describe_wanted(const struct check *check, const struct schema_row *row)
{
    struct arena *arena = check->arena;
    char range[64];
    schema_range(row, range);
    const char *space = range[0] == '\0' ? "" : " ";
    const char *unit = row->unit == NULL ? "" : arena_printf(arena, " (%s)", row->unit);
    const char **choices = NULL;
    int choice_count =
        row->type == SCHEMA_CHOICE ? split_choices(arena, row->choices, &choices) : 0;
    switch (row->type) {
    case SCHEMA_MAP:
        return row->shorthand == NULL
                   ? "a map of keys"
                   : arena_printf(arena, "a map of keys or a '%s' alone", row->shorthand);
    case SCHEMA_LIST:
        return "a list";
    case SCHEMA_ANY:
        return "anything";
    case SCHEMA_TEXT:
        return "a single value";
    case SCHEMA_NAME:
        return "a name of letters, digits and _ - . + #";
    case SCHEMA_CHOICE:
        return arena_printf(arena, "one of %s", join(arena, choices, choice_count));
    case SCHEMA_BOOL:
        return "true or false";
    case SCHEMA_INT:
        return arena_printf(arena, "a whole number%s%s%s", space, range, unit);
    case SCHEMA_REAL:
        return arena_printf(arena, "a number%s%s%s", space, range, unit);
    }
    assert(false && "every type is described");
    return "";
}

static const char *describe_found(struct arena *arena, const struct yaml_node *node)
{
    if (node->type != YAML_SCALAR) {
        return node->type == YAML_LIST ? "a list" : "a map";
    }
    if (!node->quoted && node->text[0] == '\0') {
        return "an empty value";
    }
    return arena_printf(arena, node->quoted ? "the text \"%s\"" : "'%s'", node->text);
}

static const char *describe_label(const struct check *check, struct label label)
{
    if (label.key == NULL) {
        return arena_printf(check->arena, "the %s", check->schema->title);
    }
    return label.item == 0 ? arena_printf(check->arena, "'%s'", label.key)
                           : arena_printf(check->arena, "item %d of '%s'", label.item, label.key);
}

static const char *hint_for(const struct check *check, const struct schema_row *row,
                            const struct yaml_node *node)
{
    bool is_plain_type =
        row->type == SCHEMA_BOOL || row->type == SCHEMA_INT || row->type == SCHEMA_REAL;
    if (node->type == YAML_LIST && row->type != SCHEMA_LIST && row->path[0] != '\0') {
        return row->sweepable ? "the values of a sweep are single values"
                              : "this key takes one value, it cannot be swept";
    }
    if (node->type == YAML_SCALAR && node->quoted && is_plain_type) {
        return "write it without the quotes";
    }
    if (node->type == YAML_SCALAR && row->type == SCHEMA_CHOICE) {
        const char **choices;
        int count = split_choices(check->arena, row->choices, &choices);
        const char *nearest = schema_nearest(node->text, choices, count);
        if (nearest != NULL) {
            return arena_printf(check->arena, "did you mean '%s'?", nearest);
        }
    }
    return row->help;
}

static bool refuse_value(const struct check *check, const struct schema_row *row,
                         const struct yaml_node *node, struct label label)
{
    char where[sizeof check->fault->where];
    return fault_set(check->fault, yaml_where(node, where, sizeof where),
                     hint_for(check, row, node), "%s must be %s, not %s",
                     describe_label(check, label), describe_wanted(check, row),
                     describe_found(check->arena, node));
}

static bool refuse_key(const struct check *check, const struct schema_row *row,
                       const struct yaml_node *key)
{
    const struct schema *schema = check->schema;
    const char **names = arena_zeroed(check->arena, (size_t)schema->count, sizeof *names);
    const char *elsewhere = NULL;
    int count = 0;
    for (int i = 0; i < schema->count; i++) {
        const char *path = schema->rows[i].path, *name = schema_key(row->path, &schema->rows[i]);
        if (name != NULL) {
            names[count++] = name;
        }
        const char *last = strrchr(path, '.');
        if (elsewhere == NULL && strcmp(last != NULL ? last + 1 : path, key->text) == 0) {
            elsewhere = path;
        }
    }
    const char *nearest = schema_nearest(key->text, names, count);
    nearest = nearest == NULL ? elsewhere : nearest;
    const char *question =
        nearest == NULL ? "" : arena_printf(check->arena, "did you mean '%s'? ", nearest);
    const char *known =
        count == 0 ? "there are no keys here"
                   : arena_printf(check->arena, "keys here: %s", join(check->arena, names, count));
    char where[sizeof check->fault->where];
    return fault_set(check->fault, yaml_where(key, where, sizeof where),
                     arena_printf(check->arena, "%s%s", question, known), "unknown key '%s'",
                     key->text);
}

static bool check_node(const struct check *check, const struct schema_row *row,
                       struct yaml_node *node, struct label label);

/* Turns the scalar x into {shorthand: x}, in place, so that who points at the node sees the map. */
static void expand_shorthand(struct arena *arena, const char *shorthand, struct yaml_node *node)
{
    struct yaml_node *value = arena_zeroed(arena, 1, sizeof *value);
    *value = *node;
    node->type = YAML_MAP;
    node->quoted = false;
    node->text = NULL;
    yaml_append(arena, node, shorthand, value);
}

static bool check_map(const struct check *check, const struct schema_row *row,
                      struct yaml_node *map, struct label label)
{
    for (int i = 0; i < map->count; i++) {
        const char *key = map->keys[i]->text;
        const struct schema_row *below = schema_below(check->schema, row->path, key);
        if (below == NULL) {
            return refuse_key(check, row, map->keys[i]);
        }
        if (!check_node(check, below, map->items[i], (struct label){key, 0})) {
            return false;
        }
    }
    for (int i = 0; i < check->schema->count; i++) {
        const struct schema_row *below = &check->schema->rows[i];
        const char *key = schema_key(row->path, below);
        if (key != NULL && below->required && yaml_get(map, key) == NULL) {
            char where[sizeof check->fault->where];
            return fault_set(check->fault, yaml_where(map, where, sizeof where), below->help,
                             "%s lacks the key '%s', %s", describe_label(check, label), key,
                             describe_wanted(check, below));
        }
    }
    return true;
}

bool schema_is_name(const char *text)
{
    return text[0] != '\0' &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789_-.+#")] == '\0';
}

static bool is_within(const struct schema_row *row, double value)
{
    return (row->min == 0.0 && row->max == 0.0) || (value >= row->min && value <= row->max);
}

static bool scalar_fits(const struct schema_row *row, const struct yaml_node *node)
{
    int64_t whole;
    double real;
    switch (row->type) {
    case SCHEMA_TEXT:
        return true;
    case SCHEMA_NAME:
        return schema_is_name(node->text);
    case SCHEMA_CHOICE:
        return is_choice(row->choices, node->text);
    case SCHEMA_BOOL:
        return !node->quoted && is_choice("true|false", node->text);
    case SCHEMA_INT:
        return !node->quoted && schema_parse_int(node->text, &whole) &&
               is_within(row, (double)whole);
    case SCHEMA_REAL:
        return !node->quoted && schema_parse_real(node->text, &real) && is_within(row, real);
    default:
        return false;
    }
}

static bool check_value(const struct check *check, const struct schema_row *row,
                        struct yaml_node *node, struct label label)
{
    if (row->type == SCHEMA_ANY)
        return true;
    if (row->type == SCHEMA_MAP) {
        bool is_empty = node->type == YAML_SCALAR && node->text[0] == '\0';
        if (node->type == YAML_SCALAR && row->shorthand != NULL && !is_empty) {
            expand_shorthand(check->arena, row->shorthand, node);
        }
        return node->type == YAML_MAP ? check_map(check, row, node, label)
                                      : refuse_value(check, row, node, label);
    }
    if (row->type == SCHEMA_LIST && node->type == YAML_LIST) {
        const struct schema_row *item = schema_below(check->schema, row->path, "[]");
        for (int i = 0; i < node->count; i++) {
            if (!check_node(check, item, node->items[i], (struct label){label.key, i + 1})) {
                return false;
            }
        }
        return true;
    }
    return (node->type == YAML_SCALAR && scalar_fits(row, node)) ||
           refuse_value(check, row, node, label);
}

static bool check_node(const struct check *check, const struct schema_row *row,
                       struct yaml_node *node, struct label label)
{
    if (!row->sweepable || node->type != YAML_LIST) {
        return check_value(check, row, node, label);
    }
    if (node->count == 0) {
        char where[sizeof check->fault->where];
        return fault_set(check->fault, yaml_where(node, where, sizeof where), row->help,
                         "%s is swept over no value at all", describe_label(check, label));
    }
    for (int i = 0; i < node->count; i++) {
        if (!check_value(check, row, node->items[i], (struct label){label.key, i + 1})) {
            return false;
        }
    }
    return true;
}

bool schema_check(const struct schema *schema, struct arena *arena, struct yaml_node *root,
                  struct fault *fault)
{
    assert_table(schema);
    struct check check = {schema, arena, fault};
    return check_node(&check, &schema->rows[0], root, (struct label){NULL, 0});
}

/* A default as a checked tree; a default that its own row refuses is a programmer's mistake. */
static struct yaml_node *parse_fallback(const struct schema *schema, struct arena *arena,
                                        const struct schema_row *row)
{
    struct fault fault = FAULT_NONE;
    struct check check = {schema, arena, &fault};
    struct yaml_node *node = yaml_parse(arena, "default", row->fallback, &fault);
    bool is_sound = node != NULL && check_node(&check, row, node, (struct label){row->path, 0});
    assert(is_sound);
    (void)is_sound;
    return node;
}

static void complete_node(const struct schema *schema, struct arena *arena,
                          const struct schema_row *row, struct yaml_node *node)
{
    if (row->type == SCHEMA_ANY)
        return;
    if (node->type == YAML_LIST) {
        const struct schema_row *item =
            row->type == SCHEMA_LIST ? schema_below(schema, row->path, "[]") : row;
        for (int i = 0; i < node->count; i++) {
            complete_node(schema, arena, item, node->items[i]);
        }
    }
    if (node->type != YAML_MAP) {
        return;
    }
    for (int i = 0; i < schema->count; i++) {
        const struct schema_row *below = &schema->rows[i];
        const char *key = schema_key(row->path, below);
        if (key != NULL && below->fallback != NULL && yaml_get(node, key) == NULL) {
            yaml_append(arena, node, key, parse_fallback(schema, arena, below));
        }
    }
    for (int i = 0; i < node->count; i++) {
        const char *key = node->keys[i]->text;
        complete_node(schema, arena, schema_below(schema, row->path, key), node->items[i]);
    }
}

struct yaml_node *schema_complete(const struct schema *schema, struct arena *arena,
                                  const struct yaml_node *root)
{
    struct yaml_node *copy = yaml_copy(arena, root);
    complete_node(schema, arena, &schema->rows[0], copy);
    return copy;
}
