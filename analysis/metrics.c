/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/metrics.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/bounds.h"
#include "analysis/statistics.h"
#include "analysis/stream.h"
#include "base/memory.h"
#include "base/tick.h"

struct pe_time {
    int64_t tasks_done;
    int64_t busy_ps;   /* over the whole run */
    int64_t window_ps; /* since the first counted arrival */
    int64_t transfers;
    /* Sums over things that go on at once, which 64 bits need not hold. */
    double transfer_ps, transfer_wait_ps;
    double queue_ps; /* its tasks had it and their data, and did not run */
    double received_bytes;
};

struct metrics_observer {
    const struct soc *soc;
    const struct scenario *scenario;
    int32_t warmup_jobs;

    int64_t jobs_arrived, jobs_done, tasks_done, tasks_skipped, tasks_retried;
    int64_t first_arrival_ps; /* TICK_NEVER before it */
    int64_t window_start_ps;  /* first counted arrival, TICK_NEVER before it */
    int64_t last_finish_ps;
    int64_t window_end_ps; /* the last task was done, or given up with its job */
    struct pe_time *pes;

    double *latencies_us; /* [job] NAN unless it is done */
    size_t latency_count, latency_capacity;
    int64_t counted_done;
    double lower_bounds_us; /* sum over counted jobs */
    double slowdowns;       /* sum over counted jobs with a lower bound > 0 */
    int64_t slowdown_count;
    int64_t *scratch_ps; /* one per task of a job */
    size_t scratch_capacity;
    int64_t deadline_count, miss_count; /* counted jobs with a deadline; that missed it */
    double tardiness_ps;                /* sum over them, which 64 bits need not hold */
};

struct metrics_observer *metrics_create(const struct soc *soc, const struct scenario *scenario,
                                        int32_t warmup_jobs)
{
    struct metrics_observer *metrics = memory_zeroed(1, sizeof *metrics);
    metrics->soc = soc;
    metrics->scenario = scenario;
    metrics->warmup_jobs = warmup_jobs;
    metrics->first_arrival_ps = TICK_NEVER;
    metrics->window_start_ps = TICK_NEVER;
    metrics->pes = memory_zeroed((size_t)soc->pe_count, sizeof *metrics->pes);
    return metrics;
}

void metrics_destroy(struct metrics_observer *metrics)
{
    if (metrics == NULL) {
        return;
    }
    free(metrics->pes);
    free(metrics->latencies_us);
    free(metrics->scratch_ps);
    free(metrics);
}

static int64_t earlier(int64_t a_ps, int64_t b_ps)
{
    return a_ps < b_ps ? a_ps : b_ps;
}

static int64_t later(int64_t a_ps, int64_t b_ps)
{
    return a_ps > b_ps ? a_ps : b_ps;
}

static void count_arrival(void *self, int64_t now_ps, const struct observed_arrival *arrival)
{
    (void)now_ps;
    struct metrics_observer *metrics = self;
    const struct view_job *job = arrival->job;
    metrics->jobs_arrived++;
    metrics->first_arrival_ps = earlier(metrics->first_arrival_ps, job->arrival_ps);
    if (job->id >= metrics->warmup_jobs) {
        metrics->window_start_ps = earlier(metrics->window_start_ps, job->arrival_ps);
    }
}

static void count_skipped(void *self, int64_t now_ps, const struct observed_task *observed)
{
    (void)now_ps;
    (void)observed;
    ((struct metrics_observer *)self)->tasks_skipped++;
}

/* A PE was busy with a task, which had waited for it and was done or aborted. */
static void count_busy(struct metrics_observer *metrics, const struct view_task *task)
{
    struct pe_time *pe = &metrics->pes[task->pe];
    int64_t counted_from_ps = later(task->start_ps, metrics->window_start_ps);
    pe->queue_ps += (double)(task->start_ps - later(task->assigned_ps, task->data_ps));
    pe->busy_ps += task->finish_ps - task->start_ps;
    if (task->finish_ps > counted_from_ps)
        pe->window_ps += task->finish_ps - counted_from_ps;
}

static void count_aborted(void *self, const struct observed_task *observed)
{
    count_busy(self, observed->task);
}

static void count_failed(void *self, int64_t now_ps, const struct observed_task *observed)
{
    struct metrics_observer *metrics = self;
    metrics->tasks_retried += observed->task->attempt - 1;
    metrics->window_end_ps = later(metrics->window_end_ps, now_ps);
}

