/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/recorder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "traces/recorder_parts.h"

static const char *const headers[TRACE_CATEGORIES][15] = {
    [TRACE_ARRIVALS] = {"job_id", "arrival_us", "app", "after_tick", "after_completions"},
    [TRACE_ROUTES] = {"job_id", "task", "from", "samples", "live"},
    [TRACE_FACTORS] = {"job_id", "task", "factor", "from"},
    [TRACE_EPISODES] = {"pe", "start_us", "end_us", "speed"},
    [TRACE_FAILURES] = {"pe", "start_us", "end_us", "link"},
    [TRACE_TABLES] = {"task_kind", "pe_kind", "factor"},
    [TRACE_DECISIONS] = {"at_us", "epoch", "job_id", "task", "pe"},
    [TRACE_PLANS] = {"at_us", "epoch", "job_id", "task", "pe"},
    [TRACE_TASKS] = {"job_id", "task", "pe", "status", "ready_us", "assigned_us", "data_us",
                     "start_us", "finish_us", "exec_est_us", "load_us", "samples", "attempt",
                     "energy_uj"},
    [TRACE_TRANSFERS] = {"job_id", "from", "task", "from_pe", "to_pe", "bytes", "start_us",
                         "end_us"},
    [TRACE_JOBS] = {"job_id", "app", "arrival_us", "start_us", "finish_us", "status"},
    [TRACE_POINTS] = {"at_us", "cluster", "freq_mhz"},
};

/* ---- what happens ---- */

static void on_job_arrival(void *self, int64_t now_ps, const struct observed_arrival *arrival)
{
    struct recorder *recorder = self;
    const struct view_job *job = arrival->job;
    struct job_record *record = relay_room(recorder->relay, sizeof *record);
    (void)now_ps;
    *record = (struct job_record){
        .type = RECORD_JOB,
        .slot = arrival->slot,
        .job = job->id,
        .bind = job->bind,
        .at_ps = arrival->drawn->at_ps,
        .after_tick = job->after_tick,
        .after_completions = job->after_completions && arrival->drawn->after_completions,
    };
    if (arrival->route == NULL)
        return;
    const struct app *app = recorder->setup.binds[job->bind].app;
    size_t tasks = (size_t)app->task_count, edges = (size_t)app->edge_count;
    struct route_record *route =
        relay_room(recorder->relay, sizeof *route + (tasks + 2 * edges) * sizeof *route->samples);
    route->type = RECORD_ROUTE;
    route->slot = arrival->slot;
    memcpy(route->samples, arrival->route->task_samples, tasks * sizeof(int32_t));
    memcpy(route->samples + tasks, arrival->route->edge_live, edges * sizeof(int32_t));
    memcpy(route->samples + tasks + edges, arrival->route->edge_samples, edges * sizeof(int32_t));
}

static void on_task_assigned(void *self, int64_t now_ps, int64_t epoch,
                             const struct view_task *task)
{
    struct recorder *recorder = self;
    struct decision_record *record = relay_room(recorder->relay, sizeof *record);
    *record = (struct decision_record){
        .type = RECORD_DECISION,
        .slot = task->job,
        .index = task->index,
        .pe = task->pe,
        .at_ps = now_ps,
        .epoch = epoch,
    };
}

static void on_plan(void *self, int64_t now_ps, int64_t epoch, const struct view *view,
                    const struct decision *plan, int32_t count)
{
    struct recorder *recorder = self;
    for (int32_t first = 0; first < count; first += PLAN_PIECE) {
        struct plan_record *record = relay_room(recorder->relay, sizeof *record);
        record->type = RECORD_PLAN;
        record->at_ps = now_ps;
        record->epoch = epoch;
        record->count = count - first < PLAN_PIECE ? count - first : PLAN_PIECE;
        for (int32_t i = 0; i < record->count; i++) {
            const struct decision *place = &plan[first + i];
            const struct view_task *task = &view->tasks[place->task];
            record->places[i] = (struct planned){task->job, task->index, place->pe};
        }
    }
}

