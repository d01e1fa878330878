/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc kernels WHAT: the inference kernels on this machine. */
#include "cli/kernels.h"

#include "cli/command.h"
#include "cli/menu.h"

static const struct menu_entry actions[] = {
    {"bench", "measure them against each other", kernels_bench},
    {"profile", "write what each stage of them costs here", kernels_profile},
    {"train", "teach one to classify images", kernels_train},
};

static const struct menu menu = {
    .program = "hetsoc kernels",
    .noun = "action",
    .head = "Usage: hetsoc kernels ACTION [OPTION...]\n"
            "The FFF, CIGT and dense inference kernels on this machine.\n\n",
    .end = "\n`hetsoc kernels ACTION --help` tells more.\n",
    .entries = actions,
    .entry_count = sizeof actions / sizeof *actions,
};

int command_kernels(int argc, char **argv)
{
    return menu_run(&menu, argc, argv);
}
