/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feature maps with margins, so that a convolution never asks where the border is.
 *
 * A plane per channel, a row per line; before each row PLANES_LEAD floats, above and below each
 * plane PLANES_MARGIN rows, after each row the rest to a multiple of 8 floats. All of these are
 * zero and stay zero: the kernels write zeros where they write at all. The lead of a row is also
 * the right margin of the row before it. */
#ifndef HETSOC_WORKLOADS_KERNELS_PLANES_H
#define HETSOC_WORKLOADS_KERNELS_PLANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/kernels/trellis.h"

enum { PLANES_LEAD = 8, PLANES_MARGIN = 2, PLANES_SEGMENT = 8 };

struct planes {
    int32_t channels, height, width;
    int32_t row;   /* floats from a row to the next */
    int32_t plane; /* floats from a channel to the next */
};

struct planes planes_make(struct trellis_shape shape);

/* What a convolution of stride 2 reads: two planes per channel, the even columns and the odd ones,
 * with all rows. */
struct planes planes_split(const struct planes *planes);

/* Floats that the planes occupy, and where the first pixel lies in them. */
size_t planes_floats(const struct planes *planes);
size_t planes_origin(const struct planes *planes);

/* Copies one sample, [channels][height][width], to planes whose margins are zero; false if a value
 * is not finite. `origin` points at the first pixel, here and below. */
bool planes_load(const struct planes *planes, const float *sample, float *origin);

/* The reverse. */
void planes_store(const struct planes *planes, const float *origin, float *sample);

#endif
