/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes what was imported as files of ours. */
#ifndef HETSOC_TRACES_IMPORT_WRITE_H
#define HETSOC_TRACES_IMPORT_WRITE_H

#include "traces/import.h"

/* The path of a file that import_write writes for a name: DIR/NAME.yaml or .csv. In the arena. */
const char *import_path(struct arena *arena, const char *dir, const char *name,
                        const char *extension);

/* Writes DIR/NAME.yaml for each app (none with branches), platform and experiment, and DIR/NAME.csv
 * for arrivals; all of them, whole, or none. Faults: a file is there and `overwrite` is false; an
 * app is larger than what is read as YAML; one cannot be written. O(what is written). */
bool import_write(const struct imported *imported, const char *dir, bool overwrite,
                  struct arena *arena, struct fault *fault);

#endif
