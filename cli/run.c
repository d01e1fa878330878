/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc run EXPERIMENT.yaml */
#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/plot.h"
#include "analysis/report.h"
#include "analysis/summary.h"
#include "base/ranks.h"
#include "cli/command.h"
#include "cli/forecast.h"
#include "cli/launch.h"
#include "cli/progress.h"
#include "lab/library.h"
#include "lab/pool.h"
#include "lab/record.h"
#include "lab/store.h"

/* Failed trials that are told on the terminal; the manifest has more. */
enum { FAILURES_TOLD = 5 };

struct options {
    struct launch launch;
    const char *record; /* where traces go; NULL = as the experiment says */
    struct words plugins;
    bool dry_run, dump_config, overwrite;
    int32_t shard, shard_count; /* this process runs every shard_count-th trial */
};

enum {
    KEY_ENGINE = 256,
    KEY_DRY_RUN,
    KEY_DUMP_CONFIG,
    KEY_RECORD,
    KEY_RESUME,
    KEY_OVERWRITE,
    KEY_SHARD,
    KEY_PLUGIN
};

static const struct argp_option option_list[] = {
    {"engine", KEY_ENGINE, "simgrid|heap", 0, "short for --set engine=...", 0},
    {"record", KEY_RECORD, "DIR", 0,
     "record each trial as a trace in DIR/NUMBER, for `hetsoc replay` (docs/traces.md)", 0},
    {"resume", KEY_RESUME, NULL, 0,
     "finish what an earlier run of the same experiment left undone in DIR (the default)", 0},
    {"overwrite", KEY_OVERWRITE, NULL, 0, "start anew: remove the results that DIR holds", 0},
    {"shard", KEY_SHARD, "I/N", 0,
     "run only part I (from 0) of N, to be joined by `hetsoc merge`; in a Slurm job array its "
     "task and count are taken if the option is absent",
     0},
    {"plugin", KEY_PLUGIN, "FILE.so", 0,
     "add the scheduler of a plug-in (docs/plugin.md); may be repeated", 0},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "check everything, list what would run, run nothing", 0},
    {"dump-config", KEY_DUMP_CONFIG, NULL, 0, "print the experiment with all defaults and stop", 0},
    {0},
};

