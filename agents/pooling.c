/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/pooling.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static int32_t windows_along(const struct pooling *shape, int32_t extent)
{
    int32_t rest = shape->keeps_rest ? shape->stride - 1 : 0;
    return (extent - shape->window + rest) / shape->stride + 1;
}

int32_t pooling_height(const struct pooling *shape)
{
    return windows_along(shape, shape->height);
}

int32_t pooling_width(const struct pooling *shape)
{
    return windows_along(shape, shape->width);
}

/* A walk over all windows of all images, in the order of the output. */
struct walk {
    int32_t image, row, column;
};

static bool walk_next(const struct pooling *shape, int32_t images, struct walk *walk)
{
    if (++walk->column < pooling_width(shape))
        return true;
    walk->column = 0;
    if (++walk->row < pooling_height(shape))
        return true;
    walk->row = 0;
    return ++walk->image < images;
}

/* Whether the value `tap` of the window lies in the image. */
static bool is_inside(const struct pooling *shape, const struct walk *walk, int tap)
{
    return walk->row * shape->stride + tap / shape->window < shape->height &&
           walk->column * shape->stride + tap % shape->window < shape->width;
}

/* Where the value `tap` of the window's first channel lies. */
static ptrdiff_t place(const struct pooling *shape, const struct walk *walk, int tap)
{
    ptrdiff_t y = (ptrdiff_t)walk->row * shape->stride + tap / shape->window;
    ptrdiff_t x = (ptrdiff_t)walk->column * shape->stride + tap % shape->window;
    return ((walk->image * (ptrdiff_t)shape->height + y) * shape->width + x) * shape->channels;
}

void max_pool_forward(const struct pooling *shape, const real *x, int32_t images, real *y,
                      int32_t *winner)
{
    const int taps = shape->window * shape->window;
    const int32_t channels = shape->channels;
    struct walk walk = {0, 0, -1};
    while (walk_next(shape, images, &walk)) {
        memcpy(y, x + place(shape, &walk, 0), (size_t)channels * sizeof *y);
        if (winner != NULL)
            memset(winner, 0, (size_t)channels * sizeof *winner);
        for (int tap = 1; tap < taps; tap++) {
            if (!is_inside(shape, &walk, tap))
                continue;
            const real *from = x + place(shape, &walk, tap);
            if (winner != NULL)
                for (int32_t c = 0; c < channels; c++)
                    winner[c] = from[c] > y[c] ? tap : winner[c];
            for (int32_t c = 0; c < channels; c++)
                y[c] = from[c] > y[c] ? from[c] : y[c];
        }
        y += channels;
        if (winner != NULL)
            winner += channels;
    }
}

void max_pool_backward(const struct pooling *shape, const int32_t *restrict winner,
                       const real *restrict d_y, int32_t images, real *restrict d_x)
{
    const int taps = shape->window * shape->window;
    const int32_t channels = shape->channels;
    struct walk walk = {0, 0, -1};
    while (walk_next(shape, images, &walk)) {
        for (int tap = 0; tap < taps; tap++) {
            if (!is_inside(shape, &walk, tap))
                continue;
            real *to = d_x + place(shape, &walk, tap);
            for (int32_t c = 0; c < channels; c++) {
                real d = d_y[c]; /* read it always: no branch then */
                to[c] += winner[c] == tap ? d : 0;
            }
        }
        d_y += channels;
        winner += channels;
    }
}

void average_pool_forward(const struct pooling *shape, const real *x, int32_t images, real *y)
{
    const int taps = shape->window * shape->window;
    const int32_t channels = shape->channels;
    const real share = (real)(1.0 / taps);
    assert(!shape->keeps_rest);
    struct walk walk = {0, 0, -1};
    while (walk_next(shape, images, &walk)) {
        memset(y, 0, (size_t)channels * sizeof *y);
        for (int tap = 0; tap < taps; tap++) {
            const real *from = x + place(shape, &walk, tap);
            for (int32_t c = 0; c < channels; c++)
                y[c] += from[c];
        }
        for (int32_t c = 0; c < channels; c++)
            y[c] *= share;
        y += channels;
    }
}

void average_pool_backward(const struct pooling *shape, const real *d_y, int32_t images, real *d_x)
{
    const int taps = shape->window * shape->window;
    const int32_t channels = shape->channels;
    const real share = (real)(1.0 / taps);
    assert(!shape->keeps_rest);
    struct walk walk = {0, 0, -1};
    while (walk_next(shape, images, &walk)) {
        for (int tap = 0; tap < taps; tap++) {
            real *to = d_x + place(shape, &walk, tap);
            for (int32_t c = 0; c < channels; c++)
                to[c] += share * d_y[c];
        }
        d_y += channels;
    }
}
