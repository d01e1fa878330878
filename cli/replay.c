/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc replay TRACE_DIR */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/job_pairs.h"
#include "base/csv.h"
#include "base/folder.h"
#include "base/tick.h"
#include "cli/command.h"
#include "cli/words.h"
#include "lab/export.h"
#include "lab/replay.h"
#include "lab/tables.h"
#include "traces/trace_folder.h"

struct options {
    struct replay_options replay;
    struct arena *arena;
    const char *output; /* NULL = none */
    struct words sets, plugins;
    bool quiet;
};

enum { KEY_SCHEDULER = 256, KEY_ENGINE, KEY_PLATFORM, KEY_NOISE, KEY_SET, KEY_PLUGIN };

static const struct argp_option option_list[] = {
    {"scheduler", KEY_SCHEDULER, "NAME", 0, "let another scheduler decide", 0},
    {"engine", KEY_ENGINE, "simgrid|heap", 0, "on this engine (default: that of the trace)", 0},
    {"platform", KEY_PLATFORM, "NAME", 0, "on another platform: a shipped one, or a file", 0},
    {"noise", KEY_NOISE, "none", 0, "without noise: tables are right and no PE slows down", 0},
    {"set", KEY_SET, "KEY=VALUE", 0,
     "set a key of the trace's experiment.yaml, for example schedulers.0.visible=64; may be "
     "repeated",
     0},
    {"plugin", KEY_PLUGIN, "FILE.so", 0,
     "add the scheduler of a plug-in (docs/plugin.md); may be repeated", 0},
    {"output", 'o', "DIR", 0,
     "write trials.csv, jobs.csv, tasks.csv, pes.csv, links.csv of the replay and job_pairs.csv to "
     "DIR",
     0},
    {"quiet", 'q', NULL, 0, "print errors only", 0},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_SCHEDULER:
        options->replay.scheduler = text;
        return 0;
    case KEY_ENGINE:
        if (engine_find(text) == NULL)
            argp_error(state, "there is no engine `%s`: simgrid or heap", text);
        options->replay.engine = text;
        return 0;
    case KEY_PLATFORM:
        options->replay.platform = text;
        return 0;
    case KEY_NOISE:
        if (strcmp(text, "none") != 0)
            argp_error(state, "--noise takes none, not `%s`: the noise is that of the trace", text);
        options->replay.without_noise = true;
        return 0;
    case KEY_SET:
        if (strchr(text, '=') == NULL)
            argp_error(state, "--set takes KEY=VALUE, not `%s`", text);
        words_add(&options->sets, text);
        return 0;
    case KEY_PLUGIN:
        words_add(&options->plugins, text);
        return 0;
    case 'o':
        options->output = text;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->replay.dir != NULL)
            argp_error(state, "one trace at a time, not also `%s`", text);
        options->replay.dir = text;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which trace?");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "TRACE_DIR",
    .doc =
        "Run a recorded trial again: the same, or otherwise with the same draws.\v"
        "Without options, every byte of jobs.csv, tasks.csv, pes.csv and links.csv is that of "
        "the recorded trial, on either engine. With another scheduler, platform or without noise, "
        "arrivals, ways through branches and factors on execution times stay those of the "
        "trace, and each job is compared with itself. TRACE_DIR may also hold times measured on "
        "hardware (docs/traces.md).",
};

/* ---- what is written ---- */

/* Gives the tables of a replay their names. */
static bool settle_tables(struct arena *arena, const char *dir, const char *stem,
                          struct fault *fault)
{
    for (int i = 0; i < TABLES_COUNT; i++) {
        const char *from = arena_printf(arena, "%s.%s", stem, tables_names[i]);
        const char *to = arena_printf(arena, "%s/%s", dir, tables_names[i]);
        if (rename(from, to) != 0)
            return fault_set(fault, to, NULL, "cannot write: %s", strerror(errno));
    }
    return true;
}

