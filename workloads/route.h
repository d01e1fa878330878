/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ways that the samples of a job take through an app with branches: drawn for one job, or as
 * expectations over all.
 *
 * Samples that go the same way travel as one group, and groups meet again where their ways join, so
 * that the work follows the number of ways that are open at a time and not the number of samples.
 */
#ifndef HETSOC_WORKLOADS_ROUTE_H
#define HETSOC_WORKLOADS_ROUTE_H

#include "base/random.h"
#include "workloads/app.h"

/* The most ways that may be open at a time. */
#define ROUTE_WAYS_MAX 65536

/* How many samples of one job pass what; and the memory that finding this out needs. Zero it to
 * start; route_finish releases it. The arrays hold until the next route. */
struct route {
    int32_t *task_samples; /* [task_count] 0: the task is skipped */
    int32_t *edge_live;    /* [edge_count] for which the edge is live; its producer's end tells */
    int32_t *edge_samples; /* [edge_count] of these, for which its consumer runs */

    double *mass; /* the same three, one after the other, while groups are on their way */
    double *parts;
    char *groups;
    struct random_stream *streams; /* [branch] */
    size_t task_capacity, edge_capacity, mass_capacity, part_capacity, group_capacity,
        stream_capacity;
    size_t group_count, group_size;
    uint64_t seed;
    uint32_t replicate;
    int32_t job;
};

void route_finish(struct route *route);

/* Makes room for the routes of an app, all of its arrays zero; for sources that fill them. */
void route_clear(struct route *route, const struct app *app);

/* Draws the route of a job: the classes of its samples from (job), then at each branch the
 * alternatives of each group from (job, branch): one sample by inverting the distribution, several
 * by sequential binomials. O((V + E) groups). */
void route_draw(struct route *route, const struct app *app, uint64_t seed, uint32_t replicate,
                int32_t job);

/* What is to be expected of the jobs of an app. */
struct route_chances {
    double *task_chance; /* [task_count] probability that the task runs */
    double *task_share;  /* [task_count] part of the samples that pass it, on average */
    double *edge_live;   /* [edge_count] part of the samples for which the edge is live */
    double *edge_chance; /* [edge_count] probability that some sample uses the edge */
    double *edge_share;  /* [edge_count] part of the samples that use the edge */
    /* [task_count] runs if all samples take the likeliest alternatives, or more often than not. */
    bool *is_likely;
};

/* Finds the chances of an app; they live in `arena`. Fault: more than ROUTE_WAYS_MAX ways are open
 * at a time. O((V + E) ways classes). */
bool route_expect(struct route_chances *chances, struct arena *arena, const struct app *app,
                  struct fault *fault);

/* Fails at a task that no sample can reach, whatever the probabilities. */
bool route_check(const struct app *app, struct fault *fault);

#endif
