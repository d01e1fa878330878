/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/tick.h"
#include "sim/truth.h"
#include "traces/recorder_parts.h"

static const char *pe_name(const struct recorder *recorder, int32_t pe)
{
    return recorder->setup.soc->pes[pe].name;
}

static const char *task_name(const struct flight *flight, int32_t index)
{
    return flight->bind->app->tasks[index].name;
}

static struct csv_writer *begin_row(struct recorder *recorder, enum trace_category category)
{
    recorder->tables[category].rows++;
    return &recorder->tables[category].csv;
}

/* Whether something that happened then lies in the window. */
static bool is_inside(const struct recorder *recorder, int64_t start_ps, int64_t end_ps)
{
    return end_ps >= recorder->setup.from_ps && start_ps < recorder->setup.until_ps;
}

/* Makes room for a slot. */
static void grow_flights(struct recorder *recorder, int32_t slot)
{
    size_t before = recorder->flight_capacity, count = before == 0 ? 16 : before;
    while (count <= (size_t)slot)
        count *= 2;
    if (count == before)
        return;
    recorder->flights = memory_resize(recorder->flights, count, sizeof *recorder->flights);
    recorder->places =
        memory_resize(recorder->places, count * recorder->task_stride, sizeof *recorder->places);
    if (recorder->edge_stride > 0)
        recorder->used =
            memory_resize(recorder->used, count * recorder->edge_stride, sizeof *recorder->used);
    recorder->flight_capacity = count;
}

static void write_arrival(struct recorder *recorder, const struct job_record *record)
{
    grow_flights(recorder, record->slot);
    struct flight *flight = &recorder->flights[record->slot];
    *flight = (struct flight){record->job, &recorder->setup.binds[record->bind]};
    struct place *places = &recorder->places[(size_t)record->slot * recorder->task_stride];
    for (int32_t task = 0; task < flight->bind->app->task_count; task++)
        places[task].pe = -1;
    if (!recorder_wants(recorder, TRACE_ARRIVALS))
        return;
    struct csv_writer *csv = begin_row(recorder, TRACE_ARRIVALS);
    csv_int(csv, record->job);
    csv_us(csv, record->at_ps);
    csv_text(csv, flight->bind->app->name);
    if (recorder->setup.has_compat) {
        csv_int(csv, record->after_tick);
        csv_int(csv, record->after_completions);
    }
    csv_end_row(csv);
}

static void write_flow(struct recorder *recorder, const struct flight *flight, int32_t task,
                       const char *from, int32_t samples, int32_t live)
{
    struct csv_writer *csv = begin_row(recorder, TRACE_ROUTES);
    csv_int(csv, flight->job);
    csv_text(csv, task_name(flight, task));
    csv_text(csv, from);
    csv_int(csv, samples);
    csv_int(csv, live);
    csv_end_row(csv);
}

static void write_route(struct recorder *recorder, const struct route_record *record)
{
    const struct flight *flight = &recorder->flights[record->slot];
    const struct app *app = flight->bind->app;
    const int32_t *live = record->samples + app->task_count;
    const int32_t *used = live + app->edge_count;
    memcpy(recorder->used + (size_t)record->slot * recorder->edge_stride, used,
           (size_t)app->edge_count * sizeof *used);
    if (!recorder_wants(recorder, TRACE_ROUTES))
        return;
    for (int32_t task = 0; task < app->task_count; task++) {
        if (record->samples[task] > 0)
            write_flow(recorder, flight, task, NULL, record->samples[task], record->samples[task]);
        for (int32_t i = 0; i < app->tasks[task].pred_count; i++) {
            const struct app_edge *pred = &app->preds[app->tasks[task].first_pred + i];
            if (live[pred->edge] > 0)
                write_flow(recorder, flight, task, task_name(flight, pred->task), used[pred->edge],
                           live[pred->edge]);
        }
    }
}

static void write_choice(struct recorder *recorder, enum trace_category category, int64_t at_ps,
                         int64_t epoch, int32_t slot, int32_t index, int32_t pe)
{
    const struct flight *flight = &recorder->flights[slot];
    struct csv_writer *csv = begin_row(recorder, category);
    csv_us(csv, at_ps);
    csv_int(csv, epoch);
    csv_int(csv, flight->job);
    csv_text(csv, task_name(flight, index));
    csv_text(csv, pe_name(recorder, pe));
    csv_end_row(csv);
}

static void write_plan(struct recorder *recorder, const struct plan_record *record)
{
    for (int32_t i = 0; i < record->count; i++)
        write_choice(recorder, TRACE_PLANS, record->at_ps, record->epoch, record->places[i].slot,
                     record->places[i].index, record->places[i].pe);
}