static bool write_trial(struct arena *arena, const char *dir, const struct replay *replay,
                        const struct trial_row *row, struct fault *fault)
{
    struct csv_writer csv;
    const struct point *point = replay->point;
    if (!csv_create_new(&csv, arena_printf(arena, "%s/.trials.csv.new", dir), fault))
        return false;
    export_trial_header(&csv);
    csv_end_row(&csv);
    const struct export_trial trial = {
        .experiment = replay->experiment.name,
        .platform = point->platform,
        .workload = point->workload,
        .engine = point->engine->name,
        .scheduler = point->scheduler,
        .noise = point->noise.name,
        .rate_jobs_per_ms = point->rate_jobs_per_ms,
        .seed = (int64_t)replay->experiment.seed,
        .row = row,
    };
    export_trial_cells(&csv, &trial);
    csv_end_row(&csv);
    return csv_finish_as(&csv, arena_printf(arena, "%s/trials.csv", dir), fault);
}

static void write_latency(struct csv_writer *csv, int64_t latency_ps)
{
    csv_us(csv, latency_ps > 0 ? latency_ps : TICK_NEVER);
}

static bool write_pairs(struct arena *arena, const char *dir, const struct trace *trace,
                        const int64_t *recorded_ps, const int64_t *replayed_ps, struct fault *fault)
{
    static const char *const columns[] = {
        "job_id", "app", "arrival_us", "recorded_latency_us", "replayed_latency_us", "ratio", NULL};
    struct csv_writer csv;
    if (!csv_create_new(&csv, arena_printf(arena, "%s/.job_pairs.csv.new", dir), fault))
        return false;
    csv_header(&csv, columns);
    for (int32_t job = 0; job < trace->job_count; job++) {
        bool is_pair = recorded_ps[job] > 0 && replayed_ps[job] > 0;
        csv_int(&csv, job);
        csv_text(&csv, trace->apps[trace->arrivals[job].app]->name);
        csv_us(&csv, trace->arrivals[job].at_ps);
        write_latency(&csv, recorded_ps[job]);
        write_latency(&csv, replayed_ps[job]);
        csv_real(&csv, is_pair ? (double)replayed_ps[job] / (double)recorded_ps[job] : NAN);
        csv_end_row(&csv);
    }
    return csv_finish_as(&csv, arena_printf(arena, "%s/job_pairs.csv", dir), fault);
}

/* ---- what is told ---- */

/* A warning for everything that was taken from elsewhere. */
static void tell_gaps(const struct replay *replay)
{
    const struct trace_gaps *gaps = &replay->gaps;
    if (gaps->tasks > gaps->measured)
        fprintf(stderr,
                "hetsoc: warning: %" PRId64 " of %" PRId64
                " tasks have no measured time: they take what the tables say\n",
                gaps->tasks - gaps->measured, gaps->tasks);
    if (gaps->without_table > 0)
        fprintf(stderr,
                "hetsoc: warning: %" PRId64 " tasks were measured on a PE kind for which their app "
                "has no time: they take what the tables say\n",
                gaps->without_table);
    if (gaps->routes > 0)
        fprintf(stderr,
                "hetsoc: warning: the ways of %" PRId64
                " jobs through their branches are not in the trace: they are drawn\n",
                gaps->routes);
}

static void tell_side(const char *name, const struct job_side *side)
{
    printf("  %-9s %12.1f %12.1f %12.1f\n", name, side->mean_us, side->p95_us, side->max_us);
}

/* The comparison; false if a replay that was due to be the same is not. */
static bool tell_pairs(const struct replay *replay, const struct job_pairs *pairs, bool quiet)
{
    if (pairs->n == 0) {
        if (!quiet)
            puts("The trace tells no latencies to compare with.");
        return true;
    }
    if (!quiet) {
        printf("\n  latency   %12s %12s %12s   us, %zu jobs\n", "mean", "p95", "max", pairs->n);
        tell_side("recorded", &pairs->a);
        tell_side("replayed", &pairs->b);
        printf("\n  job by job: latency x %.4f", pairs->ratio.mean);
        if (!isnan(pairs->ratio.ci_low))
            printf(" [%.4f, %.4f]", pairs->ratio.ci_low, pairs->ratio.ci_high);
        printf("; %zu faster, %zu slower, %zu equal\n", pairs->faster, pairs->slower, pairs->equal);
    }
    if (!replay->is_same || replay->trace->is_measured || pairs->equal == pairs->n)
        return true;
    fprintf(stderr,
            "hetsoc: warning: %zu jobs did not take what was recorded\n"
            "  hint: the trace is of %s, commit %s; another version may simulate otherwise\n",
            pairs->n - pairs->equal, replay->trace->manifest.program,
            replay->trace->manifest.commit);
    return false;
}

