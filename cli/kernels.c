/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc kernels WHAT: the inference kernels on this machine. */
#include <stdio.h>
#include <string.h>

#include "base/schema.h"
#include "cli/command.h"
#include "cli/kernels.h"

static const struct {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv);
} actions[] = {
    {"bench", "measure them against each other", kernels_bench},
    {"profile", "write what each stage of them costs here", kernels_profile},
    {"train", "teach one to classify images", kernels_train},
};

enum { ACTION_COUNT = sizeof actions / sizeof *actions };

static void print_help(FILE *stream)
{
    fputs("Usage: hetsoc kernels ACTION [OPTION...]\n"
          "The FFF, CIGT and dense inference kernels on this machine.\n\n",
          stream);
    for (int i = 0; i < ACTION_COUNT; i++)
        fprintf(stream, "  %-10s %s\n", actions[i].name, actions[i].summary);
    fputs("\n`hetsoc kernels ACTION --help` tells more.\n", stream);
}

int command_kernels(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    const char *names[ACTION_COUNT];
    for (int i = 0; i < ACTION_COUNT; i++) {
        names[i] = actions[i].name;
        if (strcmp(argv[1], names[i]) != 0)
            continue;
        char name[64];
        snprintf(name, sizeof name, "hetsoc kernels %s", names[i]);
        argv[1] = name;
        return actions[i].run(argc - 1, argv + 1);
    }
    const char *nearest = schema_nearest(argv[1], names, ACTION_COUNT);
    fprintf(stderr, "hetsoc kernels: unknown action `%s`\n", argv[1]);
    if (nearest != NULL)
        fprintf(stderr, "    hint: did you mean `hetsoc kernels %s`?\n", nearest);
    else
        fputs("    hint: `hetsoc kernels --help` lists all\n", stderr);
    return EXIT_USAGE;
}
