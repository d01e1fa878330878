/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/tensors.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/matrix.h"
#include "base/memory.h"
#include "base/random.h"

void tensors_init(struct tensors *tensors)
{
    *tensors = (struct tensors){0};
}

void tensors_finish(struct tensors *tensors)
{
    free(tensors->list);
    *tensors = (struct tensors){0};
}

size_t tensors_add(struct tensors *tensors, const char *name, int32_t rows, int32_t columns,
                   enum tensor_start start)
{
    assert(rows >= 0 && columns > 0);
    assert(strlen(name) < TENSOR_NAME_SIZE && tensors_find(tensors, name) == NULL);
    size_t needed = (size_t)tensors->count + 1;
    tensors->list = memory_grow(tensors->list, &tensors->capacity, needed, sizeof *tensors->list);
    struct tensor *tensor = &tensors->list[tensors->count++];
    *tensor = (struct tensor){
        .start = start,
        .rank = rows > 0 ? 2 : 1,
        .shape = {rows > 0 ? rows : columns, rows > 0 ? columns : 0},
        .offset = tensors->reals,
        .count = (size_t)(rows > 0 ? rows : 1) * (size_t)columns,
    };
    snprintf(tensor->name, sizeof tensor->name, "%s", name);
    tensors->reals += tensor->count;
    return tensor->offset;
}

static double deviation_of(const struct tensor *tensor)
{
    int32_t inputs = tensor->shape[0];
    int32_t outputs = tensor->rank == 2 ? tensor->shape[1] : 1;
    switch (tensor->start) {
    case TENSOR_GLOROT:
        return sqrt(2.0 / (inputs + outputs));
    case TENSOR_HE:
        return sqrt(2.0 / inputs);
    case TENSOR_ROWS:
        return sqrt(1.0 / outputs);
    case TENSOR_SMALL:
        return 0.05;
    case TENSOR_ZERO:
    case TENSOR_ONE:
        break;
    }
    return 0;
}

void tensors_draw(const struct tensors *tensors, real *block, uint64_t seed)
{
    for (int32_t i = 0; i < tensors->count; i++) {
        const struct tensor *tensor = &tensors->list[i];
        struct random_stream stream = random_open(seed, 0, RANDOM_WEIGHT, (uint32_t)i, 0);
        double deviation = deviation_of(tensor);
        real constant = tensor->start == TENSOR_ONE ? 1 : 0;
        for (size_t k = 0; k < tensor->count; k++)
            block[tensor->offset + k] =
                deviation > 0 ? (real)(deviation * random_normal(&stream)) : constant;
    }
}

void tensors_transpose(const struct tensors *tensors, const real *block, real *transposed)
{
    for (int32_t i = 0; i < tensors->count; i++) {
        const struct tensor *tensor = &tensors->list[i];
        if (tensor->rank == 2)
            matrix_transpose(block + tensor->offset, tensor->shape[0], tensor->shape[1],
                             transposed + tensor->offset);
    }
}

const struct tensor *tensors_find(const struct tensors *tensors, const char *name)
{
    for (int32_t i = 0; i < tensors->count; i++)
        if (strcmp(tensors->list[i].name, name) == 0)
            return &tensors->list[i];
    return NULL;
}
