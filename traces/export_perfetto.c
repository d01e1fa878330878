/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chrome's trace events as JSON (the Trace Event Format), which ui.perfetto.dev, chrome://tracing
 * and Speedscope open: a slice (X) for each task on the thread of its PE, flow arrows (s, f) for
 * data, counters (C) for queues, busy power and speeds, jobs as asynchronous slices (b, e). Dates
 * and durations are microseconds; pid and tid are whole numbers with names as metadata (M).
 *
 * Counters are sorted by date: 16 bytes of memory for each change, two changes for a task. */
#include <stdlib.h>

#include "base/csv.h"
#include "base/tick.h"
#include "traces/export.h"

enum { PID_PES = 1, PID_JOBS = 2 };

/* A quantity changes. */
struct change {
    int64_t at_ps;
    int32_t counter; /* PE */
    int32_t delta;
};

struct changes {
    struct change *items;
    size_t count, capacity;
};

struct writer {
    const struct trace *trace;
    FILE *stream;
    struct fault *fault;
    bool has_any; /* the next event follows another */
    struct changes queues, busy;
    int64_t flows;
};

static void begin_event(struct writer *writer, char phase, int pid, int32_t tid)
{
    fprintf(writer->stream, "%s{\"ph\":\"%c\",\"pid\":%d,\"tid\":%d", writer->has_any ? ",\n" : "",
            phase, pid, (int)tid);
    writer->has_any = true;
}

static void put_us(struct writer *writer, const char *key, int64_t ps)
{
    char text[TICK_TEXT_SIZE];
    fprintf(writer->stream, ",\"%s\":%s", key, tick_format_us(text, ps));
}

static void put_metadata(struct writer *writer, const char *what, int pid, int32_t tid,
                         const char *name)
{
    begin_event(writer, 'M', pid, tid);
    fprintf(writer->stream, ",\"name\":\"%s\",\"args\":{\"name\":\"%s\"}}", what, name);
}

static void put_names(struct writer *writer)
{
    const struct trace *trace = writer->trace;
    char name[256];
    snprintf(name, sizeof name, "%s under %s", trace->soc->name, trace->manifest.scheduler);
    put_metadata(writer, "process_name", PID_PES, 0, name);
    put_metadata(writer, "process_name", PID_JOBS, 0, "jobs");
    for (int32_t pe = 0; pe < trace->soc->pe_count; pe++) {
        put_metadata(writer, "thread_name", PID_PES, pe + 1, trace->soc->pes[pe].name);
        begin_event(writer, 'M', PID_PES, pe + 1);
        fprintf(writer->stream, ",\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":%d}}",
                (int)pe);
    }
}

static void add_change(struct changes *changes, int64_t at_ps, int32_t counter, int32_t delta)
{
    changes->items =
        memory_grow(changes->items, &changes->capacity, changes->count + 1, sizeof *changes->items);
    changes->items[changes->count++] = (struct change){at_ps, counter, delta};
}

static void put_task(struct writer *writer, const struct trace_task *task)
{
    const struct app *app = writer->trace->apps[writer->trace->arrivals[task->job].app];
    begin_event(writer, 'X', PID_PES, task->pe + 1);
    put_us(writer, "ts", task->start_ps);
    put_us(writer, "dur", task->finish_ps - task->start_ps);
    fprintf(writer->stream,
            ",\"name\":\"%s\",\"cat\":\"%s\",\"args\":{\"job\":%d,\"samples\":%d,\"attempt\":%d",
            app->tasks[task->task].name, app->name, (int)task->job, (int)task->samples,
            (int)task->attempt);
    if (task->ready_ps != TICK_NEVER)
        put_us(writer, "waited_us", task->start_ps - task->ready_ps);
    if (task->est_ps != TICK_NEVER)
        put_us(writer, "estimate_us", task->est_ps);
    fputs("}}", writer->stream);
    if (task->pe < 0)
        return;
    if (task->assigned_ps != TICK_NEVER && task->assigned_ps < task->start_ps) {
        add_change(&writer->queues, task->assigned_ps, task->pe, 1);
        add_change(&writer->queues, task->start_ps, task->pe, -1);
    }
    add_change(&writer->busy, task->start_ps, task->pe, 1);
    add_change(&writer->busy, task->finish_ps, task->pe, -1);
}