static void put_attempt(struct recorder *recorder, const struct observed_task *observed,
                        enum task_end end)
{
    const struct view_task *task = observed->task;
    struct task_record *record = relay_room(recorder->relay, sizeof *record);
    *record = (struct task_record){
        .type = RECORD_TASK,
        .end = end,
        .slot = task->job,
        .index = task->index,
        .pe = task->pe,
        .ready_ps = task->ready_ps,
        .assigned_ps = task->assigned_ps,
        .data_ps = task->data_ps,
        .start_ps = task->start_ps,
        .finish_ps = task->finish_ps,
        .est_ps = observed->exec_est_ps,
        .load_ps = observed->load_ps,
        .samples = observed->samples,
        .attempt = task->attempt,
        .factor = observed->factor,
        .energy_uj = observed->energy_uj,
    };
}

static void on_task_done(void *self, const struct observed_task *observed)
{
    put_attempt(self, observed, END_DONE);
}

static void on_task_aborted(void *self, const struct observed_task *observed)
{
    put_attempt(self, observed, END_ABORTED);
}

/* A task that has ended and has not run. */
static void put_end(struct recorder *recorder, int64_t now_ps, const struct observed_task *observed,
                    enum task_end end)
{
    struct task_record *record = relay_room(recorder->relay, sizeof *record);
    *record = (struct task_record){
        .type = RECORD_TASK,
        .end = end,
        .slot = observed->task->job,
        .index = observed->task->index,
        .pe = -1,
        .ready_ps = TICK_NEVER,
        .assigned_ps = TICK_NEVER,
        .data_ps = TICK_NEVER,
        .start_ps = TICK_NEVER,
        .finish_ps = now_ps,
        .est_ps = TICK_NEVER,
        .load_ps = TICK_NEVER,
        .attempt = observed->task->attempt,
        .energy_uj = NAN,
    };
}

static void on_task_skipped(void *self, int64_t now_ps, const struct observed_task *observed)
{
    put_end(self, now_ps, observed, END_SKIPPED);
}

static void on_task_failed(void *self, int64_t now_ps, const struct observed_task *observed)
{
    put_end(self, now_ps, observed, END_FAILED);
}

static void on_transfer_done(void *self, const struct observed_transfer *transfer)
{
    struct recorder *recorder = self;
    struct transfer_record *record = relay_room(recorder->relay, sizeof *record);
    *record = (struct transfer_record){
        .type = RECORD_TRANSFER,
        .slot = transfer->consumer->job,
        .from = transfer->producer->index,
        .index = transfer->consumer->index,
        .from_pe = transfer->producer->pe,
        .pe = transfer->consumer->pe,
        .bytes = transfer->bytes,
        .start_ps = transfer->start_ps,
        .finish_ps = transfer->finish_ps,
    };
}

static void put_job(struct recorder *recorder, const struct observed_job *job, bool is_failed)
{
    struct end_record *record = relay_room(recorder->relay, sizeof *record);
    *record = (struct end_record){
        .type = RECORD_END,
        .slot = job->slot,
        .arrival_ps = job->arrival_ps,
        .start_ps = job->start_ps,
        .finish_ps = job->finish_ps,
        .is_failed = is_failed,
    };
}

static void on_job_done(void *self, const struct observed_job *job)
{
    put_job(self, job, false);
}

static void on_point_changed(void *self, int64_t now_ps, int32_t cluster, int32_t opp)
{
    struct recorder *recorder = self;
    struct point_record *record = relay_room(recorder->relay, sizeof *record);
    *record = (struct point_record){RECORD_POINT, cluster, opp, now_ps};
}

static void on_job_failed(void *self, const struct observed_job *job, const char *reason)
{
    (void)reason;
    put_job(self, job, true);
}

/* ---- life ---- */

/* Columns at the end of a file that nothing would be written into. */
static int idle_columns(const struct recorder *recorder, enum trace_category category)
{
    if (category == TRACE_ARRIVALS && !recorder->setup.has_compat)
        return 2;
    return category == TRACE_FACTORS && recorder->setup.scenario->data_factor == NULL;
}

/* Creates the file of a category with its header. */
static bool open_table(struct recorder *recorder, enum trace_category category, struct fault *fault)
{
    struct table *table = &recorder->tables[category];
    const char *const *header = headers[category];
    recorder->names[category] =
        arena_printf(recorder->arena, "%s.csv%s", trace_category_name(category),
                     recorder->setup.is_compressed ? ".zst" : "");
    const char *path =
        arena_printf(recorder->arena, "%s/%s", recorder->setup.dir, recorder->names[category]);
    FILE *stream = packed_write(path, &table->sum, fault);
    if (stream == NULL)
        return false;
    csv_attach(&table->csv, stream, path);
    table->is_open = true;
    for (int i = 0, idle = idle_columns(recorder, category); header[i + idle] != NULL; i++)
        csv_text(&table->csv, header[i]);
    csv_end_row(&table->csv);
    return true;
}