static void write_transfer(struct recorder *recorder, const struct transfer_record *record)
{
    const struct flight *flight = &recorder->flights[record->slot];
    if (!is_inside(recorder, record->start_ps, record->finish_ps))
        return;
    struct csv_writer *csv = begin_row(recorder, TRACE_TRANSFERS);
    csv_int(csv, flight->job);
    csv_text(csv, task_name(flight, record->from));
    csv_text(csv, task_name(flight, record->index));
    csv_text(csv, pe_name(recorder, record->from_pe));
    csv_text(csv, pe_name(recorder, record->pe));
    csv_exact(csv, record->bytes);
    csv_us(csv, record->start_ps);
    csv_us(csv, record->finish_ps);
    csv_end_row(csv);
}

/* Samples that went along an edge of a job in flight. */
static int32_t edge_samples(const struct recorder *recorder, int32_t slot, int32_t edge)
{
    const struct bind *bind = recorder->flights[slot].bind;
    return bind->chances == NULL
               ? bind->app->batch
               : recorder->used[(size_t)slot * recorder->edge_stride + (size_t)edge];
}

/* The data that came to a task over ways that nothing else keeps busy. */
static void write_transfers(struct recorder *recorder, const struct task_record *record)
{
    const struct bind *bind = recorder->flights[record->slot].bind;
    const struct soc *soc = recorder->setup.soc;
    const struct app_task *what = &bind->app->tasks[record->index];
    const struct place *places = &recorder->places[(size_t)record->slot * recorder->task_stride];
    for (int32_t i = 0; i < what->pred_count; i++) {
        const struct app_edge *pred = &bind->app->preds[what->first_pred + i];
        const struct place *from = &places[pred->task];
        int32_t samples = edge_samples(recorder, record->slot, pred->edge);
        if (from->pe < 0 || samples == 0)
            continue;
        int32_t lane = soc_lane(soc, from->pe, record->pe);
        int64_t delay_ps = bind->delay_ps[(int64_t)pred->edge * soc->lane_count + lane];
        if (bind->chances != NULL || recorder->setup.scenario->data_factor != NULL)
            delay_ps =
                truth_delay_ps(recorder->setup.scenario, bind, recorder->flights[record->slot].job,
                               pred->edge, lane, samples);
        if (delay_ps == 0 && from->pe == record->pe)
            continue;
        int64_t start_ps = from->finish_ps;
        if (soc->at_assign && record->assigned_ps > start_ps)
            start_ps = record->assigned_ps;
        const struct transfer_record transfer = {
            .slot = record->slot,
            .from = pred->task,
            .index = record->index,
            .from_pe = from->pe,
            .pe = record->pe,
            .bytes = bind->app->bytes[pred->edge] * samples,
            .start_ps = start_ps,
            .finish_ps = start_ps + delay_ps,
        };
        write_transfer(recorder, &transfer);
    }
}

static void write_task_row(struct recorder *recorder, const struct task_record *record)
{
    const struct flight *flight = &recorder->flights[record->slot];
    struct csv_writer *csv = begin_row(recorder, TRACE_TASKS);
    static const char *const ends[] = {[END_DONE] = "done",
                                       [END_SKIPPED] = "skipped",
                                       [END_FAILED] = "failed",
                                       [END_ABORTED] = "aborted"};
    csv_int(csv, flight->job);
    csv_text(csv, task_name(flight, record->index));
    csv_text(csv, record->pe < 0 ? NULL : pe_name(recorder, record->pe));
    csv_text(csv, ends[record->end]);
    csv_us(csv, record->ready_ps);
    csv_us(csv, record->assigned_ps);
    csv_us(csv, record->data_ps);
    csv_us(csv, record->start_ps);
    csv_us(csv, record->finish_ps);
    csv_us(csv, record->est_ps);
    csv_us(csv, record->load_ps);
    csv_int(csv, record->samples);
    csv_int(csv, record->attempt);
    csv_real(csv, record->energy_uj);
    csv_end_row(csv);
}

static void write_factor(struct recorder *recorder, const struct flight *flight, int32_t task,
                         const char *from, double factor)
{
    struct csv_writer *csv = begin_row(recorder, TRACE_FACTORS);
    csv_int(csv, flight->job);
    csv_text(csv, task_name(flight, task));
    csv_exact(csv, factor);
    if (recorder->setup.scenario->data_factor != NULL)
        csv_text(csv, from);
    csv_end_row(csv);
}

