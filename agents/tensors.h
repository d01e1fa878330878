/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Named tensors in one block of reals.
 *
 * A network's parameters are one block, its gradients a twin of the same layout, its optimizer's
 * moments two more. Zeroing, summing and saving them is one loop. The list says what lies where. */
#ifndef HETSOC_AGENTS_TENSORS_H
#define HETSOC_AGENTS_TENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "agents/real.h"

/* How a tensor starts. */
enum tensor_start {
    TENSOR_ZERO,
    TENSOR_ONE,
    TENSOR_GLOROT, /* normal, variance 2 / (inputs + outputs); Glorot and Bengio, AISTATS 2010 */
    TENSOR_HE,     /* normal, variance 2 / inputs; He et al., ICCV 2015 */
    TENSOR_ROWS,   /* normal, variance 1 / columns: a row is a neuron */
    TENSOR_SMALL,  /* normal, standard deviation 0.05: a last layer that prefers nothing */
};

enum { TENSOR_NAME_SIZE = 48, TENSOR_RANK_LIMIT = 4 };

struct tensor {
    char name[TENSOR_NAME_SIZE];
    enum tensor_start start;
    int32_t rank, shape[TENSOR_RANK_LIMIT];
    size_t offset, count; /* in reals, from the start of the block */
};

struct tensors {
    struct tensor *list;
    int32_t count;
    size_t capacity;
    size_t reals; /* size of the block */
};

void tensors_init(struct tensors *tensors);
void tensors_finish(struct tensors *tensors);

/* Appends a tensor; shape [rows][columns], or [columns] if rows is 0. Returns its offset. */
size_t tensors_add(struct tensors *tensors, const char *name, int32_t rows, int32_t columns,
                   enum tensor_start start);

/* Fills the block [reals]; the same seed gives the same numbers to the tensor of the same place. */
void tensors_draw(const struct tensors *tensors, real *block, uint64_t seed);

/* Writes each matrix of a block transposed to the same place of another block. */
void tensors_transpose(const struct tensors *tensors, const real *block, real *transposed);

/* The tensor of this name, NULL if there is none. O(count). */
const struct tensor *tensors_find(const struct tensors *tensors, const char *name);

#endif
