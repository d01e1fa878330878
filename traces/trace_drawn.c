/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of what was drawn: arrivals, routes, factors, tables, failures, episodes. */
#include <string.h>

#include "base/tick.h"
#include "traces/trace_cells.h"

static bool cell_flag(const struct trace_reader *reader, int column, bool *flag)
{
    const char *text = cell_text(reader, column);
    *flag = strcmp(text, "1") == 0;
    return *flag || *text == '\0' || strcmp(text, "0") == 0 ||
           cell_refuse(reader, column, NULL, "neither 0 nor 1");
}

bool trace_next_arrival(struct trace_reader *reader, struct trace_arrival *row, struct fault *fault)
{
    int64_t job = reader->row, next = reader->row;
    if (!cell_next_row(reader, TRACE_ARRIVALS, fault))
        return false;
    if (next == INT32_MAX)
        return fault_set(fault, reader->path, "split the trace", "more than 2^31 - 1 jobs");
    if (reader->at[2] >= 0 && !cell_int(reader, 2, 0, INT32_MAX, &job))
        return false;
    if (job != next)
        return cell_refuse(reader, 2, "jobs are numbered from 0 in the order of rows",
                           "not the number of this job");
    row->job = (int32_t)job;
    return cell_us(reader, 0, &row->at_ps) && cell_in_order(reader, 0, row->at_ps) &&
           cell_app(reader, 1, &row->app) && cell_flag(reader, 3, &row->after_tick) &&
           cell_flag(reader, 4, &row->after_completions);
}

bool trace_next_route(struct trace_reader *reader, struct trace_route *row, struct fault *fault)
{
    if (!cell_next_row(reader, TRACE_ROUTES, fault) || !cell_job(reader, 0, &row->job) ||
        !cell_task(reader, 1, row->job, &row->task))
        return false;
    row->from = -1;
    if (*cell_text(reader, 2) != '\0' && !cell_task(reader, 2, row->job, &row->from))
        return false;
    return cell_int32(reader, 3, 0, APP_BATCH_MAX, &row->samples) &&
           cell_int32(reader, 4, row->samples, APP_BATCH_MAX, &row->live);
}

bool trace_next_factor(struct trace_reader *reader, struct trace_factor *row, struct fault *fault)
{
    row->from = -1;
    return cell_next_row(reader, TRACE_FACTORS, fault) && cell_job(reader, 0, &row->job) &&
           cell_task(reader, 1, row->job, &row->task) && cell_real(reader, 2, &row->factor) &&
           (*cell_text(reader, 3) == '\0' || cell_task(reader, 3, row->job, &row->from));
}

bool trace_next_table(struct trace_reader *reader, struct trace_table *row, struct fault *fault)
{
    const struct trace *trace = reader->trace;
    int32_t task_kind, pe_kind;
    if (!cell_next_row(reader, TRACE_TABLES, fault) ||
        !cell_name(reader, 0, &trace->task_kind_names, "no app has tasks of the kind",
                   &task_kind) ||
        !cell_name(reader, 1, &trace->kind_names, "the platform has no PE kind", &pe_kind) ||
        !cell_real(reader, 2, &row->factor))
        return false;
    row->task_kind = trace->task_kind_names.texts[task_kind];
    row->pe_kind = trace->soc->kinds[pe_kind].name;
    return true;
}

/* Rows are in the order of PEs, or of what else there is many of, and, of each, of dates. */
static bool step_subject(struct trace_reader *reader, int column, int32_t subject)
{
    if (subject < reader->subject)
        return cell_refuse(reader, column,
                           "PEs come in the order of the platform, links behind them",
                           "out of order");
    if (subject != reader->subject) {
        reader->index = -1;
        reader->date_ps = 0;
    }
    reader->subject = subject;
    reader->index++;
    return true;
}

/* The PE or the link of a failure; links are counted behind the PEs. */
static bool read_failing(struct trace_reader *reader, struct trace_outage *row)
{
    const struct trace *trace = reader->trace;
    row->pe = row->link = -1;
    if (*cell_text(reader, 3) == '\0')
        return cell_pe(reader, 0, &row->pe) && step_subject(reader, 0, row->pe);
    if (*cell_text(reader, 0) != '\0')
        return cell_refuse(reader, 3, "leave one of both empty", "a row is about a PE or a link");
    return cell_name(reader, 3, &trace->link_names, "the platform has no link", &row->link) &&
           step_subject(reader, 3, trace->soc->pe_count + row->link);
}

bool trace_next_outage(struct trace_reader *reader, struct trace_outage *row, struct fault *fault)
{
    if (!cell_next_row(reader, TRACE_FAILURES, fault) || !read_failing(reader, row) ||
        !cell_us(reader, 1, &row->start_ps))
        return false;
    if (reader->index > 0 && row->start_ps == reader->date_ps)
        return cell_refuse(reader, 1, "make one row of both", "it was not up in between");
    if (!cell_in_order(reader, 1, row->start_ps) || !cell_us_if_any(reader, 2, &row->end_ps))
        return false;
    if (row->end_ps <= row->start_ps)
        return cell_refuse(reader, 2, "a failure ends after its start", "too early");
    reader->date_ps = row->end_ps;
    return true;
}

bool trace_next_episode(struct trace_reader *reader, struct trace_episode *row, struct fault *fault)
{
    if (!cell_next_row(reader, TRACE_EPISODES, fault) || !cell_pe(reader, 0, &row->pe) ||
        !step_subject(reader, 0, row->pe))
        return false;
    row->index = reader->index;
    if (!cell_us(reader, 1, &row->start_ps) || !cell_in_order(reader, 1, row->start_ps) ||
        !cell_us_if_any(reader, 2, &row->end_ps) || !cell_real(reader, 3, &row->speed))
        return false;
    if (row->end_ps <= row->start_ps)
        return cell_refuse(reader, 2, "an episode ends after its start", "too early");
    if (!(row->speed > 0))
        return cell_refuse(reader, 3, "a PE that stands still is a failure", "not above 0");
    reader->date_ps = row->end_ps;
    return true;
}
