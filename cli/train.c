/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc train: trains a scheduler on an experiment. */
#include <argp.h>
#include <math.h>
#include <unistd.h>

#include "analysis/plot_learning.h"
#include "base/ranks.h"
#include "cli/command.h"
#include "cli/launch.h"
#include "lab/library.h"
#include "lab/train.h"

enum { KEY_RESUME = 256, KEY_OVERWRITE };

static const struct argp_option option_list[] = {
    {"resume", KEY_RESUME, NULL, 0, "go on where an interrupted training stopped", 0},
    {"overwrite", KEY_OVERWRITE, NULL, 0, "start anew: forget the training that DIR holds", 0},
    {0},
};

struct options {
    struct launch launch;
    bool resume, overwrite;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    (void)text;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->launch;
        return 0;
    case KEY_RESUME:
        options->resume = true;
        return 0;
    case KEY_OVERWRITE:
        options->overwrite = true;
        return 0;
    case ARGP_KEY_SUCCESS:
        if (options->resume && options->overwrite)
            argp_error(state, "--resume and --overwrite exclude each other");
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
    .doc = "Train a scheduler on the points of an experiment, as its `train` says.\v"
           "Writes DIR/policy.safetensors (the best weights by validation), DIR/train.csv and "
           "DIR/state.safetensors. Ctrl-C ends it after the current iteration; --resume goes on "
           "to the same weights that an uninterrupted training has, and so does any number of "
           "processes or ranks.",
};

/* How the terminal is told, and by whom. */
struct progress_lines {
    struct launch *launch;
    const struct curriculum *curriculum;
    bool is_quiet, is_terminal;
};

static void on_report(void *context, const struct train_report *report)
{
    const struct progress_lines *lines = context;
    if (lines->is_quiet)
        return;
    if (lines->is_terminal)
        fprintf(stderr,
                "\r%d/%d %s, %.0f decisions/s, entropy %.3f, agreed %.3f, %.0f s left\033[K",
                (int)report->iteration + 1, (int)report->iterations,
                report->is_warm ? "imitation" : "policy gradient", report->decisions_per_s,
                report->entropy, report->agreed, report->left_s);
    if (!report->is_validated)
        return;
    if (lines->is_terminal)
        fputs("\r\033[K", stderr);
    printf("%5d  %6.1f s  %7.0f decisions/s  mean %.1f us ", (int)report->iteration + 1,
           report->wall_s, report->decisions_per_s, report->latency_us);
    const struct curriculum_source *source = &lines->curriculum->sources[0];
    for (int32_t s = 0; s < source->schedulers; s++)
        printf(" %s %+.1f%% (p95 %+.1f%%)", source->points.list[s].scheduler,
               100 * (report->ratio[s] - 1), 100 * (report->p95[s] - 1));
    printf("%s\n", report->is_best ? " *" : "");
    fflush(stdout);
}

static bool join(void *context, bool ok, struct fault *fault)
{
    return launch_join(((struct progress_lines *)context)->launch, ok, fault);
}

/* Draws the curve, whose lack is no failure, and names the files: before the first validation there
 * are no weights. */
static void conclude(struct arena *arena, const char *dir, bool is_quiet)
{
    static const char *const names[] = {"policy.safetensors", "train.csv", "state.safetensors"};
    struct fault fault = FAULT_NONE;
    bool is_drawn = plot_learning(dir, &fault);
    if (!is_drawn)
        command_warn("there is no picture", &fault);
    if (is_quiet)
        return;
    puts("Files:");
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        const char *path = arena_printf(arena, "%s/%s", dir, names[n]);
        if (access(path, F_OK) == 0)
            printf("  %s\n", path);
    }
    if (is_drawn)
        printf("  %s/plots/learning.png\n", dir);
}

static bool train(struct options *options, struct fault *fault)
{
    struct launch *launch = &options->launch;
    struct experiment experiment;
    struct curriculum curriculum;
    const char *path = library_find_experiment(launch->arena, launch->experiment, fault);
    if (path == NULL ||
        !experiment_load(&experiment, launch->arena, path, launch->sets.list,
                         (int)launch->sets.count, fault) ||
        !curriculum_load(&curriculum, &experiment, fault))
        return launch_join(launch, false, fault);
    struct progress_lines lines = {launch, &curriculum, launch->quiet, isatty(STDERR_FILENO) != 0};
    const char *dir = launch_output(launch, experiment.name);
    const struct train_setup setup = {
        .experiment = &experiment,
        .curriculum = &curriculum,
        .dir = dir,
        .workers = launch_jobs(launch),
        .resume = options->resume,
        .overwrite = options->overwrite,
        .on_report = on_report,
        .join = join,
        .context = &lines,
        .stop = launch_stop(),
    };
    bool is_finished;
    if (!train_run(&setup, &is_finished, fault))
        return false;
    if (ranks_own() > 0)
        return true;
    conclude(launch->arena, dir, launch->quiet);
    if (!is_finished)
        fputs("hetsoc: interrupted\n    hint: `--resume` goes on from the last validation\n",
              stderr);
    return is_finished;
}

int command_train(int argc, char **argv)
{
    struct fault fault = FAULT_NONE;
    struct options options = {0};
    launch_init(&options.launch);
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    bool ok = train(&options, &fault);
    return launch_finish(&options.launch, ok, &fault);
}
