/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The figures of one trial, gathered by an observer while it runs.
 *
 * Definitions (design 6): latency = finish - arrival over done jobs with number >= warmup_jobs;
 * slowdown = latency / lower bound; quantiles of type 7; utilization over the window from the
 * first counted arrival to the end of the last task, which was done or given up with its job;
 * makespan = last finish - first arrival. */
#ifndef HETSOC_ANALYSIS_METRICS_H
#define HETSOC_ANALYSIS_METRICS_H

#include <stdint.h>

#include "sim/observer.h"
#include "sim/scenario.h"

/* Figures of a trial; NAN where there is nothing to measure. */
struct metrics {
    int64_t jobs_done, jobs_failed, tasks_done, tasks_skipped, tasks_retried;
    double sim_time_us, makespan_us;
    double mean_latency_us, p50_latency_us, p95_latency_us, p99_latency_us, max_latency_us;
    double p05_latency_us, p10_latency_us, p25_latency_us, p75_latency_us, p90_latency_us;
    double
        mean_latency_half_us; /* half of its 95 % interval, from this trial (analysis/stream.h) */
    double effective_jobs;    /* independent latencies that the counted ones are worth */
    double warmup_mser_jobs;  /* that MSER-5 would leave out, of all jobs; NAN: cannot tell */
    double mean_slowdown, utilization;
    double energy_uj, edp_uj_us; /* NAN if the machine does not tell its power */
    double lower_bound_us;       /* mean over the counted jobs */
    double deadline_miss_rate;   /* share of the counted jobs with a deadline that missed it */
    double mean_tardiness_us;    /* mean of max(0, finish - deadline) over the same jobs */
};

/* What one PE did, for pes.csv. */
struct metrics_pe {
    int64_t tasks_done;
    double busy_us;     /* over the whole run */
    double utilization; /* in the window of `metrics.utilization` */
    double energy_uj;   /* over the whole run */
    /* Data that came to it over links which transfers share; 0 on other interconnects. */
    int64_t transfers;
    double received_bytes;
    double transfer_us;      /* sum, each from its DMA channel to its end */
    double transfer_wait_us; /* sum of the waits for a DMA channel */
    double queue_us;         /* sum of what its tasks waited for it with their data there */
};

/* The gathering state. O(1) per task, O(tasks of the job) per job (its lower bound). */
struct metrics_observer;

struct metrics_observer *metrics_create(const struct soc *soc, const struct scenario *scenario,
                                        int32_t warmup_jobs);
void metrics_destroy(struct metrics_observer *metrics); /* NULL is fine */

/* The observer to hand to the world; borrows `metrics`. */
struct observer metrics_observer(struct metrics_observer *metrics);

/* The figures so far. `energy_uj` is what each PE has drawn until end_ps (world_setup.energy_uj);
 * NULL: not known. `pes` may be NULL, else [soc->pe_count] is filled. O(n log n) once. */
void metrics_read(struct metrics_observer *metrics, int64_t end_ps, const double *energy_uj,
                  struct metrics *out, struct metrics_pe *pes);

/* The energy of a machine until a date from that of its PEs, which is [pe_count]; NULL: NAN. */
double metrics_energy_uj(const struct soc *soc, int64_t end_ps, const double *energy_uj);

#endif
