/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/tick.h"

/* ---- the experiment ---- */

/* Keys that would change what was drawn, or mean nothing here. */
static const char *const fixed_keys[] = {"seed",   "replicates", "noise", "workload.arrivals",
                                         "record", "sweep",      "train"};

/* Whether a `KEY=VALUE` sets a key or one below it. */
static bool is_set_of(const char *set, const char *key)
{
    size_t length = strlen(key);
    return strncmp(set, key, length) == 0 && (set[length] == '=' || set[length] == '.');
}

static bool check_sets(const struct replay_options *options, struct fault *fault)
{
    for (int i = 0; i < options->set_count; i++)
        for (size_t k = 0; k < sizeof fixed_keys / sizeof *fixed_keys; k++)
            if (is_set_of(options->sets[i], fixed_keys[k]))
                return fault_set(
                    fault, "--set", "--noise none switches the noise off; `hetsoc run` draws anew",
                    "`%s` is what was recorded and cannot be set in a replay", fixed_keys[k]);
    return true;
}

/* A platform as the trace's experiment names it: paths are those of the command line. */
static const char *find_platform(struct arena *arena, const char *platform, struct fault *fault)
{
    size_t length = strlen(platform);
    bool is_path = strchr(platform, '/') != NULL ||
                   (length > 5 && strcmp(platform + length - 5, ".yaml") == 0);
    if (!is_path)
        return platform;
    char *absolute = realpath(platform, NULL);
    if (absolute == NULL) {
        fault_set(fault, platform, "see `hetsoc list platforms`", "cannot find the platform: %s",
                  strerror(errno));
        return NULL;
    }
    const char *kept = arena_string(arena, absolute);
    free(absolute);
    return kept;
}

/* The --sets of the user and those that the other options stand for. */
static bool collect_sets(const struct replay_options *options, struct arena *arena,
                         const char ***sets, int *count, struct fault *fault)
{
    *sets = arena_zeroed(arena, (size_t)options->set_count + 5, sizeof **sets);
    *count = 0;
    for (int i = 0; i < options->set_count; i++)
        (*sets)[(*count)++] = options->sets[i];
    if (options->scheduler != NULL)
        (*sets)[(*count)++] = arena_printf(arena, "schedulers=[%s]", options->scheduler);
    if (options->engine != NULL)
        (*sets)[(*count)++] = arena_printf(arena, "engine=%s", options->engine);
    if (options->without_noise)
        (*sets)[(*count)++] = "noise=[none]";
    if (options->platform != NULL) {
        const char *platform = find_platform(arena, options->platform, fault);
        if (platform == NULL)
            return false;
        (*sets)[(*count)++] = arena_printf(arena, "platform=\"%s\"", platform);
    }
    return check_sets(options, fault);
}

/* The distinct files of apps in arrivals.csv as a YAML list: variants have one. */
static const char *list_apps(struct arena *arena, const char *dir, struct fault *fault)
{
    struct csv_reader *reader = csv_open(arena_printf(arena, "%s/arrivals.csv", dir), fault);
    const char *list = "";
    int column = reader == NULL ? -1 : csv_column(reader, "app");
    while (column >= 0 && csv_next(reader, fault)) {
        const char *app = csv_cell(reader, column);
        const char *item = arena_printf(arena, "%.*s, ", (int)strcspn(app, "#"), app);
        const char *at = strstr(list, item);
        if (at == NULL || (at != list && at[-1] != ' '))
            list = arena_printf(arena, "%s%s", list, item);
    }
    csv_close(reader);
    return fault_is_set(fault) ? NULL : list;
}

/* The experiment of a measured trace that has none. */
static struct yaml_node *invent(const struct replay_options *options, struct arena *arena,
                                const char *path, struct fault *fault)
{
    if (options->platform == NULL) {
        fault_set(fault, options->dir,
                  "write experiment.yaml there, or give `hetsoc replay` a --platform",
                  "the trace has no experiment.yaml, so that its platform is unknown");
        return NULL;
    }
    const char *apps = list_apps(arena, options->dir, fault);
    if (apps == NULL)
        return NULL;
    const char *text = arena_printf(arena,
                                    "name: measured\n"
                                    "platform: unknown\n"
                                    "workload:\n"
                                    "  apps: [%s]\n"
                                    "  arrivals: {kind: trace, file: arrivals.csv}\n"
                                    "schedulers: [heft]\n",
                                    apps);
    return yaml_parse(arena, path, text, fault);
}

static bool load_experiment(struct replay *replay, struct arena *arena,
                            const struct replay_options *options, bool is_measured,
                            struct fault *fault)
{
    const char *path = arena_printf(arena, "%s/experiment.yaml", options->dir);
    const char **sets;
    int set_count;
    bool is_there = access(path, F_OK) == 0 || !is_measured;
    struct yaml_node *root =
        is_there ? yaml_load(arena, path, fault) : invent(options, arena, path, fault);
    if (root == NULL || !collect_sets(options, arena, &sets, &set_count, fault))
        return false;
    if (root->type == YAML_MAP)
        yaml_remove(root, "baseline"); /* of a competition; here is one */
    if (!experiment_read(options->roster, &replay->experiment, arena, path, root, sets, set_count,
                         fault) ||
        !points_expand(&replay->points, &replay->experiment, fault))
        return false;
    replay->point = &replay->points.list[0];
    return (replay->points.count == 1 && replay->points.replicates == 1) ||
           fault_set(fault, path, "give every key one value; replay several times",
                     "a replay is one trial, not %d",
                     (int)(replay->points.count * replay->points.replicates));
}

