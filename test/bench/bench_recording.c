/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much longer does a trial on the heap engine take if it is recorded, and what of it?
 *
 *     bench_recording                         the table: CSV on stdout
 *     bench_recording JOBS SCHEDULER WHAT     one trial, for a profiler; WHAT as in the table
 *
 * The mix of the study on study16 at a load of about two thirds, with noise. Each way of recording
 * takes turns with the others; figures are medians. Everything from the start of the trial until
 * its files are closed counts. Wall time is what a user waits; processor time includes the second
 * thread. `copy` writes the bytes of the full trace and does nothing else: the floor. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/folder.h"
#include "lab/trial.h"
#include "traces/recorder.h"

enum { TURNS = 7, JOBS = 10000, KINDS = 9, COPY = KINDS - 1 };

#define ONLY(category) (UINT32_C(1) << (category))

/* Ways of recording. */
static const struct {
    const char *name;
    uint32_t categories;
    bool is_compressed;
} kinds[KINDS] = {
    {"none", 0, false},
    {"drawn",
     ONLY(TRACE_ARRIVALS) | ONLY(TRACE_ROUTES) | ONLY(TRACE_FACTORS) | ONLY(TRACE_EPISODES), false},
    {"decisions", ONLY(TRACE_DECISIONS), false},
    {"tasks", ONLY(TRACE_TASKS), false},
    {"transfers", ONLY(TRACE_TRANSFERS), false},
    {"jobs", ONLY(TRACE_JOBS), false},
    {"full", RECORDER_USUAL, false},
    {"zstd", RECORDER_USUAL, true},
    {"copy", 0, false},
};

/* Of one way, by turn. */
struct times {
    double wall_s[TURNS], cpu_s[TURNS];
    int64_t tasks, bytes;
};

