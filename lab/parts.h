/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of a traced trial: its rows of jobs.csv and the others, on their way from the
 * child that writes them (lab/tables.h) to the store.
 *
 * They lie in DIR/.parts-HOST-PID, so that a child of a run that was killed and still breathes
 * disturbs no other. */
#ifndef HETSOC_LAB_PARTS_H
#define HETSOC_LAB_PARTS_H

#include "base/memory.h"
#include "lab/tables.h"

struct parts {
    char *rows[TABLES_COUNT]; /* on the heap */
};

/* The folder of the calling process for a run that writes into `dir`. In the arena. */
const char *parts_dir(struct arena *arena, const char *dir);

/* Takes the parts of a trial out of a folder. Fault if a file cannot be read. */
bool parts_take(struct parts *parts, const char *folder, int32_t trial, struct fault *fault);
void parts_finish(struct parts *parts);

/* Removes a folder of parts with all that is in it, if it is there. */
void parts_remove(const char *folder);

/* The same for the folders that runs into `dir` have left when they were killed. */
void parts_sweep(const char *dir);

#endif
