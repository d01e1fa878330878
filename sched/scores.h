/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a network makes of a list of choices, for the length of a trial.
 *
 * What kinds with embedding work out is kept: that of the graphs once, that of a job until a task
 * of it has come further (sched/flight.h). */
#ifndef HETSOC_SCHED_SCORES_H
#define HETSOC_SCHED_SCORES_H

#include "sched/choices.h"

/* Jobs that a list can be scored with: those seen, and those of the visible tasks. */
#define SCORES_JOBS (FLIGHT_SEEN + CHOICES_VISIBLE)

struct scores {
    const struct network *network; /* borrowed, as are the two below */
    const real *weights;
    struct workspace *workspace;
    real *logits; /* [choices_most] of the last list */
    /* Kinds with embedding. Jobs are named by their slots. */
    const real **embeddings; /* [graph] */
    real *embedded;          /* memory of the embeddings */
    real *summaries;         /* [job_capacity][network_summary_size] */
    int32_t *graph_of;       /* [job_capacity] */
    int32_t *job, *node;     /* [choices_most] of each choice of the last list; job -1: to wait */
    const int32_t *seen;     /* [seen_count] the jobs that the last list was scored with */
    int32_t seen_count;
    int32_t fresh[SCORES_JOBS]; /* those jobs of the last list that were summed up anew */
    int32_t fresh_count;
    int32_t job_capacity;
};

/* `choices` follows the jobs in flight if the network has an embedding. */
void scores_init(struct scores *scores, const struct network *network, const real *weights,
                 struct workspace *workspace, const struct choices *choices,
                 const struct view *view);
void scores_finish(struct scores *scores);

/* Scores the list. Allocates nothing but where view.job_capacity has grown. */
void scores_make(struct scores *scores, struct choices *choices, const struct view *view);

#endif
