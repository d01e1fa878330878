/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Message passing over a DAG, and what a job sums up to: the graph network of Decima (Mao et al.,
 * SIGCOMM 2019) as DeepSoCS uses it.
 *
 * With x the features of node v, and f, g, h, j, z small layers with leaky ReLU:
 *   e_v = h(x_v) + g(sum over children u of f(e_u))     (g only where there are children)
 *   p_v = j(x_v, e_v)                                   what it adds to its job
 *   y   = 0.1 sum over the job's nodes of p_v           summary of the job
 *   s   = 0.1 z(y)                                      its part of the system's summary
 * An embedding is [2][nodes][EMBEDDING_WIDTH]: the rows e, then the rows p. A summary is
 * [2][EMBEDDING_WIDTH]: y, s. */
#ifndef HETSOC_AGENTS_EMBEDDING_H
#define HETSOC_AGENTS_EMBEDDING_H

#include "agents/network.h"

enum { EMBEDDING_WIDTH = 8 };

/* Adds the tensors after those that the network has. */
void embedding_layout(struct network *network);

/* As network_embed; O(nodes + edges). */
void embedding_forward(const struct network *network, const real *parameters,
                       const struct network_graph *graph, struct workspace *workspace,
                       real *embedding);

/* Overwrites d_embedding and adds to gradients; computes the forward pass once more, so that
 * nothing but the embedding has to be kept between the passes. */
void embedding_backward(const struct network *network, const real *parameters,
                        const real *transposed, const struct network_graph *graph,
                        real *d_embedding, struct workspace *workspace, real *gradients);

/* As network_sum_up; O(count). */
void embedding_sum_up(const struct network *network, const real *parameters,
                      const struct network_graph *graph, const real *embedding, const int32_t *node,
                      int32_t count, real *summary);

/* Given the gradient by the summary; adds to gradients and to d_embedding. */
void embedding_sum_up_backward(const struct network *network, const real *transposed,
                               const struct network_graph *graph, const int32_t *node,
                               int32_t count, const real *summary, const real *d_summary,
                               real *gradients, real *d_embedding);

#endif
