/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What does a transfer cost when thousands share the links at once?
 *
 * Every PE of a bus or a mesh is given one task that needs data of as many tasks on other PEs as
 * the PE has DMA channels, all at date 0, so that PEs x channels transfers begin together and end
 * one by one. CSV on stdout.
 *
 *   bench_transfers [ENGINE INTERCONNECT PES CHANNELS]
 *
 * With arguments it is one line, without a process of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "test/fixture.h"

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Job i has its consumer, the last task, on PE i, and its producers on others that look random. */
static void decide(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    for (int32_t i = 0; i < view->ready_count; i++) {
        const struct view_task *task = &view->tasks[view->ready[i]];
        int32_t job = view->jobs[task->job].id, pes = view->soc->pe_count;
        struct random_stream stream =
            random_open(1, 0, RANDOM_TEST, (uint32_t)job, (uint32_t)task->index);
        bool is_last = task->index + 1 == view_bind(view, view->ready[i])->app->task_count;
        int32_t away = 1 + (int32_t)random_below(&stream, (uint32_t)pes - 1);
        decide_assign(decisions, view->ready[i], is_last ? job : (job + away) % pes);
    }
}

static const struct policy_kind scripted = {
    .contract = POLICY_CONTRACT,
    .name = "scripted",
    .discipline = POLICY_DATA_READY,
    .decide = decide,
};

/* As many producers, which take no time, as there are channels, and one consumer. */
static struct app *make_app(struct arena *arena, int32_t channels)
{
    size_t count = (size_t)channels;
    struct fixture_task *tasks = arena_zeroed(arena, count + 1, sizeof *tasks);
    struct fixture_edge *edges = arena_zeroed(arena, count, sizeof *edges);
    for (int32_t i = 0; i <= channels; i++)
        tasks[i] = (struct fixture_task){.name = arena_printf(arena, "t%d", (int)i)};
    tasks[channels].exec_us[0] = 1;
    struct random_stream stream = random_open(2, 0, RANDOM_TEST, 0, 0);
    for (int32_t i = 0; i < channels; i++)
        edges[i] = (struct fixture_edge){i, channels, 1000 + 9000 * random_uniform(&stream)};
    return fixture_app(arena, "many", 1, tasks, channels + 1, edges, channels);
}

/* One line of the table. */
struct line {
    const char *engine, *interconnect;
    int32_t pes, channels;
};

static int run_one(const struct line *line)
{
    struct arena *arena = arena_create();
    int32_t pes = line->pes, channels = line->channels, columns = 1;
    bool is_mesh = strcmp(line->interconnect, "mesh") == 0;
    while (columns * columns < pes)
        columns++;
    struct soc *soc = fixture_soc(arena, 1, &pes, 1000);
    fixture_connect(soc, is_mesh ? SOC_MESH : SOC_BUS, 0, columns, channels);
    struct app *app = make_app(arena, channels);
    struct arrival_row *rows = arena_zeroed(arena, (size_t)pes, sizeof *rows);
    const struct fixture_scenario source = {.rows = rows, .row_count = pes};
    struct scenario scenario = fixture_scenario(&source);
    const struct world_setup setup = {
        .soc = soc,
        .binds = fixture_bind(arena, soc, &app, 1),
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find(line->engine),
        .policy = &scripted,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    double start_s = cpu_s();
    bool is_done = world_run(&setup, &result, &fault);
    double elapsed_s = cpu_s() - start_s;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%s,%s,%d,%d,%d,%.3f,%.2f,%ld\n", line->engine, line->interconnect, (int)pes,
           (int)channels, (int)(pes * channels), elapsed_s, 1e6 * elapsed_s / (pes * channels),
           usage.ru_maxrss);
    fflush(stdout);
    arena_destroy(arena);
    return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool run_in_child(const struct line *line)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(run_one(line));
    int status = 1;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

int main(int argc, char **argv)
{
    static const struct line lines[] = {
        {"heap", "bus", 1024, 1},   {"heap", "bus", 1024, 10},  {"heap", "mesh", 64, 4},
        {"heap", "mesh", 256, 4},   {"heap", "mesh", 1024, 4},  {"simgrid", "bus", 64, 4},
        {"simgrid", "bus", 256, 4}, {"simgrid", "mesh", 64, 4}, {"simgrid", "mesh", 256, 4},
    };
    bool is_done = true;
    puts("engine,interconnect,pes,channels,transfers,cpu_s,us_per_transfer,peak_rss_kib");
    if (argc == 5)
        return run_one(&(struct line){argv[1], argv[2], atoi(argv[3]), atoi(argv[4])});
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        is_done &= run_in_child(&lines[i]);
    return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}
