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
#include <unistd.h>

#include "test/bench/stream.h"

static long resident_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* One line of the table. */
struct line {
    const char *engine, *scheduler;
    struct stream_shape shape;
};

static int run_one(const struct line *line)
{
    const struct stream_shape *shape = &line->shape;
    struct arena *arena = arena_create();
    struct stream stream;
    stream_make(&stream, arena, shape);
    struct world_setup setup = stream_setup(&stream, line->engine, line->scheduler);
    struct world_result result;
    struct fault fault = FAULT_NONE;
    double start_s = stream_cpu_s();
    bool is_done = world_run(&setup, &result, &fault);
    double elapsed_s = stream_cpu_s() - start_s;
    printf("%s,%s,%g,%g,%g,%lld,%.4f,%.0f,%ld\n", line->engine,
           soc_interconnect_name(shape->interconnect), shape->bandwidth_bytes_per_us, shape->bytes,
           shape->sigma, (long long)result.tasks_done, elapsed_s,
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
        .scheduler = words[6],
        .shape = {.interconnect = find_interconnect(words[1]),
                  .bandwidth_bytes_per_us = atof(words[2]),
                  .bytes = atof(words[3]),
                  .sigma = atof(words[4]),
                  .jobs = atoi(words[5])},
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
        struct line line = {engines[i], "eft", {.jobs = 1000, .bandwidth_bytes_per_us = 8000}};
        for (; line.shape.jobs < 100000; line.shape.jobs *= 10)
            is_done &= run_in_child(line);
        is_done &= run_in_child(line);
        line.shape.bytes = 16000;
        is_done &= run_in_child(line);
        line.shape.sigma = 0.3;
        is_done &= run_in_child(line);
        line.shape.sigma = 0;
        line.shape.jobs = 10000;
        line.shape.interconnect = SOC_MESH;
        is_done &= run_in_child(line);
        line.shape.interconnect = SOC_BUS;
        is_done &= run_in_child(line);
        line.shape.bandwidth_bytes_per_us = 1100;
        is_done &= run_in_child(line);
    }
    return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}
