/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The half of traces/trace.h that reads rows; traces/trace.c opens a trace. */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/packed.h"
#include "base/tick.h"
#include "traces/trace.h"
#include "traces/trace_names.h"

enum { COLUMNS_MAX = 17 };

/* Columns of a category in the order in which its rows are read below; those after the bar may be
 * missing. */
static const char *const columns[TRACE_CATEGORIES][COLUMNS_MAX + 1] = {
    [TRACE_ARRIVALS] = {"arrival_us", "app", "|", "job_id", "after_tick", "after_completions"},
    [TRACE_ROUTES] = {"job_id", "task", "from", "samples", "live"},
    [TRACE_FACTORS] = {"job_id", "task", "factor", "|", "from"},
    [TRACE_EPISODES] = {"pe", "start_us", "end_us", "speed"},
    [TRACE_FAILURES] = {"pe", "start_us", "end_us"},
    [TRACE_TABLES] = {"task_kind", "pe_kind", "factor"},
    [TRACE_DECISIONS] = {"at_us", "epoch", "job_id", "task", "pe"},
    [TRACE_PLANS] = {"at_us", "epoch", "job_id", "task", "pe"},
    [TRACE_TASKS] = {"job_id", "task", "|", "pe", "pe_kind", "status", "ready_us", "assigned_us",
                     "data_us", "start_us", "finish_us", "exec_us", "exec_est_us", "load_us",
                     "samples", "attempt", "energy_uj"},
    [TRACE_TRANSFERS] = {"job_id", "from", "task", "from_pe", "to_pe", "bytes", "start_us",
                         "end_us"},
    [TRACE_JOBS] = {"job_id", "app", "arrival_us", "start_us", "finish_us", "status"},
};

struct trace_reader {
    const struct trace *trace;
    enum trace_category category;
    const struct trace_file *file;
    char *path;
    struct csv_reader *csv;
    struct packed_sum sum;
    int64_t row;         /* rows read */
    int at[COLUMNS_MAX]; /* column of the file, -1 = missing; the bar does not count */
    int64_t date_ps;     /* of the row before, where rows are in order of dates */
    int32_t pe, index;   /* of the episode before */
    struct fault *fault; /* of the call that is being served */
};

/* ---- opening ---- */

/* Finds the columns of the category. */
static bool find_columns(struct trace_reader *reader, struct fault *fault)
{
    const char *const *names = columns[reader->category];
    bool is_required = true;
    int count = 0;
    for (; *names != NULL; names++) {
        if (strcmp(*names, "|") == 0) {
            is_required = false;
            continue;
        }
        reader->at[count] = csv_column(reader->csv, *names);
        if (is_required && reader->at[count] < 0)
            return fault_set(fault, reader->path, "docs/traces.md tells the columns of every file",
                             "the column `%s` is missing", *names);
        count++;
    }
    return true;
}

struct trace_reader *trace_read(const struct trace *trace, enum trace_category category,
                                struct fault *fault)
{
    const struct trace_file *file = &trace->manifest.files[category];
    if (file->name == NULL) {
        fault_set(fault, trace->dir, "record it again, with this category", "the trace has no %s",
                  trace_category_name(category));
        return NULL;
    }
    struct trace_reader *reader = memory_zeroed(1, sizeof *reader);
    *reader = (struct trace_reader){
        .trace = trace, .category = category, .file = file, .pe = -1, .index = -1};
    size_t size = strlen(trace->dir) + strlen(file->name) + 2;
    reader->path = memory_zeroed(size, 1);
    snprintf(reader->path, size, "%s/%s", trace->dir, file->name);
    FILE *stream = packed_read(reader->path, &reader->sum, fault);
    if (stream != NULL)
        reader->csv = csv_open_stream(stream, reader->path, fault);
    if (reader->csv != NULL && find_columns(reader, fault))
        return reader;
    trace_reader_close(reader);
    return NULL;
}

void trace_reader_close(struct trace_reader *reader)
{
    if (reader == NULL)
        return;
    csv_close(reader->csv);
    free(reader->path);
    free(reader);
}

char *trace_where(const struct trace_reader *reader, char *text, size_t size)
{
    return csv_where(reader->csv, 0, text, size);
}

