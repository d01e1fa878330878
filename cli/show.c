/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc show platform|app|scheduler NAME: what it is made of, as text or as a graph. */
#include <argp.h>
#include <math.h>
#include <string.h>

#include "analysis/optimum.h"
#include "analysis/portrait.h"
#include "base/schema.h"
#include "base/tick.h"
#include "cli/command.h"
#include "cli/words.h"
#include "lab/library.h"
#include "lab/roster.h"
#include "workloads/app_dot.h"

struct options {
    const char *what, *name, *platform;
    struct words plugins;
    double optimum_s; /* 0: not asked */
    bool dot;
    struct arena *arena;
};

enum { KEY_ON = 256, KEY_DOT, KEY_PLUGIN, KEY_OPTIMUM };

static const struct argp_option option_list[] = {
    {"on", KEY_ON, "PLATFORM", 0,
     "app: what it costs on a platform: ranks, critical path, CCR, parallelism", 0},
    {"optimum", KEY_OPTIMUM, "SECONDS", 0,
     "app: look for the shortest makespan of one job on it, for at most so long", 0},
    {"dot", KEY_DOT, NULL, 0, "platform, app: print a graph for Graphviz instead", 0},
    {"plugin", KEY_PLUGIN, "FILE.so", 0, "scheduler: that of a plug-in too; may be repeated", 0},
    {0},
};

/* Loads a platform by name or path. */
static bool load_soc(const struct options *options, const char *name, struct soc *soc,
                     struct fault *fault)
{
    const char *path = library_find(options->arena, LIBRARY_PLATFORMS, name, ".", "show", fault);
    return path != NULL && soc_load(soc, options->arena, path, fault);
}

static bool show_platform(const struct options *options, struct fault *fault)
{
    struct soc soc;
    if (!load_soc(options, options->name, &soc, fault))
        return false;
    if (options->dot)
        portrait_soc_dot(&soc, stdout);
    else
        portrait_soc(&soc, stdout);
    return true;
}

/* Searches the shortest makespan and says what was found. */
static bool show_optimum(const struct options *options, const struct bind *bind,
                         struct fault *fault)
{
    if (bind->app->branch_count > 0)
        return fault_set(fault, bind->app->file, "leave out --optimum",
                         "the shortest makespan of an app with branches is not defined");
    if (bind->soc->interconnect != SOC_MATRIX || bind->soc->at_assign)
        return fault_set(fault, bind->soc->name, "leave out --optimum, or choose another platform",
                         "the shortest makespan is found on a matrix only");
    const struct optimum_limits limits = {
        .nodes = INT64_MAX,
        .time_limit_s = options->optimum_s,
        .memory_bytes = OPTIMUM_MEMORY_BYTES,
    };
    struct optimum optimum;
    optimum_find(&optimum, bind, NULL, 0, &limits);
    double makespan_us = (double)optimum.makespan_ps / TICK_PER_US;
    if (optimum.is_proven)
        printf("  %.6g us shortest makespan, proven\n", makespan_us);
    else
        printf("  %.6g us shortest makespan found, %.6g us proven: gap %.3g %%\n", makespan_us,
               (double)optimum.bound_ps / TICK_PER_US, 100 * optimum_gap(&optimum));
    optimum_finish(&optimum);
    return true;
}

static bool show_app(const struct options *options, struct fault *fault)
{
    struct app_set set;
    struct soc soc;
    struct bind bind;
    const char *path =
        library_find(options->arena, LIBRARY_APPS, options->name, ".", "show", fault);
    if (path == NULL || !app_load_with(&set, options->arena, path, library_find_app, fault))
        return false;
    const struct app *app = &set.apps[0];
    if (set.count > 1 && !options->dot)
        printf("generated, %d variants; the first:\n", (int)set.count);
    if (options->dot)
        app_write_dot(&app, 1, stdout);
    else if (options->platform == NULL)
        portrait_app(app, NULL, stdout);
    if (options->dot || options->platform == NULL)
        return true;
    if (!load_soc(options, options->platform, &soc, fault) ||
        !bind_app(&bind, options->arena, app, &soc, fault))
        return false;
    portrait_app(app, &bind, stdout);
    return options->optimum_s == 0 || show_optimum(options, &bind, fault);
}

static void print_param(const struct policy_param *param)
{
    char range[64];
    const struct schema_row row = {
        .type = SCHEMA_REAL, .unit = param->unit, .min = param->min, .max = param->max};
    if (param->choices != NULL)
        printf("  %s: one of %s\n      %s\n", param->name, param->choices, param->help);
    else
        printf("  %s: %g%s%s unless set, %s\n      %s\n", param->name, param->fallback,
               param->unit == NULL ? "" : " ", param->unit == NULL ? "" : param->unit,
               schema_range(&row, range), param->help);
}

static bool show_scheduler(const struct options *options, struct fault *fault)
{
    static const char *const families[] = {[POLICY_STATIC] = "static",
                                           [POLICY_DYNAMIC] = "dynamic",
                                           [POLICY_LATE_BINDING] = "late binding"};
    const struct roster *roster = roster_create(options->arena, options->plugins.list,
                                                (int32_t)options->plugins.count, fault);
    if (roster == NULL)
        return false;
    const struct policy_kind *policy = roster_find(roster, options->name);
    if (policy == NULL)
        return fault_set(fault, "show", "`hetsoc list schedulers` names all",
                         "unknown scheduler `%s`", options->name);
    printf("scheduler %s: %s\n%s; %s\n%s\n", policy->name, policy->summary,
           families[policy->family], policy->source, policy->cost);
    if (policy->param_count > 0)
        puts("\nparameters:");
    for (int32_t i = 0; i < policy->param_count; i++)
        print_param(&policy->params[i]);
    return true;
}

static const struct {
    const char *name;
    bool (*show)(const struct options *options, struct fault *fault);
} things[] = {{"platform", show_platform}, {"app", show_app}, {"scheduler", show_scheduler}};

enum { THING_COUNT = sizeof things / sizeof *things };

static int find_thing(const char *name)
{
    int thing = 0;
    while (thing < THING_COUNT && strcmp(things[thing].name, name) != 0)
        thing++;
    return thing;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_ON:
        options->platform = text;
        return 0;
    case KEY_OPTIMUM:
        if (!schema_parse_real(text, &options->optimum_s) || options->optimum_s <= 0)
            argp_error(state, "--optimum takes seconds above 0, not `%s`", text);
        return 0;
    case KEY_DOT:
        options->dot = true;
        return 0;
    case KEY_PLUGIN:
        words_add(&options->plugins, text);
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 1)
            argp_error(state, "one thing at a time, not also `%s`", text);
        if (state->arg_num == 0 && find_thing(text) == THING_COUNT)
            argp_error(state, "`%s` cannot be shown", text);
        *(state->arg_num == 0 ? &options->what : &options->name) = text;
        return 0;
    case ARGP_KEY_END:
        if (options->name == NULL)
            argp_error(state, "what is to be shown, and what is its name?");
        if (options->optimum_s > 0 && options->platform == NULL)
            argp_error(state, "--optimum needs a platform: --on PLATFORM");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "platform|app|scheduler NAME",
    .doc = "Show what a platform, an app or a scheduler is made of.\vNAME is a shipped name "
           "(`hetsoc list`) or, for platforms and apps, the path of a file.",
};

int command_show(int argc, char **argv)
{
    struct fault fault = FAULT_NONE;
    struct options options = {.arena = arena_create()};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    bool ok = things[find_thing(options.what)].show(&options, &fault);
    words_finish(&options.plugins);
    arena_destroy(options.arena);
    return command_end(ok, &fault);
}
