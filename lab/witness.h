/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The jobs that the decisions of a run saw, written down for a network with embedding to learn
 * from. A job that has changed is another one (agents/network.h). */
#ifndef HETSOC_LAB_WITNESS_H
#define HETSOC_LAB_WITNESS_H

#include "sched/scores.h"

struct witness {
    struct flight_graphs graphs;
    int32_t decisions, jobs;
    int32_t *job, *node; /* [candidates] */
    int32_t *seen_first; /* [decisions + 1] */
    int32_t *seen;       /* [seen_first[decisions]] jobs */
    int32_t *job_graph;  /* [jobs] */
    int32_t *job_first;  /* [jobs + 1] */
    int32_t *job_node;   /* [job_first[jobs]] */
    int32_t *number;     /* [slot] of the job as it was last seen */
    int32_t candidates;
    size_t candidate_capacity, decision_capacity, seen_capacity, job_capacity, node_capacity,
        slot_capacity;
};

/* Begin with {0}; memory is kept from run to run until witness_finish. */
void witness_finish(struct witness *witness);

/* Forgets the last run. */
void witness_begin(struct witness *witness);

/* Writes down what a list of choices was scored with. */
void witness_write(struct witness *witness, const struct scores *scores,
                   const struct choices *choices, const struct view *view);

/* The run is over: takes the graphs over from the choices. */
void witness_end(struct witness *witness, struct choices *choices);

/* Puts what was written down into a lesson, whose other parts are the caller's. */
void witness_tell(const struct witness *witness, struct network_lesson *lesson);

#endif
