/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc import --from FORMAT FILE... */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/csv.h"
#include "base/schema.h"
#include "cli/command.h"
#include "traces/import.h"

struct options {
    const struct import_kind *kind;
    const char *output;
    const char **files;
    size_t file_count, file_capacity;
    struct import_options import;
    bool overwrite, quiet;
};

enum { KEY_FROM = 256, KEY_PE_KIND, KEY_UNIT_US, KEY_UNIT_BYTES, KEY_OVERWRITE };

static const struct argp_option option_list[] = {
    {"from", KEY_FROM, "FORMAT", 0, "what the files are: stg", 0},
    {"output", 'o', "DIR", 0, "write to DIR (default: the current folder)", 0},
    {"pe-kind", KEY_PE_KIND, "NAME", 0, "PE kind that runs the tasks (default: core)", 0},
    {"unit-us", KEY_UNIT_US, "US", 0, "length of a unit of time in us (default: 1)", 0},
    {"unit-bytes", KEY_UNIT_BYTES, "BYTES", 0,
     "bytes that a unit of communication time stands for (default: 1000, which takes 1 us on the "
     "platforms equal2 to equal16)",
     0},
    {"overwrite", KEY_OVERWRITE, NULL, 0, "replace files that are there already", 0},
    {"quiet", 'q', NULL, 0, "print errors only", 0},
    {0},
};

static double parse_positive(const char *text, const char *option, struct argp_state *state)
{
    double value;
    if (!schema_parse_real(text, &value) || value <= 0)
        argp_error(state, "%s takes a number above 0, not `%s`", option, text);
    return value;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_FROM:
        options->kind = import_find(text);
        if (options->kind == NULL)
            argp_error(state, "there is no format `%s`; see --help", text);
        return 0;
    case 'o':
        options->output = text;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case KEY_PE_KIND:
        options->import.pe_kind = text;
        return 0;
    case KEY_UNIT_US:
        options->import.us_per_unit = parse_positive(text, "--unit-us", state);
        return 0;
    case KEY_UNIT_BYTES:
        options->import.bytes_per_unit = parse_positive(text, "--unit-bytes", state);
        return 0;
    case KEY_OVERWRITE:
        options->overwrite = true;
        return 0;
    case ARGP_KEY_ARG:
        options->files = memory_grow(options->files, &options->file_capacity,
                                     options->file_count + 1, sizeof *options->files);
        options->files[options->file_count++] = text;
        return 0;
    case ARGP_KEY_END:
        if (options->kind == NULL)
            argp_error(state, "which format? (--from FORMAT)");
        if (options->file_count == 0)
            argp_error(state, "which files?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The formats, after the options. */
static char *print_formats(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)text;
    char *help = NULL;
    size_t size;
    FILE *stream = open_memstream(&help, &size);
    if (stream == NULL)
        return (char *)text;
    fprintf(stream, "%s\n\nFormats:\n", text);
    for (int i = 0; import_kinds[i] != NULL; i++)
        fprintf(stream, "  %-10s %s\n", import_kinds[i]->name, import_kinds[i]->summary);
    fclose(stream);
    return help;
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "FILE...",
    .doc = "Write task graphs of other formats as app files of hetsoc.\v"
           "FILE.ext becomes DIR/FILE.yaml, which `hetsoc run` and `hetsoc validate` take.",
    .help_filter = print_formats,
};

static void tell(const struct app *app, const char *written)
{
    double us = 0, bytes = 0;
    char us_text[32], bytes_text[32];
    for (int32_t t = 0; t < app->task_count; t++)
        us += app->kinds[app->tasks[t].kind].costs[0].exec_us;
    for (int32_t e = 0; e < app->edge_count; e++)
        bytes += app->bytes[e];
    printf("%s: %d tasks, %d edges, %s us of work, %s bytes to move\n", written,
           (int)app->task_count, (int)app->edge_count, csv_format_real(us_text, us),
           csv_format_real(bytes_text, bytes));
}

static bool import_file(const struct options *options, const char *path, struct fault *fault)
{
    struct arena *arena = arena_create();
    struct app app;
    const char *written;
    bool ok = options->kind->read(&app, arena, path, &options->import, fault) &&
              import_write(&app, options->output, options->overwrite, arena, &written, fault);
    if (ok && !options->quiet)
        tell(&app, written);
    arena_destroy(arena);
    return ok;
}

int command_import(int argc, char **argv)
{
    struct options options = {.output = ".", .import = import_options_default};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    struct fault fault = FAULT_NONE;
    bool ok = mkdir(options.output, 0777) == 0 || errno == EEXIST ||
              fault_set(&fault, options.output, "name another folder with -o",
                        "cannot make the folder: %s", strerror(errno));
    if (!ok)
        options.file_count = 0;
    for (size_t i = 0; i < options.file_count; i++) {
        struct fault of_file = FAULT_NONE;
        if (!import_file(&options, options.files[i], &of_file)) {
            fault_print(&of_file, stderr);
            ok = false;
        }
    }
    if (fault_is_set(&fault))
        fault_print(&fault, stderr);
    free(options.files);
    return ok ? EXIT_DONE : EXIT_FAULT;
}
