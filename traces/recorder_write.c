/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/digits.h"
#include "base/tick.h"
#include "sim/truth.h"
#include "traces/recorder_parts.h"

/* ---- cells ---- */

/* A row has at most so many cells that are numbers, and so many names. */
enum { ROW_NUMBERS = 12, ROW_NAMES = 4 };

/* Names of tasks, PEs and apps have no character that CSV would put in quotes. */
static struct cell make_cell(struct recorder *recorder, const char *name)
{
    size_t length = strlen(name) + 1;
    size_t room = (length + CELL_STEP - 1) / CELL_STEP * CELL_STEP;
    assert(strpbrk(name, ",\"\r\n") == NULL);
    char *text = arena_zeroed(recorder->cells, room, 1);
    memcpy(text, name, length - 1);
    text[length - 1] = ',';
    if (recorder->row_max < room)
        recorder->row_max = room;
    return (struct cell){text, length};
}

/* Of the links that there are; NULL if none ever fails. */
static const struct cell *make_link_cells(struct recorder *recorder)
{
    const struct soc *soc = recorder->setup.soc;
    int32_t count = links_count(soc);
    if (recorder->setup.scenario->next_link_outage == NULL || count == 0)
        return NULL;
    struct cell *links = arena_zeroed(recorder->cells, (size_t)count, sizeof *links);
    for (int32_t link = 0; link < count; link++)
        if (links_is_there(soc, link))
            links[link] = make_cell(recorder, links_name(soc, recorder->cells, link));
    return links;
}

void recorder_make_cells(struct recorder *recorder)
{
    const struct recorder_setup *setup = &recorder->setup;
    recorder->cells = arena_create();
    struct cell *pes = arena_zeroed(recorder->cells, (size_t)setup->soc->pe_count, sizeof *pes);
    for (int32_t pe = 0; pe < setup->soc->pe_count; pe++)
        pes[pe] = make_cell(recorder, setup->soc->pes[pe].name);
    struct app_cells *apps = arena_zeroed(recorder->cells, (size_t)setup->bind_count, sizeof *apps);
    for (int32_t b = 0; b < setup->bind_count; b++) {
        const struct app *app = setup->binds[b].app;
        struct cell *tasks = arena_zeroed(recorder->cells, (size_t)app->task_count, sizeof *tasks);
        for (int32_t t = 0; t < app->task_count; t++)
            tasks[t] = make_cell(recorder, app->tasks[t].name);
        apps[b] = (struct app_cells){make_cell(recorder, app->name), tasks};
    }
    struct cell *clusters =
        arena_zeroed(recorder->cells, (size_t)setup->soc->cluster_count, sizeof *clusters);
    for (int32_t c = 0; c < setup->soc->cluster_count; c++)
        clusters[c] = make_cell(recorder, setup->soc->clusters[c].name);
    recorder->pe_cells = pes;
    recorder->cluster_cells = clusters;
    recorder->link_cells = make_link_cells(recorder);
    recorder->app_cells = apps;
    recorder->dates =
        arena_zeroed(recorder->cells, (size_t)1 << DATE_SLOT_BITS, sizeof *recorder->dates);
    recorder->row_max = ROW_NAMES * recorder->row_max + ROW_NUMBERS * (DIGITS_MAX + 1);
}

static inline char *put_cell(char *at, struct cell cell)
{
    for (size_t i = 0; i < cell.length; i += CELL_STEP)
        memcpy(at + i, cell.text + i, CELL_STEP);
    return at + cell.length;
}

static inline char *put_empty(char *at)
{
    *at = ',';
    return at + 1;
}

static inline char *put_int(char *at, int64_t value)
{
    return put_empty(digits_put_signed(at, value));
}

/* The number of the job. */
static inline char *put_job(char *at, const struct flight *flight)
{
    memcpy(at, flight->number, CELL_STEP);
    return at + flight->number_length;
}

/* A date or a duration. */
static inline char *put_us(const struct recorder *recorder, char *at, int64_t ps)
{
    if (ps == TICK_NEVER)
        return put_empty(at);
    struct date_text *text =
        &recorder->dates[(uint64_t)ps * UINT64_C(0x9e3779b97f4a7c15) >> (64 - DATE_SLOT_BITS)];
    if (text->ps != ps || text->length == 0) {
        text->ps = ps;
        text->length = (uint8_t)(put_empty(digits_put_us(text->text, ps)) - text->text);
    }
    memcpy(at, text->text, DATE_SIZE);
    return at + text->length;
}

