/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/layers.h"

#include <string.h>

#include "agents/matrix.h"

void linear_forward(const real *x, const real *w, const real *b, int32_t rows, int32_t inputs,
                    int32_t outputs, real *y)
{
    for (int32_t r = 0; r < rows; r++)
        memcpy(y + (ptrdiff_t)r * outputs, b, (size_t)outputs * sizeof *y);
    matrix_multiply_add(&(struct matrix_product){.rows = rows,
                                                 .columns = outputs,
                                                 .sums = inputs,
                                                 .a = x,
                                                 .a_row = inputs,
                                                 .a_sum = 1,
                                                 .b = w,
                                                 .b_sum = outputs,
                                                 .c = y,
                                                 .c_row = outputs});
}

void linear_backward(const real *x, const real *w, const real *d_y, int32_t rows, int32_t inputs,
                     int32_t outputs, real *d_w, real *d_b, real *d_x, struct workspace *workspace)
{
    if (d_w != NULL)
        matrix_multiply_add(&(struct matrix_product){.rows = inputs,
                                                     .columns = outputs,
                                                     .sums = rows,
                                                     .a = x,
                                                     .a_row = 1,
                                                     .a_sum = inputs,
                                                     .b = d_y,
                                                     .b_sum = outputs,
                                                     .c = d_w,
                                                     .c_row = outputs});
    if (d_b != NULL)
        for (int32_t r = 0; r < rows; r++)
            for (int32_t c = 0; c < outputs; c++)
                d_b[c] += d_y[(ptrdiff_t)r * outputs + c];
    if (d_x != NULL) {
        real *transposed = workspace_reals(workspace, (size_t)inputs * (size_t)outputs);
        matrix_transpose(w, inputs, outputs, transposed);
        matrix_multiply_add(&(struct matrix_product){.rows = rows,
                                                     .columns = inputs,
                                                     .sums = outputs,
                                                     .a = d_y,
                                                     .a_row = outputs,
                                                     .a_sum = 1,
                                                     .b = transposed,
                                                     .b_sum = inputs,
                                                     .c = d_x,
                                                     .c_row = inputs});
    }
}

void leaky_relu_forward(real *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = y[i] > 0 ? y[i] : LEAKY_SLOPE * y[i];
}

void leaky_relu_backward(const real *y, real *d, size_t count)
{
    for (size_t i = 0; i < count; i++)
        d[i] *= y[i] > 0 ? 1 : LEAKY_SLOPE;
}

void relu_forward(real *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = y[i] > 0 ? y[i] : 0;
}

void relu_backward(const real *y, real *d, size_t count)
{
    for (size_t i = 0; i < count; i++)
        d[i] = y[i] > 0 ? d[i] : 0;
}
