/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/network.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

extern const struct network_kind network_mlp_kind, network_graph_kind;

const struct network_kind *const network_kinds[] = {&network_mlp_kind, &network_graph_kind, NULL};

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

void network_embed(const struct network *network, const real *parameters,
                   const struct network_graph *graph, struct workspace *workspace, real *embedding)
{
    assert(network->kind->embed != NULL);
    workspace_reset(workspace);
    network->kind->embed(network, parameters, graph, workspace, embedding);
}

void network_score(const struct network *network, const real *parameters,
                   const struct network_batch *batch, const real *const *embeddings,
                   struct workspace *workspace, real *logits)
{
    workspace_reset(workspace);
    network->kind->forward(network, parameters, batch, embeddings, workspace, logits);
}

/* Embeddings of all graphs of a lesson and the gradients by them. */
struct embedded {
    real **values, **gradients;
};

static struct embedded embed_all(const struct network *network, const real *parameters,
                                 const struct network_lesson *lesson, struct workspace *workspace)
{
    size_t count = (size_t)lesson->graphs;
    struct embedded embedded = {
        .values = workspace_take(workspace, count * sizeof *embedded.values),
        .gradients = workspace_take(workspace, count * sizeof *embedded.gradients),
    };
    for (int32_t i = 0; i < lesson->graphs; i++) {
        size_t size = network_embedding_size(network, lesson->graph[i].nodes);
        embedded.values[i] = workspace_reals(workspace, size);
        embedded.gradients[i] = workspace_zeros(workspace, size);
        struct workspace_mark mark = workspace_mark(workspace);
        network->kind->embed(network, parameters, &lesson->graph[i], workspace, embedded.values[i]);
        workspace_rewind(workspace, mark);
    }
    return embedded;
}

/* The gradients by the logits of decisions from .. to - 1. */
static void judge(const struct network_lesson *lesson, const struct objective *objective,
                  int32_t from, int32_t to, const real *logits, struct workspace *workspace,
                  real *d_logits, struct objective_sums *sums)
{
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
        real *probabilities = workspace_reals(workspace, (size_t)choice.count);
        objective_backward(objective, &choice, logits + at, probabilities, d_logits + at, sums);
    }
}

static void learn_chunk(const struct network *network, const real *parameters,
                        const struct network_lesson *lesson, const struct objective *objective,
                        int32_t from, int32_t to, const struct embedded *embedded,
                        struct workspace *workspace, real *gradients, struct objective_sums *sums)
{
    struct network_batch part = lesson->batch;
    part.decisions = to - from;
    part.first += from;
    if (part.seen_first != NULL)
        part.seen_first += from;
    const real *const *values = (const real *const *)embedded->values;
    size_t count = (size_t)(part.first[part.decisions] - part.first[0]);
    real *logits = workspace_reals(workspace, count);
    real *d_logits = workspace_reals(workspace, count);
    void *tape = network->kind->forward(network, parameters, &part, values, workspace, logits);
    judge(lesson, objective, from, to, logits, workspace, d_logits, sums);
    network->kind->backward(network, parameters, &part, values, tape, d_logits, workspace,
                            gradients, embedded->gradients);
}

void network_learn(const struct network *network, const real *parameters,
                   const struct network_lesson *lesson, const struct objective *objective,
                   struct workspace *workspace, real *gradients, struct objective_sums *sums)
{
    const bool has_graphs = network->kind->embed != NULL;
    const int32_t *first = lesson->batch.first;
    struct embedded embedded = {0};
    workspace_reset(workspace);
    if (has_graphs)
        embedded = embed_all(network, parameters, lesson, workspace);
    for (int32_t from = 0, to; from < lesson->batch.decisions; from = to) {
        for (to = from + 1; to < lesson->batch.decisions; to++)
            if (first[to + 1] - first[from] > CHUNK_CANDIDATES)
                break;
        struct workspace_mark mark = workspace_mark(workspace);
        learn_chunk(network, parameters, lesson, objective, from, to, &embedded, workspace,
                    gradients, sums);
        workspace_rewind(workspace, mark);
    }
    for (int32_t i = 0; has_graphs && i < lesson->graphs; i++) {
        struct workspace_mark mark = workspace_mark(workspace);
        network->kind->embed_backward(network, parameters, &lesson->graph[i], embedded.values[i],
                                      embedded.gradients[i], workspace, gradients);
        workspace_rewind(workspace, mark);
    }
}
