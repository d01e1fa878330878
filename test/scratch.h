/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder of a test's own, with a small machine and small apps if it wants them. */
#ifndef HETSOC_TEST_SCRATCH_H
#define HETSOC_TEST_SCRATCH_H

#include <stdbool.h>

#include "base/memory.h"

struct scratch {
    struct arena *arena;
    const char *folder;
};

/* Makes a new folder; strings of the functions below live until scratch_finish. */
void scratch_init(struct scratch *scratch);

/* Removes the folder with all that is in it. */
void scratch_finish(struct scratch *scratch);

/* Path of a name in the folder. */
const char *scratch_path(struct scratch *scratch, const char *name);

/* Writes a file, making its folder if need be. Returns its path. */
const char *scratch_write(struct scratch *scratch, const char *name, const char *text);

/* A whole file, NULL if there is none. */
const char *scratch_read(struct scratch *scratch, const char *name);

bool scratch_has(struct scratch *scratch, const char *name);

/* Number of entries in the folder or one below it (""), hidden ones too; -1 if there is none. */
int scratch_count(struct scratch *scratch, const char *name);

/* Writes duo.yaml (a platform: kinds A and B, one cluster a of two A and one b of one B), pair.yaml
 * (an app: two tasks in a row, 10 us on A, 4 us on B), solo.yaml (one task, 3 us on A only) and
 * many.yaml (a generated app of 4 variants for A and B). */
void scratch_write_shelf(struct scratch *scratch);

#endif
