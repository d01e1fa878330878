/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc kernels profile: what each stage of the kernels takes on this machine. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/kernels.h"
#include "workloads/kernels/profile.h"

enum { OPTION_OUTPUT = 'o', OPTION_SECONDS = 's', OPTION_ISA = 256, SECONDS_LIMIT = 3600 };

struct options {
    const char *output;
    double seconds;
    enum isa isa;
};

static void parse_isa(const char *text, struct options *options, struct argp_state *state)
{
    enum isa isa = ISA_PORTABLE;
    while (isa < ISA_COUNT && strcmp(text, isa_name(isa)) != 0)
        isa++;
    if (isa == ISA_COUNT)
        argp_error(state, "there is no instruction set `%s`: portable, avx2 or avx512", text);
    if (!isa_runs(isa))
        argp_error(state, "this processor does not have %s", text);
    options->isa = isa;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    char *end;
    switch (key) {
    case OPTION_OUTPUT:
        options->output = text;
        return 0;
    case OPTION_SECONDS:
        options->seconds = strtod(text, &end);
        if (end == text || *end != '\0' ||
            !(options->seconds > 0 && options->seconds <= SECONDS_LIMIT))
            argp_error(state, "a time is a number of seconds up to %d, not `%s`",
                       (int)SECONDS_LIMIT, text);
        return 0;
    case OPTION_ISA:
        parse_isa(text, options, state);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument `%s`", text);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option argp_options[] = {
    {"output", OPTION_OUTPUT, "FILE", 0, "write to FILE, not to the terminal", 0},
    {"seconds", OPTION_SECONDS, "S", 0, "time to measure, about (10)", 0},
    {"isa", OPTION_ISA, "NAME", 0, "portable, avx2 or avx512 (the widest)", 0},
    {0},
};

static const struct argp argp = {
    .options = argp_options,
    .parser = parse_option,
    .doc =
        "Measure every stage of the FFF, CIGT and dense kernels on this machine, one thread, and "
        "write a cost profile (YAML): a line per stage, and the machine as a whole. A platform "
        "takes it as `profile: FILE` of a PE kind.",
};

static void print_progress(const char *text)
{
    fprintf(stderr, "measuring %s\n", text);
}

int kernels_profile(int argc, char **argv)
{
    struct options options = {.seconds = 10, .isa = isa_best()};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    struct fault fault = FAULT_NONE;
    struct profile profile;
    profile_measure(&profile, options.isa, options.seconds, print_progress);
    if (options.output == NULL) {
        profile_print(&profile, stdout);
        return EXIT_DONE;
    }
    bool ok = profile_write(&profile, options.output, &fault);
    if (ok)
        printf("Wrote %s\n", options.output);
    else
        profile_print(&profile, stdout); /* it took its time */
    return command_end(ok, &fault);
}
