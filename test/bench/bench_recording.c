/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much longer does a trial on the heap engine take if it is recorded?
 *
 * The mix of the study on study16 at a load of about two thirds, with noise, 20 000 jobs; with all
 * usual categories, as plain files and compressed. Trials with and without recording take turns;
 * the ratio is that of the fastest of each. Everything from the start of the trial until its files
 * are closed counts. Wall time is what a user waits; processor time includes the second thread.
 * CSV on stdout. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/folder.h"
#include "lab/trial.h"
#include "traces/recorder.h"

enum { TURNS = 5, JOBS = 20000 };

/* Of one kind of trial: the fastest. */
struct times {
    double wall_s, cpu_s;
    int64_t tasks;
};

static double clock_s(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void run(struct points *points, struct experiment *experiment, const char *dir,
                bool is_compressed, struct times *times)
{
    struct trial_row row;
    experiment->record.dir = dir;
    experiment->record.is_compressed = is_compressed;
    double wall_s = clock_s(CLOCK_MONOTONIC), cpu_s = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    trial_run(points, experiment, 0, NULL, &row);
    wall_s = clock_s(CLOCK_MONOTONIC) - wall_s;
    cpu_s = clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_s;
    if (row.status != TRIAL_DONE) {
        fault_print(&row.fault, stderr);
        exit(EXIT_FAILURE);
    }
    if (times->tasks == 0 || wall_s < times->wall_s)
        *times = (struct times){wall_s, cpu_s, row.metrics.tasks_done};
}

static void compare(struct arena *arena, const char *dir, const char *scheduler)
{
    static const char *const names[] = {"none", "csv", "zstd"};
    char path[] = "/tmp/hetsoc_bench_XXXXXX.yaml";
    struct experiment experiment;
    struct points points;
    struct fault fault = FAULT_NONE;
    struct times times[3] = {0};
    int file = mkstemps(path, 5);
    dprintf(file,
            "name: bench\nplatform: study16\nengine: heap\nschedulers: [%s]\n"
            "noise: [{name: n, exec: {dist: lognormal, sigma: 0.3}}]\n"
            "workload:\n  apps: [study_range, study_scr, study_sct, study_tempmit, study_wifi_rx, "
            "study_wifi_tx, study_random]\n"
            "  arrivals: {kind: poisson, mean_interarrival_us: 75}\n  jobs: %d\n",
            scheduler, JOBS);
    close(file);
    if (!experiment_load(&experiment, arena, path, NULL, 0, &fault) ||
        !points_expand(&points, &experiment, &fault)) {
        fault_print(&fault, stderr);
        exit(EXIT_FAILURE);
    }
    unlink(path);
    for (int turn = 0; turn < TURNS; turn++)
        for (int kind = 0; kind < 3; kind++)
            run(&points, &experiment, kind == 0 ? NULL : dir, kind == 2, &times[kind]);
    for (int kind = 0; kind < 3; kind++)
        printf("%s,%s,%lld,%.4f,%.4f,%.3f,%.3f\n", scheduler, names[kind],
               (long long)times[kind].tasks, times[kind].wall_s, times[kind].cpu_s,
               times[kind].wall_s / times[0].wall_s, times[kind].cpu_s / times[0].cpu_s);
    fflush(stdout);
}

int main(void)
{
    static const char *const schedulers[] = {"eft", "heft_rt", "heft"};
    struct arena *arena = arena_create();
    struct fault fault = FAULT_NONE;
    char dir[] = "/tmp/hetsoc_bench_XXXXXX";
    if (mkdtemp(dir) == NULL)
        return EXIT_FAILURE;
    puts("scheduler,recording,tasks,wall_s,cpu_s,wall_ratio,cpu_ratio");
    for (size_t i = 0; i < sizeof schedulers / sizeof *schedulers; i++)
        compare(arena, dir, schedulers[i]);
    arena_destroy(arena);
    return folder_remove(dir, &fault) ? EXIT_SUCCESS : EXIT_FAILURE;
}
