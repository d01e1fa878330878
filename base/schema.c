/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/schema.h"

#include <assert.h>
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool schema_parse_real(const char *text, double *value)
{
    size_t sign = text[0] == '+' || text[0] == '-' ? 1 : 0;
    size_t whole = strspn(text + sign, "0123456789");
    const char *rest = text + sign + whole;
    size_t digits = whole;
    if (*rest == '.') {
        size_t fraction = strspn(rest + 1, "0123456789");
        digits += fraction;
        rest += 1 + fraction;
    }
    if (digits == 0) {
        return false;
    }
    if (*rest == 'e' || *rest == 'E') {
        rest += rest[1] == '+' || rest[1] == '-' ? 2 : 1;
        size_t exponent = strspn(rest, "0123456789");
        rest += exponent;
        if (exponent == 0) {
            return false;
        }
    }
    if (*rest != '\0') {
        return false;
    }
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double parsed = strtod_l(text, NULL, plain);
    freelocale(plain);
    if (!isfinite(parsed)) {
        return false;
    }
    *value = parsed;
    return true;
}

bool schema_parse_int(const char *text, int64_t *value)
{
    const char *digits = text + (text[0] == '+' || text[0] == '-' ? 1 : 0);
    if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0') {
        return false;
    }
    errno = 0;
    intmax_t parsed = strtoimax(text, NULL, 10);
    if (errno != 0 || parsed > INT64_MAX || parsed < INT64_MIN) {
        return false;
    }
    *value = (int64_t)parsed;
    return true;
}

const char *schema_key(const char *parent, const struct schema_row *row)
{
    size_t length = strlen(parent);
    if (row->path[0] == '\0' || strncmp(parent, row->path, length) != 0) {
        return NULL;
    }
    const char *rest = row->path + length;
    if (strcmp(rest, "[]") == 0) {
        return rest;
    }
    if (length > 0 && *rest++ != '.') {
        return NULL;
    }
    return *rest != '\0' && rest[strcspn(rest, ".[")] == '\0' ? rest : NULL;
}

const struct schema_row *schema_below(const struct schema *schema, const char *parent,
                                      const char *key)
{
    const struct schema_row *any = NULL;
    for (int i = 0; i < schema->count; i++) {
        const char *name = schema_key(parent, &schema->rows[i]);
        if (name != NULL && strcmp(name, key) == 0) {
            return &schema->rows[i];
        }
        if (name != NULL && strcmp(name, "*") == 0) {
            any = &schema->rows[i];
        }
    }
    return any;
}

/* Length of the first part of a path: "key", ".key", "[]" or "[3]". */
static size_t part_length(const char *path)
{
    if (path[0] == '[') {
        return strcspn(path, "]") + 1;
    }
    return 1 + strcspn(path + 1, ".[");
}

/* Whether a part of a path is an item of a list: "[]", "[3]" or ".3". */
static bool is_item(const char *part, size_t length)
{
    size_t digits = strspn(part + 1, "0123456789");
    return part[0] == '[' ? part[digits + 1] == ']' : part[0] == '.' && length == digits + 1;
}

static bool path_matches(const char *row, const char *path)
{
    while (*row != '\0' && *path != '\0') {
        size_t row_part = part_length(row), path_part = part_length(path);
        bool is_any = row_part == 2 && row[1] == '*';
        if (row[0] == '[') {
            if (!is_item(path, path_part)) {
                return false;
            }
        } else if (path[0] == '[' ||
                   (!is_any && (row_part != path_part || strncmp(row, path, row_part) != 0))) {
            return false;
        }
        row += row_part;
        path += path_part;
    }
    return *row == *path;
}

const struct schema_row *schema_find(const struct schema *schema, const char *path)
{
    for (int i = 0; i < schema->count; i++) {
        if (strcmp(schema->rows[i].path, path) == 0) {
            return &schema->rows[i];
        }
    }
    for (int i = 0; i < schema->count; i++) {
        if (path_matches(schema->rows[i].path, path)) {
            return &schema->rows[i];
        }
    }
    return NULL;
}

/* The text of a single value or of its default, NULL without either; `*row` is the key's row. */
static const char *value_text(const struct schema *schema, const struct yaml_node *map,
                              const char *path, const char *key, const struct schema_row **row)
{
    *row = schema_below(schema, path, key);
    assert(*row != NULL && (*row)->type != SCHEMA_MAP && (*row)->type != SCHEMA_LIST);
    const struct yaml_node *node = yaml_get(map, key);
    if (node != NULL) {
        assert(node->type == YAML_SCALAR);
        return node->text;
    }
    const char *fallback = (*row)->fallback;
    return fallback != NULL && strcmp(fallback, "~") == 0 ? "" : fallback;
}

