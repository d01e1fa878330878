/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Task graphs in the formats of others -> apps, platforms, experiments and arrivals in ours.
 *
 * A format is one file and one row of the registry in import.c. Reading takes time and memory
 * linear in the size of the files; nothing in them is taken on trust. What a format says in
 * several ways is taken from one of them, and a note tells where the others disagree. */
#ifndef HETSOC_TRACES_IMPORT_H
#define HETSOC_TRACES_IMPORT_H

#include "base/fault.h"
#include "base/memory.h"
#include "workloads/app.h"

/* The most tasks and edges of one graph. */
#define IMPORT_TASKS_MAX 10000000
#define IMPORT_EDGES_MAX 50000000

/* What a file does not say. */
struct import_options {
    const char *pe_kind;   /* PE kind that runs the tasks; NULL: those of the file, else "core" */
    double us_per_unit;    /* length of the format's unit of time; NAN: see each format */
    double bytes_per_unit; /* STG: data that one unit of communication time stands for */
};

extern const struct import_options import_options_default; /* NULL, NAN, 1000 bytes */

/* A machine that a file describes, in terms of a platform file. */
struct import_kind_of_pe {
    const char *name, *class; /* "A15", "cpu" */
    const struct import_opp {
        double mhz, mv;
    } * opps; /* ascending */
    int32_t opp_count;
    double active_mw; /* 0 = not given */
};

struct import_cluster {
    const char *name;
    int32_t kind, pe_count;
};

struct import_link {
    int32_t between[2]; /* clusters */
    double bandwidth_bytes_per_us;
};

struct import_platform {
    const char *name, *summary;
    const char *comment; /* at the head of the file: what was assumed; may have several lines */
    struct import_kind_of_pe *kinds;
    int32_t kind_count;
    struct import_cluster *clusters;
    int32_t cluster_count;
    bool truncate_us;
    double bandwidth_bytes_per_us;
    double memory_bandwidth_bytes_per_us; /* 0 = not given */
    struct import_link *links;
    int32_t link_count;
};

/* An experiment, as the text of its file, and the stream of jobs that it names, if it has one. */
struct import_experiment {
    const char *name, *text;
    const char *arrivals; /* CSV of DIR/NAME.csv; NULL = none */
};

/* What came out of one file, or of several that belong together. Zeroed = nothing yet. */
struct imported {
    struct app *apps;
    int32_t app_count;
    struct import_platform *platforms;
    int32_t platform_count;
    struct import_experiment *experiment; /* NULL = none */
    const char *units;                    /* what became of the format's units, for the user */
    const char **notes;                   /* what a user should know of the files, line by line */
    int32_t note_count;
};

struct import_kind {
    const char *name;    /* "stg" */
    const char *summary; /* what it is, and what is made of its units */
    bool takes_several;  /* its files describe one thing together; otherwise `count` is 1 */

    /* Whether a file that begins like this is probably one of these. */
    bool (*claims)(const char *head);

    /* Reads files; everything lives in `arena`. Apps are named after the files. */
    bool (*read)(struct imported *imported, struct arena *arena, const char *const *paths,
                 int32_t count, const struct import_options *options, struct fault *fault);
};

/* The registry: NULL-terminated. */
extern const struct import_kind *const import_kinds[];

const struct import_kind *import_find(const char *name); /* NULL if there is none */

/* The kind that claims a file, NULL if none does or if it cannot be read. */
const struct import_kind *import_recognize(const char *path);

extern const struct import_kind import_stg, import_wfformat, import_dot, import_dax, import_ds3;

/* The name that an app gets from its file: without folder and extension, other characters than
 * those of names replaced by `_`. In the arena. */
const char *import_name(struct arena *arena, const char *path);

/* A text as a name of ours: characters that names do not have become `_`, and what is beyond 64
 * characters is left out. In the arena. */
const char *import_clean(struct arena *arena, const char *text);

/* Adds a note; printf's format. */
void import_note(struct imported *imported, struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
