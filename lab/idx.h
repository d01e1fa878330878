/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IDX files, as the MNIST family of data sets comes in: bytes in an array of one or three
 * dimensions, plain or gzipped.
 *
 * The format: 0, 0, type (8 = unsigned byte), number of dimensions; each of them, 4 bytes, the most
 * significant first; the values, the last dimension fastest. */
#ifndef HETSOC_LAB_IDX_H
#define HETSOC_LAB_IDX_H

#include <stdint.h>

#include "base/fault.h"

enum { IDX_RANK_LIMIT = 3, IDX_ITEMS_LIMIT = 1000000, IDX_SIDE_LIMIT = 256 };

struct idx {
    int32_t rank, shape[IDX_RANK_LIMIT]; /* shape[0] is the number of items */
    uint8_t *values;                     /* owned */
};

/* Reads a whole file of that rank. False and a fault if it is not there, not of this format, longer
 * or shorter than it says, empty, or beyond the limits. */
bool idx_read(struct idx *idx, const char *path, int32_t rank, struct fault *fault);
void idx_finish(struct idx *idx);

#endif
