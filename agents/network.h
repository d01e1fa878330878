/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks that score candidates, and how they learn.
 *
 * A decision is a list of candidates, a row of features each; the network gives each a logit, and
 * the softmax of them is the policy (agents/choice.h). Networks of a kind with an embedding also
 * read the jobs behind the candidates: graphs of nodes, a row of features each.
 *
 * The description `struct network` is immutable; parameters, gradients and workspaces are the
 * caller's, so that one network serves any number of workers. Nothing here is random except
 * network_draw, and sums run in the order of the data: equal inputs, equal bytes
 * (agents/real.h). */
#ifndef HETSOC_AGENTS_NETWORK_H
#define HETSOC_AGENTS_NETWORK_H

#include <stdint.h>

#include "agents/objective.h"
#include "agents/real.h"
#include "agents/tensors.h"
#include "agents/workspace.h"

struct network_kind;

/* Sizes that the user of a network decides. */
struct network_shape {
    int32_t features;      /* values of a candidate's row */
    int32_t node_features; /* values of a node's row; 0 = no graphs (kinds without embedding) */
    int32_t hidden[2];     /* widths of the two hidden layers of the scorer; 0 = 32 and 16 */
};

struct network {
    const struct network_kind *kind;
    struct network_shape shape;
    struct tensors tensors; /* names and places in the block; tensors.reals is its size */
};

/* A DAG of nodes, each after all of its children. Borrowed; O(1) to make from arrays. */
struct network_graph {
    int32_t nodes;              /* at least 1 */
    const real *features;       /* [nodes][node_features] */
    const int32_t *child_first; /* [nodes + 1]: children of v are child[child_first[v] ..] */
    const int32_t *child;       /* each below v */
};

/* Decisions as arrays, borrowed. Decision d has the candidates first[d] .. first[d + 1] - 1, at
 * least one; a part of a batch is a batch whose `first` starts later.
 *
 * Kinds with embedding also read jobs, by number. A job is some nodes of a graph: as it changes, it
 * is one job after the other, while what its graph tells of a node stays the same. Other kinds
 * ignore these fields. */
struct network_batch {
    int32_t decisions;
    const int32_t *first;      /* [decisions + 1] */
    const real *rows;          /* [first[decisions]][features] */
    const int32_t *job, *node; /* [first[decisions]]: of the candidate; job -1 = none (wait) */
    const int32_t *seen_first; /* [decisions + 1] */
    const int32_t *seen;       /* decision d sees the jobs seen[seen_first[d]] .. */
};

/* What a kind with embedding has worked out before it scores; borrowed, by number. */
struct network_memory {
    const real *const *embeddings; /* [graph] by network_embed */
    const int32_t *graph_of;       /* [job] */
    const real *summaries;         /* [job][network_summary_size] by network_sum_up */
};

/* Makes a description; network_finish releases what it owns. */
void network_init(struct network *network, const struct network_kind *kind,
                  struct network_shape shape);
void network_finish(struct network *network);

/* Starting weights: Glorot, biases 0, last layer small (tensors_draw). */
void network_draw(const struct network *network, real *parameters, uint64_t seed);

/* Sizes in reals of the embedding of a graph and of the summary of a job; 0 for kinds without. */
size_t network_embedding_size(const struct network *network, int32_t nodes);
size_t network_summary_size(const struct network *network);

/* Embeds a graph into [network_embedding_size]. Depends on nothing but parameters and graph. Resets
 * the workspace. O(nodes + edges). */
void network_embed(const struct network *network, const real *parameters,
                   const struct network_graph *graph, struct workspace *workspace, real *embedding);

/* Sums a job up, `count` nodes of a graph with its embedding, into [network_summary_size]: keep it
 * until the job changes. O(count). */
void network_sum_up(const struct network *network, const real *parameters,
                    const struct network_graph *graph, const real *embedding, const int32_t *node,
                    int32_t count, real *summary);

/* Logits [first[decisions] - first[0]] of all candidates; `memory` NULL for kinds without
 * embedding. Resets the workspace. */
void network_score(const struct network *network, const real *parameters,
                   const struct network_batch *batch, const struct network_memory *memory,
                   struct workspace *workspace, real *logits);

/* What is to be learnt from the decisions of a batch. */
struct network_lesson {
    struct network_batch batch; /* first[0] = 0 */
    /* Kinds with embedding: graphs, and jobs as nodes job_node[job_first[j]] .. of them. */
    int32_t graphs, jobs;
    const struct network_graph *graph; /* [graphs] */
    const int32_t *job_graph;          /* [jobs] */
    const int32_t *job_first;          /* [jobs + 1] */
    const int32_t *job_node;
    const int32_t *action;    /* [decisions]; taken, or the teacher's; -1 = skip it */
    const real *old_log_prob; /* [decisions], NULL = 0 */
    const real *advantage;    /* [decisions], NULL = 1 */
};

/* Adds the gradients of the sum of all losses to the block `gradients`, and adds to the sums.
 * Resets the workspace. Embeddings and summaries are made anew, once per graph and job. */
void network_learn(const struct network *network, const real *parameters,
                   const struct network_lesson *lesson, const struct objective *objective,
                   struct workspace *workspace, real *gradients, struct objective_sums *sums);

/* The contract of a kind: one file, and a row in network.c. */
struct network_kind {
    const char *name, *summary, *source;

    /* Adds the tensors. */
    void (*layout)(struct network *network);

    /* The embedding; NULL and 0 for kinds without. */
    int32_t summary_size;
    size_t (*embedding_size)(const struct network *network, int32_t nodes);
    void (*embed)(const struct network *network, const real *parameters,
                  const struct network_graph *graph, struct workspace *workspace, real *embedding);
    void (*sum_up)(const struct network *network, const real *parameters,
                   const struct network_graph *graph, const real *embedding, const int32_t *node,
                   int32_t count, real *summary);
    /* Given the gradient by the summary, adds to the gradients by parameters and embedding.
     * `transposed` holds the matrices of `parameters` transposed, here and below. */
    void (*sum_up_backward)(const struct network *network, const real *transposed,
                            const struct network_graph *graph, const int32_t *node, int32_t count,
                            const real *summary, const real *d_summary, real *gradients,
                            real *d_embedding);
    /* Overwrites the gradient by the embedding and adds to that by the parameters. */
    void (*embed_backward)(const struct network *network, const real *parameters,
                           const real *transposed, const struct network_graph *graph,
                           real *d_embedding, struct workspace *workspace, real *gradients);

    /* Logits of a batch; returns what `backward` will need, in the workspace. */
    void *(*forward)(const struct network *network, const real *parameters,
                     const struct network_batch *batch, const struct network_memory *memory,
                     struct workspace *workspace, real *logits);
    /* Adds to the gradients by parameters, embeddings and summaries. */
    void (*backward)(const struct network *network, const real *transposed,
                     const struct network_batch *batch, const struct network_memory *memory,
                     const void *tape, const real *d_logits, struct workspace *workspace,
                     real *gradients, real *const *d_embeddings, real *d_summaries);
};

/* All kinds, NULL at the end; and the one of a name, NULL if there is none. */
extern const struct network_kind *const network_kinds[];
const struct network_kind *network_find(const char *name);

#endif