/* Closes the files and says what they are; false and a fault if one could not be written. */
static bool close_tables(struct recorder *recorder, struct trace_file *files, struct fault *fault)
{
    bool ok = true;
    for (int i = 0; i < TRACE_CATEGORIES; i++) {
        struct table *table = &recorder->tables[i];
        files[i] = (struct trace_file){NULL, -1, -1};
        if (!table->is_open)
            continue;
        ok = csv_finish(&table->csv, fault) && ok;
        files[i] = (struct trace_file){recorder->names[i], table->rows, table->sum.crc32};
    }
    return ok;
}

static void destroy(struct recorder *recorder)
{
    free(recorder->flights);
    free(recorder->places);
    free(recorder->used);
    arena_destroy(recorder->cells);
    free(recorder);
}

/* The largest app decides how much room a job needs. */
static void measure(struct recorder *recorder)
{
    for (int32_t i = 0; i < recorder->setup.bind_count; i++) {
        const struct bind *bind = &recorder->setup.binds[i];
        size_t tasks = (size_t)bind->app->task_count, edges = (size_t)bind->app->edge_count;
        if (tasks > recorder->task_stride)
            recorder->task_stride = tasks;
        if (bind->chances != NULL && edges > recorder->edge_stride)
            recorder->edge_stride = edges;
    }
}

/* The points at which clusters begin. */
static void put_first_points(struct recorder *recorder)
{
    const struct soc *soc = recorder->setup.soc;
    for (int32_t c = 0; c < soc->cluster_count; c++)
        if (soc->kinds[soc->clusters[c].kind].opp_count > 0)
            on_point_changed(recorder, 0, c, soc->kinds[soc->clusters[c].kind].opp);
}

struct recorder *recorder_create(const struct recorder_setup *setup, struct arena *arena,
                                 struct fault *fault)
{
    struct recorder *recorder = memory_zeroed(1, sizeof *recorder);
    *recorder = (struct recorder){.setup = *setup, .arena = arena};
    if (setup->scenario->table_factor == NULL)
        recorder->setup.categories &= ~(UINT32_C(1) << TRACE_TABLES);
    if (setup->scenario->next_outage == NULL && setup->scenario->next_link_outage == NULL)
        recorder->setup.categories &= ~(UINT32_C(1) << TRACE_FAILURES);
    if (setup->soc->ondemand.period_ps == 0 && setup->soc->thermal_mode != SOC_THERMAL_THROTTLE)
        recorder->setup.categories &= ~(UINT32_C(1) << TRACE_POINTS);
    measure(recorder);
    recorder_make_cells(recorder);
    bool ok = true;
    for (int i = 0; ok && i < TRACE_CATEGORIES; i++)
        ok = !recorder_wants(recorder, (enum trace_category)i) ||
             open_table(recorder, (enum trace_category)i, fault);
    if (!ok) {
        struct trace_file files[TRACE_CATEGORIES];
        close_tables(recorder, files, fault);
        destroy(recorder);
        return NULL;
    }
    size_t route = sizeof(struct route_record) +
                   (recorder->task_stride + 2 * recorder->edge_stride) * sizeof(int32_t);
    size_t plan = sizeof(struct plan_record);
    recorder->relay = relay_create(recorder_write, recorder, route > plan ? route : plan);
    if (recorder_wants(recorder, TRACE_POINTS))
        put_first_points(recorder);
    return recorder;
}

struct observer recorder_observer(struct recorder *recorder)
{
    static const uint32_t of_tasks =
        UINT32_C(1) << TRACE_TASKS | UINT32_C(1) << TRACE_FACTORS | UINT32_C(1) << TRACE_TRANSFERS;
    bool has_tasks = (recorder->setup.categories & of_tasks) != 0;
    return (struct observer){
        .self = recorder,
        .on_job_arrival = on_job_arrival,
        .on_task_assigned = recorder_wants(recorder, TRACE_DECISIONS) ? on_task_assigned : NULL,
        .on_plan = recorder_wants(recorder, TRACE_PLANS) ? on_plan : NULL,
        .on_task_done = has_tasks ? on_task_done : NULL,
        .on_task_skipped = has_tasks ? on_task_skipped : NULL,
        .on_task_aborted = has_tasks ? on_task_aborted : NULL,
        .on_task_failed = has_tasks ? on_task_failed : NULL,
        .on_transfer_done = recorder_wants(recorder, TRACE_TRANSFERS) ? on_transfer_done : NULL,
        .on_job_done = recorder_wants(recorder, TRACE_JOBS) ? on_job_done : NULL,
        .on_job_failed = recorder_wants(recorder, TRACE_JOBS) ? on_job_failed : NULL,
        .on_point_changed = recorder_wants(recorder, TRACE_POINTS) ? on_point_changed : NULL,
    };
}

