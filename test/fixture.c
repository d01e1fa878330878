/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/registry.h"

struct soc *fixture_soc(struct arena *arena, int32_t kind_count, const int32_t *pes_of,
                        double bandwidth_bytes_per_us)
{
    struct soc *soc = arena_zeroed(arena, 1, sizeof *soc);
    size_t kinds = (size_t)kind_count;
    soc->name = "fixture";
    soc->summary = "made by a test";
    soc->kind_count = soc->cluster_count = kind_count;
    soc->kinds = arena_zeroed(arena, kinds, sizeof *soc->kinds);
    soc->clusters = arena_zeroed(arena, kinds, sizeof *soc->clusters);
    soc->cluster_lane = arena_zeroed(arena, kinds * kinds, sizeof *soc->cluster_lane);
    soc->lanes = arena_zeroed(arena, 2, sizeof *soc->lanes);
    soc->lane_count = 2;
    soc->lanes[0] = (struct soc_lane){INFINITY, 0};
    soc->lanes[1] = (struct soc_lane){bandwidth_bytes_per_us, 0};
    for (int32_t kind = 0; kind < kind_count; kind++) {
        const char *name = arena_printf(arena, "K%d", (int)kind);
        soc->kinds[kind] = (struct soc_kind){.name = name, .class = SOC_CPU};
        soc->clusters[kind] = (struct soc_cluster){name, kind, soc->pe_count, pes_of[kind]};
        soc->pe_count += pes_of[kind];
    }
    for (size_t i = 0; i < kinds * kinds; i++)
        soc->cluster_lane[i] = 1;
    soc->pes = arena_zeroed(arena, (size_t)soc->pe_count, sizeof *soc->pes);
    int32_t pe = 0;
    for (int32_t kind = 0; kind < kind_count; kind++)
        for (int32_t i = 0; i < pes_of[kind]; i++, pe++)
            soc->pes[pe] =
                (struct soc_pe){arena_printf(arena, "K%d_%d", (int)kind, (int)pe), kind, kind};
    return soc;
}

void fixture_connect(struct soc *soc, enum soc_interconnect interconnect, double latency_us,
                     int32_t columns, int32_t dma_channels)
{
    double bandwidth_bytes_per_us = soc->lanes[1].bandwidth_bytes_per_us;
    soc->interconnect = interconnect;
    soc->lanes[1].latency_us = latency_us;
    if (interconnect == SOC_SHARED_MEMORY) {
        soc->memory_bandwidth_bytes_per_us = bandwidth_bytes_per_us;
        soc->lanes[0] = soc->lanes[1];
        soc->lane_count = 1;
        for (int32_t i = 0; i < soc->cluster_count * soc->cluster_count; i++)
            soc->cluster_lane[i] = 0;
    } else if (soc_is_contended(soc)) {
        soc->at_assign = true;
        soc->network = (struct soc_network){.bandwidth_bytes_per_us = bandwidth_bytes_per_us,
                                            .latency_us = latency_us,
                                            .columns = columns,
                                            .rows = (soc->pe_count + columns - 1) / columns,
                                            .dma_channels = dma_channels};
    }
}

struct app *fixture_app(struct arena *arena, const char *name, int32_t kind_count,
                        const struct fixture_task *tasks, int32_t task_count,
                        const struct fixture_edge *edges, int32_t edge_count)
{
    struct app *app = arena_zeroed(arena, 1, sizeof *app);
    app->name = name;
    app->summary = "made by a test";
    app->file = "fixture";
    app->task_count = app->kind_count = task_count;
    app->edge_count = edge_count;
    app->tasks = arena_zeroed(arena, (size_t)task_count, sizeof *app->tasks);
    app->kinds = arena_zeroed(arena, (size_t)task_count, sizeof *app->kinds);
    app->bytes = arena_zeroed(arena, (size_t)edge_count + 1, sizeof *app->bytes);
    for (int32_t task = 0; task < task_count; task++) {
        struct app_cost *costs = arena_zeroed(arena, (size_t)kind_count, sizeof *costs);
        int32_t count = 0;
        for (int32_t kind = 0; kind < kind_count; kind++)
            if (tasks[task].exec_us[kind] >= 0)
                costs[count++] = (struct app_cost){
                    .pe_kind = arena_printf(arena, "K%d", (int)kind),
                    .exec_us = tasks[task].exec_us[kind],
                };
        app->kinds[task] = (struct app_task_kind){tasks[task].name, costs, count};
        app->tasks[task] = (struct app_task){.name = tasks[task].name, .kind = task};
    }
    int32_t *from = arena_zeroed(arena, (size_t)edge_count + 1, sizeof *from);
    int32_t *to = arena_zeroed(arena, (size_t)edge_count + 1, sizeof *to);
    for (int32_t edge = 0; edge < edge_count; edge++) {
        from[edge] = edges[edge].from;
        to[edge] = edges[edge].to;
        app->bytes[edge] = edges[edge].bytes;
    }
    struct fault fault = FAULT_NONE;
    if (!app_finish(app, arena, from, to, &fault)) {
        fault_print(&fault, stderr);
        abort();
    }
    return app;
}

