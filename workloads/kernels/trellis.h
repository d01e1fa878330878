/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditional information gain trellises (CIGT) as data: stages of layers, and what they cost.
 *
 * A trellis is a chain of blocks. A block has one or more routes with weights of their own; every
 * sample takes exactly one. The router before a block reads the output of the block before it and
 * chooses. Any route may follow any other (a trellis, not a tree). Models and their sizes are those
 * of the authors' public configurations (Bicici and Akarun; github.com/ufukcbicici/cigt).
 *
 * Counting: convolutions are padded ("same") and every output is counted; a batch normalisation is
 * two parameters per channel and no multiplication, because inference folds it into the weights. */
#ifndef HETSOC_WORKLOADS_KERNELS_TRELLIS_H
#define HETSOC_WORKLOADS_KERNELS_TRELLIS_H

#include <stdbool.h>
#include <stdint.h>

enum trellis_kind {
    TRELLIS_CONV,         /* size x size, stride, padded by (size - 1) / 2 */
    TRELLIS_BASIC_BLOCKS, /* `count` ResNet blocks of two 3x3 convolutions, the first with stride */
    TRELLIS_MAX_POOL,     /* size x size, stride = size */
    TRELLIS_MEAN_POOL,    /* the same, mean */
    TRELLIS_FC,           /* fully connected, flattens its input */
};

/* One row of a model. Which members mean something depends on the kind. */
struct trellis_layer {
    enum trellis_kind kind;
    int32_t outputs; /* channels or neurons; 0 = as many as come in */
    int32_t size;    /* of the window */
    int32_t stride;
    int32_t count;
    bool has_bias, has_norm, has_relu;
    bool keeps_rest; /* a pool also covers a last, incomplete window */
};

/* Channels x height x width of one sample; a vector is outputs x 1 x 1. */
struct trellis_shape {
    int32_t channels, height, width;
};

enum { TRELLIS_LAYERS_MAX = 6, TRELLIS_STAGES_MAX = 7, TRELLIS_STEPS_MAX = 130 };

/* A block, or the router that chooses the route of the next block. */
struct trellis_stage {
    const char *name;
    int32_t routes; /* alternatives, each with weights of its own; a router has 1. A block without a
                     * router before it keeps the route of the block before it */
    bool is_router;
    int32_t layer_count;
    struct trellis_layer layers[TRELLIS_LAYERS_MAX];
};

struct trellis {
    const char *name, *summary;
    struct trellis_shape input;
    int32_t stage_count;
    struct trellis_stage stages[TRELLIS_STAGES_MAX];
};

/* Every shipped model; NULL-terminated. */
extern const struct trellis *const trellis_models[];

/* The model of that name, or NULL. */
const struct trellis *trellis_find(const char *name);

/* One thing to compute. A stage unrolls into steps that read and write numbered slots: slot 0 holds
 * the input of the stage, the last step writes its output. */
struct trellis_step {
    enum trellis_kind kind; /* never TRELLIS_BASIC_BLOCKS */
    struct trellis_shape in, out;
    int32_t size, stride;
    bool has_bias, has_norm, has_relu;
    bool is_shortcut;     /* runs beside the step after it, not before */
    int32_t from, to;     /* slots */
    int32_t add;          /* slot added before the ReLU, -1 = none; may equal `to` */
    int64_t weight_count; /* without bias and norm */
};

enum { TRELLIS_SLOTS = 3 };

/* The shape that a stage reads. */
struct trellis_shape trellis_input(const struct trellis *model, int32_t stage);

/* Unrolls a stage; returns the number of steps. O(steps). */
int32_t trellis_unroll(const struct trellis *model, int32_t stage,
                       struct trellis_step steps[static TRELLIS_STEPS_MAX]);

/* Elements of a shape. */
int64_t trellis_elements(struct trellis_shape shape);

/* What one sample costs on one route of a stage. */
struct trellis_cost {
    int64_t mac;
    int64_t parameters;
    int64_t in_bytes, out_bytes; /* activations, fp32 */
    int32_t depth;               /* steps that must follow each other */
};
struct trellis_cost trellis_cost(const struct trellis *model, int32_t stage);

/* The whole model: what a sample meets on its path, and what is stored for all routes. */
struct trellis_total {
    int64_t mac;
    int64_t touched_parameters, stored_parameters;
    int32_t depth;
};
struct trellis_total trellis_total(const struct trellis *model);

#endif
