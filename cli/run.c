/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc run EXPERIMENT.yaml */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/plot.h"
#include "analysis/report.h"
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
    const char **plugins;
    size_t plugin_count, plugin_capacity;
    int32_t jobs;
    bool dry_run, dump_config, quiet, overwrite;
    int32_t shard, shard_count; /* this process runs every shard_count-th trial */
    struct arena *arena;
};

enum {
    KEY_SET = 256,
    KEY_ENGINE,
    KEY_DRY_RUN,
    KEY_DUMP_CONFIG,
    KEY_RESUME,
    KEY_OVERWRITE,
    KEY_SHARD,
    KEY_PLUGIN
};

static const struct argp_option option_list[] = {
    {"output", 'o', "DIR", 0, "write results to DIR (default: out/NAME)", 0},
    {"jobs", 'j', "N", 0, "run N trials at once (default: the processors there are)", 0},
    {"set", KEY_SET, "KEY=VALUE", 0,
     "change a key of the experiment, e.g. workload.jobs=100; may be repeated", 0},
    {"engine", KEY_ENGINE, "simgrid|heap", 0, "short for --set engine=...", 0},
    {"resume", KEY_RESUME, NULL, 0,
     "finish what an earlier run of the same experiment left undone in DIR (the default)", 0},
    {"overwrite", KEY_OVERWRITE, NULL, 0, "start anew: forget the results that DIR holds", 0},
    {"shard", KEY_SHARD, "I/N", 0,
     "run only part I (from 0) of N, to be joined by `hetsoc merge`; in a Slurm job array its "
     "task and count are taken if the option is absent",
     0},
    {"plugin", KEY_PLUGIN, "FILE.so", 0,
     "add the scheduler of a plug-in (docs/plugin.md); may be repeated", 0},
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

static void parse_shard(struct options *options, const char *text, struct argp_state *state)
{
    int length = 0;
    if (sscanf(text, "%" SCNd32 "/%" SCNd32 "%n", &options->shard, &options->shard_count,
               &length) != 2 ||
        text[length] != '\0' || options->shard < 0 || options->shard >= options->shard_count)
        argp_error(state, "--shard takes I/N with 0 <= I < N, not `%s`", text);
}

/* A whole number in the environment; `fallback` if there is none. */
static int32_t environment_number(const char *name, int32_t fallback)
{
    const char *text = getenv(name);
    int64_t number;
    return text != NULL && schema_parse_int(text, &number) && number >= 0 && number <= INT32_MAX
               ? (int32_t)number
               : fallback;
}

/* Without --shard: the place of this task in a Slurm job array, all trials outside of one. */
static void find_shard(struct options *options)
{
    if (options->shard_count > 0)
        return;
    int32_t task = environment_number("SLURM_ARRAY_TASK_ID", -1);
    int32_t first = environment_number("SLURM_ARRAY_TASK_MIN", 0);
    int32_t count = environment_number("SLURM_ARRAY_TASK_COUNT", 0);
    options->shard_count = 1;
    if (task < first || task - first >= count)
        return;
    options->shard = task - first;
    options->shard_count = count;
    if (!options->quiet)
        fprintf(stderr, "hetsoc: shard %d/%d, from SLURM_ARRAY_TASK_ID\n", (int)options->shard,
                (int)options->shard_count);
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
    case KEY_PLUGIN:
        options->plugins = memory_grow(options->plugins, &options->plugin_capacity,
                                       options->plugin_count + 1, sizeof *options->plugins);
        options->plugins[options->plugin_count++] = text;
        return 0;
    case KEY_RESUME:
        return 0;
    case KEY_OVERWRITE:
        options->overwrite = true;
        return 0;
    case KEY_SHARD:
        parse_shard(options, text, state);
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
           "one kills them. The same command again runs what is missing, also after a kill, and "
           "with more replicates only the new ones.",
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
    const struct options *options;
    const struct experiment *experiment;
    const struct points *points;
    struct store *store;
    struct progress progress;
    struct trial_row failures[FAILURES_TOLD]; /* the first to come */
    struct fault *fault;                      /* why rows could not be kept */
};

static void on_row(void *context, const struct trial_row *row)
{
    struct run *run = context;
    bool failed = row->status != TRIAL_DONE;
    if (!store_put(run->store, row, run->fault)) {
        stop_wishes = 2;
        return;
    }
    if (failed && run->progress.failed < FAILURES_TOLD)
        run->failures[run->progress.failed] = *row;
    progress_count(&run->progress, failed);
}

/* Whether a trial belongs to this shard and is not there yet. */
static bool is_wanted(void *context, int32_t trial, int64_t place)
{
    const struct run *run = context;
    return place % run->options->shard_count == run->options->shard &&
           !store_has(run->store, trial);
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
    static const char *const names[] = {"trials.csv",  "summary.csv",  "jobs.csv",
                                        "tasks.csv",   "pes.csv",      "plots/latency.png",
                                        "report.html", "manifest.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *path = arena_printf(arena, "%s/%s", dir, names[i]);
        if (access(path, F_OK) == 0)
            printf("  %s\n", path);
    }
}

/* Summary, plot, page and table from the finished trials, if there are any. A missing plot is only
 * a warning. */
static bool report(const struct run *run, const char *dir, bool any, double seconds)
{
    const char *baseline = run->experiment->baseline;
    struct fault plot_fault = FAULT_NONE;
    if (!summary_write(dir, baseline, run->fault))
        return false;
    if (any && !plot_write(dir, &plot_fault)) {
        fputs("hetsoc: warning: there is no picture\n", stderr);
        fault_print(&plot_fault, stderr);
    }
    if (any && !report_write(dir, REPORT_ANY_TRIAL, run->fault))
        return false;
    if (run->options->quiet)
        return true;
    if (any && !summary_print(dir, baseline, stdout, run->fault))
        return false;
    printf("\n%lld trials in %.2f s, %lld failed. Files:\n", (long long)run->progress.done, seconds,
           (long long)run->progress.failed);
    tell_files(run->options->arena, dir);
    return true;
}

/* Writes all files from what is in the store; false unless every trial there is done. */
static bool conclude(struct run *run, const char *dir, const char *reason, double seconds)
{
    int64_t ended = 0, done = 0;
    bool ok = store_export(run->store, run->fault) &&
              store_manifest(run->store, seconds, reason, run->fault) &&
              store_count(run->store, &ended, &done, run->fault) &&
              report(run, dir, done > 0, seconds);
    int64_t failed_before = ended - done - run->progress.failed;
    tell_failures(run);
    if (failed_before > 0)
        fprintf(stderr, "hetsoc: %lld trials that were there already had failed\n",
                (long long)failed_before);
    return ok && ended == done;
}

/* Where results go unless -o says so. */
static const char *default_output(const struct options *options, const char *name)
{
    if (options->shard_count == 1)
        return arena_printf(options->arena, "out/%s", name);
    return arena_printf(options->arena, "out/%s-shard-%d-of-%d", name, (int)options->shard,
                        (int)options->shard_count);
}

/* How many trials this shard has in all, and how many of them are missing. */
static int64_t count_trials(struct run *run, int64_t *missing)
{
    const struct points *points = run->points;
    int64_t count = 0;
    *missing = 0;
    for (int64_t place = 0; place < (int64_t)points->count * points->replicates; place++) {
        count += place % run->options->shard_count == run->options->shard;
        *missing += is_wanted(run, points_trial(points, place), place);
    }
    return count;
}

/* Says what is about to be run. */
static void tell_plan(const struct run *run, int64_t count, int64_t missing, int32_t jobs)
{
    const struct points *points = run->points;
    if (run->options->quiet)
        return;
    printf("%d combinations x %d replicates", (int)points->count, (int)points->replicates);
    if (run->options->shard_count > 1)
        printf(", shard %d/%d", (int)run->options->shard, (int)run->options->shard_count);
    printf(": %lld trials", (long long)count);
    if (missing < count)
        printf(", %lld of them there already", (long long)(count - missing));
    printf("; about %.2g s on %d processors\n",
           points_seconds(points) / points->count / points->replicates * (double)missing / jobs,
           (int)jobs);
    fflush(stdout);
}

/* Runs what is missing and writes all files; false if there is a fault or a trial is not done. */
static bool run_trials(const struct options *options, const struct experiment *experiment,
                       const struct points *points, struct fault *fault)
{
    const char *dir =
        options->output != NULL ? options->output : default_output(options, experiment->name);
    struct run run = {
        .options = options, .experiment = experiment, .points = points, .fault = fault};
    run.store = store_open(dir, points, experiment, options->overwrite, fault);
    if (run.store == NULL)
        return false;
    const struct pool pool = {
        .points = points,
        .experiment = experiment,
        .jobs = options->jobs > 0 ? options->jobs : processor_count(),
        .time_limit_s = experiment->time_limit_s,
        .memory_limit_bytes = experiment->memory_limit_bytes,
        .trace_dir = store_trace_dir(run.store),
        .on_row = on_row,
        .is_wanted = is_wanted,
        .context = &run,
        .stop = &stop_wishes,
    };
    int64_t missing, total = count_trials(&run, &missing);
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    tell_plan(&run, total, missing, pool.jobs);
    progress_begin(&run.progress, missing, options->quiet);
    bool ok = pool_run(&pool, fault) && !fault_is_set(fault);
    double seconds = progress_end(&run.progress);
    const char *reason = !ok                            ? "stopped by a fault"
                         : run.progress.done == missing ? "completed"
                                                        : "interrupted";
    ok = ok && conclude(&run, dir, reason, seconds);
    store_close(run.store);
    if (run.progress.done < missing)
        fprintf(stderr,
                "hetsoc: %s after %lld of %lld trials\n"
                "  hint: the same command again runs the others\n",
                reason, (long long)run.progress.done, (long long)missing);
    return ok && run.progress.done == missing;
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
    if (path == NULL)
        return false;
    const struct roster *roster =
        roster_create(options->arena, options->plugins, (int32_t)options->plugin_count, fault);
    if (roster == NULL || !experiment_load_with(roster, &experiment, options->arena, path,
                                                options->sets, (int)options->set_count, fault))
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
    find_shard(&options);
    bool ok = run_experiment(&options, &fault);
    if (fault_is_set(&fault))
        fault_print(&fault, stderr);
    free(options.sets);
    free(options.plugins);
    arena_destroy(options.arena);
    return ok ? EXIT_DONE : EXIT_FAULT;
}
