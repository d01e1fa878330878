/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Message passing over a job's DAG, and what it sums up to: the graph network of Decima (Mao et
 * al., SIGCOMM 2019) as DeepSoCS uses it.
 *
 * With x the features of node v, and f, g, h, j, z small layers with leaky ReLU:
 *   e_v = h(x_v) + g(sum over children u of f(e_u))     (g only where there are children)
 *   y   = 0.1 sum over nodes of j(x_v, e_v)             summary of the job
 *   s   = 0.1 z(y)                                      its part of the system's summary
 * An embedding is [2 + nodes][EMBEDDING_WIDTH]: y, s, then the rows e. */
#ifndef HETSOC_AGENTS_EMBEDDING_H
#define HETSOC_AGENTS_EMBEDDING_H

#include "agents/network.h"

enum { EMBEDDING_WIDTH = 8 };

/* Rows of an embedding. */
enum { EMBEDDING_JOB, EMBEDDING_SYSTEM, EMBEDDING_NODES };

/* Adds the tensors after those that the network has. */
void embedding_layout(struct network *network);

/* As network_embed; O(nodes + edges). */
void embedding_forward(const struct network *network, const real *parameters,
                       const struct network_graph *graph, struct workspace *workspace,
                       real *embedding);

/* d_embedding [2 + nodes][EMBEDDING_WIDTH]; computes the forward pass once more, so that nothing
 * but the embedding has to be kept between the passes. Adds to gradients. */
void embedding_backward(const struct network *network, const real *parameters,
                        const real *transposed, const struct network_graph *graph,
                        const real *d_embedding, struct workspace *workspace, real *gradients);

#endif
