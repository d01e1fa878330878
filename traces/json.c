/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/schema.h"

/* Up to so many keys, duplicates are looked for one by one. */
enum { FEW_KEYS = 12, NUMBER_MAX_LENGTH = 400 };

struct parser {
    struct text *text;
    struct arena *arena;
    char *at;
    int depth;
    struct json *open; /* values of the lists and maps that are not closed yet */
    size_t open_count, open_capacity;
};

static bool refuse(struct parser *parser, const char *at, const char *hint, const char *what)
{
    return text_refuse(parser->text, at, hint, "%s", what);
}

static void skip_space(struct parser *parser)
{
    parser->at += strspn(parser->at, " \t\r\n");
}

static bool end_of_text(struct parser *parser)
{
    return refuse(parser, parser->at, "is the file cut off?", "the file ends in mid-air");
}

/* ---- texts ---- */

static bool read_hex(struct parser *parser, const char *at, unsigned *value)
{
    *value = 0;
    for (int i = 0; i < 4; i++) {
        if (!isxdigit((unsigned char)at[i]))
            return refuse(parser, at, "\\u takes four hexadecimal digits",
                          "this is no character code");
        int c = tolower((unsigned char)at[i]);
        *value = *value << 4 | (unsigned)(isdigit(c) ? c - '0' : c - 'a' + 10);
    }
    return true;
}

static char *put_utf8(char *to, unsigned value)
{
    if (value < 0x80) {
        *to++ = (char)value;
    } else if (value < 0x800) {
        *to++ = (char)(0xc0 | value >> 6);
        *to++ = (char)(0x80 | (value & 0x3f));
    } else if (value < 0x10000) {
        *to++ = (char)(0xe0 | value >> 12);
        *to++ = (char)(0x80 | (value >> 6 & 0x3f));
        *to++ = (char)(0x80 | (value & 0x3f));
    } else {
        *to++ = (char)(0xf0 | value >> 18);
        *to++ = (char)(0x80 | (value >> 12 & 0x3f));
        *to++ = (char)(0x80 | (value >> 6 & 0x3f));
        *to++ = (char)(0x80 | (value & 0x3f));
    }
    return to;
}

/* `from` is behind "\u"; both ends move. */
static bool read_code(struct parser *parser, char **from, char **to)
{
    unsigned value, low;
    if (!read_hex(parser, *from, &value))
        return false;
    const char *at = *from;
    *from += 4;
    if (value == 0)
        return refuse(parser, at, NULL, "there is a NUL in the text");
    if (value >= 0xd800 && value <= 0xdfff) {
        if (value > 0xdbff || (*from)[0] != '\\' || (*from)[1] != 'u')
            return refuse(parser, at, NULL, "this is half of a character");
        if (!read_hex(parser, *from + 2, &low))
            return false;
        if (low < 0xdc00 || low > 0xdfff)
            return refuse(parser, at, NULL, "this is half of a character");
        *from += 6;
        value = 0x10000 + ((value - 0xd800) << 10 | (low - 0xdc00));
    }
    *to = put_utf8(*to, value);
    return true;
}

/* Unescapes the text at the cursor in place; the cursor goes behind it. */
static bool read_text(struct parser *parser, const char **text)
{
    static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    char *from = parser->at + 1, *to = from;
    *text = from;
    while (*from != '"') {
        if ((unsigned char)*from < ' ') {
            parser->at = from;
            if (from == parser->text->data + parser->text->size)
                return end_of_text(parser);
            return refuse(parser, from, "write it as \\n, \\t or \\u....",
                          "a text runs over the end of the line or has a control character");
        }
        if (*from != '\\') {
            *to++ = *from++;
            continue;
        }
        const char *escape = from[1] == '\0' ? NULL : strchr(escapes, from[1]);
        if (escape != NULL) {
            *to++ = meanings[escape - escapes];
            from += 2;
        } else if (from[1] == 'u') {
            from += 2;
            if (!read_code(parser, &from, &to))
                return false;
        } else {
            return refuse(parser, from, "a backslash is written \\\\", "there is no such escape");
        }
    }
    *to = '\0';
    parser->at = from + 1;
    return true;
}

/* ---- numbers and words ---- */

static const char *skip_digits(const char *at)
{
    while (isdigit((unsigned char)*at))
        at++;
    return at;
}

/* The end of a number as JSON writes them, NULL if there is none here. */
static const char *end_of_number(const char *at)
{
    at += *at == '-';
    if (!isdigit((unsigned char)*at) || (*at == '0' && isdigit((unsigned char)at[1])))
        return NULL;
    at = skip_digits(at);
    if (*at == '.') {
        if (!isdigit((unsigned char)at[1]))
            return NULL;
        at = skip_digits(at + 1);
    }
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '+' || at[1] == '-');
        if (!isdigit((unsigned char)*at))
            return NULL;
        at = skip_digits(at);
    }
    return at;
}

static bool read_number(struct parser *parser, struct json *value)
{
    char digits[NUMBER_MAX_LENGTH + 1];
    const char *end = end_of_number(parser->at);
    if (end == NULL || end - parser->at > NUMBER_MAX_LENGTH)
        return refuse(parser, parser->at, "a value is a number, text, list, map, true, false, null",
                      "this is no value");
    size_t length = (size_t)(end - parser->at);
    memcpy(digits, parser->at, length);
    digits[length] = '\0';
    value->type = JSON_NUMBER;
    if (!schema_parse_real(digits, &value->number))
        return refuse(parser, parser->at, NULL, "the number is too large");
    parser->at += length;
    return true;
}

