/* SPDX-License-Identifier: GPL-3.0-or-later */
/* States that a search has done with, so that it never follows one that is no better.
 *
 * A state is a set (bits) and a row of dates. It is dominated by an earlier state with the same set
 * if none of its dates is earlier. Memory is bounded: the oldest states are forgotten first, which
 * costs time and never an answer. Sets are compared bit by bit, not by hash. */
#ifndef HETSOC_ANALYSIS_VISITED_H
#define HETSOC_ANALYSIS_VISITED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct visited;

/* At most about `bytes` of memory, at least a state; sets of `set_words` 64-bit words. */
struct visited *visited_create(size_t bytes, int32_t set_words, int32_t dates_max);
void visited_destroy(struct visited *visited); /* NULL is fine */

/* True if an earlier state dominates this one; otherwise remembers it. States with the same set
 * have the same number of dates, at most `dates_max`. O(dates), for at most 24 states that share a
 * hash. */
bool visited_dominates(struct visited *visited, const uint64_t *set, const int64_t *dates,
                       int32_t date_count);

#endif
