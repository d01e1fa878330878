/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc export --to FORMAT TRACE_DIR -o FILE */
#include <argp.h>

#include "cli/command.h"
#include "cli/formats.h"
#include "traces/export.h"

struct options {
    const struct export_kind *kind;
    const char *dir, *output;
};

enum { KEY_TO = 256 };

static const struct argp_option option_list[] = {
    {"to", KEY_TO, "FORMAT", 0, "what to write, see below", 0},
    {"output", 'o', "FILE", 0, "write to FILE, which is replaced if it is there", 0},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_TO:
        options->kind = export_find(text);
        if (options->kind == NULL)
            argp_error(state, "there is no format `%s`; see --help", text);
        return 0;
    case 'o':
        options->output = text;
        return 0;
    case ARGP_KEY_ARG:
        if (options->dir != NULL)
            argp_error(state, "one trace at a time");
        options->dir = text;
        return 0;
    case ARGP_KEY_END:
        if (options->kind == NULL)
            argp_error(state, "which format? (--to FORMAT)");
        if (options->dir == NULL)
            argp_error(state, "which trace?");
        if (options->output == NULL)
            argp_error(state, "to which file? (-o FILE)");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static struct format_line format_line(int i)
{
    const struct export_kind *kind = export_kinds[i];
    if (kind == NULL)
        return (struct format_line){0};
    return (struct format_line){kind->name, kind->summary};
}

static char *print_formats(int key, const char *text, void *input)
{
    (void)input;
    return formats_help(key, text, format_line);
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "TRACE_DIR",
    .doc = "Write a recorded trace in a format that others look at.\v"
           "TRACE_DIR is what `hetsoc run --record` made (docs/traces.md).",
    .help_filter = print_formats,
};

int command_export(int argc, char **argv)
{
    struct options options = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    struct fault fault = FAULT_NONE;
    bool ok = export_file(options.kind, options.dir, options.output, &fault);
    return command_end(ok, &fault);
}
