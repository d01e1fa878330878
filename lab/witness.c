/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/witness.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void witness_finish(struct witness *witness)
{
    flight_graphs_finish(&witness->graphs);
    free(witness->job);
    free(witness->node);
    free(witness->seen_first);
    free(witness->seen);
    free(witness->job_graph);
    free(witness->job_first);
    free(witness->job_node);
    free(witness->number);
    *witness = (struct witness){0};
}

void witness_begin(struct witness *witness)
{
    flight_graphs_finish(&witness->graphs);
    witness->decisions = witness->jobs = witness->candidates = 0;
}

/* Writes a job down as it is now. */
static void write_job(struct witness *witness, const struct choices *choices,
                      const struct view *view, int32_t slot)
{
    const struct flight_job *job = &choices->flight.jobs[slot];
    int32_t number = witness->jobs++;
    size_t old = witness->job_capacity;
    if (old < (size_t)number + 2) {
        witness->job_graph = memory_grow(witness->job_graph, &witness->job_capacity,
                                         (size_t)number + 2, sizeof *witness->job_graph);
        witness->job_first =
            memory_resize(witness->job_first, witness->job_capacity, sizeof *witness->job_first);
    }
    if (number == 0)
        witness->job_first[0] = 0;
    int32_t first = witness->job_first[number];
    witness->job_node = memory_grow(witness->job_node, &witness->node_capacity,
                                    (size_t)first + (size_t)job->count, sizeof *witness->job_node);
    memcpy(&witness->job_node[first], flight_nodes(&choices->flight, view, slot),
           (size_t)job->count * sizeof *witness->job_node);
    witness->job_graph[number] = job->graph;
    witness->job_first[number + 1] = first + job->count;
    witness->number[slot] = number;
}

static void make_room(struct witness *witness, const struct scores *scores, int32_t candidates)
{
    size_t needed = (size_t)witness->candidates + (size_t)candidates;
    if (witness->candidate_capacity < needed) {
        witness->job =
            memory_grow(witness->job, &witness->candidate_capacity, needed, sizeof *witness->job);
        witness->node =
            memory_resize(witness->node, witness->candidate_capacity, sizeof *witness->node);
    }
    witness->seen_first = memory_grow(witness->seen_first, &witness->decision_capacity,
                                      (size_t)witness->decisions + 2, sizeof *witness->seen_first);
    witness->number = memory_grow(witness->number, &witness->slot_capacity,
                                  (size_t)scores->job_capacity, sizeof *witness->number);
    if (witness->decisions == 0)
        witness->seen_first[0] = 0;
    witness->seen =
        memory_grow(witness->seen, &witness->seen_capacity,
                    (size_t)(witness->seen_first[witness->decisions] + scores->seen_count) + 1,
                    sizeof *witness->seen);
}

void witness_write(struct witness *witness, const struct scores *scores,
                   const struct choices *choices, const struct view *view)
{
    make_room(witness, scores, choices->count);
    for (int32_t i = 0; i < scores->fresh_count; i++)
        write_job(witness, choices, view, scores->fresh[i]);
    for (int32_t i = 0; i < choices->count; i++) {
        int32_t slot = scores->job[i];
        witness->job[witness->candidates] = slot < 0 ? -1 : witness->number[slot];
        witness->node[witness->candidates++] = scores->node[i];
    }
    int32_t seen = witness->seen_first[witness->decisions++];
    for (int32_t i = 0; i < scores->seen_count; i++)
        witness->seen[seen++] = witness->number[scores->seen[i]];
    witness->seen_first[witness->decisions] = seen;
}

void witness_end(struct witness *witness, struct choices *choices)
{
    witness->graphs = choices->flight.graphs;
    choices->flight.graphs = (struct flight_graphs){0};
}

void witness_tell(const struct witness *witness, struct network_lesson *lesson)
{
    lesson->batch.job = witness->job;
    lesson->batch.node = witness->node;
    lesson->batch.seen_first = witness->seen_first;
    lesson->batch.seen = witness->seen;
    lesson->graphs = witness->graphs.count;
    lesson->graph = witness->graphs.list;
    lesson->jobs = witness->jobs;
    lesson->job_graph = witness->job_graph;
    lesson->job_first = witness->job_first;
    lesson->job_node = witness->job_node;
}