/* An arrow from the last instant of the producer's slice to the beginning of the consumer's. */
static void put_flow(struct writer *writer, const struct trace_transfer *transfer,
                     const struct trace_task *consumer)
{
    char bytes[32];
    csv_format_real(bytes, transfer->bytes);
    begin_event(writer, 's', PID_PES, transfer->from_pe + 1);
    put_us(writer, "ts", transfer->start_ps > 0 ? transfer->start_ps - 1 : 0);
    fprintf(writer->stream,
            ",\"id\":%lld,\"name\":\"data\",\"cat\":\"data\",\"args\":{\"bytes\":%s}}",
            (long long)writer->flows, bytes);
    begin_event(writer, 'f', PID_PES, transfer->to_pe + 1);
    put_us(writer, "ts", consumer->start_ps);
    fprintf(writer->stream, ",\"bp\":\"e\",\"id\":%lld,\"name\":\"data\",\"cat\":\"data\"}",
            (long long)writer->flows++);
}

/* Transfers are recorded in the order of their consumers, as tasks are. */
static bool put_tasks(struct writer *writer)
{
    const struct trace *trace = writer->trace;
    struct trace_reader *tasks = trace_read(trace, TRACE_TASKS, writer->fault);
    struct trace_reader *transfers = tasks != NULL && trace_has(trace, TRACE_TRANSFERS)
                                         ? trace_read(trace, TRACE_TRANSFERS, writer->fault)
                                         : NULL;
    struct trace_task task;
    struct trace_transfer transfer;
    bool more = transfers != NULL && trace_next_transfer(transfers, &transfer, writer->fault);
    while (tasks != NULL && export_next_task(tasks, &task, writer->fault)) {
        put_task(writer, &task);
        while (more && transfer.job == task.job && transfer.task == task.task) {
            put_flow(writer, &transfer, &task);
            more = trace_next_transfer(transfers, &transfer, writer->fault);
        }
    }
    trace_reader_close(tasks);
    trace_reader_close(transfers);
    return !fault_is_set(writer->fault);
}

static bool put_jobs(struct writer *writer)
{
    const struct trace *trace = writer->trace;
    if (!trace_has(trace, TRACE_JOBS))
        return true;
    struct trace_reader *reader = trace_read(trace, TRACE_JOBS, writer->fault);
    struct trace_job job;
    while (reader != NULL && trace_next_job(reader, &job, writer->fault))
        for (int end = 0; end < 2; end++) {
            begin_event(writer, end == 0 ? 'b' : 'e', PID_JOBS, 1);
            put_us(writer, "ts", end == 0 ? job.arrival_ps : job.finish_ps);
            fprintf(writer->stream, ",\"id\":%d,\"name\":\"%s\",\"cat\":\"job\"}", (int)job.job,
                    trace->apps[trace->arrivals[job.job].app]->name);
        }
    trace_reader_close(reader);
    return !fault_is_set(writer->fault);
}

/* ---- counters ---- */

static void put_counter(struct writer *writer, const char *what, const char *of, int64_t at_ps,
                        const char *unit, double value)
{
    char text[32];
    begin_event(writer, 'C', PID_PES, 0);
    put_us(writer, "ts", at_ps);
    fprintf(writer->stream, ",\"name\":\"%s%s%s\",\"args\":{\"%s\":%s}}", what,
            *of == '\0' ? "" : " ", of, unit, csv_format_real(text, value));
}

