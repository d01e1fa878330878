/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc compare DIR_A DIR_B */
#include "analysis/comparison.h"

#include <argp.h>

#include "cli/command.h"
#include "cli/words.h"
#include "lab/manifest.h"

struct options {
    const char *dirs[2];
    int dir_count;
    struct words metrics;
    const char *csv;
    bool quiet;
};

static const struct argp_option option_list[] = {
    {"metric", 'm', "NAME", 0,
     "compare this metric (default: mean_latency_us); may be repeated; `hetsoc list metrics` names "
     "all",
     0},
    {"csv", 'o', "FILE", 0, "write all metrics to FILE, in long form", 0},
    {"quiet", 'q', NULL, 0, "print errors only", 0},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'm':
        words_add(&options->metrics, text);
        return 0;
    case 'o':
        options->csv = text;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->dir_count == 2)
            argp_error(state, "two folders, not also `%s`", text);
        options->dirs[options->dir_count++] = text;
        return 0;
    case ARGP_KEY_END:
        if (options->dir_count < 2)
            argp_error(state, "two folders, not %d", options->dir_count);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "DIR_A DIR_B",
    .doc = "Compare the results of two runs, paired by replicate.\v"
           "Says in what the configurations differ, and for each combination that both runs have "
           "the ratio B / A with its 95 % interval. What has one value in A and another one in B "
           "(two schedulers, two engines, two versions of the program) is compared; everything "
           "else has to be the same. Runs with the same seed share their draws, so that small "
           "differences show.",
};

/* What the reader has to know before the figures; a run without a manifest has only figures. */
static void tell_configuration(const struct options *options, const struct comparison *comparison)
{
    struct fault fault = FAULT_NONE;
    printf("A: %s\nB: %s\n", options->dirs[0], options->dirs[1]);
    if (!manifest_compare(options->dirs[0], options->dirs[1], stdout, &fault)) {
        fflush(stdout);
        fault_print(&fault, stderr);
    }
    if (!comparison_is_paired(comparison)) {
        fflush(stdout);
        fputs("hetsoc: warning: the runs have different seeds: pairs share no draws, and intervals "
              "are wider than need be\n",
              stderr);
    }
}

static bool compare(const struct options *options, struct fault *fault)
{
    static const char *const usual[] = {"mean_latency_us"};
    const char *const *metrics = options->metrics.count > 0 ? options->metrics.list : usual;
    size_t count = options->metrics.count > 0 ? options->metrics.count : 1;
    struct comparison *comparison = comparison_create(options->dirs[0], options->dirs[1], fault);
    bool ok = comparison != NULL && comparison_has(comparison, metrics, count, fault) &&
              (options->csv == NULL || comparison_write(comparison, options->csv, fault));
    if (ok && !options->quiet) {
        tell_configuration(options, comparison);
        for (size_t m = 0; m < count; m++)
            comparison_print(comparison, metrics[m], stdout);
        if (options->csv != NULL)
            printf("\nAll metrics: %s\n", options->csv);
    }
    comparison_destroy(comparison);
    return ok;
}

int command_compare(int argc, char **argv)
{
    struct fault fault = FAULT_NONE;
    struct options options = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    bool ok = compare(&options, &fault);
    words_finish(&options.metrics);
    return command_end(ok, &fault);
}
