/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How does the cost of a task grow with the machine, and with the size of jobs, under each
 * scheduler? The stream of bench_engines, without and with data, on 16 to 1024 PEs at the same load
 * per PE; and one job of 10^3 to 10^5 tasks on 16 PEs: each with up to three predecessors among
 * the 100 before it, or all of them ready after the first. CPU time of the whole trial on the heap
 * engine, per task. The growth is the exponent x of cost ~ size^x, fitted over the sizes that were
 * done. Short trials are repeated for CPU_S_MIN; one that needs more than CPU_S_MAX is given up,
 * and larger ones of its row are not tried. CSV on stdout.
 *
 *   bench_growth [SCHEDULER...] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sched/registry.h"
#include "test/bench/stream.h"

#define CPU_S_MIN 0.25

enum { CPU_S_MAX = 5, SIZES_MAX = 4, JOBS_PER_16_PES = 100 };

/* A row of the table: how to make the trial of a size. */
struct row {
    const char *what;
    double sizes[SIZES_MAX];
    int32_t size_count;
    double bytes;
    int32_t window; /* predecessors of a task are so many before it; 0: it has the first */
};

static const struct row rows[] = {
    {"PEs", {16, 64, 256, 1024}, 4, 0, 0},
    {"PEs with 16 KB per edge", {16, 64, 256, 1024}, 4, 16000, 0},
    {"tasks of a job", {1e3, 1e4, 1e5}, 3, 16000, 100},
    {"tasks of a fork", {1e3, 1e4, 1e5}, 3, 16000, 0},
};

static struct app *make_dag(struct arena *arena, int32_t count, double bytes, int32_t window)
{
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, (uint32_t)count, 0);
    struct app *app = arena_zeroed(arena, 1, sizeof *app);
    int32_t *from = arena_zeroed(arena, 3 * (size_t)count, sizeof *from);
    int32_t *to = arena_zeroed(arena, 3 * (size_t)count, sizeof *to);
    *app = (struct app){.name = "dag", .summary = "", .file = "bench"};
    app->task_count = count;
    app->kind_count = STREAM_TYPES;
    app->tasks = arena_zeroed(arena, (size_t)count, sizeof *app->tasks);
    app->kinds = arena_zeroed(arena, STREAM_TYPES, sizeof *app->kinds);
    for (uint32_t type = 0; type < STREAM_TYPES; type++)
        app->kinds[type] = stream_task_kind(arena, type);
    for (int32_t task = 0; task < count; task++) {
        app->tasks[task] =
            (struct app_task){.name = "task", .kind = (int32_t)random_below(&stream, STREAM_TYPES)};
        int32_t reach = window > 0 && task > window ? window : task, first = app->edge_count;
        for (int32_t i = 0; i < (window > 0 ? 3 : 1) && i < reach; i++) {
            int32_t pred =
                window > 0 ? task - 1 - (int32_t)random_below(&stream, (uint32_t)reach) : 0;
            bool is_there = false;
            for (int32_t e = first; e < app->edge_count; e++)
                is_there |= from[e] == pred;
            if (is_there)
                continue;
            from[app->edge_count] = pred;
            to[app->edge_count++] = task;
        }
    }
    app->bytes = arena_zeroed(arena, (size_t)app->edge_count, sizeof *app->bytes);
    for (int32_t edge = 0; edge < app->edge_count; edge++)
        app->bytes[edge] = bytes * (0.5 + random_uniform(&stream));
    struct fault fault = FAULT_NONE;
    if (!app_finish(app, arena, from, to, &fault))
        abort();
    return app;
}

static void make_trial(struct stream *stream, struct arena *arena, const struct row *row,
                       double size)
{
    bool is_job = row->sizes[0] > 16;
    int32_t scale = is_job ? 1 : (int32_t)size / 16;
    struct stream_shape shape = {.jobs = JOBS_PER_16_PES * scale,
                                 .bytes = row->bytes,
                                 .bandwidth_bytes_per_us = 8000,
                                 .scale = scale};
    stream_make(stream, arena, &shape);
    if (!is_job)
        return;
    struct app *dag = make_dag(arena, (int32_t)size, row->bytes, row->window);
    stream->binds = fixture_bind(arena, stream->soc, &dag, 1);
    stream->shares[0] = 1.0;
    stream->drawn.jobs = stream->drawn.app_count = 1;
}

/* Microseconds per task; NAN if it took too long or failed. */
static double cost_us(const struct policy_kind *policy, const struct row *row, double size)
{
    int ends[2];
    double us = NAN;
    if (pipe(ends) != 0)
        return NAN;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct arena *arena = arena_create();
        struct stream stream;
        struct world_result result;
        struct fault fault = FAULT_NONE;
        make_trial(&stream, arena, row, size);
        struct world_setup setup = stream_setup(&stream, "heap", policy->name);
        setup.file = fixture_policy_file(arena, policy);
        setup.bind_count = stream.drawn.app_count;
        double start_s = stream_cpu_s(), tasks = 0;
        setrlimit(RLIMIT_CPU, &(struct rlimit){(rlim_t)start_s + CPU_S_MAX + 1,
                                               (rlim_t)start_s + CPU_S_MAX + 1});
        do {
            if (!world_run(&setup, &result, &fault))
                _exit(1);
            tasks += (double)result.tasks_done;
            us = 1e6 * (stream_cpu_s() - start_s) / tasks;
        } while (us * tasks < 1e6 * CPU_S_MIN);
        _exit(write(ends[1], &us, sizeof us) == sizeof us ? 0 : 1);
    }
    close(ends[1]);
    if (read(ends[0], &us, sizeof us) != sizeof us)
        us = NAN;
    close(ends[0]);
    waitpid(child, NULL, 0);
    return us;
}

/* Slope of the line of least squares through the logarithms. */
static double exponent(const double *sizes, const double *costs, int32_t count)
{
    double x = 0, y = 0, xx = 0, xy = 0;
    for (int32_t i = 0; i < count; i++) {
        double a = log(sizes[i]), b = log(costs[i]);
        x += a, y += b, xx += a * a, xy += a * b;
    }
    return count < 2 ? NAN : (count * xy - x * y) / (count * xx - x * x);
}

static void print_row(const struct policy_kind *policy, const struct row *row)
{
    double costs[SIZES_MAX];
    int32_t done = 0;
    while (done < row->size_count && !isnan(costs[done] = cost_us(policy, row, row->sizes[done])))
        done++;
    for (int32_t i = 0; i < row->size_count; i++) {
        printf("%s,%s,%.0f,", policy->name, row->what, row->sizes[i]);
        if (i < done)
            printf("%.3f", costs[i]);
        printf(",");
        if (i == 0 && done >= 2)
            printf("%.2f", exponent(row->sizes, costs, done));
        puts("");
    }
    fflush(stdout);
}

static bool is_asked(const char *name, int argc, char **argv)
{
    bool is_named = argc < 2;
    for (int i = 1; i < argc; i++)
        is_named |= strcmp(argv[i], name) == 0;
    return is_named;
}

int main(int argc, char **argv)
{
    puts("scheduler,grows,size,us_per_task,growth");
    for (const struct policy_kind *const *policy = sched_registry; *policy != NULL; policy++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows && is_asked((*policy)->name, argc, argv);
             i++)
            print_row(*policy, &rows[i]);
    return EXIT_SUCCESS;
}