static void count_task(void *self, const struct observed_task *observed)
{
    struct metrics_observer *metrics = self;
    const struct view_task *task = observed->task;
    metrics->tasks_done++;
    metrics->tasks_retried += task->attempt - 1;
    metrics->last_finish_ps = later(metrics->last_finish_ps, task->finish_ps);
    metrics->window_end_ps = later(metrics->window_end_ps, task->finish_ps);
    metrics->pes[task->pe].tasks_done++;
    count_busy(metrics, task);
}

static void count_transfer(void *self, const struct observed_transfer *transfer)
{
    struct metrics_observer *metrics = self;
    struct pe_time *pe = &metrics->pes[transfer->consumer->pe];
    pe->transfers++;
    pe->received_bytes += transfer->bytes;
    pe->transfer_ps += (double)(transfer->finish_ps - transfer->start_ps);
    pe->transfer_wait_ps += (double)(transfer->start_ps - transfer->asked_ps);
}

/* How the counted jobs that have a deadline kept it. */
static void count_deadline(struct metrics_observer *metrics, const struct observed_job *job)
{
    if (job->bind->deadline_ps == TICK_NEVER)
        return;
    int64_t late_ps = job->finish_ps - job->arrival_ps - job->bind->deadline_ps;
    metrics->deadline_count++;
    if (late_ps > 0) {
        metrics->miss_count++;
        metrics->tardiness_ps += (double)late_ps;
    }
}

static void note_latency(struct metrics_observer *metrics, size_t job, double latency_us)
{
    metrics->latencies_us = memory_grow(metrics->latencies_us, &metrics->latency_capacity, job + 1,
                                        sizeof *metrics->latencies_us);
    while (metrics->latency_count <= job) {
        metrics->latencies_us[metrics->latency_count++] = NAN;
    }
    metrics->latencies_us[job] = latency_us;
}

static void count_job(void *self, const struct observed_job *job)
{
    struct metrics_observer *metrics = self;
    double latency_us = tick_to_us(job->finish_ps - job->arrival_ps);
    metrics->jobs_done++;
    note_latency(metrics, (size_t)job->id, latency_us);
    if (job->id < metrics->warmup_jobs) {
        return;
    }
    metrics->counted_done++;
    metrics->scratch_ps =
        memory_grow(metrics->scratch_ps, &metrics->scratch_capacity,
                    (size_t)job->bind->app->task_count, sizeof *metrics->scratch_ps);
    count_deadline(metrics, job);
    double bound_us = tick_to_us(
        bounds_critical_path_ps(job->bind, metrics->scenario, job->id, metrics->scratch_ps));
    metrics->lower_bounds_us += bound_us;
    if (bound_us > 0.0) {
        metrics->slowdowns += latency_us / bound_us;
        metrics->slowdown_count++;
    }
}

struct observer metrics_observer(struct metrics_observer *metrics)
{
    return (struct observer){
        .self = metrics,
        .on_task_done = count_task,
        .on_task_skipped = count_skipped,
        .on_task_aborted = count_aborted,
        .on_task_failed = count_failed,
        .on_transfer_done = count_transfer,
        .on_job_arrival = count_arrival,
        .on_job_done = count_job,
    };
}