struct app *fixture_random_app(struct arena *arena, struct random_stream *stream,
                               int32_t kind_count, int32_t max_tasks, bool is_integer)
{
    int32_t task_count = 1 + (int32_t)random_below(stream, (uint32_t)max_tasks);
    struct fixture_task *tasks = arena_zeroed(arena, (size_t)task_count, sizeof *tasks);
    struct fixture_edge *edges =
        arena_zeroed(arena, (size_t)task_count * (size_t)task_count, sizeof *edges);
    int32_t edge_count = 0;
    for (int32_t task = 0; task < task_count; task++) {
        tasks[task].name = arena_printf(arena, "t%d", (int)task);
        int32_t capable = (int32_t)random_below(stream, (uint32_t)kind_count);
        for (int32_t kind = 0; kind < kind_count; kind++) {
            bool is_capable = kind == capable || random_uniform(stream) < 0.7;
            double us =
                is_integer ? (double)random_below(stream, 5) : 1.0 + 99.0 * random_uniform(stream);
            tasks[task].exec_us[kind] = is_capable ? us : -1.0;
        }
        for (int32_t pred = 0; pred < task; pred++)
            if (random_uniform(stream) < 2.0 / (double)task)
                edges[edge_count++] = (struct fixture_edge){
                    pred, task,
                    is_integer ? (double)random_below(stream, 4) : 50 * random_uniform(stream)};
    }
    return fixture_app(arena, arena_printf(arena, "random%d", (int)task_count), kind_count, tasks,
                       task_count, edges, edge_count);
}

/* [rows * width] random probabilities, some of them 0; every row sums to 1. */
static double *random_shares(struct arena *arena, struct random_stream *stream, int32_t rows,
                             int32_t width)
{
    double *shares = arena_zeroed(arena, (size_t)rows * (size_t)width, sizeof *shares);
    for (int32_t row = 0; row < rows; row++) {
        double *list = &shares[row * width];
        int32_t sure = (int32_t)random_below(stream, (uint32_t)width);
        double sum = 0.0;
        for (int32_t i = 0; i < width; i++) {
            if (i == sure || random_uniform(stream) < 0.8)
                list[i] = 0.1 + random_uniform(stream);
            sum += list[i];
        }
        for (int32_t i = 0; i < width; i++)
            list[i] /= sum;
    }
    return shares;
}

static void add_fixed_times(struct arena *arena, struct random_stream *stream, struct app *app)
{
    for (int32_t i = 0; i < app->kind_count; i++) {
        size_t count = (size_t)app->kinds[i].cost_count;
        struct app_cost *costs = arena_zeroed(arena, count, sizeof *costs);
        memcpy(costs, app->kinds[i].costs, count * sizeof *costs);
        for (size_t k = 0; k < count; k++)
            costs[k].fixed_us = (double)random_below(stream, 3);
        app->kinds[i].costs = costs;
    }
}