/* ---- cells ---- */

/* Refuses the cell of a column of the category. */
static bool refuse(const struct trace_reader *reader, int column, const char *hint,
                   const char *what)
{
    char where[sizeof reader->fault->where];
    int at = reader->at[column];
    return fault_set(reader->fault, csv_where(reader->csv, at, where, sizeof where), hint,
                     "%s: '%s'", what, csv_cell(reader->csv, at));
}

/* The text of a cell; "" where the column is missing. */
static const char *cell(const struct trace_reader *reader, int column)
{
    return reader->at[column] < 0 ? "" : csv_cell(reader->csv, reader->at[column]);
}

/* A whole number from `min` to `max`. */
static bool read_int(const struct trace_reader *reader, int column, int64_t min, int64_t max,
                     int64_t *value)
{
    if (!schema_parse_int(cell(reader, column), value))
        return refuse(reader, column, NULL, "not a whole number");
    if (*value >= min && *value <= max)
        return true;
    char hint[96];
    snprintf(hint, sizeof hint, "it lies between %" PRId64 " and %" PRId64, min, max);
    return refuse(reader, column, hint, "out of range");
}

static bool read_int32(const struct trace_reader *reader, int column, int32_t min, int32_t max,
                       int32_t *value)
{
    int64_t wide = 0;
    bool ok = read_int(reader, column, min, max, &wide);
    *value = (int32_t)wide;
    return ok;
}

/* A job that arrived. */
static bool read_job(const struct trace_reader *reader, int column, int32_t *job)
{
    if (reader->trace->job_count == 0)
        return refuse(reader, column, "arrivals.csv has no row", "no such job");
    return read_int32(reader, column, 0, reader->trace->job_count - 1, job);
}

static bool read_name(const struct trace_reader *reader, int column,
                      const struct trace_names *names, const char *what, int32_t *number)
{
    const char *text = cell(reader, column);
    *number = trace_names_find(names, text);
    if (*number >= 0)
        return true;
    const char *nearest = trace_names_nearest(names, text);
    char hint[sizeof reader->fault->hint] = "";
    if (nearest != NULL)
        snprintf(hint, sizeof hint, "did you mean '%s'?", nearest);
    return refuse(reader, column, hint, what);
}

static bool read_task(const struct trace_reader *reader, int column, int32_t job, int32_t *task)
{
    int32_t app = reader->trace->arrivals[job].app;
    return read_name(reader, column, reader->trace->task_names[app],
                     "the app of this job has no task", task);
}

static bool read_pe(const struct trace_reader *reader, int column, int32_t *pe)
{
    return read_name(reader, column, reader->trace->pe_names, "the platform has no PE", pe);
}

/* A date or a duration. */
static bool read_us(const struct trace_reader *reader, int column, int64_t *ps)
{
    return tick_parse_us(cell(reader, column), ps) ||
           refuse(reader, column, "a decimal number of microseconds from 0 to 2^53 ps, 2.5 h",
                  "not a date or duration");
}

/* The same where a cell may be empty: TICK_NEVER. */
static bool read_us_if_any(const struct trace_reader *reader, int column, int64_t *ps)
{
    *ps = TICK_NEVER;
    return *cell(reader, column) == '\0' || read_us(reader, column, ps);
}

static bool read_real(const struct trace_reader *reader, int column, double *value)
{
    if (!schema_parse_real(cell(reader, column), value))
        return refuse(reader, column, NULL, "not a number");
    return *value >= 0 || refuse(reader, column, NULL, "negative");
}

/* Holds a date against that of the row before. */
static bool check_order(struct trace_reader *reader, int column, int64_t date_ps)
{
    if (date_ps < reader->date_ps)
        return refuse(reader, column, "rows are in the order of their dates",
                      "earlier than the row before");
    reader->date_ps = date_ps;
    return true;
}

/* ---- rows ---- */

