/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The layers, written once with the compilers' vectors; layers_ISA.c sets the sizes and includes
 * this file, and is compiled with the flags of its instruction set. What is set here by default is
 * the portable form. A file that includes this one defines a `struct layers`. */
#ifndef HETSOC_WORKLOADS_KERNELS_LAYERS_SIMD_H
#define HETSOC_WORKLOADS_KERNELS_LAYERS_SIMD_H

#include <float.h>
#ifdef __AVX2__
#include <immintrin.h>
#endif
#include <string.h>

#include "workloads/kernels/layers.h"

#ifndef LAYERS_NAME
#define LAYERS_NAME       layers_portable
#define LAYERS_ISA        ISA_PORTABLE
#define LAYERS_LANES      8 /* floats of a vector: 8 or 16 */
#define LAYERS_VECTORS    1 /* vectors of pixels in a tile */
#define LAYERS_STEP       2 /* output channels in a unit; a tile has 1 to 3 units */
#define LAYERS_FC_VECTORS 1 /* vectors of outputs in a block of a fully connected layer */
#endif

#ifndef __clang__
#pragma GCC diagnostic ignored "-Wpsabi" /* every function with a vector is inlined: no ABI */
#endif

#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define INLINE static inline __attribute__((always_inline))

enum {
    SEGMENT = PLANES_SEGMENT,
    LANES = LAYERS_LANES,
    HALVES = LANES / SEGMENT, /* segments in a vector */
    VECTORS = LAYERS_VECTORS,
    SEGMENTS = VECTORS * HALVES, /* segments in a tile */
    STEP = LAYERS_STEP,
    FC_VECTORS = LAYERS_FC_VECTORS,
    FC_SAMPLES = 4, /* samples in a tile of a fully connected layer */
};

typedef float segment __attribute__((vector_size(4 * SEGMENT)));
typedef int32_t segment_mask __attribute__((vector_size(4 * SEGMENT)));
typedef float vector __attribute__((vector_size(4 * LAYERS_LANES)));
typedef int32_t vector_mask __attribute__((vector_size(4 * LAYERS_LANES)));

INLINE segment load_segment(const float *from)
{
    segment value;
    memcpy(&value, from, sizeof value);
    return value;
}

INLINE vector load_vector(const float *from)
{
    vector value;
    memcpy(&value, from, sizeof value);
    return value;
}

/* sum + a * b in every element, rounded once where the instruction set can: said outright, for what
 * compilers fuse by themselves differs from loop to loop, and a sample would differ from batch to
 * batch. */
INLINE vector add_product(vector sum, vector a, float b)
{
#if LAYERS_LANES == 16 && defined __AVX512F__
    return (vector)_mm512_fmadd_ps((__m512)a, _mm512_set1_ps(b), (__m512)sum);
#elif LAYERS_LANES == 8 && defined __FMA__
    return (vector)_mm256_fmadd_ps((__m256)a, _mm256_set1_ps(b), (__m256)sum);
#else
    return sum + a * b;
#endif
}

