/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/frame.h"

#include <assert.h>
#include <string.h>

/* Zeros added along one side of the input, which gives so many outputs. */
static int32_t padding(int32_t inputs, int32_t outputs, const struct convolution *shape)
{
    int32_t covered = (outputs - 1) * shape->stride + shape->kernel;
    return covered > inputs ? covered - inputs : 0;
}

static int32_t padding_high(const struct convolution *shape)
{
    return padding(shape->height, convolution_height(shape), shape);
}

static int32_t padding_wide(const struct convolution *shape)
{
    return padding(shape->width, convolution_width(shape), shape);
}

struct frame frame_of_input(const struct convolution *shape)
{
    const int32_t high = padding_high(shape), wide = padding_wide(shape);
    return (struct frame){.height = shape->height + high,
                          .width = shape->width + wide,
                          .channels = shape->inputs,
                          .top = high / 2,
                          .left = wide / 2,
                          .spread = 1};
}

struct frame frame_of_output(const struct convolution *shape)
{
    return (struct frame){.height = shape->height + shape->kernel - 1,
                          .width = shape->width + shape->kernel - 1,
                          .channels = shape->outputs,
                          .top = shape->kernel - 1 - padding_high(shape) / 2,
                          .left = shape->kernel - 1 - padding_wide(shape) / 2,
                          .spread = shape->stride};
}

real *frame_create(const struct frame *frame, struct workspace *workspace)
{
    size_t pixels = (size_t)frame->height * (size_t)frame->width;
    return workspace_zeros(workspace, pixels * (size_t)frame->channels);
}

/* Where the first pixel of a row of the image lies. */
static ptrdiff_t row_start(const struct frame *frame, int32_t row)
{
    return ((ptrdiff_t)(frame->top + row * frame->spread) * frame->width + frame->left) *
           frame->channels;
}

void frame_fill(const struct frame *frame, const real *image, int32_t height, int32_t width,
                real *framed)
{
    const size_t channels = (size_t)frame->channels;
    for (int32_t y = 0; y < height; y++) {
        real *to = framed + row_start(frame, y);
        const real *from = image + (ptrdiff_t)y * width * frame->channels;
        if (frame->spread == 1)
            memcpy(to, from, (size_t)width * channels * sizeof *to);
        else
            for (int32_t x = 0; x < width; x++)
                memcpy(to + (ptrdiff_t)x * frame->spread * frame->channels,
                       from + (ptrdiff_t)x * frame->channels, channels * sizeof *to);
    }
}

void frame_add(const struct frame *frame, const real *framed, int32_t height, int32_t width,
               real *image)
{
    const size_t count = (size_t)width * (size_t)frame->channels;
    assert(frame->spread == 1);
    for (int32_t y = 0; y < height; y++) {
        const real *from = framed + row_start(frame, y);
        real *to = image + (size_t)y * count;
        for (size_t k = 0; k < count; k++)
            to[k] += from[k];
    }
}