/* ---- the recording ---- */

static bool open_trace(struct replay *replay, const struct replay_options *options,
                       bool is_measured, struct fault *fault)
{
    const struct point *point = replay->point;
    replay->trace = is_measured
                        ? trace_open_measured(options->dir, point->platform_file, point->app_files,
                                              point->app_file_count, fault)
                        : trace_open(options->dir, fault);
    return replay->trace != NULL;
}

static bool fill(struct replay *replay, const struct replay_options *options, struct fault *fault)
{
    const struct point *point = replay->point;
    int32_t replicate = replay->trace->manifest.replicate;
    replay->drawn = points_drawn(point, &replay->experiment, replicate);
    replay->beyond = scenario_drawn(&replay->drawn);
    replay->recorded = scenario_recorded_create(replay->trace->soc->pe_count, &replay->beyond);
    if (options->without_noise)
        scenario_recorded_silence(replay->recorded);
    replay->scenario = scenario_recorded(replay->recorded, point->jobs);
    return trace_fill_scenario(replay->recorded, replay->trace, point->binds, point->app_count,
                               &replay->gaps, fault);
}

bool replay_open(struct replay *replay, struct arena *arena, const struct replay_options *options,
                 struct fault *fault)
{
    *replay = (struct replay){
        .is_same = options->scheduler == NULL && options->platform == NULL &&
                   !options->without_noise && options->set_count == 0,
    };
    const char *manifest = arena_printf(arena, "%s/manifest.json", options->dir);
    const char *arrivals = arena_printf(arena, "%s/arrivals.csv", options->dir);
    bool is_measured = access(manifest, F_OK) != 0 && access(arrivals, F_OK) == 0;
    if (is_measured || access(manifest, F_OK) == 0) {
        if (load_experiment(replay, arena, options, is_measured, fault) &&
            open_trace(replay, options, is_measured, fault) && fill(replay, options, fault))
            return true;
    } else {
        fault_set(
            fault, options->dir,
            "a recorded trace has manifest.json (`hetsoc run --record DIR` makes DIR/0, DIR/1, "
            "...), a measured one arrivals.csv and tasks.csv",
            "this is no trace");
    }
    replay_close(replay);
    return false;
}

void replay_close(struct replay *replay)
{
    scenario_recorded_destroy(replay->recorded);
    trace_close(replay->trace);
    replay->recorded = NULL;
    replay->trace = NULL;
}

/* ---- running ---- */

/* What jobs took, by number. */
struct latencies {
    int64_t *latency_ps;
    int32_t count;
};

static void on_job_done(void *self, const struct observed_job *job)
{
    const struct latencies *latencies = self;
    if (job->id < latencies->count)
        latencies->latency_ps[job->id] = job->finish_ps - job->arrival_ps;
}

void replay_run(struct replay *replay, const char *tables, int64_t *latency_ps,
                struct trial_row *row)
{
    struct latencies latencies = {latency_ps, replay->trace->job_count};
    const struct observer observer = {.self = &latencies, .on_job_done = on_job_done};
    const struct trial_plan plan = {
        .experiment = &replay->experiment,
        .point = replay->point,
        .trial = replay->trace->manifest.trial,
        .replicate = replay->trace->manifest.replicate,
        .scenario = &replay->scenario,
        .tables = tables,
        .tables_have_headers = true,
        .observer = &observer,
    };
    memset(latency_ps, 0, (size_t)latencies.count * sizeof *latency_ps);
    trial_play(&plan, row);
}

bool replay_recorded(const struct replay *replay, int64_t *latency_ps, struct fault *fault)
{
    const struct trace *trace = replay->trace;
    bool has_jobs = trace_has(trace, TRACE_JOBS);
    memset(latency_ps, 0, (size_t)trace->job_count * sizeof *latency_ps);
    if (!has_jobs && !trace->is_measured)
        return true;
    struct trace_reader *reader = trace_read(trace, has_jobs ? TRACE_JOBS : TRACE_TASKS, fault);
    struct trace_job job;
    struct trace_task task;
    while (reader != NULL && has_jobs && trace_next_job(reader, &job, fault))
        latency_ps[job.job] = job.is_failed ? 0 : job.finish_ps - job.arrival_ps;
    while (reader != NULL && !has_jobs && trace_next_task(reader, &task, fault)) {
        int64_t taken_ps = task.finish_ps - trace->arrivals[task.job].at_ps;
        if (taken_ps > latency_ps[task.job])
            latency_ps[task.job] = taken_ps;
    }
    trace_reader_close(reader);
    return !fault_is_set(fault);
}