/* Holds what has been read against what the manifest says. */
static bool check_end(const struct trace_reader *reader)
{
    const struct trace_file *file = reader->file;
    if (file->rows >= 0 && reader->row != file->rows)
        return fault_set(reader->fault, reader->path, "copy or record the trace again",
                         "the file has %" PRId64 " rows, but %" PRId64 " were recorded",
                         reader->row, file->rows);
    if (file->crc32 >= 0 && reader->sum.crc32 != file->crc32)
        return fault_set(reader->fault, reader->path,
                         "copy it again; if it was edited, remove its crc32 from manifest.json",
                         "the file is not what was recorded: its CRC-32 is %08" PRIx32
                         ", not %08" PRIx32,
                         reader->sum.crc32, (uint32_t)file->crc32);
    return true;
}

/* Goes to the next row. */
static bool step(struct trace_reader *reader, enum trace_category category, struct fault *fault)
{
    assert(reader->category == category);
    reader->fault = fault;
    if (!csv_next(reader->csv, fault)) {
        if (!fault_is_set(fault))
            check_end(reader);
        return false;
    }
    if (reader->file->rows >= 0 && reader->row == reader->file->rows) {
        char where[sizeof fault->where];
        return fault_set(
            fault, trace_where(reader, where, sizeof where), "copy or record the trace again",
            "the file goes on after the %" PRId64 " rows that were recorded", reader->file->rows);
    }
    reader->row++;
    return true;
}

static bool read_flag(const struct trace_reader *reader, int column, bool *flag)
{
    const char *text = cell(reader, column);
    *flag = strcmp(text, "1") == 0;
    return *flag || *text == '\0' || strcmp(text, "0") == 0 ||
           refuse(reader, column, NULL, "neither 0 nor 1");
}

static bool read_app(const struct trace_reader *reader, int column, int32_t *app)
{
    return read_name(reader, column, reader->trace->app_names, "the trace has no app", app);
}

bool trace_next_arrival(struct trace_reader *reader, struct trace_arrival *row, struct fault *fault)
{
    int64_t job = reader->row, next = reader->row;
    if (!step(reader, TRACE_ARRIVALS, fault))
        return false;
    if (next == INT32_MAX)
        return fault_set(fault, reader->path, "split the trace", "more than 2^31 - 1 jobs");
    if (reader->at[2] >= 0 && !read_int(reader, 2, 0, INT32_MAX, &job))
        return false;
    if (job != next)
        return refuse(reader, 2, "jobs are numbered from 0 in the order of rows",
                      "not the number of this job");
    row->job = (int32_t)job;
    return read_us(reader, 0, &row->at_ps) && check_order(reader, 0, row->at_ps) &&
           read_app(reader, 1, &row->app) && read_flag(reader, 3, &row->after_tick) &&
           read_flag(reader, 4, &row->after_completions);
}

bool trace_next_route(struct trace_reader *reader, struct trace_route *row, struct fault *fault)
{
    if (!step(reader, TRACE_ROUTES, fault) || !read_job(reader, 0, &row->job) ||
        !read_task(reader, 1, row->job, &row->task))
        return false;
    row->from = -1;
    if (*cell(reader, 2) != '\0' && !read_task(reader, 2, row->job, &row->from))
        return false;
    return read_int32(reader, 3, 0, APP_BATCH_MAX, &row->samples) &&
           read_int32(reader, 4, row->samples, APP_BATCH_MAX, &row->live);
}

bool trace_next_factor(struct trace_reader *reader, struct trace_factor *row, struct fault *fault)
{
    row->from = -1;
    return step(reader, TRACE_FACTORS, fault) && read_job(reader, 0, &row->job) &&
           read_task(reader, 1, row->job, &row->task) && read_real(reader, 2, &row->factor) &&
           (*cell(reader, 3) == '\0' || read_task(reader, 3, row->job, &row->from));
}

bool trace_next_table(struct trace_reader *reader, struct trace_table *row, struct fault *fault)
{
    const struct trace *trace = reader->trace;
    int32_t task_kind, pe_kind;
    if (!step(reader, TRACE_TABLES, fault) ||
        !read_name(reader, 0, trace->task_kind_names, "no app has tasks of the kind", &task_kind) ||
        !read_name(reader, 1, trace->kind_names, "the platform has no PE kind", &pe_kind) ||
        !read_real(reader, 2, &row->factor))
        return false;
    row->task_kind = trace->task_kind_names->sorted[task_kind].text;
    row->pe_kind = trace->soc->kinds[pe_kind].name;
    return true;
}

