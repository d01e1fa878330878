/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/network.h"

#include <assert.h>
#include <string.h>

#define NETWORK_ROWS(ROW)                                                                          \
    ROW(mlp)                                                                                       \
    ROW(graph)

#define NETWORK_DECLARE(NAME) extern const struct network_kind network_##NAME##_kind;
NETWORK_ROWS(NETWORK_DECLARE)

#define NETWORK_ADDRESS(NAME) &network_##NAME##_kind,

const struct network_kind *const network_kinds[] = {NETWORK_ROWS(NETWORK_ADDRESS) NULL};

/* Candidates that pass through the network at once: enough to fill tiles, few enough for the L1
 * cache. Part of the order of sums, so part of what the bytes depend on. */
enum { CHUNK_CANDIDATES = 96 };

const struct network_kind *network_find(const char *name)
{
    for (const struct network_kind *const *row = network_kinds; *row != NULL; row++)
        if (strcmp((*row)->name, name) == 0)
            return *row;
    return NULL;
}

void network_init(struct network *network, const struct network_kind *kind,
                  struct network_shape shape)
{
    static const int32_t usual[2] = {32, 16};
    assert(shape.features > 0 && shape.node_features >= 0);
    assert(kind->embed == NULL || shape.node_features > 0);
    for (int i = 0; i < 2; i++)
        if (shape.hidden[i] == 0)
            shape.hidden[i] = usual[i];
    *network = (struct network){.kind = kind, .shape = shape};
    tensors_init(&network->tensors);
    kind->layout(network);
}

void network_finish(struct network *network)
{
    tensors_finish(&network->tensors);
}

void network_draw(const struct network *network, real *parameters, uint64_t seed)
{
    tensors_draw(&network->tensors, parameters, seed);
}

size_t network_embedding_size(const struct network *network, int32_t nodes)
{
    const struct network_kind *kind = network->kind;
    return kind->embedding_size == NULL ? 0 : kind->embedding_size(network, nodes);
}

size_t network_summary_size(const struct network *network)
{
    return (size_t)network->kind->summary_size;
}

void network_embed(const struct network *network, const real *parameters,
                   const struct network_graph *graph, struct workspace *workspace, real *embedding)
{
    assert(network->kind->embed != NULL);
    workspace_reset(workspace);
    network->kind->embed(network, parameters, graph, workspace, embedding);
}

void network_sum_up(const struct network *network, const real *parameters,
                    const struct network_graph *graph, const real *embedding, const int32_t *node,
                    int32_t count, real *summary)
{
    network->kind->sum_up(network, parameters, graph, embedding, node, count, summary);
}

void network_score(const struct network *network, const real *parameters,
                   const struct network_batch *batch, const struct network_memory *memory,
                   struct workspace *workspace, real *logits)
{
    workspace_reset(workspace);
    network->kind->forward(network, parameters, batch, memory, workspace, logits);
}

/* What all chunks of a lesson share. */
struct course {
    const struct network *network;
    const real *parameters, *transposed;
    const struct network_lesson *lesson;
    const struct objective *objective;
    struct workspace *workspace;
    real **embeddings, **d_embeddings; /* [graphs] */
    real *summaries, *d_summaries;     /* [jobs][summary_size] */
    struct network_memory memory;      /* the same, to be read */
    real *gradients;
    struct objective_sums *sums;
};

static void embed_all(struct course *course)
{
    const struct network *network = course->network;
    struct workspace *workspace = course->workspace;
    const struct network_lesson *lesson = course->lesson;
    size_t bytes = (size_t)lesson->graphs * sizeof(real *);
    course->embeddings = workspace_take(workspace, bytes);
    course->d_embeddings = workspace_take(workspace, bytes);
    for (int32_t i = 0; i < lesson->graphs; i++) {
        const struct network_graph *graph = &lesson->graph[i];
        size_t size = network_embedding_size(network, graph->nodes);
        course->embeddings[i] = workspace_reals(workspace, size);
        course->d_embeddings[i] = workspace_zeros(workspace, size);
        struct workspace_mark mark = workspace_mark(workspace);
        network->kind->embed(network, course->parameters, graph, workspace, course->embeddings[i]);
        workspace_rewind(workspace, mark);
    }
}

