/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc import --from FORMAT FILE... */
#include <argp.h>
#include <ctype.h>

#include "base/control.h"
#include "base/csv.h"
#include "base/folder.h"
#include "base/schema.h"
#include "cli/command.h"
#include "cli/formats.h"
#include "cli/words.h"
#include "traces/import_write.h"

struct options {
    const struct import_kind *kind;
    const char *output;
    struct words files;
    struct import_options import;
    bool overwrite, quiet;
};

enum { KEY_FROM = 256, KEY_PE_KIND, KEY_UNIT_US, KEY_UNIT_BYTES, KEY_OVERWRITE };

static const struct argp_option option_list[] = {
    {"from", KEY_FROM, "FORMAT", 0, "what the files are, see below", 0},
    {"output", 'o', "DIR", 0, "write to DIR (default: the current folder)", 0},
    {"pe-kind", KEY_PE_KIND, "NAME", 0,
     "PE kind that runs the tasks (default: those of the file, otherwise core)", 0},
    {"unit-us", KEY_UNIT_US, "US", 0,
     "length of a unit of time in us, of a second where the format has seconds (default: see "
     "below)",
     0},
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
        if (*text == '\0')
            argp_error(state, "-o takes a folder");
        options->output = text;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case KEY_PE_KIND:
        if (!schema_is_name(text) || (!isalnum((unsigned char)*text) && *text != '_'))
            argp_error(state, "--pe-kind takes a name of letters, digits and _ - . + #, not `%s`",
                       text);
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
        words_add(&options->files, text);
        return 0;
    case ARGP_KEY_END:
        if (options->kind == NULL)
            argp_error(state, "which format? (--from FORMAT)");
        if (options->files.count == 0)
            argp_error(state, "which files?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static struct format_line format_line(int i)
{
    const struct import_kind *kind = import_kinds[i];
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
    .args_doc = "FILE...",
    .doc = "Write task graphs of other formats as app files of hetsoc.\v"
           "FILE.ext becomes DIR/FILE.yaml, which `hetsoc run` and `hetsoc validate` take.",
    .help_filter = print_formats,
};

/* The time of a task where it is shortest. */
static double least_us(const struct app_task_kind *kind)
{
    double us = kind->costs[0].exec_us;
    for (int32_t c = 1; c < kind->cost_count; c++)
        us = kind->costs[c].exec_us < us ? kind->costs[c].exec_us : us;
    return us;
}

static void tell_app(const struct app *app, const char *path)
{
    double us = 0, bytes = 0;
    char us_text[32], bytes_text[32];
    for (int32_t t = 0; t < app->task_count; t++)
        us += least_us(&app->kinds[app->tasks[t].kind]);
    for (int32_t e = 0; e < app->edge_count; e++)
        bytes += app->bytes[e];
    printf("%s: %d tasks, %d edges, %s us of work where it is fastest, %s bytes to move\n", path,
           (int)app->task_count, (int)app->edge_count, csv_format_real(us_text, us),
           csv_format_real(bytes_text, bytes));
}

static void tell_line(const char *what, const char *text)
{
    printf("    %s: ", what);
    control_print(text, stdout);
    putchar('\n');
}

/* What was written, what became of units, and what a user should know. */
static void tell(const struct imported *imported, const char *dir, struct arena *arena)
{
    for (int32_t p = 0; p < imported->platform_count; p++) {
        const struct import_platform *platform = &imported->platforms[p];
        int32_t pes = 0;
        for (int32_t c = 0; c < platform->cluster_count; c++)
            pes += platform->clusters[c].pe_count;
        printf("%s: %d PEs in %d clusters, %d PE kinds\n",
               import_path(arena, dir, platform->name, "yaml"), (int)pes,
               (int)platform->cluster_count, (int)platform->kind_count);
    }
    for (int32_t a = 0; a < imported->app_count; a++)
        tell_app(&imported->apps[a], import_path(arena, dir, imported->apps[a].name, "yaml"));
    if (imported->experiment != NULL)
        printf("%s: an experiment for `hetsoc run`\n",
               import_path(arena, dir, imported->experiment->name, "yaml"));
    if (imported->units != NULL)
        tell_line("units", imported->units);
    for (int32_t n = 0; n < imported->note_count; n++)
        tell_line("note", imported->notes[n]);
}

/* Reads files that belong together, and writes what they make. */
static bool import_files(const struct options *options, const char *const *paths, int32_t count,
                         struct fault *fault)
{
    struct arena *arena = arena_create();
    struct imported imported = {0};
    bool ok = options->kind->read(&imported, arena, paths, count, &options->import, fault) &&
              folder_make(options->output, fault) &&
              import_write(&imported, options->output, options->overwrite, arena, fault);
    if (ok && !options->quiet)
        tell(&imported, options->output, arena);
    arena_destroy(arena);
    return ok;
}

int command_import(int argc, char **argv)
{
    struct options options = {.output = ".", .import = import_options_default};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    bool ok = true;
    size_t step = options.kind->takes_several ? options.files.count : 1;
    for (size_t i = 0; i < options.files.count; i += step) {
        struct fault fault = FAULT_NONE;
        if (!import_files(&options, options.files.list + i, (int32_t)step, &fault)) {
            fault_print(&fault, stderr);
            ok = false;
        }
    }
    words_finish(&options.files);
    return ok ? EXIT_DONE : EXIT_FAULT;
}
