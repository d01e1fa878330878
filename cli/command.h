/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The subcommands of `hetsoc`: one file each, one row each in main.c. */
#ifndef HETSOC_CLI_COMMAND_H
#define HETSOC_CLI_COMMAND_H

#include <stdbool.h>

#include "base/fault.h"

/* Exit statuses (design 5). */
enum { EXIT_DONE = 0, EXIT_FAULT = 1, EXIT_USAGE = 2 };

/* Each gets its own arguments, argv[0] being "hetsoc NAME", and returns an exit status; wrong
 * usage ends the program with EXIT_USAGE. */
int command_run(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_export(int argc, char **argv);
int command_import(int argc, char **argv);
int command_merge(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_report(int argc, char **argv);
int command_train(int argc, char **argv);
int command_list(int argc, char **argv);
int command_show(int argc, char **argv);
int command_validate(int argc, char **argv);
int command_kernels(int argc, char **argv);

/* How a subcommand ends: prints the fault if there is one, and returns the exit status. */
int command_end(bool ok, const struct fault *fault);

/* Warns of what is missing and of the fault behind it, which is no failure. */
void command_warn(const char *what, const struct fault *fault);

#endif
