/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/layers.h"

#include "agents/matrix.h"

void linear_forward(const real *x, const real *w, const real *b, int32_t rows, int32_t inputs,
                    int32_t outputs, real *y)
{
    matrix_multiply(&(struct matrix_product){
        .rows = rows,
        .columns = outputs,
        .blocks = 1,
        .sums = inputs,
        .a = x,
        .a_row = inputs,
        .a_sum = 1,
        .b = w,
        .b_sum = outputs,
        .start = b,
        .c = y,
        .c_row = outputs,
    });
}

void linear_backward(const real *x, const real *w_transposed, const real *d_y, int32_t rows,
                     int32_t inputs, int32_t outputs, real *d_w, real *d_b, real *d_x)
{
    if (d_w != NULL)
        matrix_multiply(&(struct matrix_product){
            .rows = inputs,
            .columns = outputs,
            .blocks = 1,
            .sums = rows,
            .a = x,
            .a_row = 1,
            .a_sum = inputs,
            .b = d_y,
            .b_sum = outputs,
            .start = d_w,
            .start_row = outputs,
            .c = d_w,
            .c_row = outputs,
        });
    if (d_b != NULL)
        for (int32_t r = 0; r < rows; r++)
            for (int32_t c = 0; c < outputs; c++)
                d_b[c] += d_y[(ptrdiff_t)r * outputs + c];
    if (d_x != NULL)
        matrix_multiply(&(struct matrix_product){
            .rows = rows,
            .columns = inputs,
            .blocks = 1,
            .sums = outputs,
            .a = d_y,
            .a_row = outputs,
            .a_sum = 1,
            .b = w_transposed,
            .b_sum = inputs,
            .start = d_x,
            .start_row = inputs,
            .c = d_x,
            .c_row = inputs,
        });
}

void leaky_relu_forward(real *y, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        real less = LEAKY_SLOPE * y[i];
        y[i] = y[i] > less ? y[i] : less;
    }
}

void leaky_relu_backward(const real *restrict y, real *restrict d, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        real less = LEAKY_SLOPE * d[i];
        d[i] = y[i] > 0 ? d[i] : less;
    }
}

void relu_forward(real *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = y[i] > 0 ? y[i] : 0;
}

void relu_backward(const real *restrict y, real *restrict d, size_t count)
{
    for (size_t i = 0; i < count; i++)
        d[i] = y[i] > 0 ? d[i] : 0;
}

void gelu_forward(const real *restrict x, real *restrict y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = (real)((double)x[i] * real_normal_share((double)x[i]));
}

void gelu_backward(const real *restrict x, real *restrict d, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double at = (double)x[i];
        double slope = real_normal_share(at) + at * real_normal_density(at);
        d[i] = (real)((double)d[i] * slope);
    }
}