static double clock_s(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

_Noreturn static void stop(const struct fault *fault)
{
    fault_print(fault, stderr);
    exit(EXIT_FAILURE);
}

/* Loads the experiment. */
static void load(struct arena *arena, struct points *points, struct experiment *experiment,
                 const char *scheduler, int jobs)
{
    char path[] = "/tmp/hetsoc_bench_XXXXXX.yaml";
    struct fault fault = FAULT_NONE;
    int file = mkstemps(path, 5);
    dprintf(file,
            "name: bench\nplatform: study16\nengine: heap\nschedulers: [%s]\n"
            "noise: [{name: n, exec: {dist: lognormal, sigma: 0.3}}]\n"
            "workload:\n  apps: [study_range, study_scr, study_sct, study_tempmit, study_wifi_rx, "
            "study_wifi_tx, study_random]\n"
            "  arrivals: {kind: poisson, mean_interarrival_us: 75}\n  jobs: %d\n",
            scheduler, jobs);
    close(file);
    if (!experiment_load(experiment, arena, path, NULL, 0, &fault) ||
        !points_expand(points, experiment, &fault))
        stop(&fault);
    unlink(path);
}

/* Bytes of the files that were recorded. */
static int64_t count_bytes(const char *dir)
{
    int64_t bytes = 0;
    for (int c = 0; c < TRACE_CATEGORIES; c++)
        for (int packed = 0; packed < 2; packed++) {
            char path[256];
            struct stat file;
            snprintf(path, sizeof path, "%s/0/%s.csv%s", dir,
                     trace_category_name((enum trace_category)c), packed ? ".zst" : "");
            if (stat(path, &file) == 0)
                bytes += file.st_size;
        }
    return bytes;
}

static void run(struct points *points, struct experiment *experiment, const char *dir, int kind,
                struct times *times, int turn)
{
    struct trial_row row;
    experiment->record.dir = kind == 0 ? NULL : dir;
    experiment->record.categories = kinds[kind].categories;
    experiment->record.is_compressed = kinds[kind].is_compressed;
    double wall_s = clock_s(CLOCK_MONOTONIC), cpu_s = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    trial_run(points, experiment, 0, NULL, &row);
    times->wall_s[turn] = clock_s(CLOCK_MONOTONIC) - wall_s;
    times->cpu_s[turn] = clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_s;
    if (row.status != TRIAL_DONE)
        stop(&row.fault);
    times->tasks = row.metrics.tasks_done;
    times->bytes = count_bytes(dir);
    char trace[256];
    struct fault fault = FAULT_NONE;
    snprintf(trace, sizeof trace, "%s/0", dir);
    if (kind != 0 && !folder_remove(trace, &fault))
        stop(&fault);
}

/* Writes so many bytes, 64 KiB at a time. */
static void copy(const char *dir, int64_t bytes, struct times *times, int turn)
{
    static char block[64 * 1024];
    char path[256];
    snprintf(path, sizeof path, "%s/copy", dir);
    memset(block, '0', sizeof block);
    double wall_s = clock_s(CLOCK_MONOTONIC), cpu_s = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    for (int64_t left = bytes; left > 0; left -= (int64_t)sizeof block) {
        size_t size = left < (int64_t)sizeof block ? (size_t)left : sizeof block;
        if (write(file, block, size) != (ssize_t)size)
            exit(EXIT_FAILURE);
    }
    close(file);
    times->wall_s[turn] = clock_s(CLOCK_MONOTONIC) - wall_s;
    times->cpu_s[turn] = clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_s;
    times->bytes = bytes;
    unlink(path);
}

static int compare_reals(const void *a, const void *b)
{
    const double *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

static double median(double *values)
{
    qsort(values, TURNS, sizeof *values, compare_reals);
    return values[TURNS / 2];
}

static void compare(struct arena *arena, const char *dir, const char *scheduler)
{
    struct experiment experiment;
    struct points points;
    struct times times[KINDS] = {0};
    load(arena, &points, &experiment, scheduler, JOBS);
    for (int turn = 0; turn < TURNS; turn++)
        for (int kind = 0; kind < KINDS; kind++) {
            if (kind == COPY)
                copy(dir, times[COPY - 2].bytes, &times[kind], turn);
            else
                run(&points, &experiment, dir, kind, &times[kind], turn);
        }
    double wall_s = median(times[0].wall_s), cpu_s = median(times[0].cpu_s);
    for (int kind = 0; kind < KINDS; kind++) {
        double own_wall_s = median(times[kind].wall_s), own_cpu_s = median(times[kind].cpu_s);
        printf("%s,%s,%lld,%lld,%.4f,%.4f,%.3f,%.3f\n", scheduler, kinds[kind].name,
               (long long)times[0].tasks, (long long)times[kind].bytes, own_wall_s, own_cpu_s,
               own_wall_s / wall_s, own_cpu_s / cpu_s);
    }
    fflush(stdout);
}

/* One trial. */
static int run_one(struct arena *arena, const char *dir, char **arguments)
{
    struct experiment experiment;
    struct points points;
    struct times times = {0};
    int kind = 0;
    while (kind < COPY && strcmp(kinds[kind].name, arguments[2]) != 0)
        kind++;
    if (kind == COPY)
        return EXIT_FAILURE;
    load(arena, &points, &experiment, arguments[1], atoi(arguments[0]));
    run(&points, &experiment, dir, kind, &times, 0);
    printf("%s,%s,%lld,%lld\n", arguments[1], arguments[2], (long long)times.tasks,
           (long long)times.bytes);
    return EXIT_SUCCESS;
}

int main(int count, char **arguments)
{
    static const char *const schedulers[] = {"eft", "heft_rt", "heft"};
    struct arena *arena = arena_create();
    struct fault fault = FAULT_NONE;
    char dir[] = "/tmp/hetsoc_bench_XXXXXX";
    int status = EXIT_SUCCESS;
    if (mkdtemp(dir) == NULL)
        return EXIT_FAILURE;
    if (count == 4) {
        status = run_one(arena, dir, arguments + 1);
    } else {
        puts("scheduler,recording,tasks,bytes,wall_s,cpu_s,wall_ratio,cpu_ratio");
        for (size_t i = 0; i < sizeof schedulers / sizeof *schedulers; i++)
            compare(arena, dir, schedulers[i]);
    }
    arena_destroy(arena);
    return folder_remove(dir, &fault) ? status : EXIT_FAILURE;
}
