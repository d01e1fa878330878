/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What it costs to run a trial in a process of its own and to keep its row, and how well two
 * processes at once do, beside two that only spin. CSV on stdout. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "lab/pool.h"
#include "lab/store.h"

/* Each figure is the best of so many runs. */
enum { ROUNDS = 3 };

static const char *const text =
    "name: bench\nplatform: study10\nschedulers: [met]\nseed: 1\n"
    "workload: {apps: [study_top], jobs: 1, arrivals: {kind: poisson, rate_jobs_per_ms: 1}}\n";

struct run {
    const struct points *points;
    struct store *store;
    int32_t next;
};

static int32_t next_trial(void *context)
{
    struct run *run = context;
    return run->next < run->points->replicates ? run->next++ : -1;
}

static bool on_row(void *context, const struct trial_row *row, const struct parts *parts,
                   struct fault *fault)
{
    return store_put(((struct run *)context)->store, row, parts, fault);
}

/* Seconds of all trials of an experiment, `jobs` at once; INFINITY with a fault. */
static double run_s(const char *dir, const char *const *sets, int set_count, int32_t jobs,
                    struct fault *fault)
{
    struct arena *arena = arena_create();
    struct experiment experiment;
    struct points points;
    struct pool pool = {0};
    struct run run = {.points = &points};
    const struct pool_work work = {.next = next_trial, .on_row = on_row, .context = &run};
    double seconds = 1e9;
    if (experiment_load(&experiment, arena, arena_printf(arena, "%s/bench.yaml", dir), sets,
                        set_count, fault) &&
        points_expand(&points, &experiment, fault) &&
        pool_start(&pool, &points, &experiment, jobs, NULL, fault) &&
        (run.store = store_open(arena_printf(arena, "%s/out", dir), &points, &experiment, true,
                                fault)) != NULL) {
        double start_s = clock_s();
        if (pool_run(&pool, &work, fault))
            seconds = clock_s() - start_s;
    }
    store_close(run.store);
    pool_end(&pool);
    arena_destroy(arena);
    return seconds;
}

/* Seconds of the best of some runs. */
static double best_s(const char *dir, const char *const *sets, int set_count, int32_t jobs,
                     struct fault *fault)
{
    double best = 1e9;
    for (int round = 0; round < ROUNDS && !fault_is_set(fault); round++) {
        double seconds = run_s(dir, sets, set_count, jobs, fault);
        best = seconds < best ? seconds : best;
    }
    return best;
}

/* Milliseconds per trial beside the simulation itself, which is one job of ten tasks. */
static void bench_overhead(const char *dir, const char *engine, struct fault *fault)
{
    enum { TRIALS = 400 };
    char set[64], count[64];
    snprintf(set, sizeof set, "engine=%s", engine);
    snprintf(count, sizeof count, "replicates=%d", TRIALS);
    const char *const sets[] = {set, count};
    printf("trial_overhead_ms,%s,%.3f\n", engine, 1e3 * best_s(dir, sets, 2, 1, fault) / TRIALS);
}

/* Work that touches no memory. */
static void spin(int64_t steps)
{
    volatile uint64_t x = 1;
    for (int64_t i = 0; i < steps; i++)
        x = x * 6364136223846793005u + 1;
}

/* Seconds of `processes` that spin at the same time. */
static double spin_s(int processes, int64_t steps)
{
    double start_s = clock_s();
    for (int i = 0; i < processes; i++)
        if (fork() == 0) {
            spin(steps);
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
    return clock_s() - start_s;
}

/* How much more two at once do than one alone, of trials and of spinning processes. Rounds take
 * turns, so that what else the machine does meets both. */
static void bench_scaling(const char *dir, const char *engine, struct fault *fault)
{
    char set[64], jobs[64];
    snprintf(set, sizeof set, "engine=%s", engine);
    snprintf(jobs, sizeof jobs, "workload.jobs=%d", strcmp(engine, "heap") == 0 ? 20000 : 2000);
    const char *const sets[] = {set, jobs, "replicates=24"};
    const int64_t steps = 200000000;
    double one_s = 1e9, two_s = 1e9, spin_one_s = 1e9, spin_two_s = 1e9;
    for (int round = 0; round < ROUNDS && !fault_is_set(fault); round++) {
        double seconds[] = {run_s(dir, sets, 3, 1, fault), run_s(dir, sets, 3, 2, fault),
                            spin_s(1, steps), spin_s(2, steps)};
        one_s = seconds[0] < one_s ? seconds[0] : one_s;
        two_s = seconds[1] < two_s ? seconds[1] : two_s;
        spin_one_s = seconds[2] < spin_one_s ? seconds[2] : spin_one_s;
        spin_two_s = seconds[3] < spin_two_s ? seconds[3] : spin_two_s;
    }
    double trials = one_s / two_s, spinning = 2 * spin_one_s / spin_two_s;
    printf("two_trials_at_once,%s,%.3f\n", engine, trials);
    printf("two_spins_at_once,%s,%.3f\n", engine, spinning);
    printf("ratio,%s,%.3f\n", engine, trials / spinning);
}

int main(void)
{
    char dir[] = "/tmp/hetsoc_bench_XXXXXX";
    struct fault fault = FAULT_NONE;
    if (mkdtemp(dir) == NULL)
        return EXIT_FAILURE;
    struct arena *arena = arena_create();
    FILE *stream = fopen(arena_printf(arena, "%s/bench.yaml", dir), "w");
    if (stream == NULL || fputs(text, stream) == EOF || fclose(stream) != 0)
        return EXIT_FAILURE;
    puts("figure,engine,value");
    bench_overhead(dir, "heap", &fault);
    bench_overhead(dir, "simgrid", &fault);
    bench_scaling(dir, "heap", &fault);
    bench_scaling(dir, "simgrid", &fault);
    static const char *const files[] = {"out/results.db", "out", "bench.yaml", ""};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        remove(arena_printf(arena, "%s/%s", dir, files[i]));
    arena_destroy(arena);
    if (fault_is_set(&fault))
        fault_print(&fault, stderr);
    return fault_is_set(&fault) ? EXIT_FAILURE : EXIT_SUCCESS;
}
