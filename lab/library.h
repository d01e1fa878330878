/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds shipped things by name: a platform, an app, an experiment.
 *
 * A value with a slash or ending in .yaml is a path, relative to the folder of the file that
 * names it. Any other value is a name and is looked for as NAME.yaml beside that file, then in
 * $HETSOC_DATA, then in the source tree this program was built from, then where it was installed. */
#ifndef HETSOC_LAB_LIBRARY_H
#define HETSOC_LAB_LIBRARY_H

#include <stdio.h>

#include "base/fault.h"
#include "base/memory.h"

enum library_shelf { LIBRARY_PLATFORMS, LIBRARY_APPS };

/* Path of a thing; owned by the arena. `folder` is that of the naming file. NULL and a fault that
 * lists where was looked and hints at the nearest name; `where` is the place that names it. */
const char *library_find(struct arena *arena, enum library_shelf shelf, const char *value,
                         const char *folder, const char *where, struct fault *fault);

/* Names on a shelf in $HETSOC_DATA or the data folders, sorted, without duplicates. */
const char **library_list(struct arena *arena, enum library_shelf shelf, int *count);

#endif
