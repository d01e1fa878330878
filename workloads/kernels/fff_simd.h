/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The FFF kernel, written once with the compilers' vectors; fff_ISA.c sets the sizes, includes this
 * file and is compiled with the flags of its instruction set. By default the portable form.
 *
 * Pairs (sample, tree) go down in groups so small that their inputs stay in the L1 cache, two at a
 * time: while their rows are summed, those of the next two are fetched, smoothly, and the rows of
 * w_out that these nodes will need. A batch of more than a group goes down the top levels first,
 * whose rows stay in the L2 cache, and is then sorted by the node it has reached: neighbours share
 * the rows of the next levels. When a group is down, GELU of all logits of a sample at once, and a
 * pass over its rows of w_out with the sums in registers, some columns of all samples of the group
 * after another. */
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
    GROUP = 4,       /* pairs in lock-step, a multiple of ROWS_JOINT */
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

/* Computes a logit again that may have the wrong sign, as the reference does; returns whether it is
 * positive. */
static bool decide(const struct fff *fff, const struct fff_pair *pair, float bias, float *logit)
{
    double exact = gelu_logit(row_in(fff, pair, pair->node), pair->x, fff->shape.inputs, bias);
    *logit = (float)exact;
    return exact > 0;
}

/* Notes logit and row of a level and goes to the next. */
SIMD_INLINE void step(const struct fff *fff, struct fff_pair *pair, int32_t level, float sum)
{
    int32_t row = pair->first + pair->node;
    float bias = fff->bias != NULL ? fff->bias[row] : 0;
    float logit = sum + bias;
    bool is_right = logit > 0;
    if (__builtin_expect(fabsf(logit) <= pair->limit, 0))
        is_right = decide(fff, pair, bias, &logit);
    pair->logits[level] = logit;
    pair->rows[level] = row;
    pair->node = 2 * pair->node + 1 + (int32_t)is_right;
}

static void visit(const struct fff *fff, struct fff_pair *pair, int32_t level)
{
    step(fff, pair, level, rows_dot(row_in(fff, pair, pair->node), pair->x, fff->row_in));
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
        visit(fff, pair, level);
    }
}

/* ROWS_JOINT pairs, those at `order`; the rows of those at `next` are fetched unless that is NULL,
 * and the rows of w_out if `has_output`. */
static void visit_joint(const struct fff_job *job, const int32_t *order, const int32_t *next,
                        bool has_output, int32_t level)
{
    const struct fff *fff = job->fff;
    const float *w[ROWS_JOINT], *x[ROWS_JOINT], *ahead[ROWS_JOINT], *output[ROWS_JOINT];
    float sums[ROWS_JOINT];
    SIMD_UNROLL
    for (int32_t p = 0; p < ROWS_JOINT; p++) {
        const struct fff_pair *pair = &job->pairs[order[p]];
        const struct fff_pair *later = &job->pairs[next != NULL ? next[p] : order[p]];
        w[p] = row_in(fff, pair, pair->node);
        x[p] = pair->x;
        ahead[p] = row_in(fff, later, later->node);
        output[p] = row_out(fff, pair);
    }
    /* the four cases, each a loop without a question in it */
    if (next != NULL && has_output)
        rows_dots(ROWS_JOINT, w, x, fff->row_in, ahead, output, sums);
    else if (next != NULL)
        rows_dots(ROWS_JOINT, w, x, fff->row_in, ahead, NULL, sums);
    else if (has_output)
        rows_dots(ROWS_JOINT, w, x, fff->row_in, NULL, output, sums);
    else
        rows_dots(ROWS_JOINT, w, x, fff->row_in, NULL, NULL, sums);
    for (int32_t p = 0; p < ROWS_JOINT; p++)
        step(fff, &job->pairs[order[p]], level, sums[p]);
}

/* `count` <= GROUP pairs, in the order given, down the levels from `level` to before `end`. */
static void descend_group(const struct fff_job *job, const int32_t *order, int32_t count,
                          int32_t level, int32_t end)
{
    const struct fff *fff = job->fff;
    int32_t whole = count - count % ROWS_JOINT;
    /* what is fetched for the output has as many lines as what is summed */
    bool is_even = fff->row_out == fff->row_in;
    for (; level < end; level++) {
        for (int32_t i = 0; i < whole; i += ROWS_JOINT) {
            bool is_last = i + ROWS_JOINT == whole;
            int32_t next = is_last ? 0 : i + ROWS_JOINT, next_level = level + (int32_t)is_last;
            bool is_ahead = next != i && next_level >= fff->far_level && next_level < end;
            visit_joint(job, order + i, is_ahead ? order + next : NULL,
                        is_even && level >= fff->far_level, level);
        }
        for (int32_t i = whole; i < count; i++)
            visit(fff, &job->pairs[order[i]], level);
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

/* GELU and output of samples; returns one with a logit that is not finite, or -1. */
static int32_t finish_samples(const struct fff_job *job, const int32_t *samples, int32_t count)
{
    const struct fff *fff = job->fff;
    int32_t visited = fff->shape.trees * (fff->shape.depth + 1), refused = -1;
    for (int32_t i = 0; i < count; i++)
        if (!activate(job->logits + (size_t)samples[i] * (size_t)job->visits, job->visits))
            refused = samples[i];
    for (int32_t column = 0, columns = 0; column < fff->row_out; column += columns)
        for (int32_t i = 0; i < count; i++) {
            size_t at = (size_t)samples[i] * (size_t)job->visits;
            columns = rows_mix_columns(
                fff->w_out, fff->row_out, job->rows + at, job->logits + at, visited, NULL,
                job->out + (size_t)samples[i] * (size_t)fff->row_out, column);
        }
    return refused;
}

/* Several pairs; the samples of a single tree are finished on the way. Returns as the one above. */
static int32_t descend(const struct fff_job *job, int32_t count)
{
    const struct fff *fff = job->fff;
    int32_t levels = fff->shape.depth + 1, level = 0, refused = -1;
    bool is_tree = fff->shape.trees == 1;
    if (is_tree && count > GROUP && fff->far_level < levels &&
        fff->far_level <= FFF_SORT_LEVEL_LIMIT) {
        level = fff->far_level;
        for (int32_t done = 0; done < count; done += GROUP)
            descend_group(job, job->order + done, count - done < GROUP ? count - done : GROUP, 0,
                          level);
        sort_pairs(job, count, level);
    }
    for (int32_t done = 0; done < count; done += GROUP) {
        const int32_t *order = job->order + done;
        int32_t some = count - done < GROUP ? count - done : GROUP;
        descend_group(job, order, some, level, levels);
        int32_t wrong = is_tree ? finish_samples(job, order, some) : -1;
        refused = wrong >= 0 ? wrong : refused;
    }
    return refused;
}

static int32_t apply(const struct fff_job *job)
{
    int32_t trees = job->fff->shape.trees, pairs = job->samples * trees, refused = -1;
    start_pairs(job, pairs);
    if (pairs > 1)
        refused = descend(job, pairs);
    else if (pairs == 1)
        descend_single(job->fff, &job->pairs[0]);
    for (int32_t sample = 0; sample < job->samples && (trees > 1 || pairs == 1); sample++) {
        int32_t wrong = finish_samples(job, &sample, 1);
        refused = wrong >= 0 ? wrong : refused;
    }
    for (int32_t i = 0; i < pairs; i++)
        job->leaves[i] = (job->pairs[i].node - 1) / 2;
    return refused;
}

const struct fff_code FFF_NAME = {.apply = apply};

#endif
