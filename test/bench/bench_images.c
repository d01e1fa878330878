/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast the layers of a small image classifier learn, on one core: CSV on stdout.
 *
 * The layers are those of LeNet on Fashion-MNIST (28 x 28 pixels, convolutions 5 x 5 to 32
 * channels); an epoch is 60 000 images. Forward and backward together cost three times the
 * multiply-accumulates of forward, two times without the gradient by the input. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agents/batch_norm.h"
#include "agents/convolution.h"
#include "agents/layers.h"
#include "agents/pooling.h"
#include "base/memory.h"
#include "base/random.h"

enum {
    IMAGES = 125,
    REPEATS = 5,
    EPOCH_IMAGES = 60000,
    CHANNELS = 32,
    LARGEST = 28 * 28 * CHANNELS
};

/* Room for the values of the largest layer. */
struct room {
    real *x, *y, *d_x, *d_y, *w, *d_w;
    int32_t *winner;
    struct workspace *workspace;
};

static double now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static real *draw(size_t count)
{
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, 0, 0);
    real *values = memory_zeroed(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (real)(2 * random_uniform(&stream) - 1);
    return values;
}

static void convolve(const struct room *room, const struct convolution *shape)
{
    convolution_forward(shape, room->x, room->w, NULL, IMAGES, room->workspace, room->y);
    convolution_backward(shape, room->x, room->w, room->d_y, IMAGES, room->workspace, room->d_w,
                         NULL, shape->inputs == 1 ? NULL : room->d_x);
}

static void normalize(const struct room *room, const struct convolution *shape)
{
    const size_t rows = (size_t)(IMAGES * shape->height * shape->width);
    real mean[CHANNELS], scale[CHANNELS], running_mean[CHANNELS] = {0};
    real running_variance[CHANNELS] = {0};
    struct batch_norm_tape tape = {mean, scale};
    batch_norm_forward(room->x, room->w, room->w, rows, CHANNELS, 0.1, running_mean,
                       running_variance, &tape, room->y);
    batch_norm_backward(room->x, room->w, &tape, rows, CHANNELS, room->d_w, room->d_w, room->d_y);
}

static void activate_and_pool(const struct room *room, const struct convolution *shape)
{
    const struct pooling pool = {shape->height, shape->width, CHANNELS, 2, 2, false};
    const size_t count = (size_t)(IMAGES * shape->height * shape->width * CHANNELS);
    relu_forward(room->x, count);
    max_pool_forward(&pool, room->x, IMAGES, room->y, room->winner);
    max_pool_backward(&pool, room->winner, room->d_y, IMAGES, room->d_x);
    relu_backward(room->x, room->d_x, count);
}

/* Seconds per epoch, best of some repeats. */
static double time_layer(const char *name, const struct room *room, const struct convolution *shape,
                         void (*layer)(const struct room *room, const struct convolution *shape),
                         double macs)
{
    double best = 1e9;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        double start = now_s(), spent;
        layer(room, shape);
        spent = now_s() - start;
        best = spent < best ? spent : best;
    }
    double epoch_s = best * EPOCH_IMAGES / IMAGES;
    printf("%s,%.0f,%.2f,%.1f\n", name, macs, epoch_s, 1e-9 * macs * IMAGES / best);
    return epoch_s;
}

int main(void)
{
    const size_t count = (size_t)IMAGES * LARGEST;
    struct room room = {draw(count),
                        draw(count),
                        draw(count),
                        draw(count),
                        draw(25 * CHANNELS * CHANNELS),
                        draw(25 * CHANNELS * CHANNELS),
                        memory_zeroed(count, sizeof(int32_t)),
                        workspace_create()};
    const struct convolution first = {28, 28, 1, 5, 1, CHANNELS};
    const struct convolution second = {14, 14, CHANNELS, 5, 1, CHANNELS};
    double sum_s = 0;
    puts("layer,mac_per_image,epoch_s,gmac_per_s");
    sum_s += time_layer("convolution_0", &room, &first, convolve,
                        2.0 * (double)convolution_macs(&first));
    sum_s += time_layer("batch_norm_0", &room, &first, normalize, 0);
    sum_s += time_layer("relu_pool_0", &room, &first, activate_and_pool, 0);
    sum_s += time_layer("convolution_1", &room, &second, convolve,
                        3.0 * (double)convolution_macs(&second));
    sum_s += time_layer("batch_norm_1", &room, &second, normalize, 0);
    sum_s += time_layer("relu_pool_1", &room, &second, activate_and_pool, 0);
    printf("all,,%.2f,\n", sum_s);
    return EXIT_SUCCESS;
}
