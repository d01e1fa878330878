/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A YAML document as an immutable tree in which every node knows its line and column.
 *
 * Built on libyaml's event parser. Refused with a fault: syntax errors, several documents,
 * anchors and aliases (a small file must not become a big tree), tags, duplicate keys, keys that
 * are lists, maps or empty, text that is not UTF-8 or has a NUL, an empty document, nesting deeper
 * than YAML_MAX_DEPTH, more than YAML_MAX_NODES values, files above YAML_MAX_BYTES. A byte order
 * mark of UTF-8 is skipped. */
#ifndef HETSOC_BASE_YAML_H
#define HETSOC_BASE_YAML_H

#include "base/fault.h"
#include "base/memory.h"

#define YAML_MAX_DEPTH 64
#define YAML_MAX_BYTES (64u << 20)
#define YAML_MAX_NODES (8 * 1024 * 1024)

enum yaml_type { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_type type;
    const char *file;         /* for messages; borrowed from the arena */
    int line, column;         /* from 1; 0 where the node came from a flag */
    bool quoted;              /* a quoted scalar is text, never a number or bool */
    const char *text;         /* scalar: its value, NUL-terminated */
    int count;                /* list: items; map: pairs */
    struct yaml_node **items; /* list items or map values, in file order */
    struct yaml_node **keys;  /* map keys (scalars); NULL for a list */
};

/* Reads a file. The tree lives in `arena`. NULL and a fault if it cannot be read or parsed. */
struct yaml_node *yaml_load(struct arena *arena, const char *path, struct fault *fault);

/* Parses text; `name` stands for the file in messages. */
struct yaml_node *yaml_parse(struct arena *arena, const char *name, const char *text,
                             struct fault *fault);

/* The value of a key of a map, NULL if absent or if `map` is no map. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* "file:line:column" of a node, in a caller's buffer. Returns `text`. */
char *yaml_where(const struct yaml_node *node, char *text, size_t size);

/* Sets the value at a dotted path ("workload.arrivals.kind", list items by number: "noise.0.name")
 * to the YAML in `value`; missing maps on the way are made. For --set. */
bool yaml_assign(struct arena *arena, struct yaml_node *root, const char *path, const char *value,
                 struct fault *fault);

/* Adds a pair to a map that does not have the key; returns `value`. */
struct yaml_node *yaml_append(struct arena *arena, struct yaml_node *map, const char *key,
                              struct yaml_node *value);

/* Takes a key out of a map that may have it. */
void yaml_remove(struct yaml_node *map, const char *key);

/* A deep copy in `arena`. */
struct yaml_node *yaml_copy(struct arena *arena, const struct yaml_node *node);

/* Writes a tree as block YAML that yaml_parse reads back to an equal tree; plain text may come back
 * quoted, but no number, bool or empty value does. Whether it was written shows in ferror(). */
void yaml_print(const struct yaml_node *node, FILE *stream);

#endif
