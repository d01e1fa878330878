/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/scores.h"

#include <stdlib.h>

#include "base/memory.h"

static bool has_embedding(const struct scores *scores)
{
    return scores->network->kind->embed != NULL;
}

/* ---- life ---- */

static void embed_graphs(struct scores *scores, const struct flight_graphs *graphs)
{
    size_t total = 0;
    for (int32_t i = 0; i < graphs->count; i++)
        total += network_embedding_size(scores->network, graphs->list[i].nodes);
    scores->embeddings = memory_zeroed((size_t)graphs->count, sizeof(real *));
    scores->embedded = memory_zeroed(total, sizeof(real));
    real *embedding = scores->embedded;
    for (int32_t i = 0; i < graphs->count; i++) {
        network_embed(scores->network, scores->weights, &graphs->list[i], scores->workspace,
                      embedding);
        scores->embeddings[i] = embedding;
        embedding += network_embedding_size(scores->network, graphs->list[i].nodes);
    }
}

static void score(struct scores *scores, const struct choices *choices, int32_t count)
{
    const int32_t first[] = {0, count}, seen_first[] = {0, scores->seen_count};
    const struct network_batch batch = {.decisions = 1,
                                        .first = first,
                                        .rows = choices->rows,
                                        .job = scores->job,
                                        .node = scores->node,
                                        .seen_first = seen_first,
                                        .seen = scores->seen};
    const struct network_memory memory = {.embeddings = scores->embeddings,
                                          .graph_of = scores->graph_of,
                                          .summaries = scores->summaries};
    network_score(scores->network, scores->weights, &batch, &memory, scores->workspace,
                  scores->logits);
}

void scores_init(struct scores *scores, const struct network *network, const real *weights,
                 struct workspace *workspace, const struct choices *choices,
                 const struct view *view)
{
    size_t most = choices_most(view);
    *scores = (struct scores){
        .network = network,
        .weights = weights,
        .workspace = workspace,
        .logits = memory_zeroed(most, sizeof *scores->logits),
    };
    if (has_embedding(scores)) {
        scores->job = memory_zeroed(most, sizeof *scores->job);
        scores->node = memory_zeroed(most, sizeof *scores->node);
        embed_graphs(scores, &choices->flight.graphs);
        for (size_t i = 0; i < most; i++)
            scores->job[i] = -1;
    }
    score(scores, choices, (int32_t)most); /* the workspace grows now, not while deciding */
    workspace_reset(workspace);
}

void scores_finish(struct scores *scores)
{
    free(scores->logits);
    free(scores->embeddings);
    free(scores->embedded);
    free(scores->summaries);
    free(scores->graph_of);
    free(scores->job);
    free(scores->node);
    *scores = (struct scores){0};
}

/* ---- a list ---- */

static void make_room(struct scores *scores, const struct flight *flight)
{
    if (scores->job_capacity >= flight->job_capacity)
        return;
    size_t jobs = (size_t)flight->job_capacity;
    size_t size = network_summary_size(scores->network);
    scores->job_capacity = flight->job_capacity;
    scores->summaries = memory_resize(scores->summaries, jobs * size, sizeof(real));
    scores->graph_of = memory_resize(scores->graph_of, jobs, sizeof *scores->graph_of);
}

/* Sums a job up if it has changed. */
static void follow(struct scores *scores, struct flight *flight, const struct view *view,
                   int32_t slot)
{
    struct flight_job *job = &flight->jobs[slot];
    if (!job->is_changed)
        return;
    job->is_changed = false;
    scores->graph_of[slot] = job->graph;
    scores->fresh[scores->fresh_count++] = slot;
    network_sum_up(scores->network, scores->weights, &flight->graphs.list[job->graph],
                   scores->embeddings[job->graph], flight_nodes(flight, view, slot), job->count,
                   &scores->summaries[(size_t)slot * network_summary_size(scores->network)]);
}

static void look_at_jobs(struct scores *scores, struct choices *choices, const struct view *view)
{
    struct flight *flight = &choices->flight;
    make_room(scores, flight);
    scores->fresh_count = 0;
    scores->seen = flight->order;
    scores->seen_count = flight->count < FLIGHT_SEEN ? flight->count : FLIGHT_SEEN;
    for (int32_t i = 0; i < scores->seen_count; i++)
        follow(scores, flight, view, scores->seen[i]);
    for (int32_t i = 0; i < choices->count; i++) {
        int32_t task = choices->list[i].task;
        scores->job[i] = task < 0 ? -1 : view->tasks[task].job;
        scores->node[i] = task < 0 ? 0 : flight_node(flight, view, task);
        if (task >= 0)
            follow(scores, flight, view, scores->job[i]);
    }
}

void scores_make(struct scores *scores, struct choices *choices, const struct view *view)
{
    if (has_embedding(scores))
        look_at_jobs(scores, choices, view);
    score(scores, choices, choices->count);
}
