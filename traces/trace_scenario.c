/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/trace_scenario.h"

#include <stdlib.h>
#include <string.h>

#include "base/tick.h"

/* A recording that is being filled. */
struct filling {
    struct scenario_recorded *recorded;
    const struct trace *trace;
    const struct bind **binds; /* [trace->app_count] of the world, by app of the trace */
    int32_t *numbers;          /* [trace->app_count] their index */
    struct bind *measured;     /* [trace->app_count] on the platform of the trace */
    struct trace_gaps *gaps;
    struct trace_reader *reader; /* that is being read */
    struct fault *fault;
};

/* Refuses the current row. */
static bool refuse(const struct filling *filling, const char *hint, const char *what)
{
    char where[sizeof filling->fault->where];
    return fault_set(filling->fault, trace_where(filling->reader, where, sizeof where), hint, "%s",
                     what);
}

static bool find_binds(struct filling *filling, const struct bind *binds, int32_t bind_count)
{
    const struct trace *trace = filling->trace;
    for (int32_t app = 0; app < trace->app_count; app++)
        for (int32_t i = 0; i < bind_count; i++)
            if (strcmp(binds[i].app->name, trace->apps[app]->name) == 0) {
                filling->binds[app] = &binds[i];
                filling->numbers[app] = i;
            }
    for (int32_t job = 0; job < trace->job_count; job++) {
        int32_t app = trace->arrivals[job].app;
        if (filling->binds[app] == NULL)
            return fault_set(filling->fault, trace->dir, "keep the apps of the recording",
                             "job %d is of app `%s`, which the workload does not have", (int)job,
                             trace->apps[app]->name);
        if (filling->binds[app]->app->task_count != trace->apps[app]->task_count ||
            filling->binds[app]->app->edge_count != trace->apps[app]->edge_count)
            return fault_set(filling->fault, trace->dir, "use the app files of the trace",
                             "app `%s` is not the one that was recorded", trace->apps[app]->name);
    }
    return true;
}

static void fill_arrivals(struct filling *filling)
{
    for (int32_t job = 0; job < filling->trace->job_count; job++) {
        const struct trace_arrival *row = &filling->trace->arrivals[job];
        const struct arrival arrival = {
            .job = job,
            .app = filling->numbers[row->app],
            .at_ps = row->at_ps,
            .after_tick = row->after_tick,
            .after_completions = row->after_completions,
        };
        scenario_recorded_add_arrival(filling->recorded, &arrival);
    }
}

static bool fill_outages(struct filling *filling)
{
    struct trace_outage row;
    while (trace_next_outage(filling->reader, &row, filling->fault))
        if (row.pe >= 0)
            scenario_recorded_add_outage(filling->recorded, row.pe, row.start_ps, row.end_ps);
        else
            scenario_recorded_add_link_outage(filling->recorded, row.link, row.start_ps,
                                              row.end_ps);
    return !fault_is_set(filling->fault);
}

