/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line that tells a person how far a run is: rewritten in place at a terminal, a new one each
 * minute in a log. */
#ifndef HETSOC_CLI_PROGRESS_H
#define HETSOC_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown, is_terminal;
    int64_t total, done, failed;
    double start_s, printed_s; /* wall clock; when the line was last written */
};

/* Starts the clock; `quiet` hides the line. */
void progress_begin(struct progress *progress, int64_t total, bool quiet);

/* Counts a trial; writes the line if it is time to. */
void progress_count(struct progress *progress, bool failed);

/* Clears the line. Returns the seconds since the beginning. */
double progress_end(struct progress *progress);

#endif