static bool read_word(struct parser *parser, const char *word, size_t length)
{
    if (strncmp(parser->at, word, length) != 0 || isalnum((unsigned char)parser->at[length]))
        return false;
    parser->at += length;
    return true;
}

/* ---- lists and maps ---- */

static bool read_value(struct parser *parser, struct json *value);

static int compare_keys(const void *a, const void *b)
{
    const struct json *one = *(const struct json *const *)a,
                      *other = *(const struct json *const *)b;
    int order = strcmp(one->key, other->key);
    return order != 0 ? order : (one->at > other->at) - (one->at < other->at);
}

static bool check_keys(struct parser *parser, const struct json *map)
{
    const struct json *twin = NULL;
    if (map->count <= FEW_KEYS) {
        for (int32_t i = 1; i < map->count; i++)
            for (int32_t k = 0; k < i; k++)
                if (strcmp(map->items[i].key, map->items[k].key) == 0)
                    twin = &map->items[i];
    } else {
        const struct json **sorted = memory_zeroed((size_t)map->count, sizeof *sorted);
        for (int32_t i = 0; i < map->count; i++)
            sorted[i] = &map->items[i];
        qsort(sorted, (size_t)map->count, sizeof *sorted, compare_keys);
        for (int32_t i = 1; i < map->count; i++)
            if (strcmp(sorted[i]->key, sorted[i - 1]->key) == 0)
                twin = sorted[i];
        free(sorted);
    }
    return twin == NULL || text_refuse(parser->text, twin->at, "keep one of them",
                                       "the key '%s' is there twice", twin->key);
}

static bool read_key(struct parser *parser, const char **key)
{
    skip_space(parser);
    if (*parser->at == '\0')
        return end_of_text(parser);
    if (*parser->at != '"')
        return refuse(parser, parser->at, "keys are in double quotes; no comma after the last pair",
                      "a key was expected here");
    if (!read_text(parser, key))
        return false;
    skip_space(parser);
    if (*parser->at != ':')
        return *parser->at == '\0' ? end_of_text(parser)
                                   : refuse(parser, parser->at, NULL, "a `:` was expected here");
    parser->at++;
    return true;
}

/* Reads items up to `close` onto the stack of open values, then moves them to the arena. */
static bool read_items(struct parser *parser, struct json *list, char close)
{
    size_t first = parser->open_count;
    parser->at++;
    skip_space(parser);
    bool more = *parser->at != close;
    if (!more)
        parser->at++;
    while (more) {
        struct json item = {0};
        if (list->type == JSON_MAP && !read_key(parser, &item.key))
            return false;
        if (!read_value(parser, &item))
            return false;
        parser->open = memory_grow(parser->open, &parser->open_capacity, parser->open_count + 1,
                                   sizeof *parser->open);
        parser->open[parser->open_count++] = item;
        skip_space(parser);
        if (*parser->at == '\0')
            return end_of_text(parser);
        if (*parser->at != ',' && *parser->at != close)
            return refuse(parser, parser->at, NULL, "a comma or the end of the list was expected");
        more = *parser->at++ == ',';
    }
    size_t count = parser->open_count - first;
    list->count = (int32_t)count;
    list->items = arena_zeroed(parser->arena, count, sizeof *list->items);
    if (count > 0)
        memcpy(list->items, parser->open + first, count * sizeof *list->items);
    parser->open_count = first;
    return list->type == JSON_LIST || check_keys(parser, list);
}

static bool read_value(struct parser *parser, struct json *value)
{
    skip_space(parser);
    value->at = parser->at;
    char first = *parser->at;
    if (first == '\0')
        return end_of_text(parser);
    if (first == '[' || first == '{') {
        if (parser->depth == JSON_MAX_DEPTH)
            return text_refuse(parser->text, parser->at, NULL, "nested deeper than %d levels",
                               JSON_MAX_DEPTH);
        parser->depth++;
        value->type = first == '[' ? JSON_LIST : JSON_MAP;
        bool ok = read_items(parser, value, first == '[' ? ']' : '}');
        parser->depth--;
        return ok;
    }
    if (first == '"') {
        value->type = JSON_TEXT;
        return read_text(parser, &value->text);
    }
    if (read_word(parser, "null", 4))
        return true;
    if (read_word(parser, "true", 4) || read_word(parser, "false", 5)) {
        value->type = JSON_BOOL;
        value->truth = first == 't';
        return true;
    }
    return read_number(parser, value);
}

const struct json *json_parse(struct text *text, struct arena *arena)
{
    struct parser parser = {.text = text, .arena = arena, .at = text->data};
    struct json *root = arena_zeroed(arena, 1, sizeof *root);
    bool ok = read_value(&parser, root);
    skip_space(&parser);
    if (ok && *parser.at != '\0')
        ok = refuse(&parser, parser.at, NULL, "there is something after the end of the document");
    free(parser.open);
    return ok ? root : NULL;
}

const struct json *json_get(const struct json *map, const char *key)
{
    if (map == NULL || map->type != JSON_MAP)
        return NULL;
    for (int32_t i = 0; i < map->count; i++)
        if (strcmp(map->items[i].key, key) == 0)
            return &map->items[i];
    return NULL;
}

const char *json_type_name(enum json_type type)
{
    static const char *const names[] = {"null",   "true or false", "a number",
                                        "a text", "a list",        "a map"};
    return names[type];
}
