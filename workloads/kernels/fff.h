/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fast feedforward layer in the form of UltraFastBERT (Belcak and Wattenhofer 2023, "Exponentially
 * faster language modelling"): trees whose every node is one neuron, single precision, one thread.
 *
 * KxD = K trees with levels 0..D, so D + 1 nodes are visited of 2^(D+1) - 1. At node n of a tree,
 * s = <w_in[n], x> + bias[n]; out += GELU(s) * w_out[n]; the next node is 2n + 2 if s > 0, else
 * 2n + 1. The last level contributes too.
 *
 * Every instruction set takes the same path as the reference, for every input: a kernel that finds
 * |s| within the proven error of its own sum computes s again as the reference does (sums in double
 * precision, in order), so the sign is the same by construction. */
#ifndef HETSOC_WORKLOADS_KERNELS_FFF_H
#define HETSOC_WORKLOADS_KERNELS_FFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "workloads/kernels/isa.h"

enum {
    FFF_DEPTH_LIMIT = 20,
    FFF_ROW_STEP = 64, /* floats; rows are padded to a multiple */
    FFF_SORT_LEVEL_LIMIT = 8,
};

struct fff_shape {
    int32_t inputs, outputs;
    int32_t trees, depth;
    bool has_bias;
};

/* Counts, per layer and per sample (kernels in fp32). */
struct fff_cost {
    int64_t nodes;         /* stored: trees * (2^(depth+1) - 1) */
    int64_t visited;       /* per sample: trees * (depth + 1) */
    int64_t mac;           /* per sample */
    int64_t parameters;    /* stored */
    int64_t stored_bytes;  /* parameters * 4 */
    int64_t touched_bytes; /* weights that one sample reads */
};
struct fff_cost fff_cost(const struct fff_shape *shape);

/* Weight bytes that a batch reads, each row once, if every leaf is equally likely. */
double fff_batch_bytes(const struct fff_shape *shape, int32_t batch);

/* Weights. Node n of tree t is row t * (2^(depth+1) - 1) + n. Read-only once sealed: threads may
 * share it, each with its own workspace. */
struct fff {
    struct fff_shape shape;
    int32_t row_in, row_out; /* floats from row to row */
    int32_t tree_nodes;
    int32_t far_level; /* the first whose nodes do not stay in the L2 cache */
    float *w_in, *w_out;
    float *bias;                    /* NULL without */
    float weight_limit, bias_limit; /* largest magnitudes, set by fff_seal */
    size_t bytes;
};

/* Weights 0. */
struct fff *fff_create(const struct fff_shape *shape);
void fff_destroy(struct fff *fff); /* NULL is fine */

/* Draws the weights: w_in uniform in +-1/sqrt(inputs), w_out in +-1/sqrt((depth + 1) * trees),
 * biases as w_in (kernels' authors' initialisation); `layer` tells layers of one seed apart. */
void fff_fill(struct fff *fff, uint64_t seed, uint32_t layer);

/* To be called when the weights have changed: false and a fault if one of them is not finite. */
bool fff_seal(struct fff *fff, struct fault *fault);

/* Writes and reads "w_in" [nodes, inputs], "w_out" [nodes, outputs] and "bias" [nodes], F32, of a
 * safetensors file whose notes hold the shape. fff_load returns NULL and a fault if it is none. */
bool fff_save(const struct fff *fff, const char *path, struct fault *fault);
struct fff *fff_load(const char *path, struct fault *fault);

/* Scratch memory of one thread for layers of one shape and batches up to a limit. */
struct fff_workspace;
struct fff_workspace *fff_workspace_create(const struct fff_shape *shape, int32_t batch_limit);
void fff_workspace_destroy(struct fff_workspace *workspace); /* NULL is fine */

/* x [batch][inputs] to out [batch][outputs]; no heap. False and a fault if an input or a logit is
 * not finite; `out` then holds nothing useful. */
bool fff_apply(const struct fff *fff, enum isa isa, struct fff_workspace *workspace, const float *x,
               int32_t batch, float *out, struct fault *fault);

/* The node of the last level, [batch][trees], that the last call ended in. */
const int32_t *fff_leaves(const struct fff_workspace *workspace);

/* The plain reference, sums in double precision; leaves [batch][trees] may be NULL. */
void fff_reference(const struct fff *fff, const float *x, int32_t batch, float *out,
                   int32_t *leaves);

/* A sample on its way down a tree. */
struct fff_pair {
    const float *x;
    float limit;         /* |s| up to this must be computed exactly */
    int32_t first, node; /* row of the root; node of the tree */
    float *logits;       /* [depth + 1] */
    int32_t *rows;       /* [depth + 1] that were visited */
};

/* A run of samples for one instruction set. Rows of x and out are padded as the weights are. */
struct fff_job {
    const struct fff *fff;
    const float *x;
    float *out;
    int32_t samples;
    struct fff_pair *pairs; /* [samples * trees] */
    int32_t *order;         /* [samples * trees] */
    float *logits;          /* [samples][visits], visits a multiple of 16 */
    int32_t *rows;          /* [samples][visits] */
    int32_t *leaves;        /* [samples][trees] */
    int32_t visits;
};
struct fff_code {
    /* Returns a sample with a logit that is not finite, or -1. */
    int32_t (*apply)(const struct fff_job *job);
};
extern const struct fff_code fff_portable, fff_avx2, fff_avx512;

#endif
