/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The FFF kernel, written once with the compilers' vectors; fff_ISA.c sets the sizes, includes this
 * file and is compiled with the flags of its instruction set. By default the portable form.
 *
 * First the descent: pairs (sample, tree) go down in lock-step, so that several independent rows
 * are under way while one is summed. Then GELU of all logits at once, then one pass over the rows
 * of w_out with the sums in registers. */
#ifndef HETSOC_WORKLOADS_KERNELS_FFF_SIMD_H
#define HETSOC_WORKLOADS_KERNELS_FFF_SIMD_H

#include <float.h>
#include <math.h>

#include "workloads/kernels/fff.h"
#include "workloads/kernels/gelu.h"
#include "workloads/kernels/rows_simd.h"

#ifndef FFF_NAME
#define FFF_NAME fff_portable
#endif

#ifndef FFF_GROUP
#define FFF_GROUP 16 /* pairs in lock-step */
#endif
#ifndef FFF_CHILD_LINES
#define FFF_CHILD_LINES 4 /* of each child that a lone pair asks for; hardware fetches the rest */
#endif

/* A sample on its way down a tree. */
struct pair {
    const float *x;
    float limit;         /* |s| up to this must be computed exactly */
    int32_t first, node; /* row of the root, row in which the pair is */
    float *logits;
    int32_t *nodes;
};

SIMD_INLINE struct pair start_pair(const struct fff_job *job, int32_t number)
{
    const struct fff *fff = job->fff;
    int32_t sample = number / fff->shape.trees, tree = number % fff->shape.trees;
    const float *x = job->x + (size_t)sample * (size_t)fff->row_in;
    size_t at = (size_t)sample * (size_t)job->visits + (size_t)(tree * (fff->shape.depth + 1));
    float magnitude = rows_magnitude(x, fff->row_in) * fff->weight_limit + fff->bias_limit;
    return (struct pair){
        .x = x,
        .limit = magnitude * rows_dot_error(fff->row_in) + FLT_MIN,
        .first = tree * fff->tree_nodes,
        .node = 0,
        .logits = job->logits + at,
        .nodes = job->nodes + at,
    };
}

/* Whether the pair goes right. Notes the logit and the row of a level. */
SIMD_INLINE bool visit(const struct fff *fff, const struct pair *pair, int32_t level)
{
    int32_t row = pair->first + pair->node;
    const float *w = fff->w_in + (size_t)row * (size_t)fff->row_in;
    float bias = fff->bias != NULL ? fff->bias[row] : 0;
    float logit = rows_dot(w, pair->x, fff->row_in) + bias;
    bool is_right = logit > 0;
    if (__builtin_expect(fabsf(logit) <= pair->limit, 0)) {
        double exact = gelu_logit(w, pair->x, fff->shape.inputs, bias);
        is_right = exact > 0;
        logit = (float)exact;
    }
    pair->logits[level] = logit;
    pair->nodes[level] = row;
    return is_right;
}

/* One pair alone: while it sums a row, the beginnings of both children come. */
static void descend_single(const struct fff_job *job, int32_t number)
{
    const struct fff *fff = job->fff;
    struct pair pair = start_pair(job, number);
    for (int32_t level = 0; level <= fff->shape.depth; level++) {
        int32_t row = pair.first + pair.node;
        if (level + 1 >= fff->far_level && level < fff->shape.depth) {
            const float *left =
                fff->w_in + (size_t)(pair.first + 2 * pair.node + 1) * (size_t)fff->row_in;
            ROWS_PREFETCH(left, FFF_CHILD_LINES * ROWS_LINE, 3);
            ROWS_PREFETCH(left + fff->row_in, FFF_CHILD_LINES * ROWS_LINE, 3);
        }
        if (level >= fff->far_level)
            ROWS_PREFETCH(fff->w_out + (size_t)row * (size_t)fff->row_out,
                          FFF_CHILD_LINES * ROWS_LINE, 3);
        bool is_right = visit(fff, &pair, level);
        if (level == fff->shape.depth)
            job->leaves[number] = pair.node;
        pair.node = 2 * pair.node + 1 + (int32_t)is_right;
    }
}

static void descend_group(const struct fff_job *job, int32_t first, int32_t count)
{
    const struct fff *fff = job->fff;
    struct pair pairs[FFF_GROUP];
    for (int32_t i = 0; i < count; i++)
        pairs[i] = start_pair(job, first + i);
    for (int32_t level = 0; level <= fff->shape.depth; level++) {
        bool is_far = level >= fff->far_level, is_next_far = level + 1 >= fff->far_level;
        for (int32_t i = 0; i < count; i++) {
            struct pair *pair = &pairs[i];
            if (is_far)
                ROWS_PREFETCH(fff->w_out +
                                  (size_t)(pair->first + pair->node) * (size_t)fff->row_out,
                              fff->row_out, 2);
            bool is_right = visit(fff, pair, level);
            if (level == fff->shape.depth) {
                job->leaves[first + i] = pair->node;
                continue;
            }
            pair->node = 2 * pair->node + 1 + (int32_t)is_right;
            if (is_next_far)
                ROWS_PREFETCH(fff->w_in + (size_t)(pair->first + pair->node) * (size_t)fff->row_in,
                              fff->row_in, 2);
        }
    }
}

/* GELU in place; false if a logit is not finite. */
static bool activate(float *logits, int32_t visits)
{
    simd_ints wrong = {0};
    for (int32_t i = 0; i < visits; i += SIMD_LANES) {
        simd_floats logit = simd_load(logits + i);
        wrong |= ~(simd_absolute(logit) <= FLT_MAX);
        simd_store(logits + i, simd_gelu(logit));
    }
    int32_t any = 0;
    for (int32_t i = 0; i < SIMD_LANES; i++)
        any |= wrong[i];
    return any == 0;
}

static int32_t apply(const struct fff_job *job)
{
    const struct fff *fff = job->fff;
    int32_t pairs = job->samples * fff->shape.trees;
    int32_t refused = -1;
    if (pairs == 1)
        descend_single(job, 0);
    else
        for (int32_t done = 0; done < pairs; done += FFF_GROUP)
            descend_group(job, done, pairs - done < FFF_GROUP ? pairs - done : FFF_GROUP);
    int32_t visited = fff->shape.trees * (fff->shape.depth + 1);
    for (int32_t s = 0; s < job->samples; s++) {
        float *logits = job->logits + (size_t)s * (size_t)job->visits;
        if (!activate(logits, job->visits) && refused < 0)
            refused = s;
        rows_mix(fff->w_out, fff->row_out, job->nodes + (size_t)s * (size_t)job->visits, logits,
                 visited, NULL, job->out + (size_t)s * (size_t)fff->row_out);
    }
    return refused;
}

const struct fff_code FFF_NAME = {.samples_at_once = FFF_GROUP, .apply = apply};

#endif
