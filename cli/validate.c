/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc validate FILE...: says what each file is and whether it is right. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/csv.h"
#include "cli/command.h"
#include "cli/words.h"
#include "lab/experiment.h"
#include "lab/library.h"
#include "lab/points.h"
#include "lab/replay.h"
#include "lab/weights.h"
#include "sim/soc.h"
#include "traces/import.h"
#include "workloads/app.h"
#include "workloads/arrivals.h"

static bool is_csv(const char *path)
{
    size_t length = strlen(path);
    return length >= 4 && strcmp(path + length - 4, ".csv") == 0;
}

/* Collects the distinct names in the `app` column: any will do, no workload says which. */
static const char **collect_apps(struct arena *arena, const char *path, int32_t *count,
                                 struct fault *fault)
{
    *count = 0;
    struct csv_reader *reader = csv_open(path, fault);
    if (reader == NULL)
        return NULL;
    int column = csv_column(reader, "app");
    const char **names = NULL;
    size_t capacity = 0;
    while (csv_next(reader, fault)) {
        bool known = column < 0;
        for (int32_t i = 0; !known && i < *count; i++)
            known = strcmp(names[i], csv_cell(reader, column)) == 0;
        if (known)
            continue;
        names = memory_grow(names, &capacity, (size_t)*count + 1, sizeof *names);
        names[(*count)++] = arena_string(arena, csv_cell(reader, column));
    }
    csv_close(reader);
    return names;
}

static const char *check_arrivals(struct arena *arena, const char *path, struct fault *fault)
{
    struct arrivals arrivals = {0};
    int32_t count;
    const char **names = collect_apps(arena, path, &count, fault);
    bool ok =
        !fault_is_set(fault) && arrivals_load_trace(&arrivals, arena, path, names, count, fault);
    free(names);
    return ok ? "arrivals" : NULL;
}

static const char *check_experiment(const struct roster *roster, struct arena *arena,
                                    const char *path, struct fault *fault)
{
    struct experiment experiment;
    struct points points;
    return experiment_load_with(roster, &experiment, arena, path, NULL, 0, fault) &&
                   points_expand(&points, &experiment, fault)
               ? "experiment"
               : NULL;
}

/* A file in a format of others. */
static const char *check_foreign(const struct import_kind *kind, struct arena *arena,
                                 const char *path, struct fault *fault)
{
    struct imported imported = {0};
    if (!kind->read(&imported, arena, &path, 1, &import_options_default, fault))
        return NULL;
    const char *what = arena_printf(arena, "%s for hetsoc import", kind->name);
    for (int32_t a = 0; a < imported.app_count; a++)
        what = arena_printf(arena, "%s, %d tasks, %d edges", what, (int)imported.apps[a].task_count,
                            (int)imported.apps[a].edge_count);
    return what;
}

/* A trace with everything in it; what it is told as lives in the arena. */
static const char *check_trace(const struct roster *roster, struct arena *arena, const char *path,
                               struct fault *fault)
{
    struct replay replay;
    const struct replay_options options = {.dir = path, .roster = roster};
    if (!replay_open(&replay, arena, &options, fault))
        return NULL;
    const struct trace *trace = replay.trace;
    bool ok = true;
    for (int i = 0; ok && i < TRACE_CATEGORIES; i++)
        ok = !trace_has(trace, (enum trace_category)i) ||
             trace_check(trace, (enum trace_category)i, fault);
    const char *what =
        arena_printf(arena, "%s trace, %d jobs", trace->is_measured ? "measured" : "recorded",
                     (int)trace->job_count);
    replay_close(&replay);
    return ok ? what : NULL;
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* What a file is if it is right; else NULL and a fault. */
static const char *check_file(const struct roster *roster, struct arena *arena, const char *path,
                              struct fault *fault)
{
    if (access(path, R_OK) != 0) {
        fault_set(fault, path, "give the path of a file that can be read", "cannot read: %s",
                  strerror(errno));
        return NULL;
    }
    if (is_folder(path))
        return check_trace(roster, arena, path, fault);
    if (is_csv(path))
        return check_arrivals(arena, path, fault);
    if (weights_recognize(path))
        return weights_check(arena, path, fault);
    const struct import_kind *foreign = import_recognize(path);
    if (foreign != NULL)
        return check_foreign(foreign, arena, path, fault);
    const struct yaml_node *root = yaml_load(arena, path, fault);
    if (root == NULL)
        return NULL;
    if (yaml_get(root, "workload") != NULL || yaml_get(root, "schedulers") != NULL)
        return check_experiment(roster, arena, path, fault);
    if (yaml_get(root, "platform") != NULL) {
        struct soc soc;
        return soc_load(&soc, arena, path, fault) ? "platform" : NULL;
    }
    if (yaml_get(root, "app") != NULL) {
        struct app_set set;
        return app_load_with(&set, arena, path, library_find_app, fault) ? "app" : NULL;
    }
    fault_set(fault, path,
              "an experiment has `workload:`, a platform `platform:`, an app `app:`, a CSV of "
              "arrivals ends in .csv, weights in .safetensors, a trace is a folder",
              "this is no experiment, platform or app");
    return NULL;
}

struct options {
    struct words files, plugins;
};

enum { KEY_PLUGIN = 256 };

static const struct argp_option option_list[] = {
    {"plugin", KEY_PLUGIN, "FILE.so", 0,
     "a scheduler that experiments may name (docs/plugin.md); may be repeated", 0},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_PLUGIN:
        words_add(&options->plugins, text);
        return 0;
    case ARGP_KEY_ARG:
        words_add(&options->files, text);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which file?");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "FILE...",
    .doc = "Check files: experiments with everything they name, platforms, apps, arrivals (CSV), "
           "folders of traces, policies and kernels' weights (safetensors), and what `hetsoc "
           "import` reads.",
};

/* Says what a file is, or what is wrong with it. */
static bool validate(const struct options *options, const char *path)
{
    struct fault fault = FAULT_NONE;
    struct arena *arena = arena_create();
    const struct roster *roster =
        roster_create(arena, options->plugins.list, (int32_t)options->plugins.count, &fault);
    const char *what = roster == NULL ? NULL : check_file(roster, arena, path, &fault);
    if (what != NULL)
        printf("%s: ok (%s)\n", path, what);
    else
        fault_print(&fault, stderr);
    arena_destroy(arena);
    return what != NULL;
}

int command_validate(int argc, char **argv)
{
    struct options options = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    int status = EXIT_DONE;
    for (size_t i = 0; i < options.files.count; i++)
        status = validate(&options, options.files.list[i]) ? status : EXIT_FAULT;
    words_finish(&options.files);
    words_finish(&options.plugins);
    return status;
}
