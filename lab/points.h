/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Experiment -> points: every combination of swept keys, with everything loaded and bound.
 *
 * Enumeration order (design 5): platform, workload, rate, other swept keys in file order, noise,
 * scheduler, replicate; the last runs fastest; a trial's number is its place, from 0.
 *
 * A swept key is any key below maps that the schema marks sweepable and that holds a list; a key
 * inside one item of a swept `workload` is swept for that item only. */
#ifndef HETSOC_LAB_POINTS_H
#define HETSOC_LAB_POINTS_H

#include "base/digest.h"
#include "lab/contender.h"
#include "lab/experiment.h"
#include "sim/bind.h"
#include "sim/engine.h"
#include "sim/policy.h"
#include "sim/scenario_drawn.h"
#include "sim/world.h"

/* A few short lists that are crossed must not fill the memory: a point takes about a kilobyte. */
#define POINTS_MAX 100000

/* A swept key that has no column of its own in trials.csv. */
struct point_key {
    const char *path;
    const char *value; /* "" where the point's workload does not have the key */
};

/* All parameters of one run but the replicate. Borrowed from the points. */
struct point {
    const char *identity; /* digest of all of it (lab/identity.h) */
    /* The experiment with one value for each swept key and with its defaults, and which items of
     * its `noise` and `schedulers` are those of the point. */
    const struct yaml_node *tree;
    int32_t noise_item, scheduler_item;
    const char *platform_file;    /* paths */
    const char *const *app_files; /* [app_file_count], in the order of workload.apps */
    int32_t app_file_count;
    const char *const *part_files; /* [part_file_count] what they are made of */
    int32_t part_file_count;
    const char *arrivals_file; /* NULL: none */
    const struct soc *soc;
    const char *platform, *workload, *scheduler; /* names and label as in the CSV */
    const struct bind *binds;                    /* [app_count] */
    int32_t app_count;
    const double *app_share; /* [app_count] cumulative */
    struct arrivals arrivals;
    double rate_jobs_per_ms; /* NAN without a rate */
    double load;             /* analysis/offered_load.h; 0 if a single job arrives */
    int32_t jobs, warmup_jobs;
    struct noise noise;
    const struct policy_kind *policy;
    const double *params; /* [policy->param_count] */
    const struct contender_file *file;
    const struct engine_kind *engine;
    struct decision_cost decision_cost;
    bool compat_ds3;
    int32_t prefetch;       /* as in struct world_setup */
    struct point_key *keys; /* [key_count], the same paths in every point */
    int32_t key_count;
};

struct points {
    struct point *list;
    int32_t count;
    int32_t replicates; /* trial t = list[t / replicates], replicate t % replicates */
};

/* Expands and loads everything an experiment names, so that no trial can fail on input. All of it
 * lives in the experiment's arena. */
bool points_expand(struct points *points, const struct experiment *experiment, struct fault *fault);

/* What all points and their replicates are, in one digest: two processes with the same digest run
 * the same trials under the same numbers. */
void points_digest(const struct points *points, char digest[static DIGEST_SIZE]);
/* What a replicate of a point draws; borrows both. */
struct scenario_drawn points_drawn(const struct point *point, const struct experiment *experiment,
                                   int32_t replicate);

/* The trial at a place of the order of execution: replicate-first, so that what is there early
 * covers all points. */
static inline int32_t points_trial(const struct points *points, int64_t place)
{
    return (int32_t)(place % points->count * points->replicates + place / points->count);
}

/* Roughly how much processor time all trials take, from measured rates of the engines. */
double points_seconds(const struct points *points);

#endif