/* All that began until the last event, and the first one after it. */
static void write_episodes(struct recorder *recorder, int64_t end_ps)
{
    const struct scenario *scenario = recorder->setup.scenario;
    for (int32_t pe = 0; pe < recorder->setup.soc->pe_count; pe++) {
        struct episode episode = EPISODE_BEFORE_FIRST;
        while (episode.start_ps <= end_ps && scenario->next_episode(scenario->source, pe, &episode))
            recorder_write_episode(recorder, pe, &episode);
    }
}

/* The same of failures of PEs. */
static void write_outages(struct recorder *recorder, int64_t end_ps)
{
    const struct scenario *scenario = recorder->setup.scenario;
    if (scenario->next_outage == NULL)
        return;
    for (int32_t pe = 0; pe < recorder->setup.soc->pe_count; pe++) {
        struct outage outage = OUTAGE_BEFORE_FIRST;
        while (outage.start_ps <= end_ps && scenario->next_outage(scenario->source, pe, &outage))
            recorder_write_outage(recorder, pe, &outage);
    }
}

/* The same of failures of links. */
static void write_link_outages(struct recorder *recorder, int64_t end_ps)
{
    const struct scenario *scenario = recorder->setup.scenario;
    const struct soc *soc = recorder->setup.soc;
    if (scenario->next_link_outage == NULL)
        return;
    for (int32_t link = 0; link < links_count(soc); link++) {
        struct outage outage = OUTAGE_BEFORE_FIRST;
        while (links_is_there(soc, link) && outage.start_ps <= end_ps &&
               scenario->next_link_outage(scenario->source, link, &outage))
            recorder_write_link_outage(recorder, link, &outage);
    }
}

/* Two names, of a task kind and a PE kind. */
struct table_names {
    const char *task_kind, *pe_kind;
};

static int compare_names(const void *a, const void *b)
{
    const struct table_names *one = a, *other = b;
    int order = strcmp(one->task_kind, other->task_kind);
    return order != 0 ? order : strcmp(one->pe_kind, other->pe_kind);
}

/* How wrong each table is, by name. */
static void write_tables(struct recorder *recorder)
{
    const struct recorder_setup *setup = &recorder->setup;
    struct table_names *names = NULL;
    size_t count = 0, capacity = 0;
    for (int32_t i = 0; i < setup->bind_count; i++)
        for (int32_t t = 0; t < setup->binds[i].app->kind_count; t++)
            for (int32_t k = 0; k < setup->soc->kind_count; k++) {
                names = memory_grow(names, &capacity, count + 1, sizeof *names);
                names[count++] = (struct table_names){setup->binds[i].app->kinds[t].name,
                                                      setup->soc->kinds[k].name};
            }
    if (count > 0)
        qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || compare_names(&names[i - 1], &names[i]) != 0)
            recorder_write_table(recorder, names[i].task_kind, names[i].pe_kind,
                                 setup->scenario->table_factor(setup->scenario->source,
                                                               names[i].task_kind,
                                                               names[i].pe_kind));
    free(names);
}

bool recorder_finish(struct recorder *recorder, int64_t end_ps,
                     struct trace_file files[static TRACE_CATEGORIES], struct fault *fault)
{
    relay_destroy(recorder->relay);
    if (recorder_wants(recorder, TRACE_EPISODES))
        write_episodes(recorder, end_ps);
    if (recorder_wants(recorder, TRACE_FAILURES)) {
        write_outages(recorder, end_ps);
        write_link_outages(recorder, end_ps);
    }
    if (recorder_wants(recorder, TRACE_TABLES))
        write_tables(recorder);
    bool ok = close_tables(recorder, files, fault);
    destroy(recorder);
    return ok;
}
