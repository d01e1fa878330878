/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc kernels bench: reads the options, runs the plan, prints and writes. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/kernels.h"
#include "workloads/kernels/bench.h"

enum {
    OPTION_CSV = 'o',
    OPTION_KERNEL = 'k',
    OPTION_BATCH = 'b',
    OPTION_LAYERS = 'l',
    OPTION_SECONDS = 's',
    OPTION_ISA = 256,
    OPTION_SEED,
    OPTION_LIST,
};

enum { BATCH_LIMIT = 16384, LAYERS_LIMIT = 64, SECONDS_LIMIT = 3600 };

struct options {
    struct bench_plan plan;
    const char *csv;
    bool only_list;
};

static long parse_number(const char *text, long limit, const char *what, struct argp_state *state)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 1 || value > limit)
        argp_error(state, "%s is a whole number from 1 to %ld, not `%s`", what, limit, text);
    return value;
}

/* "1,8,64" into values; returns how many. */
static int32_t parse_list(char *text, int32_t values[BENCH_LIST_MAX], long limit, const char *what,
                          struct argp_state *state)
{
    int32_t count = 0;
    for (char *word; (word = strsep(&text, ",")) != NULL; count++) {
        if (count == BENCH_LIST_MAX)
            argp_error(state, "at most %d values of %s", (int)BENCH_LIST_MAX, what);
        values[count] = (int32_t)parse_number(word, limit, what, state);
    }
    return count;
}

static void parse_kernels(char *text, struct bench_plan *plan, struct argp_state *state)
{
    for (char *word; (word = strsep(&text, ",")) != NULL;) {
        if (plan->kernel_count == BENCH_LIST_MAX)
            argp_error(state, "at most %d kernels", (int)BENCH_LIST_MAX);
        plan->kernels[plan->kernel_count++] = word;
    }
}

static void parse_isas(char *text, struct bench_plan *plan, struct argp_state *state)
{
    plan->isa_count = 0;
    bool is_all = strcmp(text, "all") == 0;
    for (enum isa isa = ISA_PORTABLE; is_all && isa < ISA_COUNT; isa++)
        if (isa_runs(isa))
            plan->isas[plan->isa_count++] = isa;
    for (char *word; !is_all && (word = strsep(&text, ",")) != NULL;) {
        enum isa isa = ISA_PORTABLE;
        while (isa < ISA_COUNT && strcmp(word, isa_name(isa)) != 0)
            isa++;
        if (isa == ISA_COUNT)
            argp_error(state, "there is no instruction set `%s`: portable, avx2, avx512 or all",
                       word);
        if (!isa_runs(isa))
            argp_error(state, "this processor does not have %s", word);
        if (plan->isa_count == ISA_COUNT)
            argp_error(state, "each instruction set once");
        plan->isas[plan->isa_count++] = isa;
    }
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    struct bench_plan *plan = &options->plan;
    switch (key) {
    case OPTION_CSV:
        options->csv = text;
        return 0;
    case OPTION_KERNEL:
        parse_kernels(text, plan, state);
        return 0;
    case OPTION_BATCH:
        plan->batch_count = parse_list(text, plan->batches, BATCH_LIMIT, "a batch", state);
        return 0;
    case OPTION_LAYERS:
        plan->layer_count =
            parse_list(text, plan->layers, LAYERS_LIMIT, "a number of layers", state);
        return 0;
    case OPTION_SECONDS:
        plan->seconds = (double)parse_number(text, SECONDS_LIMIT, "a time in seconds", state);
        return 0;
    case OPTION_ISA:
        parse_isas(text, plan, state);
        return 0;
    case OPTION_SEED:
        plan->seed = (uint64_t)parse_number(text, INT32_MAX, "a seed", state);
        return 0;
    case OPTION_LIST:
        options->only_list = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument `%s`", text);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option argp_options[] = {
    {"csv", OPTION_CSV, "FILE", 0, "write one row per kernel and batch", 0},
    {"kernel", OPTION_KERNEL, "NAME,...", 0, "kernels, or KERNEL/VARIANT, instead of the usual", 0},
    {"batch", OPTION_BATCH, "N,...", 0, "samples per call (1,8,64,128)", 0},
    {"layers", OPTION_LAYERS, "N,...", 0,
     "layers used in turn (1,16): with 16, weights come from memory, as in a whole model", 0},
    {"isa", OPTION_ISA, "NAME,...", 0, "portable, avx2, avx512 or all (the widest)", 0},
    {"seconds", OPTION_SECONDS, "S", 0,
     "time to measure, about (24); the whole run takes up to twice as long", 0},
    {"seed", OPTION_SEED, "N", 0, "of weights and inputs (1)", 0},
    {"list", OPTION_LIST, NULL, 0, "name the kernels and stop", 0},
    {0},
};

static const struct argp argp = {
    .options = argp_options,
    .parser = parse_option,
    .doc = "Measure the inference kernels on this machine, one thread, weights and inputs drawn by "
           "seed, other inputs in every call, outputs checked against plain references.",
};

static void print_progress(const char *text)
{
    fprintf(stderr, "measuring %s\n", text);
}

static void print_list(void)
{
    for (int32_t i = 0; bench_kinds[i] != NULL; i++)
        printf("%s/%s\t%s\n", bench_kinds[i]->kernel, bench_kinds[i]->variant,
               bench_kinds[i]->summary);
}

int kernels_bench(int argc, char **argv)
{
    struct options options = {
        .plan = {.isas = {isa_best()},
                 .isa_count = 1,
                 .batches = {1, 8, 64, 128},
                 .batch_count = 4,
                 .layers = {1, 16},
                 .layer_count = 2,
                 .seconds = 24,
                 .seed = 1},
    };
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    if (options.only_list) {
        print_list();
        return EXIT_DONE;
    }
    struct fault fault = FAULT_NONE;
    struct bench_result result;
    bool is_done = bench_run(&options.plan, print_progress, &result, &fault);
    if (is_done) {
        bench_print(&result, stdout);
        is_done = options.csv == NULL || bench_write(&result, options.csv, &fault);
        if (is_done && options.csv != NULL)
            printf("Wrote %s\n", options.csv);
        bench_finish(&result);
    }
    return command_end(is_done, &fault);
}
