/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/trace_cells.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/schema.h"
#include "base/tick.h"

/* Columns of a category in the order in which its readers count them; those after the bar may be
 * missing. */
static const char *const columns[TRACE_CATEGORIES][COLUMNS_MAX + 1] = {
    [TRACE_ARRIVALS] = {"arrival_us", "app", "|", "job_id", "after_tick", "after_completions"},
    [TRACE_ROUTES] = {"job_id", "task", "from", "samples", "live"},
    [TRACE_FACTORS] = {"job_id", "task", "factor", "|", "from"},
    [TRACE_EPISODES] = {"pe", "start_us", "end_us", "speed"},
    [TRACE_FAILURES] = {"pe", "start_us", "end_us", "|", "link"},
    [TRACE_TABLES] = {"task_kind", "pe_kind", "factor"},
    [TRACE_DECISIONS] = {"at_us", "epoch", "job_id", "task", "pe"},
    [TRACE_PLANS] = {"at_us", "epoch", "job_id", "task", "pe"},
    [TRACE_TASKS] = {"job_id", "task", "|", "pe", "pe_kind", "status", "ready_us", "assigned_us",
                     "data_us", "start_us", "finish_us", "exec_us", "exec_est_us", "load_us",
                     "samples", "attempt", "energy_uj"},
    [TRACE_TRANSFERS] = {"job_id", "from", "task", "from_pe", "to_pe", "bytes", "start_us",
                         "end_us"},
    [TRACE_JOBS] = {"job_id", "app", "arrival_us", "start_us", "finish_us", "status"},
    [TRACE_POINTS] = {"at_us", "cluster", "freq_mhz"},
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
        .trace = trace, .category = category, .file = file, .subject = -1, .index = -1};
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
bool cell_refuse(const struct trace_reader *reader, int column, const char *hint, const char *what)
{
    char where[sizeof reader->fault->where];
    int at = reader->at[column];
    return fault_set(reader->fault, csv_where(reader->csv, at, where, sizeof where), hint,
                     "%s: '%s'", what, csv_cell(reader->csv, at));
}

/* The text of a cell; "" where the column is missing. */
const char *cell_text(const struct trace_reader *reader, int column)
{
    return reader->at[column] < 0 ? "" : csv_cell(reader->csv, reader->at[column]);
}

/* A whole number from `min` to `max`. */
bool cell_int(const struct trace_reader *reader, int column, int64_t min, int64_t max,
              int64_t *value)
{
    if (!schema_parse_int(cell_text(reader, column), value))
        return cell_refuse(reader, column, NULL, "not a whole number");
    if (*value >= min && *value <= max)
        return true;
    char hint[96];
    snprintf(hint, sizeof hint, "it lies between %" PRId64 " and %" PRId64, min, max);
    return cell_refuse(reader, column, hint, "out of range");
}

bool cell_int32(const struct trace_reader *reader, int column, int32_t min, int32_t max,
                int32_t *value)
{
    int64_t wide = 0;
    bool ok = cell_int(reader, column, min, max, &wide);
    *value = (int32_t)wide;
    return ok;
}

/* A job that arrived. */
bool cell_job(const struct trace_reader *reader, int column, int32_t *job)
{
    if (reader->trace->job_count == 0)
        return cell_refuse(reader, column, "arrivals.csv has no row", "no such job");
    return cell_int32(reader, column, 0, reader->trace->job_count - 1, job);
}

bool cell_name(const struct trace_reader *reader, int column, const struct names *names,
               const char *what, int32_t *number)
{
    const char *text = cell_text(reader, column);
    *number = names_find(names, text);
    if (*number >= 0)
        return true;
    const char *nearest = names_nearest(names, text);
    char hint[sizeof reader->fault->hint] = "";
    if (nearest != NULL)
        snprintf(hint, sizeof hint, "did you mean '%s'?", nearest);
    return cell_refuse(reader, column, hint, what);
}

bool cell_task(const struct trace_reader *reader, int column, int32_t job, int32_t *task)
{
    int32_t app = reader->trace->arrivals[job].app;
    return cell_name(reader, column, &reader->trace->task_names[app],
                     "the app of this job has no task", task);
}

bool cell_pe(const struct trace_reader *reader, int column, int32_t *pe)
{
    return cell_name(reader, column, &reader->trace->pe_names, "the platform has no PE", pe);
}

/* A date or a duration. */
bool cell_us(const struct trace_reader *reader, int column, int64_t *ps)
{
    return tick_parse_us(cell_text(reader, column), ps) ||
           cell_refuse(reader, column, "a decimal number of microseconds from 0 to 2^53 ps, 2.5 h",
                       "not a date or duration");
}

/* The same where a cell may be empty: TICK_NEVER. */
bool cell_us_if_any(const struct trace_reader *reader, int column, int64_t *ps)
{
    *ps = TICK_NEVER;
    return *cell_text(reader, column) == '\0' || cell_us(reader, column, ps);
}

bool cell_real(const struct trace_reader *reader, int column, double *value)
{
    if (!schema_parse_real(cell_text(reader, column), value))
        return cell_refuse(reader, column, NULL, "not a number");
    return *value >= 0 || cell_refuse(reader, column, NULL, "negative");
}

/* Holds a date against that of the row before. */
bool cell_in_order(struct trace_reader *reader, int column, int64_t date_ps)
{
    if (date_ps < reader->date_ps)
        return cell_refuse(reader, column, "rows are in the order of their dates",
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
bool cell_next_row(struct trace_reader *reader, enum trace_category category, struct fault *fault)
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

bool cell_app(const struct trace_reader *reader, int column, int32_t *app)
{
    return cell_name(reader, column, &reader->trace->app_names, "the trace has no app", app);
}
