/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc run EXPERIMENT.yaml */
#include <argp.h>
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/plot.h"
#include "analysis/summary.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "lab/library.h"
#include "lab/pool.h"
#include "lab/store.h"

/* Failed trials that are told on the terminal; the manifest has more. */
enum { FAILURES_TOLD = 5 };

struct options {
    const char *experiment;
    const char *output; /* NULL = out/NAME */
    const char **sets;
    size_t set_count, set_capacity;
    int32_t jobs;
    bool dry_run, dump_config, quiet;
    struct arena *arena;
};

enum { KEY_SET = 256, KEY_ENGINE, KEY_DRY_RUN, KEY_DUMP_CONFIG };

static const struct argp_option option_list[] = {
    {"output", 'o', "DIR", 0, "write results to DIR (default: out/NAME)", 0},
    {"jobs", 'j', "N", 0, "run N trials at once (default: the processors there are)", 0},
    {"set", KEY_SET, "KEY=VALUE", 0,
     "change a key of the experiment, e.g. workload.jobs=100; may be repeated", 0},
    {"engine", KEY_ENGINE, "simgrid|heap", 0, "short for --set engine=...", 0},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "check everything, list what would run, run nothing", 0},
    {"dump-config", KEY_DUMP_CONFIG, NULL, 0, "print the experiment with all defaults and stop", 0},
    {"quiet", 'q', NULL, 0, "print errors only", 0},
    {0},
};

static void add_set(struct options *options, const char *set)
{
    options->sets = memory_grow(options->sets, &options->set_capacity, options->set_count + 1,
                                sizeof *options->sets);
    options->sets[options->set_count++] = set;
}

static int32_t parse_jobs(const char *text, struct argp_state *state)
{
    char *end;
    errno = 0;
    long jobs = strtol(text, &end, 10);
    if (errno != 0 || *end != '\0' || end == text || jobs < 1 || jobs > 4096)
        argp_error(state, "-j takes a number from 1 to 4096, not `%s`", text);
    return (int32_t)jobs;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'o':
        if (*text == '\0')
            argp_error(state, "-o takes a folder");
        options->output = text;
        return 0;
    case 'j':
        options->jobs = parse_jobs(text, state);
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case KEY_SET:
        if (strchr(text, '=') == NULL)
            argp_error(state, "--set takes KEY=VALUE, not `%s`", text);
        add_set(options, text);
        return 0;
    case KEY_ENGINE:
        if (engine_find(text) == NULL)
            argp_error(state, "there is no engine `%s`", text);
        add_set(options, arena_printf(options->arena, "engine=%s", text));
        return 0;
    case KEY_DRY_RUN:
        options->dry_run = true;
        return 0;
    case KEY_DUMP_CONFIG:
        options->dump_config = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->experiment != NULL)
            argp_error(state, "one experiment at a time, not also `%s`", text);
        options->experiment = text;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which experiment?");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "EXPERIMENT.yaml",
    .doc = "Run an experiment: every combination of its parameters, every replicate.\v"
           "EXPERIMENT.yaml is a file, a folder with an experiment.yaml, or the name of a shipped "
           "experiment. Ctrl-C lets the running trials finish and writes what there is; a second "
           "one kills them.",
};

/* How often the user wished to stop; signal handlers can reach nothing else. */
static volatile sig_atomic_t stop_wishes;

static void on_signal(int signal_number)
{
    (void)signal_number;
    stop_wishes = stop_wishes + 1;
}

static int32_t processor_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (int32_t)count : 1;
}

/* A run under way. */
struct run {
    const struct experiment *experiment;
    const struct points *points;
    struct store *store;
    struct progress progress;
    struct trial_row failures[FAILURES_TOLD]; /* the first to come */
};

static void on_row(void *context, const struct trial_row *row)
{
    struct run *run = context;
    bool failed = row->status != TRIAL_DONE;
    if (failed && run->progress.failed < FAILURES_TOLD)
        run->failures[run->progress.failed] = *row;
    store_put(run->store, row);
    progress_count(&run->progress, failed);
}

static void tell_failures(const struct run *run)
{
    int64_t failed = run->progress.failed;
    for (int64_t i = 0; i < failed && i < FAILURES_TOLD; i++) {
        const struct trial_row *row = &run->failures[i];
        const struct point *point = &run->points->list[row->trial / run->points->replicates];
        fprintf(stderr, "hetsoc: trial %d (%s, %s, %s, noise %s, replicate %d): %s\n",
                (int)row->trial, point->scheduler, point->platform, point->workload,
                point->noise.name, (int)row->replicate, trial_status_name(row->status));
        fault_print(&row->fault, stderr);
    }
    if (failed > FAILURES_TOLD)
        fprintf(stderr, "hetsoc: and %lld more failed trials\n",
                (long long)(failed - FAILURES_TOLD));
}

