/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc merge DIR... -o DIR */
#include <argp.h>
#include <unistd.h>

#include "analysis/plot.h"
#include "analysis/report.h"
#include "analysis/summary.h"
#include "cli/command.h"
#include "cli/words.h"
#include "lab/store.h"

struct options {
    const char *output;
    struct words dirs;
    bool quiet;
};

static const struct argp_option option_list[] = {
    {"output", 'o', "DIR", 0, "write the joined results to DIR", 0},
    {"quiet", 'q', NULL, 0, "print errors only", 0},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'o':
        options->output = text;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        words_add(&options->dirs, text);
        return 0;
    case ARGP_KEY_END:
        if (options->dirs.count == 0)
            argp_error(state, "which folders?");
        if (options->output == NULL || *options->output == '\0')
            argp_error(state, "where to? (-o DIR)");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "DIR...",
    .doc = "Join the results of the shards of one experiment (`hetsoc run --shard`).\v"
           "Writes trials.csv and the other tables, summary.csv and plots as one run would have "
           "done. The folders are only read; what DIR has already is kept, but for trials that "
           "crashed or ran out of time and were run again.",
};

static bool merge(const struct options *options, struct fault *fault)
{
    struct store_merged merged;
    struct arena *arena = arena_create();
    struct fault plot_fault = FAULT_NONE;
    bool ok = store_merge(options->output, options->dirs.list, options->dirs.count, arena, &merged,
                          fault) &&
              summary_write(options->output, merged.baseline, fault);
    if (ok && merged.done > 0 && !plot_write(options->output, &plot_fault))
        command_warn("there is no picture", &plot_fault);
    if (ok && merged.done > 0)
        ok = report_write(options->output, REPORT_ANY_TRIAL, fault);
    if (ok && merged.done > 0 && !options->quiet)
        ok = summary_print(options->output, merged.baseline, stdout, fault);
    if (ok && !options->quiet)
        printf("\n%lld of %lld trials, %lld of them done, in %s\n", (long long)merged.ended,
               (long long)merged.planned, (long long)merged.done, options->output);
    if (ok && merged.ended < merged.planned)
        fprintf(stderr, "hetsoc: %lld trials are missing; are all shards there, and complete?\n",
                (long long)(merged.planned - merged.ended));
    ok = ok && merged.done == merged.planned;
    arena_destroy(arena);
    return ok;
}

int command_merge(int argc, char **argv)
{
    struct fault fault = FAULT_NONE;
    struct options options = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    bool ok = merge(&options, &fault);
    words_finish(&options.dirs);
    return command_end(ok, &fault);
}