static void tell_trace(const struct replay *replay)
{
    const struct trace_manifest *manifest = &replay->trace->manifest;
    const struct point *point = replay->point;
    if (replay->trace->is_measured)
        printf("Measured: %d jobs\n", (int)replay->trace->job_count);
    else
        printf("Recorded: experiment %s, trial %d, %s on %s, %d jobs, %s\n", manifest->experiment,
               (int)manifest->trial, manifest->scheduler, manifest->engine,
               (int)replay->trace->job_count, manifest->status);
    printf("Replayed: %s on %s, platform %s, noise %s\n", point->scheduler, point->engine->name,
           point->platform, replay->trace->is_measured ? "as measured" : point->noise.name);
}

/* ---- the command ---- */

static bool write_all(const struct options *options, const struct replay *replay, const char *stem,
                      const struct trial_row *row, const int64_t *recorded_ps,
                      const int64_t *replayed_ps, struct fault *fault)
{
    const char *dir = options->output;
    return dir == NULL ||
           (settle_tables(options->arena, dir, stem, fault) &&
            write_trial(options->arena, dir, replay, row, fault) &&
            write_pairs(options->arena, dir, replay->trace, recorded_ps, replayed_ps, fault));
}

/* Faults if the tables would take the place of those of a trace or a run. */
static bool check_output(const struct options *options, struct fault *fault)
{
    const char *results = arena_printf(options->arena, "%s/results.db", options->output);
    if (access(results, F_OK) == 0)
        return fault_set(fault, results, "choose another folder with -o",
                         "the folder holds the results of a run, which the replay would replace");
    return trace_folder_spare(options->output, fault);
}

/* Runs the replay, writes and tells; false and perhaps a fault. */
static bool run(const struct options *options, struct replay *replay, struct fault *fault)
{
    int32_t jobs = replay->trace->job_count;
    int64_t *recorded_ps = memory_zeroed((size_t)jobs, sizeof *recorded_ps);
    int64_t *replayed_ps = memory_zeroed((size_t)jobs, sizeof *replayed_ps);
    const char *stem = NULL;
    struct trial_row row;
    bool ok = options->output == NULL ||
              (check_output(options, fault) && folder_make(options->output, fault));
    if (options->output != NULL)
        stem = arena_printf(options->arena, "%s/.replay", options->output);
    ok = ok && replay_recorded(replay, recorded_ps, fault);
    if (ok) {
        tell_gaps(replay);
        if (!options->quiet)
            tell_trace(replay);
        replay_run(replay, stem, replayed_ps, &row);
        ok = write_all(options, replay, stem, &row, recorded_ps, replayed_ps, fault);
    }
    if (ok && row.status != TRIAL_DONE) {
        fprintf(stderr, "hetsoc: the replay: %s\n", trial_status_name(row.status));
        *fault = row.fault;
        ok = false;
    }
    if (ok) {
        struct job_pairs pairs =
            job_pairs_compare(recorded_ps, replayed_ps, replay->point->warmup_jobs, jobs);
        ok = tell_pairs(replay, &pairs, options->quiet);
    }
    free(recorded_ps);
    free(replayed_ps);
    return ok;
}

static bool replay_trace(struct options *options, struct fault *fault)
{
    struct replay replay;
    options->replay.roster = roster_create(options->arena, options->plugins.list,
                                           (int32_t)options->plugins.count, fault);
    options->replay.sets = options->sets.list;
    options->replay.set_count = (int)options->sets.count;
    if (options->replay.roster == NULL ||
        !replay_open(&replay, options->arena, &options->replay, fault))
        return false;
    bool ok = run(options, &replay, fault);
    replay_close(&replay);
    return ok;
}

int command_replay(int argc, char **argv)
{
    struct fault fault = FAULT_NONE;
    struct options options = {.arena = arena_create()};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    bool ok = replay_trace(&options, &fault);
    words_finish(&options.sets);
    words_finish(&options.plugins);
    arena_destroy(options.arena);
    return command_end(ok, &fault);
}
