/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads what an app file says about the kernels of its task kinds. Part of app.c. */
#ifndef HETSOC_WORKLOADS_APP_KERNEL_H
#define HETSOC_WORKLOADS_APP_KERNEL_H

#include "workloads/app.h"

/* Fills the kernels of an app from its checked `kinds`. Faults: no such stage, neither a stage nor
 * mac. */
bool app_load_kernels(struct app *app, struct arena *arena, const struct yaml_node *kinds,
                      struct fault *fault);

/* Whether a scalar names a stage of a shipped model; a fault with a hint if not. */
bool app_kernel_check_stage(struct arena *arena, const struct yaml_node *name, struct fault *fault);

/* "conv", "dense", "tree". */
const char *app_kernel_class_name(enum app_kernel_class class);

#endif
