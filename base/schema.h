/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One table of keys per file format: it drives loading, faults, defaults, sweeps and the docs.
 *
 * A format is an array of rows. schema_check() holds a YAML tree against them: unknown key (with
 * the nearest known one as a hint), missing key, wrong type, out of range, unknown choice. After
 * that the typed getters read the tree and fall back to the row's default; asking for a key that
 * has no row is a programmer's mistake (assertion). */
#ifndef HETSOC_BASE_SCHEMA_H
#define HETSOC_BASE_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/yaml.h"

enum schema_type {
    SCHEMA_MAP,    /* keys have rows of their own; a row "x.*" allows any key below x */
    SCHEMA_LIST,   /* items have the row "PATH[]" */
    SCHEMA_ANY,    /* anything; who asks for it checks it */
    SCHEMA_TEXT,   /* any scalar */
    SCHEMA_NAME,   /* letters, digits, _ - . + # , not empty */
    SCHEMA_CHOICE, /* one of `choices` ("a|b|c") */
    SCHEMA_BOOL,   /* true | false */
    SCHEMA_INT,    /* whole number within [min, max] */
    SCHEMA_REAL,   /* finite number within [min, max] */
};

struct schema_row {
    /* "workload.apps[].share"; "x.*" = any key; "[]" = item of a list. A row comes after the row
     * above it ("workload.apps[]"). */
    const char *path;
    enum schema_type type;
    const char *unit; /* "us", "jobs/ms"; NULL where there is none */
    /* Numbers only, inclusive; both 0 = no limit; INFINITY = none on that side; min DBL_MIN is
     * written as "> 0". */
    double min, max;
    const char *choices;  /* SCHEMA_CHOICE only */
    const char *fallback; /* default as YAML text; NULL = none */
    bool required;
    bool sweepable;        /* a list in place of the value is an axis of the experiment */
    const char *shorthand; /* SCHEMA_MAP: a scalar x in its place means {shorthand: x} */
    const char *help;      /* one sentence for docs/formats.md */
};

struct schema {
    const char *title;             /* "experiment", "platform", "app" */
    const struct schema_row *rows; /* first row: path "" (the document), type SCHEMA_MAP */
    int count;
};

/* Checks a tree against a schema. Shorthand scalars are replaced in place by their map, so `root`
 * must be the caller's own tree; new nodes are made in `arena`. */
bool schema_check(const struct schema *schema, struct arena *arena, struct yaml_node *root,
                  struct fault *fault);

/* Getters on a checked tree. `map` is the node whose keys are asked, `path` is its path in the
 * table ("" for the root), `key` the key below it. A `map` of NULL has no key. They return the
 * value or the row's default; a key without value and without default gives NULL / NAN / INT64_MIN
 * / false. Text is borrowed from the tree or the table. */
const char *schema_text(const struct schema *schema, const struct yaml_node *map, const char *path,
                        const char *key);
double schema_real(const struct schema *schema, const struct yaml_node *map, const char *path,
                   const char *key);
int64_t schema_int(const struct schema *schema, const struct yaml_node *map, const char *path,
                   const char *key);
bool schema_bool(const struct schema *schema, const struct yaml_node *map, const char *path,
                 const char *key);

/* Parses a whole scalar as a finite number, locale-independent; false for "0.3abc", "nan", "". */
bool schema_parse_real(const char *text, double *value);

/* Whether a text is what SCHEMA_NAME takes. */
bool schema_is_name(const char *text);

/* Parses a whole scalar as decimal digits with an optional sign; false for "1.0", "1e3", overflow.
 */
bool schema_parse_int(const char *text, int64_t *value);

/* The row of a path, NULL if there is none. "x.*" rows match any key and "[]" rows match "x[]",
 * "x[3]" and "x.3"; keys with dots in them can not be found this way. O(rows). */
const struct schema_row *schema_find(const struct schema *schema, const char *path);

/* The row of one key (may have dots) or of "[]" directly below a path of the table; NULL if there
 * is none. O(rows). */
const struct schema_row *schema_below(const struct schema *schema, const char *parent,
                                      const char *key);

/* "key", "*" or "[]" if the row is directly below the path, otherwise NULL. */
const char *schema_key(const char *parent, const struct schema_row *row);

/* ">= 1", "from 0 to 1", "" without limits. Returns `text`. */
char *schema_range(const struct schema_row *row, char text[static 64]);

/* A copy of a checked tree with every default filled in, for --dump-config and manifests. */
struct yaml_node *schema_complete(const struct schema *schema, struct arena *arena,
                                  const struct yaml_node *root);

/* Writes the table as Markdown, a row per key, for docs/formats.md. */
void schema_document(const struct schema *schema, FILE *stream);

/* The candidate nearest to `word` in edit distance, NULL if none is near. For hints. */
const char *schema_nearest(const char *word, const char *const *candidates, int count);

#endif
