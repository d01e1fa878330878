/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Task graphs in the formats of others -> apps in ours.
 *
 * A format is one file and one row of the registry in import.c. Reading is linear in the size of
 * the file; nothing is taken on trust. */
#ifndef HETSOC_TRACES_IMPORT_H
#define HETSOC_TRACES_IMPORT_H

#include "base/fault.h"
#include "base/memory.h"
#include "workloads/app.h"

/* What a file does not say. */
struct import_options {
    const char *pe_kind;   /* PE kind that runs the tasks, where the format has none */
    double us_per_unit;    /* length of the format's unit of time, where it has no length */
    double bytes_per_unit; /* data that one unit of communication time stands for */
};

extern const struct import_options import_options_default; /* "core", 1 us, 1000 bytes */

struct import_kind {
    const char *name;    /* "stg" */
    const char *summary; /* what it is, and what is made of its units */

    /* Reads a file as one app, named after the file, in `arena`. */
    bool (*read)(struct app *app, struct arena *arena, const char *path,
                 const struct import_options *options, struct fault *fault);
};

/* The registry: NULL-terminated. */
extern const struct import_kind *const import_kinds[];

const struct import_kind *import_find(const char *name); /* NULL if there is none */

extern const struct import_kind import_stg;

/* The name that an app gets from its file: without folder and extension, other characters than
 * those of names replaced by `_`. In the arena. */
const char *import_name(struct arena *arena, const char *path);

/* Writes an app without branches as DIR/NAME.yaml, whole or not at all. Faults: the file is there
 * and `overwrite` is false; it cannot be written. `written`, in the arena, is its path. */
bool import_write(const struct app *app, const char *dir, bool overwrite, struct arena *arena,
                  const char **written, struct fault *fault);

#endif
