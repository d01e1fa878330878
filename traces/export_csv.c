/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tasks as `hetsoc run` with `trace: true` writes them to tasks.csv: the same bytes. */
#include <math.h>

#include "base/csv.h"
#include "base/tick.h"
#include "traces/export.h"

static const char *date(char text[static TICK_TEXT_SIZE], int64_t ps)
{
    if (ps == TICK_NEVER)
        return "";
    return tick_format_us(text, ps);
}

static void put_task(const struct trace *trace, const struct trace_task *task, FILE *stream)
{
    char ready[TICK_TEXT_SIZE], assigned[TICK_TEXT_SIZE], start[TICK_TEXT_SIZE];
    char finish[TICK_TEXT_SIZE], estimate[TICK_TEXT_SIZE], exec[TICK_TEXT_SIZE];
    char wait[TICK_TEXT_SIZE], load[TICK_TEXT_SIZE], energy[32];
    const char *name = export_task_name(trace, task->job, task->task);
    fprintf(stream, "%d,%d,%d,%s,", (int)trace->manifest.trial, (int)task->job, (int)task->task,
            name);
    if (task->is_skipped) {
        fprintf(stream, ",,,,%s,,,,%d,%s,0,,\n", date(finish, task->finish_ps), (int)task->attempt,
                task->is_failed ? "failed" : "skipped");
        return;
    }
    bool has_wait = task->data_ps != TICK_NEVER && task->assigned_ps != TICK_NEVER;
    int64_t wait_ps = has_wait ? task->data_ps - task->assigned_ps : TICK_NEVER;
    int64_t exec_ps = task->start_ps == TICK_NEVER ? TICK_NEVER : task->finish_ps - task->start_ps;
    fprintf(stream, "%s,%s,%s,%s,%s,%s,%s,%s,%d,%s,%d,%s,%s\n", export_pe_name(trace, task->pe),
            date(ready, task->ready_ps), date(assigned, task->assigned_ps),
            date(start, task->start_ps), date(finish, task->finish_ps),
            date(estimate, task->est_ps), date(exec, exec_ps),
            date(wait, wait_ps > 0 ? wait_ps : 0), (int)task->attempt,
            task->is_aborted ? "aborted" : "done", (int)task->samples, date(load, task->load_ps),
            isnan(task->energy_uj) ? "" : csv_format_real(energy, task->energy_uj));
}

static bool csv_write(const struct trace *trace, FILE *stream, struct fault *fault)
{
    fputs("trial,job_id,task_id,task,pe,ready_us,assigned_us,start_us,finish_us,exec_est_us,"
          "exec_us,comm_wait_us,attempt,status,samples,load_us,energy_uj\n",
          stream);
    struct trace_reader *reader = trace_read(trace, TRACE_TASKS, fault);
    struct trace_task task;
    while (reader != NULL && trace_next_task(reader, &task, fault))
        put_task(trace, &task, stream);
    trace_reader_close(reader);
    return !fault_is_set(fault);
}

const struct export_kind export_to_csv = {
    .name = "csv",
    .summary = "tasks.csv of a run with `trace: true`",
    .write = csv_write,
};