/* The PE of rows that are in the order of PEs and, of each, of dates. */
static bool read_next_pe(struct trace_reader *reader, int32_t *pe)
{
    if (!read_pe(reader, 0, pe))
        return false;
    if (*pe < reader->pe)
        return refuse(reader, 0, "PEs come in the order of the platform", "out of order");
    if (*pe != reader->pe) {
        reader->index = -1;
        reader->date_ps = 0;
    }
    reader->pe = *pe;
    reader->index++;
    return true;
}

bool trace_next_outage(struct trace_reader *reader, struct trace_outage *row, struct fault *fault)
{
    if (!step(reader, TRACE_FAILURES, fault) || !read_next_pe(reader, &row->pe) ||
        !read_us(reader, 1, &row->start_ps))
        return false;
    if (reader->index > 0 && row->start_ps == reader->date_ps)
        return refuse(reader, 1, "make one row of both", "the PE was not up in between");
    if (!check_order(reader, 1, row->start_ps) || !read_us_if_any(reader, 2, &row->end_ps))
        return false;
    if (row->end_ps <= row->start_ps)
        return refuse(reader, 2, "a failure ends after its start", "too early");
    reader->date_ps = row->end_ps;
    return true;
}

bool trace_next_episode(struct trace_reader *reader, struct trace_episode *row, struct fault *fault)
{
    if (!step(reader, TRACE_EPISODES, fault) || !read_next_pe(reader, &row->pe))
        return false;
    row->index = reader->index;
    if (!read_us(reader, 1, &row->start_ps) || !check_order(reader, 1, row->start_ps) ||
        !read_us_if_any(reader, 2, &row->end_ps) || !read_real(reader, 3, &row->speed))
        return false;
    if (row->end_ps <= row->start_ps)
        return refuse(reader, 2, "an episode ends after its start", "too early");
    if (!(row->speed > 0))
        return refuse(reader, 3, "a PE that stands still is a failure", "not above 0");
    reader->date_ps = row->end_ps;
    return true;
}

bool trace_next_decision(struct trace_reader *reader, struct trace_decision *row,
                         struct fault *fault)
{
    enum trace_category category = reader->category == TRACE_PLANS ? TRACE_PLANS : TRACE_DECISIONS;
    return step(reader, category, fault) && read_us(reader, 0, &row->at_ps) &&
           check_order(reader, 0, row->at_ps) && read_int(reader, 1, 0, INT64_MAX, &row->epoch) &&
           read_job(reader, 2, &row->job) && read_task(reader, 3, row->job, &row->task) &&
           read_pe(reader, 4, &row->pe);
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
    if (*cell(reader, TASK_PE) != '\0') {
        if (!read_pe(reader, TASK_PE, &row->pe))
            return false;
        row->kind = trace->soc->pes[row->pe].kind;
        return true;
    }
    if (reader->at[TASK_KIND] >= 0)
        return read_name(reader, TASK_KIND, trace->kind_names, "the platform has no PE kind",
                         &row->kind);
    return reader->at[TASK_PE] >= 0 ? refuse(reader, TASK_PE, "a task that ran has a PE", "no PE")
                                    : fault_set(reader->fault, reader->path,
                                                "docs/traces.md tells the columns of every file",
                                                "the column `pe` or `pe_kind` is missing");
}

/* When it ended: said outright, or by its length. */
static bool read_finish(const struct trace_reader *reader, struct trace_task *row)
{
    int64_t exec_ps = 0;
    if (!read_us_if_any(reader, TASK_START, &row->start_ps))
        return false;
    if (*cell(reader, TASK_FINISH) != '\0' || reader->at[TASK_EXEC] < 0) {
        if (reader->at[TASK_FINISH] < 0)
            return fault_set(reader->fault, reader->path,
                             "docs/traces.md tells the columns of every file",
                             "the column `finish_us` or `exec_us` is missing");
        return read_us(reader, TASK_FINISH, &row->finish_ps) &&
               (row->start_ps == TICK_NEVER || row->start_ps <= row->finish_ps ||
                refuse(reader, TASK_FINISH, NULL, "it ends before it starts"));
    }
    if (!read_us(reader, TASK_EXEC, &exec_ps))
        return false;
    if (row->start_ps == TICK_NEVER)
        return refuse(reader, TASK_EXEC, "give start_us too", "no date says when");
    row->finish_ps = row->start_ps + exec_ps;
    return row->finish_ps < TICK_LIMIT ||
           refuse(reader, TASK_EXEC, "dates end at 2^53 ps, 2.5 h", "too long");
}

