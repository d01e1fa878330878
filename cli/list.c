/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc list WHAT: what is there, one per line, name TAB summary. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agents/network.h"
#include "cli/command.h"
#include "lab/library.h"
#include "lab/trial.h"
#include "sched/registry.h"
#include "sim/soc.h"
#include "workloads/app.h"
#include "workloads/arrivals.h"

static void print_row(const char *name, const char *summary)
{
    printf("%s\t%s\n", name, summary != NULL ? summary : "");
}

static bool list_schedulers(struct arena *arena, struct fault *fault)
{
    (void)arena;
    (void)fault;
    for (int i = 0; sched_registry[i] != NULL; i++)
        print_row(sched_registry[i]->name, sched_registry[i]->summary);
    return true;
}

static bool list_arrivals(struct arena *arena, struct fault *fault)
{
    (void)arena;
    (void)fault;
    for (int i = 0; arrivals_kinds[i] != NULL; i++)
        print_row(arrivals_kinds[i]->name, arrivals_kinds[i]->summary);
    return true;
}

static bool list_agents(struct arena *arena, struct fault *fault)
{
    (void)arena;
    (void)fault;
    for (int i = 0; network_kinds[i] != NULL; i++)
        print_row(network_kinds[i]->name, network_kinds[i]->summary);
    return true;
}

static bool list_metrics(struct arena *arena, struct fault *fault)
{
    (void)arena;
    (void)fault;
    for (int i = 0; i < trial_figure_count; i++)
        print_row(trial_figures[i].name, trial_figures[i].summary);
    return true;
}

static bool list_platforms(struct arena *arena, struct fault *fault)
{
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

static bool list_apps(struct arena *arena, struct fault *fault)
{
    int count;
    const char **names = library_list(arena, LIBRARY_APPS, &count);
    for (int i = 0; i < count; i++) {
        struct app_set set;
        const char *path = library_find(arena, LIBRARY_APPS, names[i], ".", names[i], fault);
        if (path == NULL || !app_load(&set, arena, path, fault))
            return false;
        print_row(names[i], set.apps[0].summary);
    }
    return true;
}

static const struct {
    const char *name;
    bool (*print)(struct arena *arena, struct fault *fault);
} shelves[] = {
    {"schedulers", list_schedulers}, {"platforms", list_platforms}, {"apps", list_apps},
    {"arrivals", list_arrivals},     {"agents", list_agents},       {"metrics", list_metrics},
};

enum { SHELF_COUNT = sizeof shelves / sizeof *shelves };

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    int *shelf = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "one list at a time, not also `%s`", text);
        for (*shelf = 0; *shelf < SHELF_COUNT; (*shelf)++)
            if (strcmp(text, shelves[*shelf].name) == 0)
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
    .parser = parse_option,
    .args_doc = "schedulers|platforms|apps|arrivals|agents|metrics",
    .doc = "List what an experiment can name: one per line, name TAB summary.",
};

int command_list(int argc, char **argv)
{
    int shelf = 0;
    argp_parse(&argp, argc, argv, 0, NULL, &shelf);
    struct fault fault = FAULT_NONE;
    struct arena *arena = arena_create();
    bool ok = shelves[shelf].print(arena, &fault);
    if (!ok)
        fault_print(&fault, stderr);
    arena_destroy(arena);
    return ok ? EXIT_DONE : EXIT_FAULT;
}
