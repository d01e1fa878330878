/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads what an app file says about branches: batch, classes, alternatives. Part of app.c. */
#ifndef HETSOC_WORKLOADS_APP_BRANCHES_H
#define HETSOC_WORKLOADS_APP_BRANCHES_H

#include "workloads/app.h"

/* Fills batch, classes, branches and when of an app whose tasks are read, before app_finish.
 * Faults: probabilities that do not sum to 1, branch and branch_by_class together, rows that differ
 * in length, as many of them as there are no classes, too many alternatives, `when` behind a task
 * that does not branch or has no such alternative, an alternative without an edge. */
bool app_load_branches(struct app *app, struct arena *arena, const struct yaml_node *root,
                       const int32_t *from, struct fault *fault);

#endif
