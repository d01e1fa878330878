/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the subcommands that take an experiment and all processors have in common: `run`, `train`.
 */
#ifndef HETSOC_CLI_LAUNCH_H
#define HETSOC_CLI_LAUNCH_H

#include <argp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/memory.h"
#include "cli/words.h"

struct launch {
    struct arena *arena;
    const char *experiment; /* as given */
    const char *output;     /* NULL = out/NAME */
    struct words sets;
    int32_t jobs; /* 0 = as many as there are processors */
    bool quiet, mpi, has_joined;
};

/* Options -o, -j, -q, --set, --mpi and the experiment; its input is a struct launch. */
extern const struct argp launch_argp;

void launch_init(struct launch *launch);

/* Processes to use at once: what -j says; else 1 under --mpi, where mpirun counts, and the number
 * of processors that the process may use without. */
int32_t launch_jobs(const struct launch *launch);

/* The folder for results: what -o says, else out/NAME. In the arena. */
const char *launch_output(const struct launch *launch, const char *name);

/* With --mpi: joins the other ranks, when everything that is to happen before MPI has happened or
 * failed. False, and a fault at one rank alone, unless all are `ok`. Returns `ok` without --mpi, or
 * when it has been done. */
bool launch_join(struct launch *launch, bool ok, struct fault *fault);

/* Counts SIGINT and SIGTERM from now on. Where there are other ranks, which are killed soon after
 * one of them got a signal, each counts twice. */
const volatile sig_atomic_t *launch_stop(void);

/* Prints the fault if there is one, leaves the other ranks and frees everything. Returns the exit
 * status. */
int launch_finish(struct launch *launch, bool ok, const struct fault *fault);

#endif