void fixture_add_branches(struct arena *arena, struct random_stream *stream, struct app *app)
{
    size_t tasks = (size_t)app->task_count, edges = (size_t)app->edge_count;
    app->batch = random_uniform(stream) < 0.5 ? 1 : 2 + (int32_t)random_below(stream, 8);
    int32_t classes = 1 + (int32_t)random_below(stream, 3);
    app->classes = (struct app_classes){.count = classes,
                                        .shares = random_shares(arena, stream, 1, classes),
                                        .is_per_job = random_uniform(stream) < 0.5};
    app->branches = arena_zeroed(arena, tasks, sizeof *app->branches);
    app->when = arena_zeroed(arena, edges + 1, sizeof *app->when);
    for (int32_t task = 0; task < app->task_count; task++) {
        struct app_task *what = &app->tasks[task];
        what->join_any = random_uniform(stream) < 0.3;
        bool is_branch = what->succ_count > 0 && random_uniform(stream) < 0.5;
        int32_t alternatives = 1 + (int32_t)random_below(stream, 3);
        for (int32_t i = 0; i < what->succ_count; i++)
            app->when[app->succs[what->first_succ + i].edge] =
                is_branch ? (int32_t)random_below(stream, (uint32_t)alternatives + 1) - 1 : -1;
        if (!is_branch)
            continue;
        what->branch = app->branch_count++;
        app->branches[what->branch] = (struct app_branch){
            task, alternatives, random_shares(arena, stream, classes, alternatives)};
    }
    add_fixed_times(arena, stream, app);
}

void fixture_add_weights(struct arena *arena, struct random_stream *stream, struct app *app,
                         struct soc *soc)
{
    for (int32_t kind = 0; kind < soc->kind_count; kind++)
        soc->kinds[kind].profile =
            (struct soc_profile){.mac_per_us = 1 + (double)random_below(stream, 3),
                                 .efficiency = {1, 1, 1},
                                 .memory_bytes_per_us = 8,
                                 .io_bytes_per_us = 8,
                                 .local_bytes = 48 + 16 * (double)random_below(stream, 4)};
    app->kernels = arena_zeroed(arena, (size_t)app->kind_count, sizeof *app->kernels);
    for (int32_t i = 0; i < app->kind_count; i++) {
        if (random_uniform(stream) < 0.5)
            continue;
        double bytes = 8 * (double)random_below(stream, 8);
        struct app_kernel *kernel = arena_zeroed(arena, 1, sizeof *kernel);
        *kernel = (struct app_kernel){
            .mac = (double)random_below(stream, 12), .weight_bytes = bytes, .touched_bytes = bytes};
        app->kernels[i] = kernel;
        app->kinds[i].cost_count = 0;
    }
}

static bool next_arrival(const void *source, struct arrival *arrival)
{
    const struct fixture_scenario *scenario = source;
    if (++arrival->job >= scenario->row_count)
        return false;
    const struct arrival_row *row = &scenario->rows[arrival->job];
    arrival->app = row->app;
    arrival->at_ps = row->at_ps;
    arrival->after_tick = row->after_tick;
    arrival->after_completions = row->after_completions;
    return true;
}

static double exec_factor(const void *source, int32_t job, int32_t task)
{
    const struct fixture_scenario *scenario = source;
    return scenario->factor == NULL ? 1.0 : scenario->factor(job, task);
}

static double data_factor(const void *source, int32_t job, int32_t edge)
{
    const struct fixture_scenario *scenario = source;
    return scenario->data(job, edge);
}

static double table_factor(const void *source, const char *task_kind, const char *pe_kind)
{
    const struct fixture_scenario *scenario = source;
    return scenario->table(task_kind, pe_kind);
}

static void draw_route(const void *source, int32_t job, const struct app *app, struct route *route)
{
    const struct fixture_scenario *scenario = source;
    route_draw(route, app, scenario->seed, 0, job);
}

static bool next_episode(const void *source, int32_t pe, struct episode *episode)
{
    (void)pe;
    const struct fixture_scenario *scenario = source;
    int32_t index = episode->index + 1;
    if (index >= scenario->episode_count)
        return false;
    *episode = scenario->episodes[index];
    episode->index = index;
    return true;
}

static bool next_outage(const void *source, int32_t pe, struct outage *outage)
{
    const struct fixture_scenario *scenario = source;
    const struct failures_key key = {scenario->seed, 0, RANDOM_FAILURE, pe};
    return failures_next(&scenario->failures, &key, outage);
}

