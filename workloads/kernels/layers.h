/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The layers of a network for one instruction set, single precision, one thread, no heap.
 *
 * Pixels lie in the lanes, output channels in the registers: that keeps all lanes busy with 12 or
 * 16 channels, which most of the trellises' convolutions have. A convolution is a list of taps
 * (input channel, dy, dx), each an offset into the planes; a tile of pixels times a block of output
 * channels stays in registers while the taps go by. */
#ifndef HETSOC_WORKLOADS_KERNELS_LAYERS_H
#define HETSOC_WORKLOADS_KERNELS_LAYERS_H

#include "workloads/kernels/isa.h"
#include "workloads/kernels/planes.h"

/* The shape of a convolution. */
struct layers_conv {
    struct planes in; /* split, if the stride is 2 */
    struct planes out;
    int32_t row_step; /* floats from the window of an output row to that of the next */
    int32_t taps;     /* input channels * size * size */
    bool has_relu;
    const int32_t *offsets; /* [taps], from the origin of `in`; borrowed */
};

/* A fully connected layer. */
struct layers_fc {
    int32_t inputs, outputs;
    bool has_relu;
};

struct layers {
    enum isa isa;
    int32_t conv_step;            /* output channels come in blocks of 1, 2 or 3 times this */
    int32_t fc_lanes, fc_vectors; /* outputs come in blocks of up to lanes * vectors */

    /* out = relu(conv(in) + bias + add); `add` has the layout of `out`, may be `out`, may be NULL.
     * Pointers are origins of planes. */
    void (*conv)(const struct layers_conv *conv, const float *packed, const float *in,
                 const float *add, float *out);

    /* Columns 0, 2, 4... of each plane to the even planes of `out`, 1, 3, 5... to the odd ones. */
    void (*split)(const struct planes *in, const float *source, float *out);

    /* The largest of each 2 x 2 window; an incomplete window counts if `out` has room for it. */
    void (*max_pool)(const struct planes *in, const float *source, const struct planes *out,
                     float *target);

    /* The mean of each size x size window. */
    void (*mean_pool)(const struct planes *in, const float *source, int32_t size,
                      const struct planes *out, float *target);

    /* `count` samples of `in_stride` floats to `count` of `out_stride`; writes up to a multiple of
     * fc_lanes. */
    void (*fc)(const struct layers_fc *fc, const float *packed, const float *in, int32_t in_stride,
               int32_t count, float *out, int32_t out_stride);
};

/* The layers for an instruction set that runs here (isa_runs). */
const struct layers *layers_for(enum isa isa);

/* Fills in the offsets of a convolution of size x size; `in` is not split yet. */
void layers_offsets(const struct planes *in, int32_t size, int32_t stride, int32_t *offsets);

/* Floats of the packed form, and packing: weights [outputs][taps] and bias [outputs]. */
size_t layers_conv_floats(const struct layers *layers, int32_t taps, int32_t outputs);
void layers_conv_pack(const struct layers *layers, int32_t taps, int32_t outputs,
                      const float *weights, const float *bias, float *packed);

/* The same for weights [outputs][inputs]. */
size_t layers_fc_floats(const struct layers *layers, int32_t inputs, int32_t outputs);
void layers_fc_pack(const struct layers *layers, int32_t inputs, int32_t outputs,
                    const float *weights, const float *bias, float *packed);

/* How `outputs` channels are cut into blocks of 1, 2 or 3 times `step`: as few as possible, as
 * equal as possible. */
struct layers_blocks {
    int32_t count;
    int32_t small; /* units of `step` in a block */
    int32_t large; /* the first `large` blocks have one more */
};
struct layers_blocks layers_cut(int32_t step, int32_t outputs);

extern const struct layers layers_portable, layers_avx2, layers_avx512;

#endif
