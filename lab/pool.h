/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs trials, each in a process of its own, a number of them at once (lab/nursery.h).
 *
 * Under MPI (base/ranks.h) every rank has a pool; rank 0 hands out the trials to all of them and
 * takes all rows, so that one process alone writes. */
#ifndef HETSOC_LAB_POOL_H
#define HETSOC_LAB_POOL_H

#include <signal.h>

#include "lab/nursery.h"
#include "lab/parts.h"

struct pool {
    const struct points *points;
    int32_t jobs;          /* trials at once, of this rank */
    const char *parts_dir; /* NULL unless trials are traced */
    struct nursery nursery;
    int32_t *running; /* [running_count <= jobs] trials that were started and gave no row yet */
    int32_t running_count;
};

/* Where trials come from and rows go to. */
struct pool_work {
    int32_t (*next)(void *context); /* the trial to run next, negative if there is none (more) */

    /* Takes a row, with its parts if the trial left whole ones (else NULL). With false, and a
     * fault, everything that runs is killed. */
    bool (*on_row)(void *context, const struct trial_row *row, const struct parts *parts,
                   struct fault *fault);
    void *context;

    /* Wishes of the user. 1: let the running trials finish, start no others. 2 or more: kill them,
     * they give no row. */
    const volatile sig_atomic_t *stop;
};

/* Forks the nursery; to be called before files are opened, MPI or threads started. Borrows all. */
bool pool_start(struct pool *pool, const struct points *points, const struct experiment *experiment,
                int32_t jobs, const char *parts_dir, struct fault *fault);
void pool_end(struct pool *pool); /* fine on a zeroed pool */

/* On rank 0: runs all trials that `work` gives, here and at the other ranks. A trial whose process
 * dies gives a row all the same (lab/nursery.h). False and a fault if processes cannot be made, a
 * row could not be taken, or another rank has another experiment. */
bool pool_run(struct pool *pool, const struct pool_work *work, struct fault *fault);

/* On rank 0, in place of pool_run: sends the other ranks home. */
void pool_cancel(struct pool *pool);

/* On the other ranks: runs what rank 0 asks for until it has had enough. */
void pool_serve(struct pool *pool);

#endif
