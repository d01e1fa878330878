/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The FFF kernel, written once with the compilers' vectors; fff_ISA.c sets the sizes, includes this
 * file and is compiled with the flags of its instruction set. By default the portable form.
 *
 * Pairs (sample, tree) go down in groups, in lock-step: while one row is summed, that of a pair
 * further on is fetched, smoothly, and the row of w_out that this node will need. A batch of more
 * than a group goes down the top levels first, whose rows stay in the cache, and is then sorted by
 * the node it has reached: neighbours share the rows of the next levels. In the end GELU of all
 * logits of a sample at once, and one pass over its rows of w_out with the sums in registers. */
#ifndef HETSOC_WORKLOADS_KERNELS_FFF_SIMD_H
#define HETSOC_WORKLOADS_KERNELS_FFF_SIMD_H

#include <assert.h>
#include <float.h>
#include <math.h>

#include "workloads/kernels/fff.h"
#include "workloads/kernels/gelu.h"
#include "workloads/kernels/rows_simd.h"

#ifndef FFF_NAME
#define FFF_NAME fff_portable
#endif

enum {
    GROUP = 16,      /* pairs in lock-step */
    DISTANCE = 4,    /* pairs ahead whose row is fetched */
    CHILD_LINES = 4, /* of each child that a lone pair asks for; hardware fetches the rest */
};

static void start_pairs(const struct fff_job *job, int32_t count)
{
    const struct fff *fff = job->fff;
    for (int32_t i = 0; i < count; i++) {
        int32_t sample = i / fff->shape.trees, tree = i % fff->shape.trees;
        const float *x = job->x + (size_t)sample * (size_t)fff->row_in;
        size_t at = (size_t)sample * (size_t)job->visits + (size_t)(tree * (fff->shape.depth + 1));
        float magnitude = rows_magnitude(x, fff->row_in) * fff->weight_limit + fff->bias_limit;
        job->order[i] = i;
        job->pairs[i] = (struct fff_pair){
            .x = x,
            .limit = magnitude * rows_dot_error(fff->row_in) + FLT_MIN,
            .first = tree * fff->tree_nodes,
            .logits = job->logits + at,
            .rows = job->rows + at,
        };
    }
}

SIMD_INLINE const float *row_in(const struct fff *fff, const struct fff_pair *pair, int32_t node)
{
    return fff->w_in + (size_t)(pair->first + node) * (size_t)fff->row_in;
}

SIMD_INLINE const float *row_out(const struct fff *fff, const struct fff_pair *pair)
{
    return fff->w_out + (size_t)(pair->first + pair->node) * (size_t)fff->row_out;
}

/* Notes logit and row of a level and goes to the next. `ahead`, `also`: see rows_dot. */
SIMD_INLINE void visit(const struct fff *fff, struct fff_pair *pair, int32_t level,
                       const float *ahead, const float *also)
{
    int32_t row = pair->first + pair->node;
    const float *w = row_in(fff, pair, pair->node);
    float bias = fff->bias != NULL ? fff->bias[row] : 0;
    float logit = rows_dot(w, pair->x, fff->row_in, ahead, also) + bias;
    bool is_right = logit > 0;
    if (__builtin_expect(fabsf(logit) <= pair->limit, 0)) {
        double exact = gelu_logit(w, pair->x, fff->shape.inputs, bias);
        is_right = exact > 0;
        logit = (float)exact;
    }
    pair->logits[level] = logit;
    pair->rows[level] = row;
    pair->node = 2 * pair->node + 1 + (int32_t)is_right;
}

/* One pair alone: while it sums a row, the beginnings of both children come. */
static void descend_single(const struct fff *fff, struct fff_pair *pair)
{
    for (int32_t level = 0; level <= fff->shape.depth; level++) {
        if (level + 1 >= fff->far_level && level < fff->shape.depth) {
            const float *left = row_in(fff, pair, 2 * pair->node + 1);
            ROWS_PREFETCH(left, CHILD_LINES * ROWS_LINE, 3);
            ROWS_PREFETCH(left + fff->row_in, CHILD_LINES * ROWS_LINE, 3);
        }
        if (level >= fff->far_level)
            ROWS_PREFETCH(row_out(fff, pair), CHILD_LINES * ROWS_LINE, 3);
        visit(fff, pair, level, NULL, NULL);
    }
}

