/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of what happened: decisions and plans, tasks, transfers, jobs, operating points; and of any
 * category. */
#include <math.h>
#include <string.h>

#include "base/tick.h"
#include "traces/trace_cells.h"

bool trace_next_decision(struct trace_reader *reader, struct trace_decision *row,
                         struct fault *fault)
{
    enum trace_category category = reader->category == TRACE_PLANS ? TRACE_PLANS : TRACE_DECISIONS;
    return cell_next_row(reader, category, fault) && cell_us(reader, 0, &row->at_ps) &&
           cell_in_order(reader, 0, row->at_ps) && cell_int(reader, 1, 0, INT64_MAX, &row->epoch) &&
           cell_job(reader, 2, &row->job) && cell_task(reader, 3, row->job, &row->task) &&
           cell_pe(reader, 4, &row->pe);
}

/* Columns of tasks.csv that readers below name. */
enum {
    TASK_PE = 2,
    TASK_KIND,
    TASK_STATUS,
    TASK_READY,
    TASK_ASSIGNED,
    TASK_DATA,
    TASK_START,
    TASK_FINISH,
    TASK_EXEC,
    TASK_EST,
    TASK_LOAD,
    TASK_SAMPLES,
    TASK_ATTEMPT,
    TASK_ENERGY
};

/* Where a task ran: on a PE, or on one of a kind. */
static bool read_place(const struct trace_reader *reader, struct trace_task *row)
{
    const struct trace *trace = reader->trace;
    row->pe = row->kind = -1;
    if (*cell_text(reader, TASK_PE) != '\0') {
        if (!cell_pe(reader, TASK_PE, &row->pe))
            return false;
        row->kind = trace->soc->pes[row->pe].kind;
        return true;
    }
    if (reader->at[TASK_KIND] >= 0)
        return cell_name(reader, TASK_KIND, &trace->kind_names, "the platform has no PE kind",
                         &row->kind);
    return reader->at[TASK_PE] >= 0
               ? cell_refuse(reader, TASK_PE, "a task that ran has a PE", "no PE")
               : fault_set(reader->fault, reader->path,
                           "docs/traces.md tells the columns of every file",
                           "the column `pe` or `pe_kind` is missing");
}

/* When it ended: said outright, or by its length. */
static bool read_finish(const struct trace_reader *reader, struct trace_task *row)
{
    int64_t exec_ps = 0;
    if (!cell_us_if_any(reader, TASK_START, &row->start_ps))
        return false;
    if (*cell_text(reader, TASK_FINISH) != '\0' || reader->at[TASK_EXEC] < 0) {
        if (reader->at[TASK_FINISH] < 0)
            return fault_set(reader->fault, reader->path,
                             "docs/traces.md tells the columns of every file",
                             "the column `finish_us` or `exec_us` is missing");
        return cell_us(reader, TASK_FINISH, &row->finish_ps) &&
               (row->start_ps == TICK_NEVER || row->start_ps <= row->finish_ps ||
                cell_refuse(reader, TASK_FINISH, NULL, "it ends before it starts"));
    }
    if (!cell_us(reader, TASK_EXEC, &exec_ps))
        return false;
    if (row->start_ps == TICK_NEVER)
        return cell_refuse(reader, TASK_EXEC, "give start_us too", "no date says when");
    row->finish_ps = row->start_ps + exec_ps;
    return row->finish_ps < TICK_LIMIT ||
           cell_refuse(reader, TASK_EXEC, "dates end at 2^53 ps, 2.5 h", "too long");
}

/* Rows are in the order in which ends were seen; with compat: ds3 some are seen 1 us later. */
static bool is_finish_in_order(struct trace_reader *reader, int column, int64_t finish_ps)
{
    return (finish_ps < reader->date_ps && finish_ps + TICK_PER_US >= reader->date_ps) ||
           cell_in_order(reader, column, finish_ps);
}

static bool read_counts(const struct trace_reader *reader, struct trace_task *row)
{
    row->samples = row->is_skipped ? 0 : 1;
    row->attempt = 1;
    row->energy_uj = NAN;
    return (*cell_text(reader, TASK_ENERGY) == '\0' ||
            cell_real(reader, TASK_ENERGY, &row->energy_uj)) &&
           (*cell_text(reader, TASK_SAMPLES) == '\0' ||
            cell_int32(reader, TASK_SAMPLES, 0, APP_BATCH_MAX, &row->samples)) &&
           (*cell_text(reader, TASK_ATTEMPT) == '\0' ||
            cell_int32(reader, TASK_ATTEMPT, 1, UINT16_MAX, &row->attempt));
}

