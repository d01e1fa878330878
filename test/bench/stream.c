/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test/bench/stream.h"

#include <stdlib.h>
#include <time.h>

#include "sched/registry.h"

enum { JOB_TASKS = 10 };

static const double mean_us[STREAM_TYPES][STREAM_KINDS] = {
    {20, 45, 12, 6, 9},      {60, 140, 25, 10, 16}, {110, 260, 60, 22, 20},  {8, 15, 10, 9, 12},
    {300, 700, 150, 60, 35}, {35, 80, 14, 8, 18},   {150, 320, 180, 90, 30}, {4, 7, 6, 5, 8},
};

struct app_task_kind stream_task_kind(struct arena *arena, uint32_t type)
{
    struct app_cost *costs = arena_zeroed(arena, STREAM_KINDS, sizeof *costs);
    for (int32_t kind = 0; kind < STREAM_KINDS; kind++)
        costs[kind] = (struct app_cost){.pe_kind = arena_printf(arena, "K%d", (int)kind),
                                        .exec_us = mean_us[type][kind]};
    return (struct app_task_kind){"kind", costs, STREAM_KINDS};
}

/* Every task but the first has one or two predecessors among the tasks before it. */
static struct app *make_app(struct arena *arena, uint32_t number, double bytes)
{
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, number, 0);
    struct app *app = arena_zeroed(arena, 1, sizeof *app);
    int32_t from[2 * JOB_TASKS], to[2 * JOB_TASKS], edges = 0;
    *app = (struct app){.name = "bench", .summary = "", .file = "bench"};
    app->task_count = app->kind_count = JOB_TASKS;
    app->tasks = arena_zeroed(arena, JOB_TASKS, sizeof *app->tasks);
    app->kinds = arena_zeroed(arena, JOB_TASKS, sizeof *app->kinds);
    for (int32_t task = 0; task < JOB_TASKS; task++) {
        app->kinds[task] = stream_task_kind(arena, random_below(&stream, STREAM_TYPES));
        app->tasks[task] = (struct app_task){.name = "task", .kind = task};
        if (task == 0)
            continue;
        int32_t first = (int32_t)random_below(&stream, (uint32_t)task);
        int32_t second = (int32_t)random_below(&stream, (uint32_t)task);
        from[edges] = first, to[edges++] = task;
        if (second != first && random_uniform(&stream) < 0.4)
            from[edges] = second, to[edges++] = task;
    }
    app->edge_count = edges;
    app->bytes = arena_zeroed(arena, (size_t)edges, sizeof *app->bytes);
    for (int32_t edge = 0; edge < edges; edge++)
        app->bytes[edge] = bytes * (0.5 + random_uniform(&stream));
    struct fault fault = FAULT_NONE;
    if (!app_finish(app, arena, from, to, &fault))
        abort();
    return app;
}

struct soc *stream_soc(struct arena *arena, const struct stream_shape *shape)
{
    static const int32_t pes[STREAM_KINDS] = {4, 4, 3, 3, 2};
    int32_t scaled[STREAM_KINDS];
    for (int32_t kind = 0; kind < STREAM_KINDS; kind++)
        scaled[kind] = pes[kind] * (shape->scale > 1 ? shape->scale : 1);
    struct soc *soc = fixture_soc(arena, STREAM_KINDS, scaled, shape->bandwidth_bytes_per_us);
    fixture_connect(soc, shape->interconnect, 0, 4, 4);
    return soc;
}

void stream_make(struct stream *stream, struct arena *arena, const struct stream_shape *shape)
{
    struct app *apps[STREAM_APPS];
    stream->soc = stream_soc(arena, shape);
    for (uint32_t i = 0; i < STREAM_APPS; i++) {
        apps[i] = make_app(arena, i, shape->bytes);
        stream->shares[i] = (double)(i + 1) / STREAM_APPS;
    }
    stream->binds = fixture_bind(arena, stream->soc, apps, STREAM_APPS);
    stream->arrivals =
        (struct arrivals){.kind = arrivals_find("poisson"),
                          .mean_interarrival_us = 50.0 / (shape->scale > 1 ? shape->scale : 1)};
    stream->drawn = (struct scenario_drawn){
        .seed = 1,
        .jobs = shape->jobs,
        .arrivals = &stream->arrivals,
        .app_share = stream->shares,
        .app_count = STREAM_APPS,
        .noise = {.exec = {.dist = shape->sigma > 0 ? NOISE_LOGNORMAL : NOISE_NONE,
                           .sigma = shape->sigma}},
    };
    stream->scenario = scenario_drawn(&stream->drawn);
}

struct world_setup stream_setup(const struct stream *stream, const char *engine,
                                const char *scheduler)
{
    return (struct world_setup){
        .soc = stream->soc,
        .binds = stream->binds,
        .bind_count = STREAM_APPS,
        .scenario = &stream->scenario,
        .engine = engine_find(engine),
        .policy = sched_find(scheduler),
        .seed = 1,
    };
}

double stream_cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
