/* SPDX-License-Identifier: GPL-3.0-or-later */
/* graph: the scorer reads, beside a candidate's features, the embedding of its node, the summary of
 * its job and that of all jobs that the decision sees. A candidate without a job reads zeros for
 * the first two. */
#include <string.h>

#include "agents/embedding.h"
#include "agents/scorer.h"

enum { W = EMBEDDING_WIDTH, SUMMARY = 2 * EMBEDDING_WIDTH, EXTRA = 3 * EMBEDDING_WIDTH };

static void layout(struct network *network)
{
    scorer_layout(network, EXTRA);
    embedding_layout(network);
}

static size_t size_of(const struct network *network, int32_t nodes)
{
    (void)network;
    return (size_t)nodes * 2 * W;
}

/* The input [candidates][EXTRA]: node, job, system. */
static real *gather(const struct network_batch *batch, const struct network_memory *memory,
                    struct workspace *workspace)
{
    int32_t start = batch->first[0];
    size_t count = (size_t)(batch->first[batch->decisions] - start);
    real *extra = workspace_reals(workspace, count * EXTRA);
    for (int32_t d = 0; d < batch->decisions; d++) {
        real system[W] = {0};
        for (int32_t i = batch->seen_first[d]; i < batch->seen_first[d + 1]; i++)
            for (int o = 0; o < W; o++)
                system[o] += memory->summaries[(ptrdiff_t)batch->seen[i] * SUMMARY + W + o];
        for (int32_t c = batch->first[d]; c < batch->first[d + 1]; c++) {
            real *to = extra + (ptrdiff_t)(c - start) * EXTRA;
            int32_t job = batch->job[c];
            if (job >= 0) {
                const real *e = memory->embeddings[memory->graph_of[job]];
                memcpy(to, e + (ptrdiff_t)batch->node[c] * W, W * sizeof *to);
                memcpy(to + W, memory->summaries + (ptrdiff_t)job * SUMMARY, W * sizeof *to);
            } else {
                memset(to, 0, 2 * W * sizeof *to);
            }
            memcpy(to + 2 * W, system, sizeof system);
        }
    }
    return extra;
}

/* The transpose of gather. */
static void scatter(const struct network_batch *batch, const struct network_memory *memory,
                    const real *d_extra, real *const *d_embeddings, real *d_summaries)
{
    int32_t start = batch->first[0];
    for (int32_t d = 0; d < batch->decisions; d++) {
        real d_system[W] = {0};
        for (int32_t c = batch->first[d]; c < batch->first[d + 1]; c++) {
            const real *from = d_extra + (ptrdiff_t)(c - start) * EXTRA;
            int32_t job = batch->job[c];
            for (int o = 0; o < W; o++)
                d_system[o] += from[2 * W + o];
            if (job < 0)
                continue;
            real *d_e = d_embeddings[memory->graph_of[job]] + (ptrdiff_t)batch->node[c] * W;
            real *d_y = d_summaries + (ptrdiff_t)job * SUMMARY;
            for (int o = 0; o < W; o++) {
                d_e[o] += from[o];
                d_y[o] += from[W + o];
            }
        }
        for (int32_t i = batch->seen_first[d]; i < batch->seen_first[d + 1]; i++)
            for (int o = 0; o < W; o++)
                d_summaries[(ptrdiff_t)batch->seen[i] * SUMMARY + W + o] += d_system[o];
    }
}

static void *forward(const struct network *network, const real *parameters,
                     const struct network_batch *batch, const struct network_memory *memory,
                     struct workspace *workspace, real *logits)
{
    struct scorer_tape *tape = workspace_take(workspace, sizeof *tape);
    const real *rows = batch->rows + (ptrdiff_t)batch->first[0] * network->shape.features;
    scorer_forward(network, parameters, rows, gather(batch, memory, workspace),
                   batch->first[batch->decisions] - batch->first[0], workspace, tape, logits);
    return tape;
}

static void backward(const struct network *network, const real *transposed,
                     const struct network_batch *batch, const struct network_memory *memory,
                     const void *tape, const real *d_logits, struct workspace *workspace,
                     real *gradients, real *const *d_embeddings, real *d_summaries)
{
    int32_t count = batch->first[batch->decisions] - batch->first[0];
    real *d_extra = workspace_zeros(workspace, (size_t)count * EXTRA);
    scorer_backward(network, transposed, tape, d_logits, count, workspace, gradients, d_extra);
    scatter(batch, memory, d_extra, d_embeddings, d_summaries);
}

const struct network_kind network_graph_kind = {
    .name = "graph",
    .summary = "mlp that also reads embeddings of the candidate's task, its job and all jobs",
    .source = "Mao et al., Decima, SIGCOMM 2019; Sung et al., DeepSoCS, 2020",
    .layout = layout,
    .summary_size = SUMMARY,
    .embedding_size = size_of,
    .embed = embedding_forward,
    .sum_up = embedding_sum_up,
    .sum_up_backward = embedding_sum_up_backward,
    .embed_backward = embedding_backward,
    .forward = forward,
    .backward = backward,
};
