/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One process per trial, a few at a time. */
#ifndef HETSOC_LAB_POOL_H
#define HETSOC_LAB_POOL_H

#include <signal.h>

#include "lab/trial.h"

/* What a pool does; borrowed. */
struct pool {
    const struct points *points;
    const struct experiment *experiment;
    int32_t jobs;               /* processes at once, >= 1 */
    double time_limit_s;        /* a trial that takes longer is killed; 0 = none */
    int64_t memory_limit_bytes; /* of a trial's address space; 0 = none */
    const char *trace_dir; /* where traced trials put their parts: DIR/TRIAL.*; NULL = no trace */
    /* Called in the parent for each finished trial, in order of finishing. */
    void (*on_row)(void *context, const struct trial_row *row);
    /* Whether a trial is to be run; `place` is its number in the replicate-first order. */
    bool (*is_wanted)(void *context, int32_t trial, int64_t place);
    void *context;
    /* Counts the wishes to stop, set by a signal handler; NULL = none. 1: start no more trials and
     * let the running ones finish; 2 or more: kill them, they give no row. */
    const volatile sig_atomic_t *stop;
};

/* Runs every wanted trial, replicate-first (all points of replicate 0, then 1, ...). A child that
 * dies gives a row with status `crashed` and how it died, one that is killed because of the time
 * limit a row with status `timeout`. Children die with their parent and ignore
 * SIGINT, which a terminal sends to them too. False if processes cannot be made at all. */
bool pool_run(const struct pool *pool, struct fault *fault);

#endif