static inline char *put_real(char *at, double value)
{
    return put_empty(isnan(value) ? at : digits_put_real(at, value));
}

static inline char *put_exact(char *at, double value)
{
    return put_empty(digits_put_exact(at, value));
}

/* How a task or a job ended. */
static const struct cell ends[] = {[END_DONE] = {"done,           ", 5},
                                   [END_SKIPPED] = {"skipped,        ", 8},
                                   [END_FAILED] = {"failed,         ", 7},
                                   [END_ABORTED] = {"aborted,        ", 8}};

/* ---- rows ---- */

static char *begin_row(struct recorder *recorder, enum trace_category category)
{
    recorder->tables[category].rows++;
    return csv_start_row(&recorder->tables[category].csv, recorder->row_max);
}

/* Ends a row: its last cell has a comma behind it. */
static void end_row(struct recorder *recorder, enum trace_category category, char *at)
{
    at[-1] = '\n';
    csv_keep_row(&recorder->tables[category].csv, at);
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
    *flight = (struct flight){.job = record->job,
                              .bind = &recorder->setup.binds[record->bind],
                              .cells = recorder->app_cells[record->bind]};
    flight->number_length = (size_t)(put_int(flight->number, record->job) - flight->number);
    struct place *places = &recorder->places[(size_t)record->slot * recorder->task_stride];
    for (int32_t task = 0; task < flight->bind->app->task_count; task++)
        places[task].pe = -1;
    if (!recorder_wants(recorder, TRACE_ARRIVALS))
        return;
    char *at = put_job(begin_row(recorder, TRACE_ARRIVALS), flight);
    at = put_us(recorder, at, record->at_ps);
    at = put_cell(at, flight->cells.name);
    if (recorder->setup.has_compat) {
        at = put_int(at, record->after_tick);
        at = put_int(at, record->after_completions);
    }
    end_row(recorder, TRACE_ARRIVALS, at);
}

/* `from`: the producer, -1 if the row is about the task. */
static void write_flow(struct recorder *recorder, const struct flight *flight, int32_t task,
                       int32_t from, int32_t samples, int32_t live)
{
    char *at = put_job(begin_row(recorder, TRACE_ROUTES), flight);
    at = put_cell(at, flight->cells.tasks[task]);
    at = from < 0 ? put_empty(at) : put_cell(at, flight->cells.tasks[from]);
    at = put_int(at, samples);
    at = put_int(at, live);
    end_row(recorder, TRACE_ROUTES, at);
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
            write_flow(recorder, flight, task, -1, record->samples[task], record->samples[task]);
        for (int32_t i = 0; i < app->tasks[task].pred_count; i++) {
            const struct app_edge *pred = &app->preds[app->tasks[task].first_pred + i];
            if (live[pred->edge] > 0)
                write_flow(recorder, flight, task, pred->task, used[pred->edge], live[pred->edge]);
        }
    }
}

static void write_choice(struct recorder *recorder, enum trace_category category, int64_t at_ps,
                         int64_t epoch, int32_t slot, int32_t index, int32_t pe)
{
    const struct flight *flight = &recorder->flights[slot];
    char *at = put_us(recorder, begin_row(recorder, category), at_ps);
    at = put_int(at, epoch);
    at = put_job(at, flight);
    at = put_cell(at, flight->cells.tasks[index]);
    at = put_cell(at, recorder->pe_cells[pe]);
    end_row(recorder, category, at);
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
    char *at = put_job(begin_row(recorder, TRACE_TRANSFERS), flight);
    at = put_cell(at, flight->cells.tasks[record->from]);
    at = put_cell(at, flight->cells.tasks[record->index]);
    at = put_cell(at, recorder->pe_cells[record->from_pe]);
    at = put_cell(at, recorder->pe_cells[record->pe]);
    at = put_exact(at, record->bytes);
    at = put_us(recorder, at, record->start_ps);
    at = put_us(recorder, at, record->finish_ps);
    end_row(recorder, TRACE_TRANSFERS, at);
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
    char *at = put_job(begin_row(recorder, TRACE_TASKS), flight);
    at = put_cell(at, flight->cells.tasks[record->index]);
    at = record->pe < 0 ? put_empty(at) : put_cell(at, recorder->pe_cells[record->pe]);
    at = put_cell(at, ends[record->end]);
    at = put_us(recorder, at, record->ready_ps);
    at = put_us(recorder, at, record->assigned_ps);
    at = put_us(recorder, at, record->data_ps);
    at = put_us(recorder, at, record->start_ps);
    at = put_us(recorder, at, record->finish_ps);
    at = put_us(recorder, at, record->est_ps);
    at = put_us(recorder, at, record->load_ps);
    at = put_int(at, record->samples);
    at = put_int(at, record->attempt);
    at = put_real(at, record->energy_uj);
    end_row(recorder, TRACE_TASKS, at);
}