static int compare_by_counter(const void *a, const void *b)
{
    const struct change *one = a, *other = b;
    if (one->counter != other->counter)
        return one->counter < other->counter ? -1 : 1;
    return (one->at_ps > other->at_ps) - (one->at_ps < other->at_ps);
}

static int compare_by_date(const void *a, const void *b)
{
    const struct change *one = a, *other = b;
    return (one->at_ps > other->at_ps) - (one->at_ps < other->at_ps);
}

/* The tasks that have their PE and have not started, PE by PE; a value for each date. */
static void put_queues(struct writer *writer)
{
    struct changes *queues = &writer->queues;
    if (queues->count == 0)
        return;
    qsort(queues->items, queues->count, sizeof *queues->items, compare_by_counter);
    int32_t length = 0;
    for (size_t i = 0; i < queues->count; i++) {
        const struct change *change = &queues->items[i];
        length += change->delta;
        if (i + 1 < queues->count && compare_by_counter(change, change + 1) == 0)
            continue;
        put_counter(writer, "queue", writer->trace->soc->pes[change->counter].name, change->at_ps,
                    "tasks", length);
    }
}

/* The power of busy PEs, if the platform says what each kind draws. */
static void put_power(struct writer *writer)
{
    const struct soc *soc = writer->trace->soc;
    struct changes *busy = &writer->busy;
    for (int32_t k = 0; k < soc->kind_count; k++)
        if (soc->kinds[k].active_mw <= 0)
            return;
    if (busy->count == 0)
        return;
    qsort(busy->items, busy->count, sizeof *busy->items, compare_by_date);
    double mw = 0;
    for (size_t i = 0; i < busy->count; i++) {
        const struct change *change = &busy->items[i];
        mw += change->delta * soc->kinds[soc->pes[change->counter].kind].active_mw;
        if (i + 1 == busy->count || change[1].at_ps != change->at_ps)
            put_counter(writer, "busy power", "", change->at_ps, "mW", mw < 1e-9 ? 0 : mw);
    }
}

/* Slow-downs: the speed of a PE, and the clock that it amounts to if the platform gives one. */
static bool put_speeds(struct writer *writer)
{
    const struct trace *trace = writer->trace;
    if (!trace_has(trace, TRACE_EPISODES))
        return true;
    struct trace_reader *reader = trace_read(trace, TRACE_EPISODES, writer->fault);
    struct trace_episode episode;
    while (reader != NULL && trace_next_episode(reader, &episode, writer->fault)) {
        const struct soc_pe *pe = &trace->soc->pes[episode.pe];
        const struct soc_kind *kind = &trace->soc->kinds[pe->kind];
        bool has_clock = kind->opp_count > 0;
        double whole = has_clock ? kind->opps[kind->opp_count - 1].freq_mhz : 1;
        const char *what = has_clock ? "frequency" : "speed", *unit = has_clock ? "MHz" : "x";
        put_counter(writer, what, pe->name, episode.start_ps, unit, whole * episode.speed);
        if (episode.end_ps != TICK_NEVER)
            put_counter(writer, what, pe->name, episode.end_ps, unit, whole);
    }
    trace_reader_close(reader);
    return !fault_is_set(writer->fault);
}

static bool perfetto_write(const struct trace *trace, FILE *stream, struct fault *fault)
{
    struct writer writer = {.trace = trace, .stream = stream, .fault = fault};
    fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", stream);
    put_names(&writer);
    bool ok = put_tasks(&writer) && put_jobs(&writer) && put_speeds(&writer);
    if (ok) {
        put_queues(&writer);
        put_power(&writer);
    }
    fputs("\n]}\n", stream);
    free(writer.queues.items);
    free(writer.busy.items);
    return ok;
}

const struct export_kind export_to_perfetto = {
    .name = "perfetto",
    .summary = "Chrome's trace events (JSON) for ui.perfetto.dev, chrome://tracing, Speedscope",
    .write = perfetto_write,
};