static int compare_reals(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double ratio_or_nan(double sum, int64_t count)
{
    return count > 0 ? sum / (double)count : NAN;
}

/* Copies the latencies of the jobs from a number on that are done, in order of arrival; returns how
 * many. */
static size_t list_latencies(const struct metrics_observer *metrics, int32_t first, double *list)
{
    size_t n = 0;
    for (size_t job = (size_t)first; job < metrics->latency_count; job++) {
        if (!isnan(metrics->latencies_us[job])) {
            list[n++] = metrics->latencies_us[job];
        }
    }
    return n;
}

static void read_stream(const struct metrics_observer *metrics, double *list, struct metrics *out)
{
    size_t n = list_latencies(metrics, 0, list);
    int64_t warmup = stream_warmup(list, n);
    out->warmup_mser_jobs = warmup >= 0 ? (double)warmup : (double)NAN;
    n = list_latencies(metrics, metrics->warmup_jobs, list);
    struct estimate mean = stream_mean(list, n, &out->effective_jobs);
    out->mean_latency_half_us = (mean.ci_high - mean.ci_low) / 2.0;
}

static void read_quantiles(double *list, size_t n, struct metrics *out)
{
    const struct {
        double share, *quantile;
    } quantiles[] = {
        {0.05, &out->p05_latency_us}, {0.10, &out->p10_latency_us}, {0.25, &out->p25_latency_us},
        {0.50, &out->p50_latency_us}, {0.75, &out->p75_latency_us}, {0.90, &out->p90_latency_us},
        {0.95, &out->p95_latency_us}, {0.99, &out->p99_latency_us}, {1.00, &out->max_latency_us},
    };
    if (n > 0) {
        qsort(list, n, sizeof *list, compare_reals);
    }
    out->mean_latency_us = statistics_mean(list, n).mean;
    for (size_t q = 0; q < sizeof quantiles / sizeof *quantiles; q++) {
        *quantiles[q].quantile = statistics_quantile_sorted(list, n, quantiles[q].share);
    }
}

static void read_latencies(const struct metrics_observer *metrics, struct metrics *out)
{
    double *list = memory_zeroed(metrics->latency_count, sizeof *list);
    read_stream(metrics, list, out);
    read_quantiles(list, list_latencies(metrics, metrics->warmup_jobs, list), out);
    free(list);
    out->mean_slowdown = ratio_or_nan(metrics->slowdowns, metrics->slowdown_count);
    out->lower_bound_us = ratio_or_nan(metrics->lower_bounds_us, metrics->counted_done);
}

/* Busy share of all PEs in the window; per PE too, if asked. */
static double read_utilization(const struct metrics_observer *metrics, struct metrics_pe *pes)
{
    int64_t window_ps = metrics->window_end_ps > metrics->window_start_ps
                            ? metrics->window_end_ps - metrics->window_start_ps
                            : 0;
    int32_t count = metrics->soc->pe_count;
    double shares = 0.0;
    for (int32_t p = 0; p < count; p++) {
        const struct pe_time *pe = &metrics->pes[p];
        double share = ratio_or_nan((double)pe->window_ps, window_ps);
        shares += share;
        if (pes != NULL) {
            pes[p] = (struct metrics_pe){.tasks_done = pe->tasks_done,
                                         .busy_us = tick_to_us(pe->busy_ps),
                                         .utilization = share,
                                         .transfers = pe->transfers,
                                         .received_bytes = pe->received_bytes,
                                         .transfer_us = pe->transfer_ps / TICK_PER_US,
                                         .transfer_wait_us = pe->transfer_wait_ps / TICK_PER_US,
                                         .queue_us = pe->queue_ps / TICK_PER_US};
        }
    }
    return shares / count;
}

double metrics_energy_uj(const struct soc *soc, int64_t end_ps, const double *energy_uj)
{
    double sum_uj = soc->base_mw * tick_to_us(end_ps) * 1e-3; /* 1 mW for 1 us is 1e-3 uJ */
    for (int32_t p = 0; p < soc->pe_count; p++)
        sum_uj += energy_uj == NULL ? NAN : energy_uj[p];
    return sum_uj;
}

void metrics_read(struct metrics_observer *metrics, int64_t end_ps, const double *energy_uj,
                  struct metrics *out, struct metrics_pe *pes)
{
    *out = (struct metrics){
        .jobs_done = metrics->jobs_done,
        .jobs_failed = metrics->jobs_arrived - metrics->jobs_done,
        .tasks_done = metrics->tasks_done,
        .tasks_skipped = metrics->tasks_skipped,
        .tasks_retried = metrics->tasks_retried,
        .sim_time_us = tick_to_us(end_ps),
        .makespan_us = NAN,
    };
    if (metrics->tasks_done > 0) {
        out->makespan_us = tick_to_us(metrics->last_finish_ps - metrics->first_arrival_ps);
    }
    read_latencies(metrics, out);
    out->deadline_miss_rate = ratio_or_nan((double)metrics->miss_count, metrics->deadline_count);
    out->mean_tardiness_us =
        ratio_or_nan(metrics->tardiness_ps / TICK_PER_US, metrics->deadline_count);
    out->utilization = read_utilization(metrics, pes);
    out->energy_uj = metrics_energy_uj(metrics->soc, end_ps, energy_uj);
    for (int32_t p = 0; pes != NULL && p < metrics->soc->pe_count; p++)
        pes[p].energy_uj = energy_uj == NULL ? NAN : energy_uj[p];
    out->edp_uj_us = out->energy_uj * out->mean_latency_us;
}