INLINE int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* gcc overlooks that loops set all halves. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-use-of-uninitialized-value"
/* A vector from its halves, which need not be neighbours. */
INLINE vector join(const float *const *halves)
{
#if LAYERS_LANES == 16
    return __builtin_shufflevector(load_segment(halves[0]), load_segment(halves[1]), 0, 1, 2, 3, 4,
                                   5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#else
    return load_segment(halves[0]);
#endif
}
#pragma GCC diagnostic pop

INLINE vector larger(vector a, vector b)
{
    vector_mask is_a = a > b;
    return (vector)(((vector_mask)a & is_a) | ((vector_mask)b & ~is_a));
}

INLINE segment larger_segment(segment a, segment b)
{
    segment_mask is_a = a > b;
    return (segment)(((segment_mask)a & is_a) | ((segment_mask)b & ~is_a));
}

/* All ones in the first `valid` lanes. */
INLINE segment_mask mask_lanes(int32_t valid)
{
    static const int32_t window[2 * SEGMENT] = {-1, -1, -1, -1, -1, -1, -1, -1};
    segment_mask mask;
    memcpy(&mask, window + SEGMENT - least(valid, SEGMENT), sizeof mask);
    return mask;
}

/* The segments of output pixels that are computed together. Past the last vector of the planes its
 * segments are repeated. */
struct tile {
    const float *in[SEGMENTS];
    const float *add[SEGMENTS];
    float *out[SEGMENTS];
    segment_mask mask[SEGMENTS];
};

INLINE void place_tile(struct tile *tile, const struct layers_conv *conv, int32_t first,
                       const float *in, const float *add, float *out)
{
    int32_t per_row = (conv->out.width + SEGMENT - 1) / SEGMENT;
    int32_t last = conv->out.height * per_row - 1;
    for (int32_t i = 0; i < SEGMENTS; i++) {
        int32_t number = first + i;
        if (number > last)
            number = least(last, last / HALVES * HALVES + i % HALVES);
        int32_t y = number / per_row, x = number % per_row * SEGMENT;
        tile->in[i] = in + y * conv->row_step + x;
        tile->add[i] = add == NULL ? NULL : add + y * conv->out.row + x;
        tile->out[i] = out + y * conv->out.row + x;
        tile->mask[i] = mask_lanes(conv->out.width - x);
    }
}

/* Writes one output channel of a tile. All is read before anything is written: `add` may be `out`,
 * and a segment may be there twice. */
INLINE void finish_channel(const struct tile *tile, const vector *sums, int32_t offset,
                           bool has_add, bool has_relu)
{
    segment results[SEGMENTS];
    UNROLL
    for (int32_t v = 0; v < VECTORS; v++) {
        vector sum = sums[v];
        if (has_add) {
            const float *halves[HALVES];
            for (int32_t h = 0; h < HALVES; h++)
                halves[h] = tile->add[v * HALVES + h] + offset;
            sum += join(halves);
        }
        if (has_relu)
            sum = larger(sum, (vector){0});
        memcpy(&results[v * HALVES], &sum, sizeof sum);
    }
    UNROLL
    for (int32_t i = 0; i < SEGMENTS; i++) {
        segment kept = (segment)((segment_mask)results[i] & tile->mask[i]);
        memcpy(tile->out[i] + offset, &kept, sizeof kept);
    }
}

/* A tile of pixels times `channels` output channels from `first` on; those past the last channel
 * are computed and dropped. `is_apart`: the halves of a vector of pixels are no neighbours. */
INLINE void conv_tile(const struct layers_conv *conv, const struct tile *tile, const float *packed,
                      int32_t first, const int32_t channels, bool is_apart)
{
    vector sums[3 * STEP][VECTORS];
    UNROLL
    for (int32_t j = 0; j < channels; j++)
        UNROLL
    for (int32_t v = 0; v < VECTORS; v++)
        sums[j][v] = (vector){0} + packed[j];
    for (int32_t tap = 0; tap < conv->taps; tap++) {
        int32_t offset = conv->offsets[tap];
        const float *weights = packed + (tap + 1) * channels;
        vector pixels[VECTORS];
        UNROLL
        for (int32_t v = 0; v < VECTORS; v++) {
            const float *halves[HALVES];
            for (int32_t h = 0; h < HALVES; h++)
                halves[h] = tile->in[v * HALVES + h] + offset;
            pixels[v] = is_apart ? join(halves) : load_vector(halves[0]);
        }
        UNROLL
        for (int32_t j = 0; j < channels; j++)
            UNROLL
        for (int32_t v = 0; v < VECTORS; v++)
            sums[j][v] = add_product(sums[j][v], pixels[v], weights[j]);
    }
    bool has_add = tile->add[0] != NULL;
    UNROLL
    for (int32_t j = 0; j < channels; j++)
        if (first + j < conv->out.channels)
            finish_channel(tile, sums[j], (first + j) * conv->out.plane, has_add, conv->has_relu);
}

/* All output channels of a tile, block by block. */
INLINE void conv_blocks(const struct layers_conv *conv, const struct tile *tile,
                        const float *packed, bool is_apart)
{
    struct layers_blocks blocks = layers_cut(STEP, conv->out.channels);
    int32_t first = 0;
    for (int32_t block = 0; block < blocks.count; block++) {
        int32_t units = blocks.small + (block < blocks.large ? 1 : 0);
        if (units == 1)
            conv_tile(conv, tile, packed, first, STEP, is_apart);
        else if (units == 2)
            conv_tile(conv, tile, packed, first, 2 * STEP, is_apart);
        else
            conv_tile(conv, tile, packed, first, 3 * STEP, is_apart);
        first += units * STEP;
        packed += units * STEP * (conv->taps + 1);
    }
}

static void run_conv(const struct layers_conv *conv, const float *packed, const float *in,
                     const float *add, float *out)
{
    int32_t per_row = (conv->out.width + SEGMENT - 1) / SEGMENT;
    bool is_apart = per_row % HALVES != 0; /* then the halves of a vector lie in two rows */
    for (int32_t first = 0; first < conv->out.height * per_row; first += SEGMENTS) {
        struct tile tile;
        place_tile(&tile, conv, first, in, add, out);
        if (is_apart)
            conv_blocks(conv, &tile, packed, true);
        else
            conv_blocks(conv, &tile, packed, false);
    }
}

/* The even and the odd columns of 16. */
INLINE segment take_even(segment low, segment high)
{
    return __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14);
}