/* `count` <= GROUP pairs, in the order given, down the levels from `level` to before `end`. */
static void descend_group(const struct fff_job *job, const int32_t *order, int32_t count,
                          int32_t level, int32_t end)
{
    const struct fff *fff = job->fff;
    int32_t distance = count <= DISTANCE ? count - 1 : DISTANCE;
    /* what is fetched for the output has as many lines as what is summed */
    bool is_even = fff->row_out == fff->row_in;
    for (; level < end; level++)
        for (int32_t i = 0; i < count; i++) {
            struct fff_pair *pair = &job->pairs[order[i]];
            int32_t next = i + distance, next_level = level;
            if (next >= count) {
                next -= count;
                next_level++;
            }
            const struct fff_pair *later = &job->pairs[order[next]];
            bool is_ahead = distance > 0 && next_level >= fff->far_level && next_level < end;
            visit(fff, pair, level, is_ahead ? row_in(fff, later, later->node) : NULL,
                  is_even && level >= fff->far_level ? row_out(fff, pair) : NULL);
        }
}

/* Sorts the order by the node reached; all pairs are of one tree and on one level. */
static void sort_pairs(const struct fff_job *job, int32_t count, int32_t level)
{
    enum { NODES_MAX = 1 << 8 };
    int32_t nodes = (int32_t)1 << level, start[NODES_MAX + 1] = {0};
    assert(nodes <= NODES_MAX);
    for (int32_t i = 0; i < count; i++)
        start[job->pairs[i].node - (nodes - 1) + 1]++;
    for (int32_t n = 0; n < nodes; n++)
        start[n + 1] += start[n];
    for (int32_t i = 0; i < count; i++)
        job->order[start[job->pairs[i].node - (nodes - 1)]++] = i;
}

static void descend(const struct fff_job *job, int32_t count)
{
    const struct fff *fff = job->fff;
    int32_t levels = fff->shape.depth + 1, level = 0;
    if (fff->shape.trees == 1 && count > GROUP && fff->far_level < levels &&
        fff->far_level <= FFF_SORT_LEVEL_LIMIT) {
        level = fff->far_level;
        for (int32_t done = 0; done < count; done += GROUP)
            descend_group(job, job->order + done, count - done < GROUP ? count - done : GROUP, 0,
                          level);
        sort_pairs(job, count, level);
    }
    for (int32_t done = 0; done < count; done += GROUP)
        descend_group(job, job->order + done, count - done < GROUP ? count - done : GROUP, level,
                      levels);
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

/* GELU and output of one sample; false if a logit is not finite. */
static bool finish_sample(const struct fff_job *job, int32_t sample)
{
    const struct fff *fff = job->fff;
    int32_t visited = fff->shape.trees * (fff->shape.depth + 1);
    float *logits = job->logits + (size_t)sample * (size_t)job->visits;
    bool is_finite = activate(logits, job->visits);
    rows_mix(fff->w_out, fff->row_out, job->rows + (size_t)sample * (size_t)job->visits, logits,
             visited, NULL, job->out + (size_t)sample * (size_t)fff->row_out);
    return is_finite;
}

static int32_t apply(const struct fff_job *job)
{
    int32_t trees = job->fff->shape.trees, pairs = job->samples * trees, refused = -1;
    start_pairs(job, pairs);
    if (pairs == 1)
        descend_single(job->fff, &job->pairs[0]);
    else
        descend(job, pairs);
    for (int32_t i = 0; i < pairs; i++) {
        job->leaves[i] = (job->pairs[i].node - 1) / 2;
        if (i % trees == 0 && !finish_sample(job, job->order[i] / trees))
            refused = job->order[i] / trees;
    }
    return refused;
}

const struct fff_code FFF_NAME = {.apply = apply};

#endif
