/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc: finds the subcommand and hands over. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/menu.h"
#include "lab/version.h"

static const struct menu_entry commands[] = {
    {"run", "run an experiment and write tables, a summary and plots", command_run},
    {"merge", "join the results of the shards of an experiment", command_merge},
    {"report", "write the results of a run as one page with an interactive schedule",
     command_report},
    {"compare", "compare the results of two runs, paired by replicate", command_compare},
    {"replay", "run a recorded trial again, the same or otherwise", command_replay},
    {"export", "write a recorded trace in a format that others look at", command_export},
    {"import", "write task graphs of other formats as apps", command_import},
    {"train", "train a scheduler on an experiment", command_train},
    {"list", "list schedulers, platforms, apps, arrivals, agents or metrics", command_list},
    {"show", "show what a platform, an app or a scheduler is made of", command_show},
    {"validate", "check experiment, platform, app and arrivals files", command_validate},
    {"kernels", "measure the FFF, CIGT and dense inference kernels on this machine",
     command_kernels},
};

static const struct menu menu = {
    .program = "hetsoc",
    .noun = "subcommand",
    .head = "Usage: hetsoc SUBCOMMAND [OPTION...]\n"
            "Simulates heterogeneous systems-on-chip that execute streams of DAG jobs.\n\n",
    .end = "\n  --version  print version, commit and libraries\n"
           "  --help     print this help; `hetsoc SUBCOMMAND --help` tells more\n\n"
           "Exit status: 0 done, 1 a trial failed or the input is wrong, 2 wrong usage.\n",
    .entries = commands,
    .entry_count = sizeof commands / sizeof *commands,
};

/* What was printed may still be on its way: a full disk behind `>` shows now. */
static int print_rest(int status)
{
    errno = 0;
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return status;
    if (errno == EPIPE)
        return status; /* whoever reads has enough, as `| head` */
    fputs("hetsoc: cannot write all that was to be printed\n    hint: is the disk full?\n", stderr);
    return EXIT_FAULT;
}

static int run_command(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--version") != 0)
        return menu_run(&menu, argc, argv);
    printf("hetsoc %s (commit %s)\nbuilt with %s\n", version_number, version_commit,
           version_libraries);
    return EXIT_DONE;
}

/* Where a standard stream is closed, the next file would take its number, and what is printed would
 * be written into a database or a pipe. In its place come descriptors that can't be used; false if
 * they can't be had. */
static bool fill_standard_streams(void)
{
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
        if (fcntl(file, F_GETFD) < 0 &&
            // cppcheck-suppress leakReturnValNotUsed ; it is the number that matters
            open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY) != file)
            return false;
    return true;
}

int main(int argc, char **argv)
{
    argp_err_exit_status = EXIT_USAGE;
    if (!fill_standard_streams())
        return EXIT_FAULT;
    uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0)); /* even if a plug-in sets another */
    return print_rest(run_command(argc, argv));
}
