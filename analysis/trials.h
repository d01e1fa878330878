/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trials.csv in memory: rows gathered into groups, and what a group says about a metric.
 *
 * A group is one combination of everything but the replicate. The columns before `replicate` that
 * are named below and the columns after `tasks_per_s` (other swept keys) are its keys; the columns
 * between `status` and `tasks_per_s`, and those that came later, are metrics, but for the ones that
 * differ from run to run (decide_us_mean, wall_s, tasks_per_s). */
#ifndef HETSOC_ANALYSIS_TRIALS_H
#define HETSOC_ANALYSIS_TRIALS_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "analysis/statistics.h"
#include "base/fault.h"
#include "base/memory.h"

/* Places of the keys that every trials.csv has; other swept keys follow. */
enum trials_key {
    TRIALS_EXPERIMENT,
    TRIALS_PLATFORM,
    TRIALS_WORKLOAD,
    TRIALS_ENGINE,
    TRIALS_SCHEDULER,
    TRIALS_RATE, /* jobs/ms, empty without a rate */
    TRIALS_NOISE,
    TRIALS_KEY_COUNT,
};

struct trials_row {
    int32_t replicate;
    const char *status;   /* "done", "deadlock", ... */
    const double *values; /* [metric_count], NAN = empty cell; NULL unless done */
};

struct trials_group {
    const char **keys;       /* [key_count] cells as in the file */
    struct trials_row *rows; /* ascending replicate */
    size_t row_count, row_capacity;
    char *text;        /* keys in one, for the hash */
    UT_hash_handle hh; /* hh.next is the group that appeared next */
};

struct trials {
    struct arena *arena; /* owns names, cells and values */
    const char **key_names;
    int key_count;
    const char **metric_names; /* in the order of the file */
    int metric_count;
    const char *seed;           /* of the first row, as in the file; NULL without a row */
    struct trials_group *first; /* in order of first appearance; NULL = no trial */
};

/* One metric of one group, over trials that are done and have a value. */
struct trials_measure {
    struct estimate mean;
    struct estimate ratio; /* to the rival, paired by replicate; n = 0 without a pair */
    size_t wins;           /* pairs in which the group's value is smaller */
};

/* Reads DIR/trials.csv. Faults: a missing column, a cell that is no number, the same replicate
 * twice in a group. `trials` needs trials_finish in any case. */
bool trials_load(struct trials *trials, const char *dir, struct fault *fault);
void trials_finish(struct trials *trials);

/* Index of a metric, -1 if the file has none of this name. */
int trials_metric(const struct trials *trials, const char *name);

/* The group of another scheduler under the same conditions; NULL if there is none or if it is the
 * same scheduler. */
const struct trials_group *trials_rival(const struct trials *trials,
                                        const struct trials_group *group, const char *scheduler);

/* How many trials of a group are done. */
size_t trials_done(const struct trials_group *group);

/* Lists the values of a metric, [row_count] at most, by replicate; returns how many there are. */
size_t trials_values(const struct trials_group *group, int metric, double *values);

/* Mean of a metric, and its ratio to that of a rival, which may be NULL. O(rows). */
struct trials_measure trials_measure(const struct trials_group *group,
                                     const struct trials_group *rival, int metric);

/* The same where the rival stands in another file, with its metric at another place. */
struct trials_measure trials_measure_across(const struct trials_group *group, int metric,
                                            const struct trials_group *rival, int rival_metric);

#endif
