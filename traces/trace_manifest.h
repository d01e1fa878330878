/* SPDX-License-Identifier: GPL-3.0-or-later */
/* manifest.json of a trace: what was recorded, in which files (docs/traces.md).
 *
 * It is JSON in the part that YAML shares, and is read as YAML: every fault has line and column. */
#ifndef HETSOC_TRACES_TRACE_MANIFEST_H
#define HETSOC_TRACES_TRACE_MANIFEST_H

#include "base/fault.h"
#include "base/memory.h"
#include "base/schema.h"

/* Version of the trace directory. */
#define TRACE_FORMAT 1

/* What a trace can hold: what was drawn, which replay reads, and what happened, which a time window
 * may cut. A category is one file. */
enum trace_category {
    TRACE_ARRIVALS,
    TRACE_ROUTES,
    TRACE_FACTORS,
    TRACE_EPISODES,
    TRACE_TABLES,
    TRACE_FAILURES,
    TRACE_DECISIONS,
    TRACE_PLANS,
    TRACE_TASKS,
    TRACE_TRANSFERS,
    TRACE_JOBS,
    TRACE_POINTS,
    TRACE_CATEGORIES,
};

/* "arrivals", ... */
const char *trace_category_name(enum trace_category category);

/* The names of a choice of the schema, "arrivals|routes|...". */
#define TRACE_CATEGORY_CHOICES                                                                     \
    "arrivals|routes|factors|episodes|tables|failures|decisions|plans|tasks|transfers|jobs|points"

/* One file; `name` is NULL if the category was not recorded. */
struct trace_file {
    const char *name; /* in the trace directory */
    int64_t rows;     /* -1: not said */
    int64_t crc32;    /* of its bytes, uncompressed; -1: not said */
};

struct trace_manifest {
    const char *experiment, *scheduler, *engine;
    const char *program, *commit; /* that made it */
    const char *status;           /* of the trial: "done", "failed", "deadlock" */
    const char *identity;         /* of its point (lab/identity.h) */
    int32_t trial, replicate;
    int64_t seed;
    int64_t end_ps;            /* date of the last event */
    int64_t from_ps, until_ps; /* window of what happened: [from, until); 0 and TICK_NEVER: all */
    const char *platform;      /* file in the trace directory */
    const char *const *apps;   /* [app_count] the same */
    int32_t app_count;
    struct trace_file files[TRACE_CATEGORIES];
};

/* The keys of the file. */
extern const struct schema trace_manifest_schema;

/* Reads DIR/manifest.json; everything lives in `arena`. Faults: whatever the schema refuses, a
 * category listed twice, a file name that leaves the directory, a window that is empty. */
bool trace_manifest_read(struct trace_manifest *manifest, struct arena *arena, const char *dir,
                         struct fault *fault);

/* Writes DIR/manifest.json. */
bool trace_manifest_write(const struct trace_manifest *manifest, const char *dir,
                          struct fault *fault);

#endif
