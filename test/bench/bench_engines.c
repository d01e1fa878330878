/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many tasks per CPU second does the world simulate on each engine, and does memory stay flat?
 *
 * A Poisson stream of 10-task jobs (32 random DAGs) on 16 PEs of 5 kinds under eft, at a load of
 * about one half, without data and with 16 KB per edge, which makes most tasks wait a little
 * before they start; then on a bus and on a mesh, whose links transfers share, and on a bus that is
 * asked for three times what it can carry, so that transfers and jobs pile up until the last
 * arrival. Each line is a process of its own. CSV on stdout.
 *
 *   bench_engines [ENGINE INTERCONNECT BYTES_PER_US BYTES_PER_EDGE SIGMA JOBS SCHEDULER]
 *
 * With arguments it is one line, without a process of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sched/registry.h"
#include "sim/scenario_drawn.h"
#include "test/fixture.h"

enum { KINDS = 5, JOB_TASKS = 10, APPS = 32, TYPES = 8 };

static const double mean_us[TYPES][KINDS] = {
    {20, 45, 12, 6, 9},      {60, 140, 25, 10, 16}, {110, 260, 60, 22, 20},  {8, 15, 10, 9, 12},
    {300, 700, 150, 60, 35}, {35, 80, 14, 8, 18},   {150, 320, 180, 90, 30}, {4, 7, 6, 5, 8},
};

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
        struct app_cost *costs = arena_zeroed(arena, KINDS, sizeof *costs);
        const double *row = mean_us[random_below(&stream, TYPES)];
        for (int32_t kind = 0; kind < KINDS; kind++)
            costs[kind] = (struct app_cost){.pe_kind = arena_printf(arena, "K%d", (int)kind),
                                            .exec_us = row[kind]};
        app->kinds[task] = (struct app_task_kind){"kind", costs, KINDS};
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

static long resident_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* One line of the table. */
struct line {
    const char *engine, *scheduler;
    int32_t jobs;
    double bytes, sigma;
    enum soc_interconnect interconnect;
    double bandwidth_bytes_per_us;
};

static int run_one(const struct line *line)
{
    struct arena *arena = arena_create();
    struct soc *soc =
        fixture_soc(arena, KINDS, (int32_t[]){4, 4, 3, 3, 2}, line->bandwidth_bytes_per_us);
    fixture_connect(soc, line->interconnect, 0, 4, 4);
    struct app *apps[APPS];
    double shares[APPS];
    for (uint32_t i = 0; i < APPS; i++) {
        apps[i] = make_app(arena, i, line->bytes);
        shares[i] = (double)(i + 1) / APPS;
    }
    struct arrivals arrivals = {.kind = arrivals_find("poisson"), .mean_interarrival_us = 50};
    struct scenario_drawn drawn = {
        .seed = 1,
        .jobs = line->jobs,
        .arrivals = &arrivals,
        .app_share = shares,
        .app_count = APPS,
        .noise = {.exec = {.dist = line->sigma > 0 ? NOISE_LOGNORMAL : NOISE_NONE,
                           .sigma = line->sigma}},
    };
    struct scenario scenario = scenario_drawn(&drawn);
    struct world_setup setup = {
        .soc = soc,
        .binds = fixture_bind(arena, soc, apps, APPS),
        .bind_count = APPS,
        .scenario = &scenario,
        .engine = engine_find(line->engine),
        .policy = sched_find(line->scheduler),
        .seed = 1,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    double start_s = cpu_s();
    bool is_done = world_run(&setup, &result, &fault);
    double elapsed_s = cpu_s() - start_s;
    printf("%s,%s,%g,%g,%g,%lld,%.4f,%.0f,%ld\n", line->engine,
           soc_interconnect_name(line->interconnect), line->bandwidth_bytes_per_us, line->bytes,
           line->sigma, (long long)result.tasks_done, elapsed_s,
           (double)result.tasks_done / elapsed_s, resident_kib());
    fflush(stdout);
    arena_destroy(arena);
    return is_done ? 0 : 1;
}

static bool run_in_child(struct line line)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(run_one(&line));
    int status = 1;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static enum soc_interconnect find_interconnect(const char *name)
{
    int kind = 0;
    while (strcmp(soc_interconnect_name((enum soc_interconnect)kind), name) != 0)
        kind++;
    return (enum soc_interconnect)kind;
}

static int run_named(char **words)
{
    return run_one(&(struct line){
        .engine = words[0],
        .interconnect = find_interconnect(words[1]),
        .bandwidth_bytes_per_us = atof(words[2]),
        .bytes = atof(words[3]),
        .sigma = atof(words[4]),
        .jobs = atoi(words[5]),
        .scheduler = words[6],
    });
}

int main(int argc, char **argv)
{
    puts("engine,interconnect,bytes_per_us,bytes_per_edge,sigma,tasks,cpu_s,tasks_per_s,"
         "peak_rss_kib");
    if (argc == 8)
        return run_named(argv + 1);
    bool is_done = true;
    static const char *const engines[] = {"heap", "simgrid"};
    for (int i = 0; i < 2; i++) {
        struct line line = {engines[i], "eft", 0, 0, 0, SOC_MATRIX, 8000};
        for (line.jobs = 1000; line.jobs < 100000; line.jobs *= 10)
            is_done &= run_in_child(line);
        is_done &= run_in_child(line);
        line.bytes = 16000;
        is_done &= run_in_child(line);
        line.sigma = 0.3;
        is_done &= run_in_child(line);
        line.sigma = 0;
        line.jobs = 10000;
        line.interconnect = SOC_MESH;
        is_done &= run_in_child(line);
        line.interconnect = SOC_BUS;
        is_done &= run_in_child(line);
        line.bandwidth_bytes_per_us = 1100;
        is_done &= run_in_child(line);
    }
    return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}