static void sum_up_all(struct course *course)
{
    const struct network *network = course->network;
    const struct network_lesson *lesson = course->lesson;
    size_t size = network_summary_size(network);
    course->summaries = workspace_reals(course->workspace, (size_t)lesson->jobs * size);
    course->d_summaries = workspace_zeros(course->workspace, (size_t)lesson->jobs * size);
    for (int32_t i = 0; i < lesson->jobs; i++) {
        int32_t graph = lesson->job_graph[i], first = lesson->job_first[i];
        network->kind->sum_up(network, course->parameters, &lesson->graph[graph],
                              course->embeddings[graph], &lesson->job_node[first],
                              lesson->job_first[i + 1] - first,
                              course->summaries + (size_t)i * size);
    }
    course->memory = (struct network_memory){
        .embeddings = (const real *const *)course->embeddings,
        .graph_of = lesson->job_graph,
        .summaries = course->summaries,
    };
}

static void sum_up_all_backward(const struct course *course)
{
    const struct network *network = course->network;
    const struct network_lesson *lesson = course->lesson;
    size_t size = network_summary_size(network);
    for (int32_t i = 0; i < lesson->jobs; i++) {
        int32_t graph = lesson->job_graph[i], first = lesson->job_first[i];
        network->kind->sum_up_backward(
            network, course->transposed, &lesson->graph[graph], &lesson->job_node[first],
            lesson->job_first[i + 1] - first, course->summaries + (size_t)i * size,
            course->d_summaries + (size_t)i * size, course->gradients, course->d_embeddings[graph]);
    }
}

static void embed_all_backward(const struct course *course)
{
    for (int32_t i = 0; i < course->lesson->graphs; i++) {
        struct workspace_mark mark = workspace_mark(course->workspace);
        course->network->kind->embed_backward(
            course->network, course->parameters, course->transposed, &course->lesson->graph[i],
            course->d_embeddings[i], course->workspace, course->gradients);
        workspace_rewind(course->workspace, mark);
    }
}

/* The gradients by the logits of decisions from .. to - 1. */
static void judge(const struct course *course, int32_t from, int32_t to, const real *logits,
                  real *d_logits)
{
    const struct network_lesson *lesson = course->lesson;
    const int32_t *first = lesson->batch.first;
    for (int32_t d = from; d < to; d++) {
        ptrdiff_t at = first[d] - first[from];
        struct objective_choice choice = {
            .count = first[d + 1] - first[d],
            .action = lesson->action[d],
            .old_log_prob = lesson->old_log_prob == NULL ? 0 : (double)lesson->old_log_prob[d],
            .advantage = lesson->advantage == NULL ? 1 : (double)lesson->advantage[d],
        };
        if (choice.action < 0) {
            memset(d_logits + at, 0, (size_t)choice.count * sizeof *d_logits);
            continue;
        }
        real *probabilities = workspace_reals(course->workspace, (size_t)choice.count);
        objective_backward(course->objective, &choice, logits + at, probabilities, d_logits + at,
                           course->sums);
    }
}

static void learn_chunk(const struct course *course, int32_t from, int32_t to)
{
    const struct network *network = course->network;
    struct network_batch part = course->lesson->batch;
    part.decisions = to - from;
    part.first += from;
    if (part.seen_first != NULL)
        part.seen_first += from;
    size_t count = (size_t)(part.first[part.decisions] - part.first[0]);
    struct workspace_mark mark = workspace_mark(course->workspace);
    real *logits = workspace_reals(course->workspace, count);
    real *d_logits = workspace_reals(course->workspace, count);
    void *tape = network->kind->forward(network, course->parameters, &part, &course->memory,
                                        course->workspace, logits);
    judge(course, from, to, logits, d_logits);
    network->kind->backward(network, course->transposed, &part, &course->memory, tape, d_logits,
                            course->workspace, course->gradients, course->d_embeddings,
                            course->d_summaries);
    workspace_rewind(course->workspace, mark);
}

void network_learn(const struct network *network, const real *parameters,
                   const struct network_lesson *lesson, const struct objective *objective,
                   struct workspace *workspace, real *gradients, struct objective_sums *sums)
{
    workspace_reset(workspace);
    real *transposed = workspace_reals(workspace, network->tensors.reals);
    tensors_transpose(&network->tensors, parameters, transposed);
    struct course course = {
        .network = network,
        .parameters = parameters,
        .transposed = transposed,
        .lesson = lesson,
        .objective = objective,
        .workspace = workspace,
        .gradients = gradients,
        .sums = sums,
    };
    if (network->kind->embed != NULL) {
        embed_all(&course);
        sum_up_all(&course);
    }
    const int32_t *first = lesson->batch.first;
    for (int32_t from = 0, to; from < lesson->batch.decisions; from = to) {
        for (to = from + 1; to < lesson->batch.decisions; to++)
            if (first[to + 1] - first[from] > CHUNK_CANDIDATES)
                break;
        learn_chunk(&course, from, to);
    }
    if (network->kind->embed != NULL) {
        sum_up_all_backward(&course);
        embed_all_backward(&course);
    }
}