/* `from`: the producer, -1 if the row is about the task. */
static void write_factor(struct recorder *recorder, const struct flight *flight, int32_t task,
                         int32_t from, double factor)
{
    char *at = put_job(begin_row(recorder, TRACE_FACTORS), flight);
    at = put_cell(at, flight->cells.tasks[task]);
    at = put_exact(at, factor);
    if (recorder->setup.scenario->data_factor != NULL)
        at = from < 0 ? put_empty(at) : put_cell(at, flight->cells.tasks[from]);
    end_row(recorder, TRACE_FACTORS, at);
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
        write_factor(recorder, flight, record->index, -1, record->factor);
    for (int32_t i = 0; scenario->data_factor != NULL && i < what->pred_count; i++) {
        const struct app_edge *pred = &app->preds[what->first_pred + i];
        double factor = scenario->data_factor(scenario->source, flight->job, pred->edge);
        if (places[pred->task].pe >= 0 && factor != 1.0)
            write_factor(recorder, flight, record->index, pred->task, factor);
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
    char *at = put_job(begin_row(recorder, TRACE_JOBS), flight);
    at = put_cell(at, flight->cells.name);
    at = put_us(recorder, at, record->arrival_ps);
    at = put_us(recorder, at, record->start_ps);
    at = put_us(recorder, at, record->finish_ps);
    at = put_cell(at, ends[record->is_failed ? END_FAILED : END_DONE]);
    end_row(recorder, TRACE_JOBS, at);
}

static void write_point(struct recorder *recorder, const struct point_record *record)
{
    const struct soc *soc = recorder->setup.soc;
    const struct soc_kind *kind = &soc->kinds[soc->clusters[record->cluster].kind];
    char *at = put_us(recorder, begin_row(recorder, TRACE_POINTS), record->at_ps);
    at = put_cell(at, recorder->cluster_cells[record->cluster]);
    at = put_exact(at, kind->opps[record->opp].freq_mhz);
    end_row(recorder, TRACE_POINTS, at);
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
    case RECORD_POINT:
        write_point(recorder, record);
        break;
    }
}

void recorder_write_outage(struct recorder *recorder, int32_t pe, const struct outage *outage)
{
    char *at = put_cell(begin_row(recorder, TRACE_FAILURES), recorder->pe_cells[pe]);
    at = put_us(recorder, at, outage->start_ps);
    at = put_us(recorder, at, outage->end_ps);
    end_row(recorder, TRACE_FAILURES, put_empty(at));
}

void recorder_write_link_outage(struct recorder *recorder, int32_t link,
                                const struct outage *outage)
{
    char *at = put_empty(begin_row(recorder, TRACE_FAILURES));
    at = put_us(recorder, at, outage->start_ps);
    at = put_us(recorder, at, outage->end_ps);
    end_row(recorder, TRACE_FAILURES, put_cell(at, recorder->link_cells[link]));
}

void recorder_write_episode(struct recorder *recorder, int32_t pe, const struct episode *episode)
{
    char *at = put_cell(begin_row(recorder, TRACE_EPISODES), recorder->pe_cells[pe]);
    at = put_us(recorder, at, episode->start_ps);
    at = put_us(recorder, at, episode->end_ps);
    at = put_exact(at, episode->speed);
    end_row(recorder, TRACE_EPISODES, at);
}

void recorder_write_table(struct recorder *recorder, const char *task_kind, const char *pe_kind,
                          double factor)
{
    struct csv_writer *csv = &recorder->tables[TRACE_TABLES].csv;
    recorder->tables[TRACE_TABLES].rows++;
    csv_text(csv, task_kind);
    csv_text(csv, pe_kind);
    csv_exact(csv, factor);
    csv_end_row(csv);
}
