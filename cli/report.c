/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc report DIR */
#include "analysis/report.h"

#include <argp.h>
#include <errno.h>

#include "base/schema.h"
#include "cli/command.h"

struct options {
    const char *dir;
    int64_t trial;
    bool quiet;
};

static const struct argp_option option_list[] = {
    {"trial", 't', "N", 0, "show the schedule of trial N (default: of the first trials)", 0},
    {"quiet", 'q', NULL, 0, "print errors only", 0},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 't':
        if (!schema_parse_int(text, &options->trial) || options->trial < 0)
            argp_error(state, "--trial takes a number from 0, not `%s`", text);
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->dir != NULL)
            argp_error(state, "one folder at a time, not also `%s`", text);
        options->dir = text;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "of which folder?");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "DIR",
    .doc = "Write the results of a run as one page, DIR/report.html.\v"
           "The page needs no network: configuration, tables with intervals, pictures, and the "
           "schedule of traced trials to zoom into. It is made from manifest.json, summary.csv, "
           "plots/ and, where there are some, the tables of a run with `trace: true`.",
};

int command_report(int argc, char **argv)
{
    struct fault fault = FAULT_NONE;
    struct options options = {.trial = REPORT_ANY_TRIAL};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    bool ok = report_write(options.dir, options.trial, &fault);
    if (ok && !options.quiet)
        printf("%s/report.html\n", options.dir);
    return command_end(ok, &fault);
}
