/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrival processes: when does job j arrive, and which app is it?
 *
 * A process is one file and one row of the registry in arrivals.c. It is asked for jobs one after
 * the other and keeps its place in the caller's `struct arrival`, so that a stream of any length
 * needs no memory. All randomness comes from streams keyed by the job's number. */
#ifndef HETSOC_WORKLOADS_ARRIVALS_H
#define HETSOC_WORKLOADS_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/memory.h"
#include "base/random.h"

/* Where a process with states is: in which one, until when. */
struct arrival_phase {
    int32_t begun; /* phases that have begun; 0: the process has yet to find out */
    int32_t state;
    int64_t end_ps;
};

/* One arrival; also the place in the stream (start with ARRIVAL_BEFORE_FIRST). */
struct arrival {
    int32_t job;                /* number of the job, from 0 in arrival order */
    int32_t app;                /* index into the workload's apps */
    int64_t at_ps;              /* date of arrival */
    bool after_tick;            /* trace only: DS3's late arrival (compat: ds3) */
    bool after_completions;     /* trace only: applied after the completions of its instant */
    struct arrival_phase phase; /* mmpp only */
};

#define ARRIVAL_BEFORE_FIRST ((struct arrival){.job = -1, .app = -1})

/* One row of a recorded stream. */
struct arrival_row {
    int64_t at_ps;
    int32_t app;
    bool after_tick, after_completions;
};

/* A state of an mmpp. */
struct arrivals_state {
    double rate;   /* relative to the mean rate of the process */
    double length; /* mean stay, in mean gaps between jobs */
};

#define ARRIVALS_STATES_MAX 64

/* What an experiment says about arrivals; filled by the experiment reader. */
struct arrivals {
    const struct arrivals_kind *kind;
    double mean_interarrival_us;    /* NAN for kinds without a rate (single, trace) */
    const struct arrival_row *rows; /* trace: sorted by date; owned by the arena of the reader */
    int32_t row_count;
    const int64_t *period_ps; /* per_app: [app_count], > 0; owned by the arena of the reader */
    int32_t app_count;
    const struct arrivals_state *states; /* mmpp: [state_count], mean rate 1; owned by the arena */
    int32_t state_count;
    /* Most jobs in flight; a job that would be one more waits, and all later ones come so much
     * later (docs/decisions/0026). 0: as many as come. The world sees to it. */
    int32_t max_in_flight;
    bool has_compat_columns; /* the trace had after_tick or after_completions */
};

struct arrivals_kind {
    const char *name;
    const char *summary; /* for `hetsoc list arrivals` */
    bool needs_rate;     /* rate_jobs_per_ms or mean_interarrival_us must be given */
    bool needs_file;     /* `file` must be given */
    bool needs_periods;  /* every app must have a period */
    bool needs_states;   /* `states` must be given */

    /* Turns the previous arrival into the next one, with app -1 if the process does not decide it
     * (then the scenario draws it) and at_ps TICK_LIMIT if the date lies beyond it; false after the
     * last one. What comes next depends on the arguments alone. */
    bool (*next)(const struct arrivals *arrivals, uint64_t seed, uint32_t replicate,
                 struct arrival *arrival);
};

/* The registry: NULL-terminated. */
extern const struct arrivals_kind *const arrivals_kinds[];
extern const struct arrivals_kind arrivals_single, arrivals_periodic, arrivals_poisson,
    arrivals_mmpp, arrivals_per_app, arrivals_trace;

/* The row with a name, NULL if there is none. */
const struct arrivals_kind *arrivals_find(const char *name);

/* Scales the rates of states so that their mean over time is 1; false if all are 0. */
bool arrivals_scale_states(struct arrivals_state *states, int32_t count);

/* For processes: a date plus a gap that is rounded to a tick, at most TICK_LIMIT. */
int64_t arrivals_after(int64_t at_ps, double gap_us);

/* Reads arrival rows from CSV `arrival_us,app[,after_tick][,after_completions]`, other columns are
 * ignored; app names are looked up in `apps` (count names). Sets all of `arrivals`, on a fault
 * nothing. Faults: missing column, unknown app, not a number, negative or out of order date, date
 * beyond TICK_LIMIT, a flag that is neither 0 nor 1. */
bool arrivals_load_trace(struct arrivals *arrivals, struct arena *arena, const char *path,
                         const char *const *apps, int32_t app_count, struct fault *fault);

#endif
