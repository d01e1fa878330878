/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the built program as a user would, in a scratch folder. */
#ifndef HETSOC_TEST_SPAWN_H
#define HETSOC_TEST_SPAWN_H

#include <sys/types.h>

#include "test/scratch.h"

/* How a run of the program ended; texts live as long as the scratch folder. */
struct spawned {
    int status; /* exit status, -1 if it was killed */
    const char *out, *err;
};

/* Runs `hetsoc ARGUMENTS` (words separated by single spaces) in the scratch folder to its end. */
struct spawned spawn_hetsoc(struct scratch *scratch, const char *arguments);

/* The same, and fails the test unless it ends with this exit status. */
struct spawned spawn_expect(struct scratch *scratch, const char *arguments, int status);

/* Starts it in a process group of its own, as a shell at a terminal does; spawn_wait ends it. */
pid_t spawn_start(struct scratch *scratch, const char *arguments);

/* The same under `mpirun -n RANKS`. */
pid_t spawn_start_ranks(struct scratch *scratch, int ranks, const char *arguments);
struct spawned spawn_wait(struct scratch *scratch, pid_t pid);

/* Fails the test unless a run with these arguments has ended with this exit status. */
void spawn_check(const struct spawned *spawned, const char *arguments, int status);

/* The text of trials.csv without the columns that differ between runs; lives as long as the scratch
 * folder. */
const char *spawn_stable(struct scratch *scratch, const char *csv);

/* The same of the trials.csv in a folder of results; fails the test if there is none. */
const char *spawn_trials(struct scratch *scratch, const char *dir);

#endif