/* The number of the edge between two tasks, -1 if there is none. O(log predecessors). */
static int32_t find_edge(const struct app *app, int32_t from, int32_t task)
{
    int32_t low = app->tasks[task].first_pred, end = low + app->tasks[task].pred_count;
    for (int32_t high = end; low < high;) {
        int32_t middle = low + (high - low) / 2;
        if (app->preds[middle].task < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low < end && app->preds[low].task == from ? app->preds[low].edge : -1;
}

/* Takes the factor of a task, or of an edge. */
static bool fill_factor(struct filling *filling, const struct trace_factor *row)
{
    const struct app *app = filling->binds[filling->trace->arrivals[row->job].app]->app;
    if (row->from < 0)
        return scenario_recorded_set_factor(filling->recorded, row->job, row->task, row->factor) ||
               refuse(filling, "every task has one factor", "the task has a factor already");
    int32_t edge = find_edge(app, row->from, row->task);
    if (edge < 0)
        return refuse(filling, "see its app file", "there is no edge between these tasks");
    return scenario_recorded_set_data(filling->recorded, row->job, edge, row->factor) ||
           refuse(filling, "every edge has one factor", "the edge has a factor already");
}

static bool fill_factors(struct filling *filling)
{
    struct trace_factor row;
    while (trace_next_factor(filling->reader, &row, filling->fault))
        if (!fill_factor(filling, &row))
            return false;
    return !fault_is_set(filling->fault);
}

static bool fill_tables(struct filling *filling)
{
    struct trace_table row;
    while (trace_next_table(filling->reader, &row, filling->fault))
        if (!scenario_recorded_add_table(filling->recorded, row.task_kind, row.pe_kind, row.factor))
            return refuse(filling, "rows are in the order of their names, each once",
                          "out of order");
    return !fault_is_set(filling->fault);
}

static bool fill_episodes(struct filling *filling)
{
    struct trace_episode row;
    while (trace_next_episode(filling->reader, &row, filling->fault)) {
        const struct episode episode = {
            .start_ps = row.start_ps, .end_ps = row.end_ps, .speed = row.speed};
        if (!scenario_recorded_add_episode(filling->recorded, row.pe, &episode))
            return refuse(filling, "round the speeds", "there are too many different speeds");
    }
    return !fault_is_set(filling->fault);
}

/* Rows of a job follow each other, so that what was seen of it can be told by its number. */
struct seen {
    int32_t job;
    int32_t *tasks, *edges; /* number of the last job in which they had a row */
    size_t task_capacity, edge_capacity;
};

static int32_t *grow_seen(int32_t *seen, size_t *capacity, int32_t count)
{
    size_t before = *capacity;
    seen = memory_grow(seen, capacity, (size_t)count, sizeof *seen);
    for (size_t i = before; i < *capacity; i++)
        seen[i] = -1;
    return seen;
}

static bool fill_flow(struct filling *filling, struct seen *seen, const struct trace_route *row)
{
    const struct app *app = filling->binds[filling->trace->arrivals[row->job].app]->app;
    if (row->job < seen->job)
        return refuse(filling, "rows are in the order of jobs", "an earlier job");
    if (row->live > app->batch)
        return refuse(filling, NULL, "more samples than a job of this app has");
    seen->job = row->job;
    seen->tasks = grow_seen(seen->tasks, &seen->task_capacity, app->task_count);
    seen->edges = grow_seen(seen->edges, &seen->edge_capacity, app->edge_count);
    struct recorded_flow flow = {
        .index = row->task, .samples = row->samples, .live = row->live, .is_edge = row->from >= 0};
    if (flow.is_edge) {
        flow.index = find_edge(app, row->from, row->task);
        if (flow.index < 0)
            return refuse(filling, "see its app file", "there is no edge between these tasks");
    }
    int32_t *last = flow.is_edge ? &seen->edges[flow.index] : &seen->tasks[flow.index];
    if (*last == row->job)
        return refuse(filling, NULL, "this task or edge has a row already");
    *last = row->job;
    scenario_recorded_add_flow(filling->recorded, row->job, &flow);
    return true;
}

static bool fill_routes(struct filling *filling)
{
    struct trace_route row;
    struct seen seen = {.job = 0};
    bool ok = true;
    while (ok && trace_next_route(filling->reader, &row, filling->fault))
        ok = fill_flow(filling, &seen, &row);
    free(seen.tasks);
    free(seen.edges);
    return ok && !fault_is_set(filling->fault);
}

/* Time of the tables for what was measured; 0 if they have none. */
static int64_t table_ps(const struct filling *filling, const struct trace_task *row)
{
    const struct bind *bind = &filling->measured[filling->trace->arrivals[row->job].app];
    int64_t cost_ps = bind->cost_ps[(int64_t)row->task * bind->soc->kind_count + row->kind];
    if (cost_ps == BIND_INCAPABLE || bind->chances == NULL)
        return cost_ps == BIND_INCAPABLE ? 0 : cost_ps;
    return bind_sized_cost_ps(bind, row->task, row->kind,
                              row->samples < bind->app->batch ? row->samples : bind->app->batch);
}

/* Makes factors of measured times. */
static bool fill_measured(struct filling *filling)
{
    struct trace_task row;
    while (trace_next_task(filling->reader, &row, filling->fault)) {
        if (row.is_skipped || row.is_aborted || row.start_ps == TICK_NEVER)
            continue;
        int64_t cost_ps = table_ps(filling, &row);
        filling->gaps->measured++;
        filling->gaps->without_table += cost_ps == 0;
        double factor =
            cost_ps == 0 ? 1.0 : (double)(row.finish_ps - row.start_ps) / (double)cost_ps;
        if (!scenario_recorded_set_factor(filling->recorded, row.job, row.task, factor))
            return refuse(filling, "every task runs once", "the task has a time already");
    }
    return !fault_is_set(filling->fault);
}

/* Reads a category into the recording. */
static bool fill(struct filling *filling, enum trace_category category,
                 bool (*read)(struct filling *filling))
{
    filling->reader = trace_read(filling->trace, category, filling->fault);
    bool ok = filling->reader != NULL && read(filling);
    trace_reader_close(filling->reader);
    return ok;
}

static bool fill_from_measured(struct filling *filling, struct arena *arena)
{
    const struct trace *trace = filling->trace;
    filling->measured = arena_zeroed(arena, (size_t)trace->app_count, sizeof *filling->measured);
    for (int32_t app = 0; app < trace->app_count; app++)
        if (!bind_app(&filling->measured[app], arena, trace->apps[app], trace->soc, filling->fault))
            return false;
    for (int32_t job = 0; job < trace->job_count; job++) {
        filling->gaps->tasks += trace->apps[trace->arrivals[job].app]->task_count;
        filling->gaps->routes += filling->measured[trace->arrivals[job].app].chances != NULL;
    }
    return fill(filling, TRACE_TASKS, fill_measured);
}

bool trace_fill_scenario(struct scenario_recorded *recorded, const struct trace *trace,
                         const struct bind *binds, int32_t bind_count, struct trace_gaps *gaps,
                         struct fault *fault)
{
    struct arena *arena = arena_create();
    size_t apps = (size_t)trace->app_count;
    struct filling filling = {
        .recorded = recorded,
        .trace = trace,
        .binds = arena_zeroed(arena, apps, sizeof *filling.binds),
        .numbers = arena_zeroed(arena, apps, sizeof *filling.numbers),
        .gaps = gaps,
        .fault = fault,
    };
    *gaps = (struct trace_gaps){0};
    bool ok = find_binds(&filling, binds, bind_count);
    if (ok) {
        fill_arrivals(&filling);
        ok = trace->is_measured ? fill_from_measured(&filling, arena)
                                : fill(&filling, TRACE_FACTORS, fill_factors) &&
                                      fill(&filling, TRACE_ROUTES, fill_routes) &&
                                      fill(&filling, TRACE_EPISODES, fill_episodes) &&
                                      (!trace_has(trace, TRACE_FAILURES) ||
                                       fill(&filling, TRACE_FAILURES, fill_outages)) &&
                                      (!trace_has(trace, TRACE_TABLES) ||
                                       fill(&filling, TRACE_TABLES, fill_tables));
    }
    arena_destroy(arena);
    return ok;
}
