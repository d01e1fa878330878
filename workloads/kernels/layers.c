/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/layers.h"

#include <assert.h>
#include <string.h>

enum { UNITS_MAX = 3 };

const struct layers *layers_for(enum isa isa)
{
    assert(isa_runs(isa));
#ifdef __x86_64__
    if (isa == ISA_AVX512)
        return &layers_avx512;
    if (isa == ISA_AVX2)
        return &layers_avx2;
#endif
    return &layers_portable;
}

void layers_offsets(const struct planes *in, int32_t size, int32_t stride, int32_t *offsets)
{
    assert(stride == 1 || stride == 2);
    assert((size - 1) / 2 <= PLANES_MARGIN);
    struct planes read = stride == 2 ? planes_split(in) : *in;
    int32_t reach = (size - 1) / 2;
    for (int32_t channel = 0; channel < in->channels; channel++)
        for (int32_t dy = -reach; dy <= reach; dy++)
            for (int32_t dx = -reach; dx <= reach; dx++) {
                int32_t odd = stride == 2 && dx % 2 != 0 ? 1 : 0;
                int32_t plane = channel * stride + odd;
                int32_t column = stride == 2 ? (dx - odd) / 2 : dx;
                *offsets++ = plane * read.plane + dy * read.row + column;
            }
}

struct layers_blocks layers_cut(int32_t step, int32_t outputs)
{
    int32_t units = (outputs + step - 1) / step;
    int32_t count = (units + UNITS_MAX - 1) / UNITS_MAX;
    return (struct layers_blocks){count, units / count, units % count};
}

size_t layers_conv_floats(const struct layers *layers, int32_t taps, int32_t outputs)
{
    int32_t units = (outputs + layers->conv_step - 1) / layers->conv_step;
    return (size_t)units * (size_t)layers->conv_step * (size_t)(taps + 1);
}

/* One block: its biases, then for each input its weights; outputs that are not there are zero. */
static float *pack_block(int32_t first, int32_t width, int32_t inputs, int32_t outputs,
                         const float *weights, const float *bias, float *packed)
{
    for (int32_t i = 0; i < width; i++)
        *packed++ = first + i < outputs ? bias[first + i] : 0;
    for (int32_t input = 0; input < inputs; input++)
        for (int32_t i = 0; i < width; i++)
            *packed++ = first + i < outputs
                            ? weights[(size_t)(first + i) * (size_t)inputs + (size_t)input]
                            : 0;
    return packed;
}

void layers_conv_pack(const struct layers *layers, int32_t taps, int32_t outputs,
                      const float *weights, const float *bias, float *packed)
{
    struct layers_blocks blocks = layers_cut(layers->conv_step, outputs);
    int32_t first = 0;
    for (int32_t block = 0; block < blocks.count; block++) {
        int32_t width = (blocks.small + (block < blocks.large ? 1 : 0)) * layers->conv_step;
        packed = pack_block(first, width, taps, outputs, weights, bias, packed);
        first += width;
    }
}

size_t layers_fc_floats(const struct layers *layers, int32_t inputs, int32_t outputs)
{
    int32_t vectors = (outputs + layers->fc_lanes - 1) / layers->fc_lanes;
    return (size_t)vectors * (size_t)layers->fc_lanes * (size_t)(inputs + 1);
}

void layers_fc_pack(const struct layers *layers, int32_t inputs, int32_t outputs,
                    const float *weights, const float *bias, float *packed)
{
    int32_t vectors = (outputs + layers->fc_lanes - 1) / layers->fc_lanes;
    for (int32_t done = 0; done < vectors; done += layers->fc_vectors) {
        int32_t left = vectors - done;
        int32_t taken = left < layers->fc_vectors ? left : layers->fc_vectors;
        packed = pack_block(done * layers->fc_lanes, taken * layers->fc_lanes, inputs, outputs,
                            weights, bias, packed);
    }
}
