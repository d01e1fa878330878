/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The actions of `hetsoc kernels`: one file each, one row each in kernels.c. Arguments and results
 * are as for subcommands (command.h). */
#ifndef HETSOC_CLI_KERNELS_H
#define HETSOC_CLI_KERNELS_H

int kernels_bench(int argc, char **argv);
int kernels_profile(int argc, char **argv);
int kernels_train(int argc, char **argv);

#endif
