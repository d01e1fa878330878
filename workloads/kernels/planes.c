/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/planes.h"

#include <string.h>

static struct planes make(int32_t channels, int32_t height, int32_t width)
{
    int32_t segments = (width + PLANES_SEGMENT - 1) / PLANES_SEGMENT;
    int32_t row = PLANES_LEAD + segments * PLANES_SEGMENT;
    return (struct planes){channels, height, width, row, (height + 2 * PLANES_MARGIN) * row};
}

struct planes planes_make(struct trellis_shape shape)
{
    return make(shape.channels, shape.height, shape.width);
}

struct planes planes_split(const struct planes *planes)
{
    return make(2 * planes->channels, planes->height, (planes->width + 1) / 2);
}

size_t planes_floats(const struct planes *planes)
{
    /* a window at the end of the last plane reaches into the lead of a row that is not there */
    return (size_t)planes->channels * (size_t)planes->plane + 2 * PLANES_SEGMENT;
}

size_t planes_origin(const struct planes *planes)
{
    return (size_t)PLANES_MARGIN * (size_t)planes->row + PLANES_LEAD;
}

bool planes_load(const struct planes *planes, const float *sample, float *origin)
{
    enum { EXPONENT = 0x7f800000 };
    bool is_finite = true;
    for (int32_t channel = 0; channel < planes->channels; channel++)
        for (int32_t y = 0; y < planes->height; y++) {
            float *row = origin + channel * planes->plane + y * planes->row;
            int32_t wrong = 0;
            for (int32_t x = 0; x < planes->width; x++) {
                int32_t bits;
                memcpy(&bits, &sample[x], sizeof bits);
                wrong |= (bits & EXPONENT) == EXPONENT;
                row[x] = sample[x];
            }
            sample += planes->width;
            is_finite &= wrong == 0;
        }
    return is_finite;
}

void planes_store(const struct planes *planes, const float *origin, float *sample)
{
    for (int32_t channel = 0; channel < planes->channels; channel++)
        for (int32_t y = 0; y < planes->height; y++) {
            const float *row = origin + channel * planes->plane + y * planes->row;
            for (int32_t x = 0; x < planes->width; x++)
                *sample++ = row[x];
        }
}