/* The factor of a task, unless it has never run, and those of the data that came to it. */
static void write_factors(struct recorder *recorder, const struct task_record *record)
{
    const struct scenario *scenario = recorder->setup.scenario;
    const struct flight *flight = &recorder->flights[record->slot];
    const struct app *app = flight->bind->app;
    const struct app_task *what = &app->tasks[record->index];
    const struct place *places = &recorder->places[(size_t)record->slot * recorder->task_stride];
    if (record->pe >= 0 && record->factor != 1.0)
        write_factor(recorder, flight, record->index, NULL, record->factor);
    for (int32_t i = 0; scenario->data_factor != NULL && i < what->pred_count; i++) {
        const struct app_edge *pred = &app->preds[what->first_pred + i];
        double factor = scenario->data_factor(scenario->source, flight->job, pred->edge);
        if (places[pred->task].pe >= 0 && factor != 1.0)
            write_factor(recorder, flight, record->index, task_name(flight, pred->task), factor);
    }
}

static void write_task(struct recorder *recorder, const struct task_record *record)
{
    if (record->end != END_ABORTED)
        recorder->places[(size_t)record->slot * recorder->task_stride + (size_t)record->index] =
            (struct place){record->pe, record->finish_ps};
    int64_t start_ps = record->pe < 0 ? record->finish_ps : record->start_ps;
    if (recorder_wants(recorder, TRACE_TASKS) && is_inside(recorder, start_ps, record->finish_ps))
        write_task_row(recorder, record);
    if (recorder_wants(recorder, TRACE_FACTORS) && record->end != END_SKIPPED &&
        record->attempt == 1) /* the others have the same ones */
        write_factors(recorder, record);
    if (record->end != END_DONE)
        return;
    if (recorder_wants(recorder, TRACE_TRANSFERS) && !soc_is_contended(recorder->setup.soc))
        write_transfers(recorder, record);
}

static void write_end(struct recorder *recorder, const struct end_record *record)
{
    const struct flight *flight = &recorder->flights[record->slot];
    if (!recorder_wants(recorder, TRACE_JOBS) ||
        !is_inside(recorder, record->arrival_ps, record->finish_ps))
        return;
    struct csv_writer *csv = begin_row(recorder, TRACE_JOBS);
    csv_int(csv, flight->job);
    csv_text(csv, flight->bind->app->name);
    csv_us(csv, record->arrival_ps);
    csv_us(csv, record->start_ps);
    csv_us(csv, record->finish_ps);
    csv_text(csv, record->is_failed ? "failed" : "done");
    csv_end_row(csv);
}

void recorder_write(void *context, const void *record, size_t size)
{
    struct recorder *recorder = context;
    (void)size;
    switch (*(const enum record_type *)record) {
    case RECORD_JOB:
        write_arrival(recorder, record);
        break;
    case RECORD_ROUTE:
        write_route(recorder, record);
        break;
    case RECORD_DECISION: {
        const struct decision_record *decision = record;
        write_choice(recorder, TRACE_DECISIONS, decision->at_ps, decision->epoch, decision->slot,
                     decision->index, decision->pe);
        break;
    }
    case RECORD_PLAN:
        write_plan(recorder, record);
        break;
    case RECORD_TASK:
        write_task(recorder, record);
        break;
    case RECORD_TRANSFER:
        write_transfer(recorder, record);
        break;
    case RECORD_END:
        write_end(recorder, record);
        break;
    }
}

void recorder_write_outage(struct recorder *recorder, int32_t pe, const struct outage *outage)
{
    struct csv_writer *csv = begin_row(recorder, TRACE_FAILURES);
    csv_text(csv, pe_name(recorder, pe));
    csv_us(csv, outage->start_ps);
    csv_us(csv, outage->end_ps);
    csv_end_row(csv);
}

void recorder_write_episode(struct recorder *recorder, int32_t pe, const struct episode *episode)
{
    struct csv_writer *csv = begin_row(recorder, TRACE_EPISODES);
    csv_text(csv, pe_name(recorder, pe));
    csv_us(csv, episode->start_ps);
    csv_us(csv, episode->end_ps);
    csv_exact(csv, episode->speed);
    csv_end_row(csv);
}

void recorder_write_table(struct recorder *recorder, const char *task_kind, const char *pe_kind,
                          double factor)
{
    struct csv_writer *csv = begin_row(recorder, TRACE_TABLES);
    csv_text(csv, task_kind);
    csv_text(csv, pe_kind);
    csv_exact(csv, factor);
    csv_end_row(csv);
}
