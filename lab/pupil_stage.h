/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stage of a trellis that learns: its passes forward and backward over the samples of a shard,
 * each on its route.
 *
 * Samples are put in the order of their routes, every step runs route by route, and what a step
 * made of all samples is normalized together: statistics of the few samples of one route would be
 * noise, and would hide the classes by which routes differ. */
#ifndef HETSOC_LAB_PUPIL_STAGE_H
#define HETSOC_LAB_PUPIL_STAGE_H

#include "agents/workspace.h"
#include "lab/pupil.h"
#include "workloads/kernels/trellis.h"

/* A step on one route: where its parameters are in the block. */
struct pupil_layer {
    const struct trellis_step *step;
    int32_t number;                    /* of all layers */
    bool has_norm;                     /* while learning */
    size_t weight, bias, gain, offset; /* bias without, gain and offset with normalisation */
    size_t mean, variance;             /* in the statistics; the same for all routes */
};

struct pupil_stage {
    int32_t count, routes; /* of steps, routes */
    struct trellis_step *steps;
    struct pupil_layer *layers; /* [routes][count] */
};

/* One pass over a shard. */
struct pupil_stage_pass {
    const real *parameters, *transposed, *running;
    const struct pupil_shard *shard;
    const struct pupil_results *results;
    struct workspace *workspace;
    double dropout;
    bool learns;
};

/* What a step keeps for its way back. */
struct pupil_step_tape;

/* A stage works on samples in the order of their routes: those of route r are the rows first[r] up
 * to first[r + 1]. */
struct pupil_stage_tape {
    int32_t *order; /* sample of each row; NULL = as they come, all on the first route */
    int32_t first[PUPIL_ROUTES + 1];
    struct pupil_step_tape *steps;
};

/* Values of a shape. */
static inline size_t pupil_elements(struct trellis_shape shape)
{
    return (size_t)trellis_elements(shape);
}

/* x [samples][in] -> [samples][out], in the workspace; `routes` [samples], NULL = all take the
 * first. */
const real *pupil_stage_forward(const struct pupil_stage_pass *pass,
                                const struct pupil_stage *stage, const real *x,
                                const int32_t *routes, struct pupil_stage_tape *tape);

/* d [samples][out] is used up; adds to d_x [samples][in] unless it is NULL. */
void pupil_stage_backward(const struct pupil_stage_pass *pass, const struct pupil_stage *stage,
                          const struct pupil_stage_tape *tape, real *d, real *d_x);

#endif
