/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random layered DAGs: the `generate:` section of an app file instead of kinds, tasks and edges.
 *
 * Layer by layer as in Topcuoglu et al. 2002, section 5.1: the number of tasks, the shape, the
 * communication-to-computation ratio and the heterogeneity are parameters; every range is uniform
 * unless its key says otherwise (the keys: app_schema.c). Tasks are numbered layer by layer, so an
 * edge always goes up. Number of tasks, layers, kinds of the tasks, parents, data and each task
 * kind have streams of their own, keyed by (seed, variant): variant i is the same app in every
 * experiment, and another CCR or another PE kind at the end of `costs` leaves the rest as it is. */
#ifndef HETSOC_WORKLOADS_GENERATOR_H
#define HETSOC_WORKLOADS_GENERATOR_H

#include "workloads/app.h"

#define GENERATOR_VARIANTS_MAX 65536
#define GENERATOR_TASKS_MAX    1000000  /* of one variant */
#define GENERATOR_TOTAL_MAX    10000000 /* of all variants */

/* Makes the variants that a checked `generate:` map of an app file describes; they lack only the
 * summary. Faults: a range upside down, more than one of layers, width and alpha or of bytes and
 * ccr, no PE kind, log_uniform from 0, too many tasks altogether. O(V + E) per variant. */
bool generator_build(struct app_set *set, struct arena *arena, const struct yaml_node *generate,
                     const char *name, struct fault *fault);

#endif
