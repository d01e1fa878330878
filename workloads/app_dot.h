/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Apps as a DOT graph that Graphviz draws and `hetsoc import --from dot` reads: tasks with their
 * times (`us`) and kinds, branch tasks as diamonds; edges with their `bytes`, those of an
 * alternative dashed, with its number (`when`) and probability. */
#ifndef HETSOC_WORKLOADS_APP_DOT_H
#define HETSOC_WORKLOADS_APP_DOT_H

#include <stdio.h>

#include "workloads/app.h"

/* How likely a sample takes an alternative of a branch, over all classes. */
double app_chance(const struct app *app, const struct app_branch *branch, int32_t alternative);

/* Writes one digraph; several apps get a cluster each, and their tasks the names APP/TASK. O(V + E)
 */
void app_write_dot(const struct app *const *apps, int32_t count, FILE *stream);

#endif
