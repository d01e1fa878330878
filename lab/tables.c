/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/tables.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "analysis/bounds.h"
#include "base/csv.h"
#include "base/memory.h"
#include "base/tick.h"
#include "sim/links.h"

const char *const tables_names[TABLES_COUNT] = {"jobs.csv", "tasks.csv", "pes.csv", "links.csv"};

static const char *const job_columns[] = {
    "trial",          "job_id",   "app",    "arrival_us", "start_us", "finish_us", "latency_us",
    "lower_bound_us", "slowdown", "status", "energy_uj",  "reason",   NULL};
static const char *const task_columns[] = {
    "trial",       "job_id",   "task_id",   "task",        "pe",        "ready_us",
    "assigned_us", "start_us", "finish_us", "exec_est_us", "exec_us",   "comm_wait_us",
    "attempt",     "status",   "samples",   "load_us",     "energy_uj", NULL};
static const char *const pe_columns[] = {
    "trial",       "pe",        "kind",      "cluster",        "tasks_done",  "busy_us",
    "utilization", "energy_uj", "transfers", "received_bytes", "transfer_us", "transfer_wait_us",
    "queue_us",    NULL};
static const char *const link_columns[] = {
    "trial",       "link",          "bandwidth_bytes_per_us", "transfers",    "bytes", "busy_us",
    "utilization", "carried_share", "mean_transfer_us",       "mean_wait_us", NULL};

const char *const *const tables_columns[TABLES_COUNT] = {job_columns, task_columns, pe_columns,
                                                         link_columns};

struct tables {
    int32_t trial;
    const struct soc *soc;
    const struct scenario *scenario;
    struct csv_writer files[TABLES_COUNT];
    int64_t *scratch_ps; /* for lower bounds; as long as the largest app so far */
    size_t scratch_count;
};

struct tables *tables_create(const char *stem, bool has_headers, int32_t trial,
                             const struct soc *soc, const struct scenario *scenario,
                             struct fault *fault)
{
    struct tables *tables = memory_zeroed(1, sizeof *tables);
    *tables = (struct tables){.trial = trial, .soc = soc, .scenario = scenario};
    struct arena *arena = arena_create();
    const char *paths[TABLES_COUNT];
    int opened = 0;
    for (int i = 0; i < TABLES_COUNT; i++)
        paths[i] = arena_printf(arena, "%s.%s", stem, tables_names[i]);
    while (opened < TABLES_COUNT && csv_create_new(&tables->files[opened], paths[opened], fault))
        opened++;
    for (int i = 0; opened == TABLES_COUNT && has_headers && i < TABLES_COUNT; i++)
        csv_header(&tables->files[i], tables_columns[i]);
    if (opened < TABLES_COUNT) {
        while (opened-- > 0) {
            csv_finish(&tables->files[opened], fault);
            unlink(paths[opened]);
        }
        free(tables);
        tables = NULL;
    }
    arena_destroy(arena);
    return tables;
}

/* The row of a task that has run. */
static void write_attempt(struct tables *tables, const struct observed_task *observed,
                          const char *status)
{
    struct csv_writer *csv = &tables->files[TABLES_TASKS];
    const struct view_task *task = observed->task;
    int64_t wait_ps = task->data_ps - task->assigned_ps;
    csv_int(csv, tables->trial);
    csv_int(csv, observed->job_id);
    csv_int(csv, task->index);
    csv_text(csv, observed->bind->app->tasks[task->index].name);
    csv_text(csv, tables->soc->pes[task->pe].name);
    csv_us(csv, task->ready_ps);
    csv_us(csv, task->assigned_ps);
    csv_us(csv, task->start_ps);
    csv_us(csv, task->finish_ps);
    csv_us(csv, observed->exec_est_ps);
    csv_us(csv, task->finish_ps - task->start_ps);
    csv_us(csv, wait_ps > 0 ? wait_ps : 0);
    csv_int(csv, task->attempt);
    csv_text(csv, status);
    csv_int(csv, observed->samples);
    csv_us(csv, observed->load_ps);
    csv_real(csv, observed->energy_uj);
    csv_end_row(csv);
}

static void on_task_done(void *self, const struct observed_task *observed)
{
    write_attempt(self, observed, "done");
}

static void on_task_aborted(void *self, const struct observed_task *observed)
{
    write_attempt(self, observed, "aborted");
}

/* A row without PE and dates, but for when it was known. */
static void write_end(struct tables *tables, int64_t now_ps, const struct observed_task *observed,
                      const char *status)
{
    struct csv_writer *csv = &tables->files[TABLES_TASKS];
    const struct view_task *task = observed->task;
    csv_int(csv, tables->trial);
    csv_int(csv, observed->job_id);
    csv_int(csv, task->index);
    csv_text(csv, observed->bind->app->tasks[task->index].name);
    for (int empty = 0; empty < 4; empty++)
        csv_text(csv, "");
    csv_us(csv, now_ps);
    for (int empty = 0; empty < 3; empty++)
        csv_text(csv, "");
    csv_int(csv, task->attempt);
    csv_text(csv, status);
    csv_int(csv, 0);
    csv_text(csv, "");
    csv_text(csv, "");
    csv_end_row(csv);
}

