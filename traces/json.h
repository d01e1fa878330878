/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A JSON document (RFC 8259) as an immutable tree in which every value knows its place.
 *
 * Refused with a fault: syntax errors, duplicate keys, numbers that are not finite, NULs in texts,
 * lone surrogates, nesting deeper than JSON_MAX_DEPTH, anything after the document. jansson does
 * not tell where a value was, which a user who has to mend a file of megabytes needs. */
#ifndef HETSOC_TRACES_JSON_H
#define HETSOC_TRACES_JSON_H

#include "base/memory.h"
#include "traces/text.h"

#define JSON_MAX_DEPTH 64

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_MAP };

struct json {
    enum json_type type;
    int32_t count;   /* list: items; map: pairs */
    const char *at;  /* its place in the text */
    const char *key; /* in a map: what it is the value of */
    union {
        bool truth;
        double number;
        const char *text;   /* NUL-terminated */
        struct json *items; /* in file order */
    };
};

/* Parses a text, which it changes and which must stay. The tree lives in `arena`. NULL and a fault
 * if it is refused. O(size), O(n log n) for a map of n keys. */
const struct json *json_parse(struct text *text, struct arena *arena);

/* The value of a key of a map, NULL if absent or if `map` is NULL or no map. O(keys). */
const struct json *json_get(const struct json *map, const char *key);

/* "a text", "a list", ... for faults. */
const char *json_type_name(enum json_type type);

#endif
