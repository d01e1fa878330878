/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel of fff_leaf.h, written once with the compilers' vectors; fff_leaf_ISA.c sets the
 * sizes, includes this file and is compiled with the flags of its instruction set. */
#ifndef HETSOC_WORKLOADS_KERNELS_FFF_LEAF_SIMD_H
#define HETSOC_WORKLOADS_KERNELS_FFF_LEAF_SIMD_H

#include <float.h>
#include <math.h>

#include "workloads/kernels/fff_leaf.h"
#include "workloads/kernels/gelu.h"
#include "workloads/kernels/rows_simd.h"

#ifndef FFF_LEAF_NAME
#define FFF_LEAF_NAME fff_leaf_portable
#endif

static int32_t choose(const struct fff_leaf *leaf, const float *x)
{
    float magnitude = rows_magnitude(x, leaf->row_in) * leaf->weight_limit + leaf->bias_limit;
    float limit = magnitude * rows_dot_error(leaf->row_in) + FLT_MIN;
    int32_t node = 0;
    for (int32_t level = 0; level < leaf->shape.depth; level++) {
        const float *w = leaf->w_node + (size_t)node * (size_t)leaf->row_in;
        float score = rows_dot(w, x, leaf->row_in) + leaf->b_node[node];
        bool is_right = score >= 0;
        if (__builtin_expect(!(fabsf(score) > limit), 0))
            is_right = gelu_logit(w, x, leaf->shape.inputs, leaf->b_node[node]) >= 0;
        node = 2 * node + 1 + (int32_t)is_right;
    }
    return node - leaf->nodes;
}

static void apply(const struct fff_leaf *leaf, int32_t chosen, const float *x, float *hidden,
                  const int32_t *rows, float *out)
{
    int32_t width = leaf->shape.width;
    size_t first = (size_t)chosen * (size_t)width;
    for (int32_t i = 0; i < width; i++)
        hidden[i] =
            leaf->b_in[first + (size_t)i] +
            rows_dot(leaf->w_in + (first + (size_t)i) * (size_t)leaf->row_in, x, leaf->row_in);
    for (int32_t i = 0; i < width; i += SIMD_LANES) {
        simd_floats value = simd_load(hidden + i);
        simd_store(hidden + i, leaf->shape.activation == FFF_LEAF_GELU
                                   ? simd_gelu(value)
                                   : simd_select(value > 0.0f, value, simd_all(0)));
    }
    rows_mix(leaf->w_out + first * (size_t)leaf->row_out, leaf->row_out, rows, hidden, width,
             leaf->b_out + (size_t)chosen * (size_t)leaf->row_out, out);
}

const struct fff_leaf_code FFF_LEAF_NAME = {.choose = choose, .apply = apply};

#endif
