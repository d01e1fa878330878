/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A process that forks a child for each trial that it is asked for.
 *
 * It is forked itself before the program opens a database, starts MPI or makes threads, so that no
 * child inherits any of these; whatever a trial does to its process costs its row only. Nursery and
 * children die with the program, and ignore SIGINT and SIGTERM, which terminals and job managers
 * send to all processes: the program decides. */
#ifndef HETSOC_LAB_NURSERY_H
#define HETSOC_LAB_NURSERY_H

#include <sys/types.h>

#include "lab/trial.h"

struct nursery {
    pid_t pid;
    int orders; /* the numbers of the trials that are asked for */
    int rows;   /* their rows; to be polled for input */
};

/* Forks the nursery. Trials have the limits of the experiment; traced ones leave their parts in
 * `parts_dir` (lab/parts.h; NULL = no trace), which has to exist when they are asked for. False if
 * that is not possible. */
bool nursery_start(struct nursery *nursery, const struct points *points,
                   const struct experiment *experiment, const char *parts_dir, struct fault *fault);

/* Starts a trial at once, however many run already. If the nursery cannot be asked any more, it
 * ends and nursery_take says so. */
void nursery_ask(struct nursery *nursery, int32_t trial);

/* Waits for a row. A child that dies gives a row with status `crashed` and how it died, also when
 * it had sent a row already; one that is killed because of the time limit gives a row with status
 * `timeout`. False and a fault if the nursery has died or cannot start processes. */
bool nursery_take(struct nursery *nursery, struct trial_row *row, struct fault *fault);

/* Kills what runs and ends the nursery. Fine on a nursery that was not started or has ended. */
void nursery_end(struct nursery *nursery);

#endif
