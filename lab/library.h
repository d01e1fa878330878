/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds shipped things by name: a platform, an app, an experiment, a trained policy.
 *
 * A value with a slash or ending in .yaml (.safetensors) is a path, relative to the folder of the
 * file that names it. Any other value is a name and is looked for as NAME.yaml beside that file,
 * then in $HETSOC_DATA, then in the source tree this program was built from, then where it was
 * installed. Each of these data roots is laid out as the source tree is: sim/platforms,
 * workloads/apps, analysis/experiments/NAME/experiment.yaml, sched/policies/NAME.safetensors. */
#ifndef HETSOC_LAB_LIBRARY_H
#define HETSOC_LAB_LIBRARY_H

#include "base/fault.h"
#include "base/memory.h"

enum library_shelf { LIBRARY_PLATFORMS, LIBRARY_APPS, LIBRARY_EXPERIMENTS, LIBRARY_POLICIES };

/* A path as a file that lies in `folder` names it: relative to it unless absolute. In the arena. */
const char *library_path(struct arena *arena, const char *folder, const char *value);

/* Path of a thing; owned by the arena. `folder` is that of the naming file. NULL and a fault that
 * lists where was looked and hints at the nearest name; `where` is the place that names it. */
const char *library_find(struct arena *arena, enum library_shelf shelf, const char *value,
                         const char *folder, const char *where, struct fault *fault);

/* The same for an app that another app names: for app_load_with. */
const char *library_find_app(struct arena *arena, const char *name, const char *folder,
                             const char *where, struct fault *fault);

/* The experiment that a command line means: a path (with a slash or ending in .yaml), a folder with
 * an experiment.yaml, the name of a shipped one, or any other file. NULL and a fault if there is
 * none. */
const char *library_find_experiment(struct arena *arena, const char *argument, struct fault *fault);

/* Names on a shelf in $HETSOC_DATA or the data folders, sorted, without duplicates. */
const char **library_list(struct arena *arena, enum library_shelf shelf, int *count);

#endif
