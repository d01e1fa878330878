/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chrome's trace events as JSON (the Trace Event Format), which ui.perfetto.dev, chrome://tracing
 * and Speedscope open: a slice (X) for each task on the thread of its PE, and for each time in
 * which a PE was down; flow arrows (s, f) for data, counters (C) for queues, busy power,
 * frequencies and speeds, jobs as asynchronous slices (b, e). Dates and durations are microseconds;
 * pid and tid are whole numbers with names as metadata (M).
 *
 * Counters are sorted by date: 16 bytes of memory for each change, two changes for a task; arrows
 * find their ends in a sorted list: 32 bytes for a task. */
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

/* Where a task ran. */
struct stay {
    int32_t job, task, pe;
    int64_t start_ps, finish_ps;
};

struct stays {
    struct stay *items;
    size_t count, capacity;
};

struct writer {
    const struct trace *trace;
    FILE *stream;
    struct fault *fault;
    bool has_any; /* the next event follows another */
    struct changes queues, busy;
    struct stays stays;
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

/* Begins a slice of a PE. Viewers add `ts` and `dur` in doubles, and nest slices that overlap:
 * where the sum would lie behind the end, the slice is a picosecond shorter. */
static void begin_slice(struct writer *writer, int32_t pe, int64_t start_ps, int64_t end_ps)
{
    int64_t length_ps = end_ps - start_ps;
    if (length_ps > 0 && tick_to_us(start_ps) + tick_to_us(length_ps) > tick_to_us(end_ps))
        length_ps--;
    begin_event(writer, 'X', PID_PES, pe + 1);
    put_us(writer, "ts", start_ps);
    put_us(writer, "dur", length_ps);
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

/* Writes what every attempt has: where, when and, if its PE went down, that it came to nothing. */
static void put_task(struct writer *writer, const struct trace_task *task)
{
    const struct app *app = writer->trace->apps[writer->trace->arrivals[task->job].app];
    begin_slice(writer, task->pe, task->start_ps, task->finish_ps);
    fprintf(writer->stream,
            ",\"name\":\"%s%s\",\"cat\":\"%s\"%s,"
            "\"args\":{\"job\":%d,\"samples\":%d,\"attempt\":%d",
            app->tasks[task->task].name, task->is_aborted ? " (aborted)" : "", app->name,
            task->is_aborted ? ",\"cname\":\"terrible\"" : "", (int)task->job, (int)task->samples,
            (int)task->attempt);
    if (task->ready_ps != TICK_NEVER)
        put_us(writer, "waited_us", task->start_ps - task->ready_ps);
    if (task->est_ps != TICK_NEVER)
        put_us(writer, "estimate_us", task->est_ps);
    fputs("}}", writer->stream);
}

/* Keeps what counters and arrows are made of. */
static void keep_task(struct writer *writer, const struct trace_task *task)
{
    if (task->assigned_ps != TICK_NEVER && task->assigned_ps < task->start_ps) {
        add_change(&writer->queues, task->assigned_ps, task->pe, 1);
        add_change(&writer->queues, task->start_ps, task->pe, -1);
    }
    add_change(&writer->busy, task->start_ps, task->pe, 1);
    add_change(&writer->busy, task->finish_ps, task->pe, -1);
    if (task->is_aborted || !trace_has(writer->trace, TRACE_TRANSFERS))
        return;
    struct stays *stays = &writer->stays;
    stays->items =
        memory_grow(stays->items, &stays->capacity, stays->count + 1, sizeof *stays->items);
    stays->items[stays->count++] =
        (struct stay){task->job, task->task, task->pe, task->start_ps, task->finish_ps};
}

static bool put_tasks(struct writer *writer)
{
    struct trace_reader *reader = trace_read(writer->trace, TRACE_TASKS, writer->fault);
    struct trace_task task;
    while (reader != NULL && export_next_task(reader, &task, writer->fault)) {
        if (task.start_ps == TICK_NEVER) /* a measured time of no date */
            continue;
        put_task(writer, &task);
        if (task.pe >= 0)
            keep_task(writer, &task);
    }
    trace_reader_close(reader);
    return !fault_is_set(writer->fault);
}

/* ---- arrows ---- */

static int compare_stays(const void *a, const void *b)
{
    const struct stay *one = a, *other = b;
    if (one->job != other->job)
        return one->job < other->job ? -1 : 1;
    return (one->task > other->task) - (one->task < other->task);
}

/* Where a task was done; NULL: not in the trace. */
static const struct stay *find_stay(const struct writer *writer, int32_t job, int32_t task)
{
    const struct stay wanted = {.job = job, .task = task};
    return bsearch(&wanted, writer->stays.items, writer->stays.count, sizeof wanted, compare_stays);
}

/* An arrow from the last instant of the producer's slice to the beginning of the consumer's. */
static void put_flow(struct writer *writer, const struct trace_transfer *transfer)
{
    const struct stay *from = find_stay(writer, transfer->job, transfer->from);
    const struct stay *to = find_stay(writer, transfer->job, transfer->task);
    char bytes[32];
    if (from == NULL || to == NULL || from->pe != transfer->from_pe || to->pe != transfer->to_pe)
        return; /* outside of the window, or for an attempt that came to nothing */
    begin_event(writer, 's', PID_PES, from->pe + 1);
    put_us(writer, "ts", from->finish_ps > from->start_ps ? from->finish_ps - 1 : from->finish_ps);
    fprintf(writer->stream,
            ",\"id\":%lld,\"name\":\"data\",\"cat\":\"data\",\"args\":{\"bytes\":%s",
            (long long)writer->flows, csv_format_real(bytes, transfer->bytes));
    put_us(writer, "start_us", transfer->start_ps);
    put_us(writer, "end_us", transfer->end_ps);
    fputs("}}", writer->stream);
    begin_event(writer, 'f', PID_PES, to->pe + 1);
    put_us(writer, "ts", to->start_ps);
    fprintf(writer->stream, ",\"bp\":\"e\",\"id\":%lld,\"name\":\"data\",\"cat\":\"data\"}",
            (long long)writer->flows++);
}

static bool put_flows(struct writer *writer)
{
    struct stays *stays = &writer->stays;
    if (stays->count == 0)
        return true;
    qsort(stays->items, stays->count, sizeof *stays->items, compare_stays);
    struct trace_reader *reader = trace_read(writer->trace, TRACE_TRANSFERS, writer->fault);
    struct trace_transfer transfer;
    while (reader != NULL && trace_next_transfer(reader, &transfer, writer->fault))
        put_flow(writer, &transfer);
    trace_reader_close(reader);
    return !fault_is_set(writer->fault);
}

/* ---- PEs that are down, jobs ---- */

static bool put_outages(struct writer *writer)
{
    struct trace_outage outage;
    struct trace_reader *reader = export_read_outages(writer->trace, writer->fault);
    while (reader != NULL && export_next_outage(reader, writer->trace, &outage, writer->fault)) {
        begin_slice(writer, outage.pe, outage.start_ps, outage.end_ps);
        fputs(",\"name\":\"down\",\"cat\":\"outage\",\"cname\":\"grey\"}", writer->stream);
    }
    trace_reader_close(reader);
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
            fprintf(writer->stream,
                    ",\"id\":%d,\"name\":\"%s\",\"cat\":\"job\",\"args\":{\"status\":\"%s\"}}",
                    (int)job.job, trace->apps[trace->arrivals[job.job].app]->name,
                    job.is_failed ? "failed" : "done");
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

/* The frequencies that the governor gave to clusters; each counts up to the last event. */
static bool put_frequencies(struct writer *writer)
{
    const struct trace *trace = writer->trace;
    if (!trace_has(trace, TRACE_POINTS))
        return true;
    struct trace_reader *reader = trace_read(trace, TRACE_POINTS, writer->fault);
    struct trace_point point;
    while (reader != NULL && trace_next_point(reader, &point, writer->fault))
        put_counter(writer, "frequency", trace->soc->clusters[point.cluster].name, point.at_ps,
                    "MHz", point.freq_mhz);
    trace_reader_close(reader);
    return !fault_is_set(writer->fault);
}

/* Slow-downs: the speed of a PE, or the clock that it amounts to if the platform gives one that
 * does not change. */
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
        bool has_clock = kind->opp_count > 0 && !trace_has(trace, TRACE_POINTS);
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
    bool ok = put_tasks(&writer) && put_flows(&writer) && put_outages(&writer) &&
              put_jobs(&writer) && put_frequencies(&writer) && put_speeds(&writer);
    if (ok) {
        put_queues(&writer);
        put_power(&writer);
    }
    fputs("\n]}\n", stream);
    free(writer.queues.items);
    free(writer.busy.items);
    free(writer.stays.items);
    return ok;
}

const struct export_kind export_to_perfetto = {
    .name = "perfetto",
    .summary = "Chrome's trace events (JSON) for ui.perfetto.dev, chrome://tracing, Speedscope",
    .write = perfetto_write,
};
