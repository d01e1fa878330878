/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One process per trial, a few at a time. */
#ifndef HETSOC_LAB_POOL_H
#define HETSOC_LAB_POOL_H

#include "lab/trial.h"

/* What a pool does; borrowed. */
struct pool {
    const struct points *points;
    const struct experiment *experiment;
    int32_t jobs;          /* processes at once */
    const char *trace_dir; /* where traced trials put their parts; NULL = no trace */
    /* Called in the parent for each finished trial, in order of finishing. */
    void (*on_row)(void *context, const struct trial_row *row);
    void *context;
    volatile const int *stop; /* set by a signal handler: start no more */
};

/* Runs every trial, replicate-first (all points of replicate 0, then 1, ...). A child that dies
 * gives a row with status `crashed` and how it died. Children die with their parent. False if
 * processes cannot be made at all. */
bool pool_run(const struct pool *pool, struct fault *fault);

#endif