static void parse_shard(struct options *options, const char *text, struct argp_state *state)
{
    const char *slash = strchr(text, '/');
    char before[16] = "";
    int64_t shard, count;
    if (slash != NULL && slash - text < (ptrdiff_t)sizeof before)
        memcpy(before, text, (size_t)(slash - text));
    if (!schema_parse_int(before, &shard) || !schema_parse_int(slash + 1, &count) || shard < 0 ||
        shard >= count || count > INT32_MAX) {
        argp_error(state, "--shard takes I/N with 0 <= I < N, not `%s`", text);
        return;
    }
    options->shard = (int32_t)shard;
    options->shard_count = (int32_t)count;
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

/* Without --shard: the place of this task in a Slurm job array, all trials outside of one. A fault
 * in an array with gaps, whose tasks cannot tell how many came before them. */
static bool find_shard(struct options *options, struct fault *fault)
{
    if (options->shard_count > 0)
        return true;
    int32_t task = environment_number("SLURM_ARRAY_TASK_ID", -1);
    int32_t first = environment_number("SLURM_ARRAY_TASK_MIN", 0);
    int32_t count = environment_number("SLURM_ARRAY_TASK_COUNT", 0);
    int64_t step = environment_number("SLURM_ARRAY_TASK_STEP", 1);
    options->shard_count = 1;
    if (task < 0 || count == 0)
        return true;
    step = step > 0 ? step : 1;
    const int64_t place = (task - (int64_t)first) / step, last = first + (count - 1) * step;
    if (task < first || place * step != task - (int64_t)first || place >= count ||
        environment_number("SLURM_ARRAY_TASK_MAX", (int32_t)last) != last)
        return fault_set(fault, "", "give --shard I/N, or submit an array without gaps",
                         "cannot tell the shard of task %d of a Slurm job array of %d tasks with "
                         "gaps",
                         (int)task, (int)count);
    options->shard = (int32_t)place;
    options->shard_count = count;
    if (!options->launch.quiet && !options->launch.mpi) /* else rank 0 says it with the plan */
        fprintf(stderr, "hetsoc: shard %d/%d, from SLURM_ARRAY_TASK_ID\n", (int)options->shard,
                (int)options->shard_count);
    return true;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->launch;
        return 0;
    case KEY_ENGINE:
        if (engine_find(text) == NULL)
            argp_error(state, "there is no engine `%s`: simgrid or heap", text);
        words_add(&options->launch.sets, arena_printf(options->launch.arena, "engine=%s", text));
        return 0;
    case KEY_PLUGIN:
        words_add(&options->plugins, text);
        return 0;
    case KEY_RECORD:
        options->record = text;
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
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child argp_children[] = {{&launch_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .children = argp_children,
    .args_doc = "EXPERIMENT.yaml",
    .doc = "Run an experiment: every combination of its parameters, every replicate.\v"
           "EXPERIMENT.yaml is a file, a folder with an experiment.yaml, or the name of a shipped "
           "experiment. Ctrl-C lets the running trials finish and writes what there is; a second "
           "one kills them. The same command again runs what is missing, also after a kill, and "
           "with more replicates only the new ones.",
};

/* A run under way. */
struct run {
    const struct options *options;
    const struct experiment *experiment;
    const struct points *points;
    struct pool *pool;
    struct store *store;
    int64_t place; /* in the order of execution, of the trial to be looked at next */
    struct progress progress;
    struct trial_row failures[FAILURES_TOLD]; /* the first to come */
};

/* Whether the trial at a place belongs to this shard. */
static bool is_own(const struct run *run, int64_t place)
{
    return place % run->options->shard_count == run->options->shard;
}

/* Whether a trial is there, with its trace if it is to be recorded. */
static bool is_there(const struct run *run, int32_t trial)
{
    int32_t replicates = run->points->replicates;
    return store_has(run->store, trial) &&
           (run->experiment->record.dir == NULL ||
            record_has(run->experiment, &run->points->list[trial / replicates], trial,
                       trial % replicates));
}

/* The next trial of this shard that is not there yet. */
static int32_t next_trial(void *context)
{
    struct run *run = context;
    const int64_t total = (int64_t)run->points->count * run->points->replicates;
    while (run->place < total) {
        int64_t place = run->place++;
        int32_t trial = points_trial(run->points, place);
        if (is_own(run, place) && !is_there(run, trial))
            return trial;
    }
    return -1;
}

static bool on_row(void *context, const struct trial_row *row, const struct parts *parts,
                   struct fault *fault)
{
    struct run *run = context;
    bool failed = row->status != TRIAL_DONE;
    if (!store_put(run->store, row, parts, fault))
        return false;
    if (failed && run->progress.failed < FAILURES_TOLD)
        run->failures[run->progress.failed] = *row;
    progress_count(&run->progress, failed);
    return true;
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

static void tell_files(const struct run *run, const char *dir)
{
    static const char *const names[] = {
        "trials.csv", "summary.csv", "wins.csv",          "jobs.csv",    "tasks.csv",
        "pes.csv",    "links.csv",   "plots/latency.png", "report.html", "manifest.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *path = arena_printf(run->options->launch.arena, "%s/%s", dir, names[i]);
        if (access(path, F_OK) == 0)
            printf("  %s\n", path);
    }
    if (run->experiment->record.dir != NULL)
        printf("  %s/0, ..., traces for `hetsoc replay` and `hetsoc export`\n",
               run->experiment->record.dir);
}

/* Summary, plot, page and table from the finished trials, if there are any; of a shard without
 * plot and page, which `hetsoc merge` makes of all. A missing plot is only a warning. */
static bool report(const struct run *run, const char *dir, bool any, double seconds,
                   struct fault *fault)
{
    const char *baseline = run->experiment->baseline;
    const bool draws = any && run->options->shard_count == 1;
    struct fault plot_fault = FAULT_NONE;
    if (!summary_write(dir, baseline, fault))
        return false;
    if (draws && !plot_write(dir, &plot_fault))
        command_warn("there is no picture", &plot_fault);
    if (draws && !report_write(dir, REPORT_ANY_TRIAL, fault))
        return false;
    if (run->options->launch.quiet)
        return true;
    if (any && !summary_print(dir, baseline, stdout, fault))
        return false;
    printf("\n%lld trials in %.2f s, %lld failed. Files:\n", (long long)run->progress.done, seconds,
           (long long)run->progress.failed);
    tell_files(run, dir);
    return true;
}

/* Writes all files from what is in the store; false unless every trial there is done. */
static bool conclude(struct run *run, const char *dir, const char *reason, double seconds,
                     struct fault *fault)
{
    int64_t ended = 0, done = 0;
    bool ok =
        store_export(run->store, fault) && store_manifest(run->store, seconds, reason, fault) &&
        store_count(run->store, &ended, &done, fault) && report(run, dir, done > 0, seconds, fault);
    int64_t failed_before = ended - done - run->progress.failed;
    tell_failures(run);
    if (failed_before > 0)
        fprintf(stderr, "hetsoc: %lld trials that were there already had failed\n",
                (long long)failed_before);
    return ok && ended == done;
}

/* The folder for the results of this shard. */
static const char *output_of(const struct options *options, const char *name)
{
    if (options->shard_count > 1)
        name = arena_printf(options->launch.arena, "%s-shard-%d-of-%d", name, (int)options->shard,
                            (int)options->shard_count);
    return launch_output(&options->launch, name);
}

/* How many trials this shard has in all, and how many of them are missing. */
static int64_t count_trials(const struct run *run, int64_t *missing)
{
    const struct points *points = run->points;
    int64_t count = 0;
    *missing = 0;
    for (int64_t place = 0; place < (int64_t)points->count * points->replicates; place++) {
        count += is_own(run, place);
        *missing += is_own(run, place) && !is_there(run, points_trial(points, place));
    }
    return count;
}

/* "less than a second", "about 40 s", "about 3 min", "about 2.5 h" */
static const char *tell_duration(struct arena *arena, double seconds)
{
    if (seconds < 1)
        return "less than a second";
    if (seconds < 100)
        return arena_printf(arena, "about %.2g s", seconds);
    return seconds < 6000 ? arena_printf(arena, "about %.0f min", seconds / 60)
                          : arena_printf(arena, "about %.1f h", seconds / 3600);
}

/* Says what is about to be run. */
static void tell_plan(const struct run *run, int64_t count, int64_t missing)
{
    const struct points *points = run->points;
    int64_t processors = (int64_t)run->pool->jobs * ranks_count();
    if (run->options->launch.quiet)
        return;
    printf("%d combinations x %d replicates", (int)points->count, (int)points->replicates);
    if (run->options->shard_count > 1)
        printf(", shard %d/%d", (int)run->options->shard, (int)run->options->shard_count);
    printf(": %lld trials", (long long)count);
    if (missing < count)
        printf(", %lld of them there already", (long long)(count - missing));
    double seconds = points_seconds(points) / points->count / points->replicates * (double)missing;
    printf("; %s on %lld processors\n",
           tell_duration(run->options->launch.arena, seconds / (double)processors),
           (long long)processors);
    fflush(stdout);
}

/* Runs what is missing and writes all files; false if there is a fault or a trial is not done. */
static bool run_missing(struct run *run, const char *dir, struct fault *fault)
{
    const struct pool_work work = {
        .next = next_trial, .on_row = on_row, .context = run, .stop = launch_stop()};
    int64_t missing, total = count_trials(run, &missing);
    tell_plan(run, total, missing);
    if (!run->options->launch.quiet && missing > 0)
        forecast_warn(run->points);
    progress_begin(&run->progress, missing, run->options->launch.quiet);
    bool ok = pool_run(run->pool, &work, fault);
    double seconds = progress_end(&run->progress);
    const char *reason = !ok                             ? "stopped by a fault"
                         : run->progress.done == missing ? "completed"
                                                         : "interrupted";
    ok = ok && conclude(run, dir, reason, seconds, fault);
    if (run->progress.done < missing)
        fprintf(stderr,
                "hetsoc: %s after %lld of %lld trials\n"
                "    hint: the same command again runs the others\n",
                reason, (long long)run->progress.done, (long long)missing);
    return ok && run->progress.done == missing;
}

/* Opens the folder for results, and that for traces if there is one; what others left in either
 * goes only once nobody else writes here. */
static bool open_folders(struct run *run, const char *dir, struct fault *fault)
{
    const bool records = run->experiment->record.dir != NULL;
    const bool overwrite = run->options->overwrite;
    if (records && !record_prepare(run->experiment, run->points, overwrite, fault))
        return false;
    run->store = store_open(dir, run->points, run->experiment, overwrite, fault);
    return run->store != NULL &&
           (!records || !overwrite || record_sweep(run->experiment, run->points, fault));
}

/* Starts processes, joins the other ranks, opens the folder, and runs. */
static bool run_trials(struct options *options, struct experiment *experiment,
                       const struct points *points, struct fault *fault)
{
    const char *dir = output_of(options, experiment->name);
    const char *parts = experiment->trace ? parts_dir(options->launch.arena, dir) : NULL;
    struct pool pool = {0};
    if (options->record != NULL)
        experiment->record.dir = options->record;
    else if (experiment->record.is_asked)
        experiment->record.dir = arena_printf(options->launch.arena, "%s/traces", dir);
    bool ok = pool_start(&pool, points, experiment, launch_jobs(&options->launch), parts, fault);
    ok = launch_join(&options->launch, ok, fault);
    if (ok && ranks_own() > 0) {
        launch_stop(); /* rank 0 decides */
        pool_serve(&pool);
    } else if (ok) {
        struct run run = {
            .options = options, .experiment = experiment, .points = points, .pool = &pool};
        ok = open_folders(&run, dir, fault);
        if (ok)
            ok = run_missing(&run, dir, fault);
        else
            pool_cancel(&pool);
        store_close(run.store);
    }
    pool_end(&pool);
    return ok;
}

/* Loads the experiment and its points, and finds the shard; with --dump-config, does without the
 * points. */
static bool load(struct options *options, struct experiment *experiment, struct points *points,
                 struct fault *fault)
{
    const struct launch *launch = &options->launch;
    const char *path = library_find_experiment(launch->arena, launch->experiment, fault);
    if (path == NULL || !find_shard(options, fault))
        return false;
    const struct roster *roster =
        roster_create(launch->arena, options->plugins.list, (int32_t)options->plugins.count, fault);
    return roster != NULL &&
           experiment_load_with(roster, experiment, launch->arena, path, launch->sets.list,
                                (int)launch->sets.count, fault) &&
           (options->dump_config || points_expand(points, experiment, fault));
}

static bool run_experiment(struct options *options, struct fault *fault)
{
    struct launch *launch = &options->launch;
    struct experiment experiment;
    struct points points;
    bool ok = load(options, &experiment, &points, fault);
    if (ok && !options->dump_config && !options->dry_run)
        return run_trials(options, &experiment, &points, fault);
    ok = launch_join(launch, ok, fault);
    if (!ok || ranks_own() > 0)
        return ok;
    if (options->dump_config)
        yaml_print(experiment_config(&experiment), stdout);
    else
        forecast_print(&points);
    return true;
}

int command_run(int argc, char **argv)
{
    struct fault fault = FAULT_NONE;
    struct options options = {0};
    launch_init(&options.launch);
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    bool ok = run_experiment(&options, &fault);
    words_finish(&options.plugins);
    return launch_finish(&options.launch, ok, &fault);
}