static bool next_link_outage(const void *source, int32_t link, struct outage *outage)
{
    const struct fixture_scenario *scenario = source;
    const struct failures_key key = {scenario->seed, 0, RANDOM_LINK, link};
    return failures_next(&scenario->link_failures, &key, outage);
}

static int32_t episode_speeds(const void *source, double *speeds, int32_t capacity)
{
    const struct fixture_scenario *scenario = source;
    int32_t count = 0;
    for (int32_t i = 0; i < scenario->episode_count && count < capacity; i++) {
        bool is_known = false;
        for (int32_t j = 0; j < count; j++)
            is_known |= speeds[j] == scenario->episodes[i].speed;
        if (!is_known)
            speeds[count++] = scenario->episodes[i].speed;
    }
    return count;
}

struct scenario fixture_scenario(const struct fixture_scenario *source)
{
    return (struct scenario){
        .source = source,
        .next_arrival = next_arrival,
        .exec_factor = exec_factor,
        .data_factor = source->data == NULL ? NULL : data_factor,
        .table_factor = source->table == NULL ? NULL : table_factor,
        .route = draw_route,
        .next_episode = next_episode,
        .episode_speeds = episode_speeds,
        .next_outage = next_outage,
        .next_link_outage = failures_are_none(&source->link_failures) ? NULL : next_link_outage,
    };
}

struct bind *fixture_bind(struct arena *arena, const struct soc *soc, struct app *const *apps,
                          int32_t count)
{
    struct bind *binds = arena_zeroed(arena, (size_t)count, sizeof *binds);
    for (int32_t i = 0; i < count; i++) {
        struct fault fault = FAULT_NONE;
        if (!bind_app(&binds[i], arena, apps[i], soc, &fault)) {
            fault_print(&fault, stderr);
            abort();
        }
    }
    return binds;
}

static void log_task(void *self, const struct observed_task *task)
{
    struct fixture_log *log = self;
    log->rows = memory_grow(log->rows, &log->capacity, log->count + 1, sizeof *log->rows);
    log->rows[log->count++] = (struct fixture_row){
        task->job_id,         task->task->index,    task->task->pe,
        task->task->ready_ps, task->task->start_ps, task->task->finish_ps,
    };
}

struct observer fixture_observer(struct fixture_log *log)
{
    return (struct observer){.self = log, .on_task_done = log_task};
}

void fixture_log_finish(struct fixture_log *log)
{
    free(log->rows);
    *log = (struct fixture_log){0};
}

const struct fixture_row *fixture_find(const struct fixture_log *log, int32_t job, int32_t task)
{
    for (size_t i = 0; i < log->count; i++)
        if (log->rows[i].job == job && log->rows[i].task == task)
            return &log->rows[i];
    return NULL;
}

const void *fixture_policy_file(struct arena *arena, const struct policy_kind *policy)
{
    struct fault fault = FAULT_NONE;
    if (policy->file == NULL)
        return NULL;
    const char *root = getenv("HETSOC_SOURCE_ROOT"); /* not set by hand, from the root */
    const char *path = arena_printf(arena, "%s/sched/policies/%s.safetensors",
                                    root == NULL ? "." : root, policy->file->fallback);
    const void *loaded = policy->file->load(arena, path, &fault);
    if (loaded == NULL) {
        fault_print(&fault, stderr);
        abort();
    }
    return loaded;
}

int fixture_policy_count(void)
{
    int count = 0;
    while (sched_registry[count] != NULL)
        count++;
    return count;
}

struct world_result fixture_run(const struct policy_kind *policy, const struct soc *soc,
                                const struct bind *binds, int32_t bind_count,
                                const struct fixture_scenario *source, struct fixture_log *log)
{
    struct scenario scenario = fixture_scenario(source);
    struct observer observer = fixture_observer(log);
    const struct world_setup setup = {
        .soc = soc,
        .binds = binds,
        .bind_count = bind_count,
        .scenario = &scenario,
        .engine = engine_find("heap"),
        .policy = policy,
        .observers = &observer,
        .observer_count = 1,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    if (!world_run(&setup, &result, &fault)) {
        fault_print(&fault, stderr);
        abort();
    }
    return result;
}
