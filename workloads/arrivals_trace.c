/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrivals that were written down: dates and apps come from a CSV. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/schema.h"
#include "base/tick.h"
#include "workloads/arrivals.h"

static bool next(const struct arrivals *arrivals, uint64_t seed, uint32_t replicate,
                 struct arrival *arrival)
{
    (void)seed;
    (void)replicate;
    int32_t job = arrival->job + 1;
    if (job >= arrivals->row_count)
        return false;
    const struct arrival_row *row = &arrivals->rows[job];
    *arrival = (struct arrival){.job = job,
                                .app = row->app,
                                .at_ps = row->at_ps,
                                .after_tick = row->after_tick,
                                .after_completions = row->after_completions};
    return true;
}

const struct arrivals_kind arrivals_trace = {
    .name = "trace",
    .summary = "dates and apps from a CSV file",
    .needs_file = true,
    .next = next,
};

/* A file while it is read. */
struct trace {
    struct csv_reader *reader;
    int date, app, after_tick, after_completions; /* columns, -1 = not there */
    const char *const *apps;
    int32_t app_count;
};

static bool refuse_cell(const struct trace *trace, int column, const char *what, const char *hint,
                        struct fault *fault)
{
    char where[sizeof fault->where];
    return fault_set(fault, csv_where(trace->reader, column, where, sizeof where), hint, "%s '%s'",
                     what, csv_cell(trace->reader, column));
}

static bool read_date(const struct trace *trace, int64_t *at_ps, int64_t previous_ps,
                      struct fault *fault)
{
    double us;
    if (!schema_parse_real(csv_cell(trace->reader, trace->date), &us))
        return refuse_cell(trace, trace->date, "not a number of microseconds:", NULL, fault);
    if (us < 0.0)
        return refuse_cell(trace, trace->date, "negative date", "time starts at 0", fault);
    if (!tick_fits_us(us))
        return refuse_cell(trace, trace->date, "date beyond the end of simulated time:",
                           "2^53 ps, about 2.5 h, is the limit", fault);
    *at_ps = tick_from_us(us);
    if (*at_ps < previous_ps)
        return refuse_cell(trace, trace->date,
                           "earlier than the row before:", "sort the rows by arrival_us", fault);
    return true;
}

static bool read_app(const struct trace *trace, int32_t *app, struct fault *fault)
{
    const char *name = csv_cell(trace->reader, trace->app);
    for (*app = 0; *app < trace->app_count; ++*app)
        if (strcmp(trace->apps[*app], name) == 0)
            return true;
    const char *nearest = schema_nearest(name, trace->apps, trace->app_count);
    char hint[sizeof fault->hint];
    snprintf(hint, sizeof hint,
             nearest == NULL ? "add it to the apps of the workload%s" : "did you mean '%s'?",
             nearest == NULL ? "" : nearest);
    return refuse_cell(trace, trace->app, "the workload has no app", hint, fault);
}

/* A column of 0 and 1 that may be missing. */
static bool read_flag(const struct trace *trace, int column, bool *flag, struct fault *fault)
{
    const char *text = column < 0 ? "0" : csv_cell(trace->reader, column);
    *flag = strcmp(text, "1") == 0;
    return *flag || strcmp(text, "0") == 0 ||
           refuse_cell(trace, column, "neither 0 nor 1:", NULL, fault);
}

/* Opens the file and finds the columns. */
static bool open_trace(struct trace *trace, const char *path, struct fault *fault)
{
    trace->reader = csv_open(path, fault);
    if (trace->reader == NULL)
        return false;
    trace->date = csv_column(trace->reader, "arrival_us");
    trace->app = csv_column(trace->reader, "app");
    trace->after_tick = csv_column(trace->reader, "after_tick");
    trace->after_completions = csv_column(trace->reader, "after_completions");
    if (trace->date >= 0 && trace->app >= 0)
        return true;
    return fault_set(fault, path,
                     "the columns are arrival_us, app and if need be after_tick, "
                     "after_completions",
                     "the column '%s' is missing", trace->date < 0 ? "arrival_us" : "app");
}

bool arrivals_load_trace(struct arrivals *arrivals, struct arena *arena, const char *path,
                         const char *const *apps, int32_t app_count, struct fault *fault)
{
    struct trace trace = {.apps = apps, .app_count = app_count};
    struct arrival_row *rows = NULL;
    size_t count = 0, capacity = 0;
    bool is_fine = open_trace(&trace, path, fault);
    while (is_fine && csv_next(trace.reader, fault)) {
        struct arrival_row row;
        is_fine = read_date(&trace, &row.at_ps, count > 0 ? rows[count - 1].at_ps : 0, fault) &&
                  read_app(&trace, &row.app, fault) &&
                  read_flag(&trace, trace.after_tick, &row.after_tick, fault) &&
                  read_flag(&trace, trace.after_completions, &row.after_completions, fault);
        if (is_fine && count == INT32_MAX)
            is_fine = fault_set(fault, path, "split the file", "more than 2^31 - 1 rows");
        if (is_fine) {
            rows = memory_grow(rows, &capacity, count + 1, sizeof *rows);
            rows[count++] = row;
        }
    }
    csv_close(trace.reader);
    is_fine = is_fine && !fault_is_set(fault);
    if (is_fine) {
        struct arrival_row *kept = arena_zeroed(arena, count, sizeof *kept);
        if (count > 0)
            memcpy(kept, rows, count * sizeof *kept);
        *arrivals = (struct arrivals){.kind = &arrivals_trace,
                                      .mean_interarrival_us = NAN,
                                      .rows = kept,
                                      .row_count = (int32_t)count,
                                      .has_compat_columns =
                                          trace.after_tick >= 0 || trace.after_completions >= 0};
    }
    free(rows);
    return is_fine;
}
