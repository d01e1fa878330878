/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/convolution.h"

#include "agents/frame.h"
#include "agents/matrix.h"
#include "agents/winograd.h"

static int32_t divide_up(int32_t a, int32_t b)
{
    return (a + b - 1) / b;
}

int32_t convolution_height(const struct convolution *shape)
{
    return divide_up(shape->height, shape->stride);
}

int32_t convolution_width(const struct convolution *shape)
{
    return divide_up(shape->width, shape->stride);
}

int64_t convolution_macs(const struct convolution *shape)
{
    int64_t window = (int64_t)shape->kernel * shape->kernel * shape->inputs;
    return window * convolution_height(shape) * convolution_width(shape) * shape->outputs;
}

static size_t pixels_in(const struct convolution *shape)
{
    return (size_t)shape->height * (size_t)shape->width;
}

static size_t pixels_out(const struct convolution *shape)
{
    return (size_t)convolution_height(shape) * (size_t)convolution_width(shape);
}

/* One row of pixels of a window walk: a window is `kernel` rows of kernel * channels values, one
 * below the other in the frame. */
static void walk_row(const struct frame *frame, const real *framed, int32_t kernel, int32_t stride,
                     const real *w, const real *start, ptrdiff_t start_row, int32_t row,
                     int32_t pixels, int32_t outputs, real *y)
{
    int32_t line = kernel * frame->channels;
    matrix_multiply(&(struct matrix_product){
        .rows = pixels,
        .columns = outputs,
        .blocks = kernel,
        .sums = line,
        .a = framed + (ptrdiff_t)row * stride * frame->width * frame->channels,
        .a_row = (ptrdiff_t)stride * frame->channels,
        .a_block = (ptrdiff_t)frame->width * frame->channels,
        .a_sum = 1,
        .b = w,
        .b_block = (ptrdiff_t)line * outputs,
        .b_sum = outputs,
        .start = start,
        .start_row = start_row,
        .c = y,
        .c_row = outputs,
    });
}

void convolution_forward(const struct convolution *shape, const real *x, const real *w,
                         const real *b, int32_t images, struct workspace *workspace, real *y)
{
    if (winograd_suits(shape)) {
        winograd_forward(shape, x, w, b, images, workspace, y);
        return;
    }
    const struct frame frame = frame_of_input(shape);
    const int32_t width = convolution_width(shape);
    struct workspace_mark mark = workspace_mark(workspace);
    real *framed = frame_create(&frame, workspace);
    const real *start = b != NULL ? b : workspace_zeros(workspace, (size_t)shape->outputs);
    for (int32_t i = 0; i < images; i++) {
        frame_fill(&frame, x, shape->height, shape->width, framed);
        for (int32_t row = 0; row < convolution_height(shape); row++)
            walk_row(&frame, framed, shape->kernel, shape->stride, w, start, 0, row, width,
                     shape->outputs, y + (ptrdiff_t)row * width * shape->outputs);
        x += pixels_in(shape) * (size_t)shape->inputs;
        y += pixels_out(shape) * (size_t)shape->outputs;
    }
    workspace_rewind(workspace, mark);
}

/* d_w[dy] += sum over pixels of the window's row dy times the output's gradient */
static void weights_backward(const struct convolution *shape, const struct frame *frame,
                             const real *framed, const real *d_y, real *d_w)
{
    const int32_t line = shape->kernel * shape->inputs, width = convolution_width(shape);
    const ptrdiff_t pitch = (ptrdiff_t)frame->width * frame->channels;
    for (int32_t dy = 0; dy < shape->kernel; dy++) {
        real *weights = d_w + (ptrdiff_t)dy * line * shape->outputs;
        matrix_multiply(&(struct matrix_product){
            .rows = line,
            .columns = shape->outputs,
            .blocks = convolution_height(shape),
            .sums = width,
            .a = framed + dy * pitch,
            .a_row = 1,
            .a_block = shape->stride * pitch,
            .a_sum = (ptrdiff_t)shape->stride * shape->inputs,
            .b = d_y,
            .b_block = (ptrdiff_t)width * shape->outputs,
            .b_sum = shape->outputs,
            .start = weights,
            .start_row = shape->outputs,
            .c = weights,
            .c_row = shape->outputs,
        });
    }
}

/* Weights turned by half a turn, inputs and outputs exchanged: [kernel][kernel][outputs][inputs] */
static real *turn_weights(const struct convolution *shape, const real *w,
                          struct workspace *workspace)
{
    const int32_t taps = shape->kernel * shape->kernel;
    const size_t size = (size_t)shape->inputs * (size_t)shape->outputs;
    real *turned = workspace_reals(workspace, (size_t)taps * size);
    for (int32_t tap = 0; tap < taps; tap++)
        matrix_transpose(w + (size_t)tap * size, shape->inputs, shape->outputs,
                         turned + (size_t)(taps - 1 - tap) * size);
    return turned;
}

static void input_backward(const struct convolution *shape, const real *w, const real *d_y,
                           int32_t images, struct workspace *workspace, real *d_x)
{
    const struct frame frame = frame_of_output(shape);
    const int32_t height = convolution_height(shape), width = convolution_width(shape);
    const ptrdiff_t row_size = (ptrdiff_t)shape->width * shape->inputs;
    real *turned = turn_weights(shape, w, workspace);
    real *framed = frame_create(&frame, workspace);
    for (int32_t i = 0; i < images; i++) {
        frame_fill(&frame, d_y, height, width, framed);
        for (int32_t row = 0; row < shape->height; row++) {
            real *d = d_x + row * row_size;
            walk_row(&frame, framed, shape->kernel, 1, turned, d, shape->inputs, row, shape->width,
                     shape->inputs, d);
        }
        d_x += pixels_in(shape) * (size_t)shape->inputs;
        d_y += pixels_out(shape) * (size_t)shape->outputs;
    }
}

void convolution_backward(const struct convolution *shape, const real *x, const real *w,
                          const real *d_y, int32_t images, struct workspace *workspace, real *d_w,
                          real *d_b, real *d_x)
{
    const struct frame frame = frame_of_input(shape);
    const size_t pixels = pixels_out(shape), outputs = (size_t)shape->outputs;
    if (d_b != NULL)
        for (size_t p = 0; p < (size_t)images * pixels; p++)
            for (size_t o = 0; o < outputs; o++)
                d_b[o] += d_y[p * outputs + o];
    if (winograd_suits(shape)) {
        winograd_backward(shape, x, w, d_y, images, workspace, d_w, d_x);
        return;
    }
    struct workspace_mark mark = workspace_mark(workspace);
    real *framed = frame_create(&frame, workspace);
    for (int32_t i = 0; i < images; i++) {
        frame_fill(&frame, x + (size_t)i * pixels_in(shape) * (size_t)shape->inputs, shape->height,
                   shape->width, framed);
        weights_backward(shape, &frame, framed, d_y + (size_t)i * pixels * outputs, d_w);
    }
    if (d_x != NULL)
        input_backward(shape, w, d_y, images, workspace, d_x);
    workspace_rewind(workspace, mark);
}