static bool read_counts(const struct trace_reader *reader, struct trace_task *row)
{
    row->samples = row->is_skipped ? 0 : 1;
    row->attempt = 1;
    row->energy_uj = NAN;
    return (*cell(reader, TASK_ENERGY) == '\0' ||
            read_real(reader, TASK_ENERGY, &row->energy_uj)) &&
           (*cell(reader, TASK_SAMPLES) == '\0' ||
            read_int32(reader, TASK_SAMPLES, 0, APP_BATCH_MAX, &row->samples)) &&
           (*cell(reader, TASK_ATTEMPT) == '\0' ||
            read_int32(reader, TASK_ATTEMPT, 1, UINT16_MAX, &row->attempt));
}

bool trace_next_task(struct trace_reader *reader, struct trace_task *row, struct fault *fault)
{
    if (!step(reader, TRACE_TASKS, fault) || !read_job(reader, 0, &row->job) ||
        !read_task(reader, 1, row->job, &row->task))
        return false;
    const char *status = cell(reader, TASK_STATUS);
    row->is_failed = strcmp(status, "failed") == 0;
    row->is_skipped = row->is_failed || strcmp(status, "skipped") == 0;
    row->is_aborted = strcmp(status, "aborted") == 0;
    if (!row->is_skipped && !row->is_aborted && *status != '\0' && strcmp(status, "done") != 0)
        return refuse(reader, TASK_STATUS, "it is done, skipped, failed or aborted",
                      "unknown status");
    row->pe = row->kind = -1;
    return (row->is_skipped || read_place(reader, row)) && read_finish(reader, row) &&
           (reader->trace->is_measured || check_order(reader, TASK_FINISH, row->finish_ps)) &&
           read_us_if_any(reader, TASK_READY, &row->ready_ps) &&
           read_us_if_any(reader, TASK_ASSIGNED, &row->assigned_ps) &&
           read_us_if_any(reader, TASK_DATA, &row->data_ps) &&
           read_us_if_any(reader, TASK_EST, &row->est_ps) &&
           read_us_if_any(reader, TASK_LOAD, &row->load_ps) && read_counts(reader, row);
}

bool trace_next_transfer(struct trace_reader *reader, struct trace_transfer *row,
                         struct fault *fault)
{
    if (!step(reader, TRACE_TRANSFERS, fault) || !read_job(reader, 0, &row->job) ||
        !read_task(reader, 1, row->job, &row->from) ||
        !read_task(reader, 2, row->job, &row->task) || !read_pe(reader, 3, &row->from_pe) ||
        !read_pe(reader, 4, &row->to_pe) || !read_real(reader, 5, &row->bytes) ||
        !read_us(reader, 6, &row->start_ps) || !read_us(reader, 7, &row->end_ps))
        return false;
    return row->start_ps <= row->end_ps || refuse(reader, 7, NULL, "it ends before it starts");
}

bool trace_next_job(struct trace_reader *reader, struct trace_job *row, struct fault *fault)
{
    int32_t app;
    if (!step(reader, TRACE_JOBS, fault) || !read_job(reader, 0, &row->job) ||
        !read_app(reader, 1, &app))
        return false;
    if (app != reader->trace->arrivals[row->job].app)
        return refuse(reader, 1, "arrivals.csv says otherwise", "not the app of this job");
    row->is_failed = strcmp(cell(reader, 5), "failed") == 0;
    return read_us(reader, 2, &row->arrival_ps) &&
           (row->is_failed ? read_us_if_any(reader, 3, &row->start_ps)
                           : read_us(reader, 3, &row->start_ps)) &&
           read_us(reader, 4, &row->finish_ps) && check_order(reader, 4, row->finish_ps);
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