static void tell_files(struct arena *arena, const char *dir)
{
    static const char *const names[] = {"trials.csv",   "summary.csv", "jobs.csv",
                                        "tasks.csv",    "pes.csv",     "plots/latency.png",
                                        "manifest.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *path = arena_printf(arena, "%s/%s", dir, names[i]);
        if (access(path, F_OK) == 0)
            printf("  %s\n", path);
    }
}

/* Summary, plot and table from the finished trials. A missing plot is only a warning. */
static bool report(const struct run *run, struct arena *arena, const char *dir, double seconds,
                   bool quiet, struct fault *fault)
{
    const char *baseline = run->experiment->baseline;
    struct fault plot_fault = FAULT_NONE;
    bool any = run->progress.done > run->progress.failed;
    if (!summary_write(dir, baseline, fault))
        return false;
    if (any && !plot_latency(dir, &plot_fault)) {
        fputs("hetsoc: warning: there is no picture\n", stderr);
        fault_print(&plot_fault, stderr);
    }
    if (quiet)
        return true;
    if (any && !summary_print(dir, baseline, stdout, fault))
        return false;
    printf("\n%lld trials in %.2f s, %lld failed. Files:\n", (long long)run->progress.done, seconds,
           (long long)run->progress.failed);
    tell_files(arena, dir);
    return true;
}

/* Runs all trials and writes all files; false if there is a fault or a trial is not done. */
static bool run_trials(const struct options *options, const struct experiment *experiment,
                       const struct points *points, struct fault *fault)
{
    const char *dir = options->output != NULL
                          ? options->output
                          : arena_printf(options->arena, "out/%s", experiment->name);
    struct run run = {.experiment = experiment, .points = points};
    run.store = store_open(dir, points, experiment, fault);
    if (run.store == NULL)
        return false;
    const struct pool pool = {
        .points = points,
        .experiment = experiment,
        .jobs = options->jobs > 0 ? options->jobs : processor_count(),
        .trace_dir = store_trace_dir(run.store),
        .on_row = on_row,
        .context = &run,
        .stop = &stop_wishes,
    };
    int64_t total = (int64_t)points->count * points->replicates;
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    progress_begin(&run.progress, total, options->quiet);
    bool ok = pool_run(&pool, fault);
    double seconds = progress_end(&run.progress);
    const char *reason = !ok                          ? "processes could not be started"
                         : run.progress.done == total ? "completed"
                                                      : "interrupted";
    ok = store_export(run.store, fault) && ok;
    ok = store_manifest(run.store, seconds, reason, fault) && ok;
    store_close(run.store);
    ok = ok && report(&run, options->arena, dir, seconds, options->quiet, fault);
    tell_failures(&run);
    if (run.progress.done < total)
        fprintf(stderr, "hetsoc: %s after %lld of %lld trials\n", reason,
                (long long)run.progress.done, (long long)total);
    return ok && run.progress.failed == 0 && run.progress.done == total;
}

/* Prints what would run: a line per point. */
static void print_points(const struct points *points)
{
    printf("%d combinations x %d replicates = %lld trials\n", (int)points->count,
           (int)points->replicates, (long long)points->count * points->replicates);
    for (int32_t i = 0; i < points->count; i++) {
        const struct point *point = &points->list[i];
        printf("trial %lld: platform=%s workload=%s", (long long)i * points->replicates,
               point->platform, point->workload);
        if (!isnan(point->rate_jobs_per_ms))
            printf(" rate_jobs_per_ms=%g", point->rate_jobs_per_ms);
        printf(" jobs=%d engine=%s", (int)point->jobs, point->engine->name);
        for (int32_t k = 0; k < point->key_count; k++)
            printf(" %s=%s", point->keys[k].path, point->keys[k].value);
        printf(" noise=%s scheduler=%s\n", point->noise.name, point->scheduler);
    }
}

static bool run_experiment(const struct options *options, struct fault *fault)
{
    struct experiment experiment;
    struct points points;
    const char *path = library_find_experiment(options->arena, options->experiment, fault);
    if (path == NULL || !experiment_load(&experiment, options->arena, path, options->sets,
                                         (int)options->set_count, fault))
        return false;
    if (options->dump_config) {
        yaml_print(schema_complete(&experiment_schema, options->arena, experiment.root), stdout);
        return true;
    }
    if (!points_expand(&points, &experiment, fault))
        return false;
    if (options->dry_run) {
        print_points(&points);
        return true;
    }
    return run_trials(options, &experiment, &points, fault);
}

int command_run(int argc, char **argv)
{
    struct fault fault = FAULT_NONE;
    struct options options = {.arena = arena_create()};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    bool ok = run_experiment(&options, &fault);
    if (fault_is_set(&fault))
        fault_print(&fault, stderr);
    free(options.sets);
    arena_destroy(options.arena);
    return ok ? EXIT_DONE : EXIT_FAULT;
}
