/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fast feedforward layer in its first form (Belcak and Wattenhofer 2023, "Fast feedforward
 * networks"): a tree of hyperplanes chooses one of 2^depth small networks, single precision, one
 * thread.
 *
 * At node n, <w_node[n], x> + b_node[n] >= 0 goes to 2n + 2, else to 2n + 1; nodes add nothing to
 * the output. The leaf computes W_out^T activation(W_in x + b_in) + b_out. All instruction sets
 * choose the leaf of the reference, as in fff.h. */
#ifndef HETSOC_WORKLOADS_KERNELS_FFF_LEAF_H
#define HETSOC_WORKLOADS_KERNELS_FFF_LEAF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "workloads/kernels/isa.h"

enum { FFF_LEAF_DEPTH_LIMIT = 16 };

enum fff_leaf_activation { FFF_LEAF_RELU, FFF_LEAF_GELU };

struct fff_leaf_shape {
    int32_t inputs, outputs;
    int32_t depth, width; /* levels of hyperplanes; neurons of a leaf */
    enum fff_leaf_activation activation;
};

/* Per layer, and per sample; fp32. */
struct fff_leaf_cost {
    int64_t mac;           /* depth * inputs + width * (inputs + outputs) */
    int64_t parameters;    /* stored */
    int64_t stored_bytes;  /* parameters * 4 */
    int64_t touched_bytes; /* weights that one sample reads */
};
struct fff_leaf_cost fff_leaf_cost(const struct fff_leaf_shape *shape);

/* Weight bytes that a batch reads, each row once, if every leaf is equally likely. */
double fff_leaf_batch_bytes(const struct fff_leaf_shape *shape, int32_t batch);

/* Weights; rows are padded with zeros to row_in and row_out floats. Read-only once sealed. */
struct fff_leaf {
    struct fff_leaf_shape shape;
    int32_t row_in, row_out, nodes, leaves;
    float *w_node, *b_node;         /* [nodes][row_in], [nodes] */
    float *w_in, *b_in;             /* [leaves][width][row_in], [leaves][width] */
    float *w_out, *b_out;           /* [leaves][width][row_out], [leaves][row_out] */
    float weight_limit, bias_limit; /* of the nodes, set by fff_leaf_seal */
    size_t bytes;
};

/* Weights 0. */
struct fff_leaf *fff_leaf_create(const struct fff_leaf_shape *shape);
void fff_leaf_destroy(struct fff_leaf *leaf); /* NULL is fine */

/* Draws all weights and biases: uniform in +-1/sqrt(inputs of the neuron). */
void fff_leaf_fill(struct fff_leaf *leaf, uint64_t seed, uint32_t layer);

/* To be called when the weights have changed: false and a fault if one of them is not finite. */
bool fff_leaf_seal(struct fff_leaf *leaf, struct fault *fault);

/* Writes and reads "w_node" [nodes, inputs], "b_node" [nodes] (both absent at depth 0), "w_in"
 * [leaves, width, inputs], "b_in" [leaves, width], "w_out" [leaves, width, outputs] and "b_out"
 * [leaves, outputs], F32, of a safetensors file whose notes hold depth and activation (relu, gelu).
 * fff_leaf_load returns NULL and a fault if it is none. */
bool fff_leaf_save(const struct fff_leaf *leaf, const char *path, struct fault *fault);
struct fff_leaf *fff_leaf_load(const char *path, struct fault *fault);

/* Scratch memory of one thread for layers of one shape and batches up to a limit. */
struct fff_leaf_workspace;
struct fff_leaf_workspace *fff_leaf_workspace_create(const struct fff_leaf_shape *shape,
                                                     int32_t batch_limit);
void fff_leaf_workspace_destroy(struct fff_leaf_workspace *workspace); /* NULL is fine */

/* x [batch][inputs] to out [batch][outputs]; no heap. False and a fault if an input is not finite.
 */
bool fff_leaf_apply(const struct fff_leaf *leaf, enum isa isa, struct fff_leaf_workspace *workspace,
                    const float *x, int32_t batch, float *out, struct fault *fault);

/* The leaf of each sample of the last call. */
const int32_t *fff_leaf_chosen(const struct fff_leaf_workspace *workspace);

/* The plain reference, sums in double precision; chosen [batch] may be NULL. */
void fff_leaf_reference(const struct fff_leaf *leaf, const float *x, int32_t batch, float *out,
                        int32_t *chosen);

/* One sample for one instruction set; rows padded. */
struct fff_leaf_code {
    int32_t (*choose)(const struct fff_leaf *leaf, const float *x);
    /* hidden [width, rounded up to 16], rows = 0, 1, 2... */
    void (*apply)(const struct fff_leaf *leaf, int32_t chosen, const float *x, float *hidden,
                  const int32_t *rows, float *out);
};
extern const struct fff_leaf_code fff_leaf_portable, fff_leaf_avx2, fff_leaf_avx512;

#endif
