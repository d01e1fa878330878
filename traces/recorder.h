/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the files of a trace (docs/traces.md) while a trial runs: an observer.
 *
 * What it sees goes as small records to a second thread, which makes text of them; the event loop
 * neither waits for files nor allocates. */
#ifndef HETSOC_TRACES_RECORDER_H
#define HETSOC_TRACES_RECORDER_H

#include "sim/observer.h"
#include "sim/scenario.h"
#include "traces/trace_manifest.h"

/* All categories but plans. */
#define RECORDER_USUAL (((UINT32_C(1) << TRACE_CATEGORIES) - 1) & ~(UINT32_C(1) << TRACE_PLANS))

/* What to record; borrowed. */
struct recorder_setup {
    const char *dir; /* is there */
    const struct soc *soc;
    const struct bind *binds; /* [bind_count] */
    int32_t bind_count;
    const struct scenario *scenario;
    uint32_t categories;       /* bit 1 << TRACE_...: is wanted */
    int64_t from_ps, until_ps; /* window of what happened */
    bool is_compressed;
    bool has_compat; /* the flags of arrivals matter */
};

struct recorder;

/* Creates the files of the wanted categories; their names will live in `arena`. NULL and a fault if
 * one cannot be made. */
struct recorder *recorder_create(const struct recorder_setup *setup, struct arena *arena,
                                 struct fault *fault);

/* The observer to hand to the world; borrows `recorder`. O(1) per task, O(V + E) for a job with
 * branches, O(tasks) for a plan. */
struct observer recorder_observer(struct recorder *recorder);

/* Writes the episodes up to the date of the last event, closes the files, says in `files` what they
 * are, and frees `recorder`. A fault if anything could not be written. */
bool recorder_finish(struct recorder *recorder, int64_t end_ps,
                     struct trace_file files[static TRACE_CATEGORIES], struct fault *fault);

#endif