const char *schema_text(const struct schema *schema, const struct yaml_node *map, const char *path,
                        const char *key)
{
    const struct schema_row *row;
    return value_text(schema, map, path, key, &row);
}

double schema_real(const struct schema *schema, const struct yaml_node *map, const char *path,
                   const char *key)
{
    const struct schema_row *row;
    const char *text = value_text(schema, map, path, key, &row);
    assert(row->type == SCHEMA_REAL || row->type == SCHEMA_INT);
    double value = NAN;
    bool parsed = text == NULL || schema_parse_real(text, &value);
    assert(parsed);
    (void)parsed;
    return value;
}

int64_t schema_int(const struct schema *schema, const struct yaml_node *map, const char *path,
                   const char *key)
{
    const struct schema_row *row;
    const char *text = value_text(schema, map, path, key, &row);
    assert(row->type == SCHEMA_INT);
    int64_t value = INT64_MIN;
    bool parsed = text == NULL || schema_parse_int(text, &value);
    assert(parsed);
    (void)parsed;
    return value;
}

bool schema_bool(const struct schema *schema, const struct yaml_node *map, const char *path,
                 const char *key)
{
    const struct schema_row *row;
    const char *text = value_text(schema, map, path, key, &row);
    assert(row->type == SCHEMA_BOOL);
    return text != NULL && strcmp(text, "true") == 0;
}

char *schema_range(const struct schema_row *row, char text[static 64])
{
    bool is_limited = (row->type == SCHEMA_INT || row->type == SCHEMA_REAL) &&
                      (row->min != 0.0 || row->max != 0.0);
    text[0] = '\0';
    if (!is_limited || (row->min == -INFINITY && row->max == INFINITY)) {
        return text;
    }
    bool is_positive = row->min > 0.0 && row->min <= DBL_MIN;
    if (row->max == INFINITY) {
        is_positive ? snprintf(text, 64, "> 0") : snprintf(text, 64, ">= %.15g", row->min);
    } else if (row->min == -INFINITY) {
        snprintf(text, 64, "<= %.15g", row->max);
    } else if (is_positive) {
        snprintf(text, 64, "> 0 and <= %.15g", row->max);
    } else {
        snprintf(text, 64, "from %.15g to %.15g", row->min, row->max);
    }
    return text;
}

/* A cell of a Markdown table; a '|' would end it. */
static void print_cell(const char *text, bool is_code, FILE *stream)
{
    if (text == NULL || text[0] == '\0') {
        fputs(" |", stream);
        return;
    }
    fputs(is_code ? " `" : " ", stream);
    for (const char *at = text; *at != '\0'; at++) {
        fputs(*at == '|' ? "\\|" : (char[2]){*at, '\0'}, stream);
    }
    fputs(is_code ? "` |" : " |", stream);
}

void schema_document(const struct schema *schema, FILE *stream)
{
    static const char *const type_names[] = {
        [SCHEMA_MAP] = "map",
        [SCHEMA_LIST] = "list",
        [SCHEMA_TEXT] = "text",
        [SCHEMA_ANY] = "see there",
        [SCHEMA_NAME] = "name",
        [SCHEMA_CHOICE] = "choice",
        [SCHEMA_BOOL] = "true or false",
        [SCHEMA_INT] = "whole number",
        [SCHEMA_REAL] = "number",
    };
    fprintf(stream, "## %s\n\n%s\n\n", schema->title, schema->rows[0].help);
    fputs("| key | type | unit | range | default | sweep | meaning |\n", stream);
    fputs("| --- | --- | --- | --- | --- | --- | --- |\n", stream);
    for (int i = 1; i < schema->count; i++) {
        const struct schema_row *row = &schema->rows[i];
        char range[64];
        fputc('|', stream);
        print_cell(row->path, true, stream);
        if (row->shorthand != NULL) {
            fprintf(stream, " map, or its `%s` alone |", row->shorthand);
        } else {
            print_cell(type_names[row->type], false, stream);
        }
        print_cell(row->unit, false, stream);
        bool is_choice = row->type == SCHEMA_CHOICE;
        print_cell(is_choice ? row->choices : schema_range(row, range), is_choice, stream);
        print_cell(row->required ? "required" : row->fallback, !row->required, stream);
        print_cell(row->sweepable ? "yes" : "", false, stream);
        print_cell(row->help, false, stream);
        fputc('\n', stream);
    }
}