static void on_task_skipped(void *self, int64_t now_ps, const struct observed_task *observed)
{
    write_end(self, now_ps, observed, "skipped");
}

static void on_task_failed(void *self, int64_t now_ps, const struct observed_task *observed)
{
    write_end(self, now_ps, observed, "failed");
}

/* Begins the row of a job: up to its end. */
static struct csv_writer *begin_job(struct tables *tables, const struct observed_job *job)
{
    struct csv_writer *csv = &tables->files[TABLES_JOBS];
    csv_int(csv, tables->trial);
    csv_int(csv, job->id);
    csv_text(csv, job->bind->app->name);
    csv_us(csv, job->arrival_ps);
    csv_us(csv, job->start_ps);
    csv_us(csv, job->finish_ps);
    return csv;
}

static void on_job_failed(void *self, const struct observed_job *job, const char *reason)
{
    struct csv_writer *csv = begin_job(self, job);
    for (int empty = 0; empty < 3; empty++)
        csv_text(csv, "");
    csv_text(csv, "failed");
    csv_real(csv, job->energy_uj);
    csv_text(csv, reason);
    csv_end_row(csv);
}

static void on_job_done(void *self, const struct observed_job *job)
{
    struct tables *tables = self;
    tables->scratch_ps =
        memory_grow(tables->scratch_ps, &tables->scratch_count, (size_t)job->bind->app->task_count,
                    sizeof *tables->scratch_ps);
    int64_t bound_ps =
        bounds_critical_path_ps(job->bind, tables->scenario, job->id, tables->scratch_ps);
    int64_t latency_ps = job->finish_ps - job->arrival_ps;
    struct csv_writer *csv = begin_job(tables, job);
    csv_us(csv, latency_ps);
    csv_us(csv, bound_ps);
    csv_real(csv, bound_ps > 0 ? (double)latency_ps / (double)bound_ps : NAN);
    csv_text(csv, "done");
    csv_real(csv, job->energy_uj);
    csv_text(csv, "");
    csv_end_row(csv);
}

struct observer tables_observer(struct tables *tables)
{
    return (struct observer){
        .self = tables,
        .on_task_done = on_task_done,
        .on_task_skipped = on_task_skipped,
        .on_task_aborted = on_task_aborted,
        .on_task_failed = on_task_failed,
        .on_job_done = on_job_done,
        .on_job_failed = on_job_failed,
    };
}

static void write_pes(struct tables *tables, const struct metrics_pe *pes)
{
    struct csv_writer *csv = &tables->files[TABLES_PES];
    const struct soc *soc = tables->soc;
    for (int32_t p = 0; p < soc->pe_count; p++) {
        csv_int(csv, tables->trial);
        csv_text(csv, soc->pes[p].name);
        csv_text(csv, soc->kinds[soc->pes[p].kind].name);
        csv_text(csv, soc->clusters[soc->pes[p].cluster].name);
        csv_int(csv, pes[p].tasks_done);
        csv_real(csv, pes[p].busy_us);
        csv_real(csv, pes[p].utilization);
        csv_real(csv, pes[p].energy_uj);
        csv_int(csv, pes[p].transfers);
        csv_real(csv, pes[p].received_bytes);
        csv_real(csv, pes[p].transfer_us);
        csv_real(csv, pes[p].transfer_wait_us);
        csv_real(csv, pes[p].queue_us);
        csv_end_row(csv);
    }
}

static void write_links(struct tables *tables, const struct traffic *traffic)
{
    struct csv_writer *csv = &tables->files[TABLES_LINKS];
    struct arena *arena = arena_create();
    for (int32_t link = 0; link < links_count(tables->soc); link++) {
        const char *name = links_name(tables->soc, arena, link);
        if (name == NULL)
            continue;
        struct traffic_link figures = traffic_read(traffic, link);
        csv_int(csv, tables->trial);
        csv_text(csv, name);
        csv_real(csv, links_bandwidth_bytes_per_us(tables->soc));
        csv_int(csv, figures.transfers);
        csv_real(csv, figures.bytes);
        csv_real(csv, figures.busy_us);
        csv_real(csv, figures.utilization);
        csv_real(csv, figures.carried_share);
        csv_real(csv, figures.mean_transfer_us);
        csv_real(csv, figures.mean_wait_us);
        csv_end_row(csv);
    }
    arena_destroy(arena);
}

bool tables_finish(struct tables *tables, const struct metrics_pe *pes,
                   const struct traffic *traffic, struct fault *fault)
{
    write_pes(tables, pes);
    write_links(tables, traffic);
    struct arena *arena = arena_create();
    const char *paths[TABLES_COUNT];
    bool ok = true;
    for (int i = 0; i < TABLES_COUNT; i++) {
        paths[i] = arena_string(arena, tables->files[i].path);
        ok = csv_finish(&tables->files[i], fault) && ok;
    }
    for (int i = 0; !ok && i < TABLES_COUNT; i++)
        unlink(paths[i]);
    arena_destroy(arena);
    free(tables->scratch_ps);
    free(tables);
    return ok;
}
