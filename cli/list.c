/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc list WHAT: what is there, one per line, name TAB summary. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agents/network.h"
#include "cli/command.h"
#include "cli/words.h"
#include "lab/library.h"
#include "lab/roster.h"
#include "lab/trial.h"
#include "sim/soc.h"
#include "workloads/app.h"
#include "workloads/arrivals.h"

enum { KEY_PLUGIN = 256 };

struct options {
    int shelf;
    struct words plugins;
};

static void print_row(const char *name, const char *summary)
{
    printf("%s\t%s\n", name, summary != NULL ? summary : "");
}

/* name, summary, family, source, cost */
static bool list_schedulers(const struct options *options, struct arena *arena, struct fault *fault)
{
    static const char *const families[] = {[POLICY_STATIC] = "static",
                                           [POLICY_DYNAMIC] = "dynamic",
                                           [POLICY_LATE_BINDING] = "late binding"};
    const struct roster *roster =
        roster_create(arena, options->plugins.list, (int32_t)options->plugins.count, fault);
    for (int i = 0; roster != NULL && roster->policies[i] != NULL; i++) {
        const struct policy_kind *policy = roster->policies[i];
        printf("%s\t%s\t%s\t%s\t%s\n", policy->name, policy->summary, families[policy->family],
               policy->source, policy->cost);
    }
    return roster != NULL;
}

static bool list_arrivals(const struct options *options, struct arena *arena, struct fault *fault)
{
    (void)options;
    (void)arena;
    (void)fault;
    for (int i = 0; arrivals_kinds[i] != NULL; i++)
        print_row(arrivals_kinds[i]->name, arrivals_kinds[i]->summary);
    return true;
}

static bool list_agents(const struct options *options, struct arena *arena, struct fault *fault)
{
    (void)options;
    (void)arena;
    (void)fault;
    for (int i = 0; network_kinds[i] != NULL; i++)
        print_row(network_kinds[i]->name, network_kinds[i]->summary);
    return true;
}

static bool list_metrics(const struct options *options, struct arena *arena, struct fault *fault)
{
    (void)options;
    (void)arena;
    (void)fault;
    for (int i = 0; i < trial_figure_count; i++)
        print_row(trial_figures[i].name, trial_figures[i].summary);
    return true;
}

static bool list_platforms(const struct options *options, struct arena *arena, struct fault *fault)
{
    (void)options;
    int count;
    const char **names = library_list(arena, LIBRARY_PLATFORMS, &count);
    for (int i = 0; i < count; i++) {
        struct soc soc;
        const char *path = library_find(arena, LIBRARY_PLATFORMS, names[i], ".", names[i], fault);
        if (path == NULL || !soc_load(&soc, arena, path, fault))
            return false;
        print_row(names[i], soc.summary);
    }
    return true;
}

static bool list_apps(const struct options *options, struct arena *arena, struct fault *fault)
{
    (void)options;
    int count;
    const char **names = library_list(arena, LIBRARY_APPS, &count);
    for (int i = 0; i < count; i++) {
        struct app_set set;
        const char *path = library_find(arena, LIBRARY_APPS, names[i], ".", names[i], fault);
        if (path == NULL || !app_load_with(&set, arena, path, library_find_app, fault))
            return false;
        print_row(names[i], set.apps[0].summary);
    }
    return true;
}

static const struct {
    const char *name;
    bool (*print)(const struct options *options, struct arena *arena, struct fault *fault);
} shelves[] = {
    {"schedulers", list_schedulers}, {"platforms", list_platforms}, {"apps", list_apps},
    {"arrivals", list_arrivals},     {"agents", list_agents},       {"metrics", list_metrics},
};

enum { SHELF_COUNT = sizeof shelves / sizeof *shelves };

static const struct argp_option option_list[] = {
    {"plugin", KEY_PLUGIN, "FILE.so", 0, "schedulers: also that of a plug-in; may be repeated", 0},
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
        if (state->arg_num > 0)
            argp_error(state, "one list at a time, not also `%s`", text);
        for (options->shelf = 0; options->shelf < SHELF_COUNT; options->shelf++)
            if (strcmp(text, shelves[options->shelf].name) == 0)
                return 0;
        argp_error(state, "there is no list of `%s`", text);
        return EINVAL;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which list?");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "schedulers|platforms|apps|arrivals|agents|metrics",
    .doc = "List what an experiment can name: one per line, name TAB summary.\v"
           "Schedulers have more after that, each after a TAB: static, dynamic or late binding; "
           "the paper; the cost of a decision. `hetsoc show scheduler NAME` tells the parameters.",
};

int command_list(int argc, char **argv)
{
    struct options options = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    struct fault fault = FAULT_NONE;
    struct arena *arena = arena_create();
    bool ok = shelves[options.shelf].print(&options, arena, &fault);
    arena_destroy(arena);
    words_finish(&options.plugins);
    return command_end(ok, &fault);
}
