/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random layered DAGs: the `generate:` section of an app file instead of `tasks:`.
 *
 * Layer by layer as in Topcuoglu et al. 2002, section 5.1: the number of tasks, the width of the
 * layers, the communication-to-computation ratio and the heterogeneity are parameters. Structure
 * and costs come from streams keyed by (seed, variant), so variant i is the same app in every
 * experiment. */
#ifndef HETSOC_WORKLOADS_GENERATOR_H
#define HETSOC_WORKLOADS_GENERATOR_H

#include "workloads/app.h"

/* Makes the variants that a checked `generate:` map of an app file describes. */
bool generator_build(struct app_set *set, struct arena *arena, const struct yaml_node *generate,
                     const char *name, struct fault *fault);

#endif
