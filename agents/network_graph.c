/* SPDX-License-Identifier: GPL-3.0-or-later */
/* graph: the scorer reads, beside a candidate's features, the embeddings of its node and job and
 * the summary of all jobs that the decision sees. A candidate without a job reads zeros for the
 * first two. */
#include <string.h>

#include "agents/embedding.h"
#include "agents/scorer.h"

enum { W = EMBEDDING_WIDTH, EXTRA = 3 * EMBEDDING_WIDTH };

static void layout(struct network *network)
{
    scorer_layout(network, EXTRA);
    embedding_layout(network);
}

static size_t size_of(const struct network *network, int32_t nodes)
{
    (void)network;
    return ((size_t)nodes + 2) * W;
}

static const real *row_of(const real *embedding, int32_t row)
{
    return embedding + (ptrdiff_t)row * W;
}

/* The input [candidates][EXTRA]: node, job, system. */
static real *gather(const struct network_batch *batch, const real *const *embeddings,
                    struct workspace *workspace)
{
    int32_t start = batch->first[0];
    size_t count = (size_t)(batch->first[batch->decisions] - start);
    real *extra = workspace_zeros(workspace, count * EXTRA);
    for (int32_t d = 0; d < batch->decisions; d++) {
        real system[W] = {0};
        for (int32_t i = batch->seen_first[d]; i < batch->seen_first[d + 1]; i++)
            for (int o = 0; o < W; o++)
                system[o] += row_of(embeddings[batch->seen[i]], EMBEDDING_SYSTEM)[o];
        for (int32_t c = batch->first[d]; c < batch->first[d + 1]; c++) {
            real *to = extra + (ptrdiff_t)(c - start) * EXTRA;
            if (batch->graph[c] >= 0) {
                const real *from = embeddings[batch->graph[c]];
                memcpy(to, row_of(from, EMBEDDING_NODES + batch->node[c]), W * sizeof *to);
                memcpy(to + W, row_of(from, EMBEDDING_JOB), W * sizeof *to);
            }
            memcpy(to + 2 * W, system, sizeof system);
        }
    }
    return extra;
}

/* The transpose of gather. */
static void scatter(const struct network_batch *batch, const real *d_extra,
                    real *const *d_embeddings)
{
    int32_t start = batch->first[0];
    for (int32_t d = 0; d < batch->decisions; d++) {
        real d_system[W] = {0};
        for (int32_t c = batch->first[d]; c < batch->first[d + 1]; c++) {
            const real *from = d_extra + (ptrdiff_t)(c - start) * EXTRA;
            real *to = batch->graph[c] >= 0 ? d_embeddings[batch->graph[c]] : NULL;
            for (int o = 0; o < W; o++) {
                if (to != NULL) {
                    to[(ptrdiff_t)(EMBEDDING_NODES + batch->node[c]) * W + o] += from[o];
                    to[EMBEDDING_JOB * W + o] += from[W + o];
                }
                d_system[o] += from[2 * W + o];
            }
        }
        for (int32_t i = batch->seen_first[d]; i < batch->seen_first[d + 1]; i++)
            for (int o = 0; o < W; o++)
                d_embeddings[batch->seen[i]][EMBEDDING_SYSTEM * W + o] += d_system[o];
    }
}

static void *forward(const struct network *network, const real *parameters,
                     const struct network_batch *batch, const real *const *embeddings,
                     struct workspace *workspace, real *logits)
{
    struct scorer_tape *tape = workspace_take(workspace, sizeof *tape);
    const real *rows = batch->rows + (ptrdiff_t)batch->first[0] * network->shape.features;
    scorer_forward(network, parameters, rows, gather(batch, embeddings, workspace),
                   batch->first[batch->decisions] - batch->first[0], workspace, tape, logits);
    return tape;
}

static void backward(const struct network *network, const real *transposed,
                     const struct network_batch *batch, const void *tape, const real *d_logits,
                     struct workspace *workspace, real *gradients, real *const *d_embeddings)
{
    int32_t count = batch->first[batch->decisions] - batch->first[0];
    real *d_extra = workspace_zeros(workspace, (size_t)count * EXTRA);
    scorer_backward(network, transposed, tape, d_logits, count, workspace, gradients, d_extra);
    scatter(batch, d_extra, d_embeddings);
}

const struct network_kind network_graph_kind = {
    .name = "graph",
    .summary = "mlp that also reads embeddings of the candidate's task, its job and all jobs",
    .source = "Mao et al., Decima, SIGCOMM 2019; Sung et al., DeepSoCS, 2020",
    .layout = layout,
    .embedding_size = size_of,
    .embed = embedding_forward,
    .embed_backward = embedding_backward,
    .forward = forward,
    .backward = backward,
};
