/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the points of an experiment share: each platform, app and arrival file is loaded once, each
 * set of apps is bound to each platform once. Everything lives in the arena. */
#ifndef HETSOC_LAB_CATALOG_H
#define HETSOC_LAB_CATALOG_H

#include "base/yaml.h"
#include "lab/library.h"
#include "sim/bind.h"
#include "workloads/arrivals.h"

struct catalog;

/* The apps of a workload on a machine; a generated app counts as its variants, which share its
 * weight equally. */
struct catalog_mix {
    const char *workload;     /* `name`, or the names of the apps joined by + */
    const struct bind *binds; /* [app_count] */
    int32_t app_count;
    const double *app_share;  /* [app_count] cumulative, last = 1 */
    const char **app_names;   /* [app_count] */
    const int64_t *period_ps; /* [app_count] 0 = the app has none */
};

/* `folder` is that of the experiment file: names resolve beside it. */
struct catalog *catalog_create(struct arena *arena, const char *folder);

/* Path of the file that a scalar names. NULL and a fault. */
const char *catalog_file(struct catalog *catalog, enum library_shelf shelf,
                         const struct yaml_node *node, struct fault *fault);

/* The machine that `platform:` of a checked experiment without lists names, at the operating points
 * of its `governor:` and with its `thermal:`. NULL and a fault; also when another file gave a
 * machine of the same name, for their rows could not be told apart. */
const struct soc *catalog_soc(struct catalog *catalog, const struct yaml_node *root,
                              struct fault *fault);

/* The apps of a checked `workload:` map on a machine of this catalog. NULL and a fault; also when
 * two apps, or this and another workload map, have the same name. */
const struct catalog_mix *catalog_mix(struct catalog *catalog, const struct yaml_node *workload,
                                      const struct soc *soc, struct fault *fault);

/* The rows of an arrival file for a mix of this catalog. NULL and a fault. */
const struct arrivals *catalog_trace(struct catalog *catalog, const struct yaml_node *file,
                                     const struct catalog_mix *mix, struct fault *fault);

/* Files of the apps that the apps of a workload are made of (`jobs:`), [count], NULL after them;
 * may name one twice. */
const char *const *catalog_parts(struct catalog *catalog, const struct yaml_node *workload,
                                 int32_t *count, struct fault *fault);

/* Digests (base/digest.h) of the files that a checked experiment without lists names: machine with
 * its measurements, apps, arrivals; NULL-terminated. NULL and a fault if one cannot be read. */
const char *const *catalog_contents(struct catalog *catalog, const struct yaml_node *root,
                                    struct fault *fault);

#endif
