/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mlp: each candidate's row through the scorer, nothing else. */
#include "agents/scorer.h"

static void layout(struct network *network)
{
    scorer_layout(network, 0);
}

static void *forward(const struct network *network, const real *parameters,
                     const struct network_batch *batch, const struct network_memory *memory,
                     struct workspace *workspace, real *logits)
{
    (void)memory;
    struct scorer_tape *tape = workspace_take(workspace, sizeof *tape);
    const real *rows = batch->rows + (ptrdiff_t)batch->first[0] * network->shape.features;
    scorer_forward(network, parameters, rows, NULL,
                   batch->first[batch->decisions] - batch->first[0], workspace, tape, logits);
    return tape;
}

static void backward(const struct network *network, const real *transposed,
                     const struct network_batch *batch, const struct network_memory *memory,
                     const void *tape, const real *d_logits, struct workspace *workspace,
                     real *gradients, real *const *d_embeddings, real *d_summaries)
{
    (void)memory;
    (void)d_embeddings;
    (void)d_summaries;
    scorer_backward(network, transposed, tape, d_logits,
                    batch->first[batch->decisions] - batch->first[0], workspace, gradients, NULL);
}

const struct network_kind network_mlp_kind = {
    .name = "mlp",
    .summary = "scores each candidate by its features, with two hidden layers of leaky ReLU",
    .source = "SoCRATES and Decima score actions so, without their embeddings",
    .layout = layout,
    .forward = forward,
    .backward = backward,
};
