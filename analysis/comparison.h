/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trials of two runs side by side: ratios B / A, paired by combination and replicate.
 *
 * Combinations are matched by the keys of analysis/trials.h. A key that has one value in A and
 * another one in B, such as the scheduler of two runs with one each, is what the comparison is
 * about and takes no part in matching. */
#ifndef HETSOC_ANALYSIS_COMPARISON_H
#define HETSOC_ANALYSIS_COMPARISON_H

#include <stdbool.h>
#include <stdio.h>

#include "base/fault.h"

struct comparison;

/* Reads both trials.csv and matches them. NULL and a fault if a file cannot be read, if a key
 * varies in one of them only, or if they have no combination in common. O(rows log rows). */
struct comparison *comparison_create(const char *dir_a, const char *dir_b, struct fault *fault);
void comparison_destroy(struct comparison *comparison); /* NULL is fine */

/* Whether replicates of both saw the same draws, which is what makes pairs of them. */
bool comparison_is_paired(const struct comparison *comparison);

/* Writes every metric that both have in long form: the keys; metric; n, mean and 95 % interval of A
 * and of B; ratio with its interval; wins of B; pairs. */
bool comparison_write(const struct comparison *comparison, const char *path, struct fault *fault);

/* Whether both runs have these metrics; a fault with the first that one lacks. */
bool comparison_has(const struct comparison *comparison, const char *const *metrics, size_t count,
                    struct fault *fault);

/* Prints a table of a metric that both have, at most 120 columns wide. */
void comparison_print(const struct comparison *comparison, const char *metric, FILE *stream);

#endif
