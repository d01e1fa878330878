/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dense feedforward layer: out = GELU(x W_in^T + b) W_out, single precision, one thread.
 *
 * Neuron j has a row of W_in (inputs) and a row of W_out (outputs), as in an FFF (fff.h), so that
 * both layers can have the same weights. For the kernel the rows are packed into panels of
 * DENSE_PANEL columns, each panel contiguous in the order in which it is read. */
#ifndef HETSOC_WORKLOADS_KERNELS_DENSE_H
#define HETSOC_WORKLOADS_KERNELS_DENSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "workloads/kernels/isa.h"

struct dense_shape {
    int32_t inputs, neurons, outputs;
    bool has_bias; /* of the neurons */
};

/* What one layer costs per sample, and its weights: fp32, every neuron used. */
struct dense_cost {
    int64_t mac;
    int64_t parameters;
    int64_t weight_bytes;
};
struct dense_cost dense_cost(const struct dense_shape *shape);

/* Weights as rows; the caller's memory. */
struct dense_rows {
    struct dense_shape shape;
    const float *w_in;  /* [neurons][inputs] */
    const float *w_out; /* [neurons][outputs] */
    const float *bias;  /* [neurons], NULL without bias */
};

/* The plain reference, sums in double precision: x [batch][inputs] to out [batch][outputs]. */
void dense_reference(const struct dense_rows *rows, const float *x, int32_t batch, float *out);

enum { DENSE_PANEL = 48, DENSE_CHUNK = 128 /* samples between the two products */ };

/* The packed layer. Read-only once created: threads may share it, each with its own workspace. */
struct dense;
struct dense *dense_create(const struct dense_rows *rows);
void dense_destroy(struct dense *dense); /* NULL is fine */

/* Scratch memory of one thread for layers of one shape. */
struct dense_workspace;
struct dense_workspace *dense_workspace_create(const struct dense_shape *shape);
void dense_workspace_destroy(struct dense_workspace *workspace); /* NULL is fine */

/* Any batch >= 0; no heap. False and a fault if an input is not finite. */
bool dense_apply(const struct dense *dense, enum isa isa, struct dense_workspace *workspace,
                 const float *x, int32_t batch, float *out, struct fault *fault);

/* One product of a tile of samples with one panel, for one instruction set. */
struct dense_panel {
    const float *x; /* [samples], x_stride floats apart */
    size_t x_stride;
    const float *panel; /* [depth][DENSE_PANEL] */
    const float *start; /* [DENSE_PANEL] to begin with, NULL = what is in `out` */
    float *out;         /* [samples][DENSE_PANEL], out_stride floats apart */
    size_t out_stride;
    int32_t depth, samples;
    bool has_gelu;
};
struct dense_code {
    void (*panel)(const struct dense_panel *job);
    void (*gelu)(float *values, size_t count); /* count a multiple of 16 */
};
extern const struct dense_code dense_portable, dense_avx2, dense_avx512;
const struct dense_code *dense_code_for(enum isa isa);

#endif