INLINE segment take_odd(segment low, segment high)
{
    return __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
}

static void run_split(const struct planes *in, const float *source, float *out)
{
    struct planes split = planes_split(in);
    for (int32_t channel = 0; channel < in->channels; channel++)
        for (int32_t y = 0; y < in->height; y++) {
            const float *from = source + channel * in->plane + y * in->row;
            float *to = out + 2 * channel * split.plane + y * split.row;
            for (int32_t x = 0; x < split.width; x += SEGMENT) {
                segment low = load_segment(from + 2 * x);
                segment high = load_segment(from + 2 * x + SEGMENT);
                segment_mask mask = mask_lanes(split.width - x);
                segment even = (segment)((segment_mask)take_even(low, high) & mask);
                segment odd = (segment)((segment_mask)take_odd(low, high) & mask);
                memcpy(to + x, &even, sizeof even);
                memcpy(to + split.plane + x, &odd, sizeof odd);
            }
        }
}

/* A segment of a row that ends after `left` columns; beyond them the least number. */
INLINE segment load_or_least(const float *from, int32_t left)
{
    segment_mask mask = mask_lanes(left > 0 ? left : 0);
    segment least = (segment){0} - FLT_MAX;
    return (segment)(((segment_mask)load_segment(from) & mask) | ((segment_mask)least & ~mask));
}

static void run_max_pool(const struct planes *in, const float *source, const struct planes *out,
                         float *target)
{
    for (int32_t channel = 0; channel < out->channels; channel++)
        for (int32_t y = 0; y < out->height; y++) {
            const float *upper = source + channel * in->plane + 2 * y * in->row;
            const float *lower = 2 * y + 1 < in->height ? upper + in->row : upper;
            float *to = target + channel * out->plane + y * out->row;
            for (int32_t x = 0; x < out->width; x += SEGMENT) {
                int32_t left = in->width - 2 * x;
                segment low = larger_segment(load_or_least(upper + 2 * x, left),
                                             load_or_least(lower + 2 * x, left));
                segment high =
                    larger_segment(load_or_least(upper + 2 * x + SEGMENT, left - SEGMENT),
                                   load_or_least(lower + 2 * x + SEGMENT, left - SEGMENT));
                segment most = larger_segment(take_even(low, high), take_odd(low, high));
                segment kept = (segment)((segment_mask)most & mask_lanes(out->width - x));
                memcpy(to + x, &kept, sizeof kept);
            }
        }
}