bool trace_next_task(struct trace_reader *reader, struct trace_task *row, struct fault *fault)
{
    if (!cell_next_row(reader, TRACE_TASKS, fault) || !cell_job(reader, 0, &row->job) ||
        !cell_task(reader, 1, row->job, &row->task))
        return false;
    const char *status = cell_text(reader, TASK_STATUS);
    row->is_failed = strcmp(status, "failed") == 0;
    row->is_skipped = row->is_failed || strcmp(status, "skipped") == 0;
    row->is_aborted = strcmp(status, "aborted") == 0;
    if (!row->is_skipped && !row->is_aborted && *status != '\0' && strcmp(status, "done") != 0)
        return cell_refuse(reader, TASK_STATUS, "it is done, skipped, failed or aborted",
                           "unknown status");
    row->pe = row->kind = -1;
    return (row->is_skipped || read_place(reader, row)) && read_finish(reader, row) &&
           (reader->trace->is_measured ||
            is_finish_in_order(reader, TASK_FINISH, row->finish_ps)) &&
           cell_us_if_any(reader, TASK_READY, &row->ready_ps) &&
           cell_us_if_any(reader, TASK_ASSIGNED, &row->assigned_ps) &&
           cell_us_if_any(reader, TASK_DATA, &row->data_ps) &&
           cell_us_if_any(reader, TASK_EST, &row->est_ps) &&
           cell_us_if_any(reader, TASK_LOAD, &row->load_ps) && read_counts(reader, row);
}

bool trace_next_transfer(struct trace_reader *reader, struct trace_transfer *row,
                         struct fault *fault)
{
    if (!cell_next_row(reader, TRACE_TRANSFERS, fault) || !cell_job(reader, 0, &row->job) ||
        !cell_task(reader, 1, row->job, &row->from) ||
        !cell_task(reader, 2, row->job, &row->task) || !cell_pe(reader, 3, &row->from_pe) ||
        !cell_pe(reader, 4, &row->to_pe) || !cell_real(reader, 5, &row->bytes) ||
        !cell_us(reader, 6, &row->start_ps) || !cell_us(reader, 7, &row->end_ps))
        return false;
    return row->start_ps <= row->end_ps || cell_refuse(reader, 7, NULL, "it ends before it starts");
}

bool trace_next_job(struct trace_reader *reader, struct trace_job *row, struct fault *fault)
{
    int32_t app;
    if (!cell_next_row(reader, TRACE_JOBS, fault) || !cell_job(reader, 0, &row->job) ||
        !cell_app(reader, 1, &app))
        return false;
    if (app != reader->trace->arrivals[row->job].app)
        return cell_refuse(reader, 1, "arrivals.csv says otherwise", "not the app of this job");
    row->is_failed = strcmp(cell_text(reader, 5), "failed") == 0;
    return cell_us(reader, 2, &row->arrival_ps) &&
           (row->is_failed ? cell_us_if_any(reader, 3, &row->start_ps)
                           : cell_us(reader, 3, &row->start_ps)) &&
           cell_us(reader, 4, &row->finish_ps) && is_finish_in_order(reader, 4, row->finish_ps);
}

bool trace_next_point(struct trace_reader *reader, struct trace_point *row, struct fault *fault)
{
    if (!cell_next_row(reader, TRACE_POINTS, fault) || !cell_us(reader, 0, &row->at_ps) ||
        !cell_in_order(reader, 0, row->at_ps) ||
        !cell_name(reader, 1, &reader->trace->cluster_names, "the platform has no cluster",
                   &row->cluster) ||
        !cell_real(reader, 2, &row->freq_mhz))
        return false;
    return row->freq_mhz > 0 || cell_refuse(reader, 2, NULL, "a clock that stands still");
}

/* A row of any category. */
union any_row {
    struct trace_arrival arrival;
    struct trace_route route;
    struct trace_factor factor;
    struct trace_episode episode;
    struct trace_table table;
    struct trace_outage outage;
    struct trace_decision decision;
    struct trace_task task;
    struct trace_transfer transfer;
    struct trace_job job;
    struct trace_point point;
};

static bool next_any(struct trace_reader *reader, union any_row *row, struct fault *fault)
{
    switch (reader->category) {
    case TRACE_ARRIVALS:
        return trace_next_arrival(reader, &row->arrival, fault);
    case TRACE_ROUTES:
        return trace_next_route(reader, &row->route, fault);
    case TRACE_FACTORS:
        return trace_next_factor(reader, &row->factor, fault);
    case TRACE_EPISODES:
        return trace_next_episode(reader, &row->episode, fault);
    case TRACE_TABLES:
        return trace_next_table(reader, &row->table, fault);
    case TRACE_FAILURES:
        return trace_next_outage(reader, &row->outage, fault);
    case TRACE_DECISIONS:
    case TRACE_PLANS:
        return trace_next_decision(reader, &row->decision, fault);
    case TRACE_TASKS:
        return trace_next_task(reader, &row->task, fault);
    case TRACE_TRANSFERS:
        return trace_next_transfer(reader, &row->transfer, fault);
    case TRACE_JOBS:
        return trace_next_job(reader, &row->job, fault);
    case TRACE_POINTS:
        return trace_next_point(reader, &row->point, fault);
    case TRACE_CATEGORIES:
        break;
    }
    return false;
}

bool trace_check(const struct trace *trace, enum trace_category category, struct fault *fault)
{
    union any_row row;
    struct trace_reader *reader = trace_read(trace, category, fault);
    while (reader != NULL && next_any(reader, &row, fault))
        ;
    trace_reader_close(reader);
    return !fault_is_set(fault);
}
