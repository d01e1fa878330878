/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/scorer.h"

#include "agents/layers.h"
#include "agents/matrix.h"

/* Places of the tensors in the list. */
enum { W0, B0, W1, B1, W2, B2, W_EXTRA };

void scorer_layout(struct network *network, int32_t extra)
{
    const struct network_shape *shape = &network->shape;
    struct tensors *tensors = &network->tensors;
    tensors_add(tensors, "score.0.weight", shape->features, shape->hidden[0], TENSOR_GLOROT);
    tensors_add(tensors, "score.0.bias", 0, shape->hidden[0], TENSOR_ZERO);
    tensors_add(tensors, "score.1.weight", shape->hidden[0], shape->hidden[1], TENSOR_GLOROT);
    tensors_add(tensors, "score.1.bias", 0, shape->hidden[1], TENSOR_ZERO);
    tensors_add(tensors, "score.2.weight", shape->hidden[1], 1, TENSOR_SMALL);
    tensors_add(tensors, "score.2.bias", 0, 1, TENSOR_ZERO);
    if (extra > 0)
        tensors_add(tensors, "score.0.embedding", extra, shape->hidden[0], TENSOR_GLOROT);
}

static size_t place(const struct network *network, int tensor)
{
    return network->tensors.list[tensor].offset;
}

static int32_t extra_width(const struct network *network)
{
    return network->tensors.list[W_EXTRA].shape[0];
}

void scorer_forward(const struct network *network, const real *parameters, const real *rows,
                    const real *extra, int32_t count, struct workspace *workspace,
                    struct scorer_tape *tape, real *logits)
{
    const struct network_shape *shape = &network->shape;
    const int32_t *width = shape->hidden;
    *tape = (struct scorer_tape){.rows = rows, .extra = extra};
    for (int i = 0; i < 2; i++)
        tape->hidden[i] = workspace_reals(workspace, (size_t)count * (size_t)width[i]);
    linear_forward(rows, parameters + place(network, W0), parameters + place(network, B0), count,
                   shape->features, width[0], tape->hidden[0]);
    if (extra != NULL)
        matrix_multiply(&(struct matrix_product){
            .rows = count,
            .columns = width[0],
            .blocks = 1,
            .sums = extra_width(network),
            .a = extra,
            .a_row = extra_width(network),
            .a_sum = 1,
            .b = parameters + place(network, W_EXTRA),
            .b_sum = width[0],
            .start = tape->hidden[0],
            .start_row = width[0],
            .c = tape->hidden[0],
            .c_row = width[0],
        });
    leaky_relu_forward(tape->hidden[0], (size_t)count * (size_t)width[0]);
    linear_forward(tape->hidden[0], parameters + place(network, W1),
                   parameters + place(network, B1), count, width[0], width[1], tape->hidden[1]);
    leaky_relu_forward(tape->hidden[1], (size_t)count * (size_t)width[1]);
    linear_forward(tape->hidden[1], parameters + place(network, W2),
                   parameters + place(network, B2), count, width[1], 1, logits);
}

void scorer_backward(const struct network *network, const real *transposed,
                     const struct scorer_tape *tape, const real *d_logits, int32_t count,
                     struct workspace *workspace, real *gradients, real *d_extra)
{
    const int32_t *width = network->shape.hidden;
    size_t size[2] = {(size_t)count * (size_t)width[0], (size_t)count * (size_t)width[1]};
    real *d1 = workspace_zeros(workspace, size[1]);
    real *d0 = workspace_zeros(workspace, size[0]);
    linear_backward(tape->hidden[1], transposed + place(network, W2), d_logits, count, width[1], 1,
                    gradients + place(network, W2), gradients + place(network, B2), d1);
    leaky_relu_backward(tape->hidden[1], d1, size[1]);
    linear_backward(tape->hidden[0], transposed + place(network, W1), d1, count, width[0], width[1],
                    gradients + place(network, W1), gradients + place(network, B1), d0);
    leaky_relu_backward(tape->hidden[0], d0, size[0]);
    linear_backward(tape->rows, NULL, d0, count, network->shape.features, width[0],
                    gradients + place(network, W0), gradients + place(network, B0), NULL);
    if (tape->extra != NULL)
        linear_backward(tape->extra, transposed + place(network, W_EXTRA), d0, count,
                        extra_width(network), width[0], gradients + place(network, W_EXTRA), NULL,
                        d_extra);
}