/* Adds up `size` rows, one segment of 8 columns after the other, then `size` columns at a time. */
static void run_mean_pool(const struct planes *in, const float *source, int32_t size,
                          const struct planes *out, float *target)
{
    enum { WIDTH_MAX = 64 };
    float columns[WIDTH_MAX];
    float scale = 1.0f / (float)(size * size);
    for (int32_t channel = 0; channel < out->channels; channel++)
        for (int32_t y = 0; y < out->height; y++) {
            const float *from = source + channel * in->plane + y * size * in->row;
            for (int32_t x = 0; x < in->width; x += SEGMENT) {
                segment sum = load_segment(from + x);
                for (int32_t dy = 1; dy < size; dy++)
                    sum += load_segment(from + dy * in->row + x);
                memcpy(columns + x, &sum, sizeof sum);
            }
            float *to = target + channel * out->plane + y * out->row;
            for (int32_t x = 0; x < out->width; x++) {
                float sum = 0;
                for (int32_t dx = 0; dx < size; dx++)
                    sum += columns[x * size + dx];
                to[x] = sum * scale;
            }
        }
}

/* `samples` samples times `vectors` vectors of outputs. The order of additions does not depend on
 * either: a sample gets the same bytes in any batch. */
INLINE void fc_tile(const struct layers_fc *fc, const float *packed, const float *in,
                    int32_t in_stride, float *out, int32_t out_stride, const int32_t samples,
                    const int32_t vectors)
{
    vector sums[FC_SAMPLES][FC_VECTORS];
    UNROLL
    for (int32_t s = 0; s < samples; s++)
        UNROLL
    for (int32_t v = 0; v < vectors; v++)
        sums[s][v] = load_vector(packed + v * LANES);
    for (int32_t i = 0; i < fc->inputs; i++) {
        packed += vectors * LANES;
        UNROLL
        for (int32_t v = 0; v < vectors; v++) {
            vector weights = load_vector(packed + v * LANES);
            UNROLL
            for (int32_t s = 0; s < samples; s++)
                sums[s][v] = add_product(sums[s][v], weights, in[s * in_stride + i]);
        }
    }
    UNROLL
    for (int32_t s = 0; s < samples; s++)
        UNROLL
    for (int32_t v = 0; v < vectors; v++) {
        vector sum = fc->has_relu ? larger(sums[s][v], (vector){0}) : sums[s][v];
        memcpy(out + s * out_stride + v * LANES, &sum, sizeof sum);
    }
}

/* All samples for one block of outputs. */
INLINE void fc_block(const struct layers_fc *fc, const float *packed, const float *in,
                     int32_t in_stride, int32_t count, float *out, int32_t out_stride,
                     const int32_t vectors)
{
    int32_t sample = 0;
    for (; sample + FC_SAMPLES <= count; sample += FC_SAMPLES)
        fc_tile(fc, packed, in + sample * in_stride, in_stride, out + sample * out_stride,
                out_stride, FC_SAMPLES, vectors);
    for (; sample < count; sample++)
        fc_tile(fc, packed, in + sample * in_stride, in_stride, out + sample * out_stride,
                out_stride, 1, vectors);
}

static void run_fc(const struct layers_fc *fc, const float *packed, const float *in,
                   int32_t in_stride, int32_t count, float *out, int32_t out_stride)
{
    int32_t vectors = (fc->outputs + LANES - 1) / LANES;
    while (vectors > 0) {
        int32_t taken = least(vectors, FC_VECTORS);
        if (taken == FC_VECTORS)
            fc_block(fc, packed, in, in_stride, count, out, out_stride, FC_VECTORS);
        else if (taken == 1)
            fc_block(fc, packed, in, in_stride, count, out, out_stride, 1);
#if LAYERS_FC_VECTORS > 2
        else if (taken == 2)
            fc_block(fc, packed, in, in_stride, count, out, out_stride, 2);
        else
            fc_block(fc, packed, in, in_stride, count, out, out_stride, 3);
#endif
        packed += (size_t)taken * LANES * (size_t)(fc->inputs + 1);
        out += taken * LANES;
        vectors -= taken;
    }
}

const struct layers LAYERS_NAME = {
    .isa = LAYERS_ISA,
    .conv_step = STEP,
    .fc_lanes = LANES,
    .fc_vectors = FC_VECTORS,
    .conv = run_conv,
    .split = run_split,
    .max_pool = run_max_pool,
    .mean_pool = run_mean_pool,
    .fc = run_fc,
};

#endif
