/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An experiment file: read, overridden by --set, checked against the schema. */
#ifndef HETSOC_LAB_EXPERIMENT_H
#define HETSOC_LAB_EXPERIMENT_H

#include <stdint.h>

#include "analysis/optimum.h"
#include "base/fault.h"
#include "base/memory.h"
#include "base/schema.h"
#include "lab/roster.h"
#include "lab/sweep.h"

extern const struct schema experiment_schema;

/* What to record of each trial (lab/record.h). */
struct record_wish {
    const char *dir;     /* where traces go, each in a folder of its trial's number; NULL: none */
    bool is_asked;       /* the file has `record:` */
    uint32_t categories; /* bits 1 << TRACE_... */
    int64_t from_ps, until_ps;
    bool is_compressed;
};

/* The checked tree with the settings that are the same for every trial. Lives in `arena`. */
struct experiment {
    struct arena *arena;
    const struct roster *roster; /* the schedulers that it may name */
    const char *path;            /* as given */
    const char *folder;          /* of the file; names resolve beside it */
    struct yaml_node *root;      /* with the lists of `sweep` at the places of their keys */
    struct sweep sweep;
    const char *name;
    const char *baseline;
    uint64_t seed;
    int32_t replicates;
    bool trace;
    struct record_wish record;     /* dir is for the caller to set */
    double time_limit_s;           /* of a trial; 0 = none */
    int64_t memory_limit_bytes;    /* of a trial; 0 = none */
    bool engine_energy;            /* the engine measures as well */
    struct optimum_limits optimum; /* of the search in each trial; nodes = 0: not asked */
};

/* Loads FILE, which may name the schedulers of a roster (borrowed), applies `sets` ("key=value",
 * count of them), checks. Also checks what the schema cannot: what the arrival process needs,
 * exactly one of rate and mean inter-arrival, sigma or cv, warm-up shorter than the run, schedulers
 * and their parameters, baseline in the list, duplicate names.
 *
 * The tree is completed where a default depends on other keys: `noise` is [none] if absent,
 * `baseline` is the only scheduler if there is one only, and every scheduler has all parameters. */
bool experiment_load_with(const struct roster *roster, struct experiment *experiment,
                          struct arena *arena, const char *path, const char *const *sets,
                          int set_count, struct fault *fault);

/* The same of a tree that has been read already, or made up; it changes. */
bool experiment_read(const struct roster *roster, struct experiment *experiment,
                     struct arena *arena, const char *path, struct yaml_node *root,
                     const char *const *sets, int set_count, struct fault *fault);

/* The same with the built-in schedulers alone. */
bool experiment_load(struct experiment *experiment, struct arena *arena, const char *path,
                     const char *const *sets, int set_count, struct fault *fault);

/* What was loaded, with every default, as a file would have it. In the arena. */
struct yaml_node *experiment_config(const struct experiment *experiment);

#endif
