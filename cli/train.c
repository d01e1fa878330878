/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc train: trains a scheduler on an experiment. */
#include <argp.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/command.h"
#include "lab/library.h"
#include "lab/train.h"

enum { KEY_SET = 256, KEY_RESUME };

static const struct argp_option option_list[] = {
    {"output", 'o', "DIR", 0, "Write files into DIR (default: out/NAME)", 0},
    {"jobs", 'j', "N", 0, "Use N processes (default: one per processor); same weights", 0},
    {"resume", KEY_RESUME, NULL, 0, "Go on where an interrupted training stopped", 0},
    {"set", KEY_SET, "KEY=VALUE", 0, "Override a key, for example train.iterations=20", 0},
    {"quiet", 'q', NULL, 0, "Print nothing but faults", 0},
    {0},
};

struct options {
    struct arena *arena;
    const char *experiment;
    const char *output;
    const char **sets;
    size_t set_count, set_capacity;
    int32_t jobs;
    bool resume, quiet;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    char *end;
    switch (key) {
    case 'o':
        if (*text == '\0')
            argp_error(state, "-o takes a folder");
        options->output = text;
        return 0;
    case 'j':
        options->jobs = (int32_t)strtol(text, &end, 10);
        if (*end != '\0' || end == text || options->jobs < 1 || options->jobs > 4096)
            argp_error(state, "-j takes a number from 1 to 4096, not `%s`", text);
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case KEY_RESUME:
        options->resume = true;
        return 0;
    case KEY_SET:
        options->sets = memory_grow(options->sets, &options->set_capacity, options->set_count + 1,
                                    sizeof *options->sets);
        options->sets[options->set_count++] = text;
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
    .doc = "Train a scheduler on the points of an experiment, as its `train` says.\v"
           "Writes DIR/policy.safetensors (the best weights by validation), DIR/train.csv and "
           "DIR/state.safetensors. Ctrl-C ends it after the current iteration; --resume goes on "
           "to the same weights that an uninterrupted training has.",
};

static volatile sig_atomic_t stop_wishes;

static void on_signal(int signal_number)
{
    (void)signal_number;
    stop_wishes = stop_wishes + 1;
}

/* How the terminal is told. */
struct progress_lines {
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

static int32_t processor_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (int32_t)count : 1;
}

static bool train(const struct options *options, struct fault *fault)
{
    struct experiment experiment;
    struct curriculum curriculum;
    const char *path = library_find_experiment(options->arena, options->experiment, fault);
    if (path == NULL || !experiment_load(&experiment, options->arena, path, options->sets,
                                         (int)options->set_count, fault))
        return false;
    if (!curriculum_load(&curriculum, &experiment, fault))
        return false;
    struct progress_lines lines = {&curriculum, options->quiet, isatty(STDERR_FILENO) != 0};
    const char *dir = options->output != NULL
                          ? options->output
                          : arena_printf(options->arena, "out/%s", experiment.name);
    const struct train_setup setup = {
        .experiment = &experiment,
        .curriculum = &curriculum,
        .dir = dir,
        .workers = options->jobs > 0 ? options->jobs : processor_count(),
        .resume = options->resume,
        .on_report = on_report,
        .context = &lines,
        .stop = &stop_wishes,
    };
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (!train_run(&setup, fault))
        return false;
    if (!options->quiet)
        printf("Files:\n  %s/policy.safetensors\n  %s/train.csv\n  %s/state.safetensors\n", dir,
               dir, dir);
    return true;
}

int command_train(int argc, char **argv)
{
    struct fault fault = FAULT_NONE;
    struct options options = {.arena = arena_create()};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    bool ok = train(&options, &fault);
    if (fault_is_set(&fault))
        fault_print(&fault, stderr);
    free(options.sets);
    arena_destroy(options.arena);
    return ok ? EXIT_DONE : EXIT_FAULT;
}
