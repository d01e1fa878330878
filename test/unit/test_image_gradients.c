/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Backward passes of the layers for images and of the losses of classifiers and routers. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "agents/batch_norm.h"
#include "agents/classify.h"
#include "agents/convolution.h"
#include "agents/dropout.h"
#include "agents/pooling.h"
#include "base/memory.h"
#include "test/gradient.h"
#include "test/suite.h"

static struct random_stream stream;
static struct workspace *workspace;

static void setup(void)
{
    stream = random_open(12, 0, RANDOM_TEST, 0, 0);
    workspace = workspace_create();
}

static void teardown(void)
{
    workspace_destroy(workspace);
}

static real *draw(size_t count, double deviation)
{
    return gradient_draw(&stream, count, deviation);
}

enum { IMAGES = 2 };

struct convolving {
    struct convolution shape;
    size_t in, weights, out;
    real *x, *w, *b, *y, *readout;
};

static double convolution_loss(void *context)
{
    struct convolving *layer = context;
    convolution_forward(&layer->shape, layer->x, layer->w, layer->b, IMAGES, workspace, layer->y);
    return gradient_dot(layer->y, layer->readout, layer->out);
}

/* The definition: every output from every tap, with TensorFlow's `same` padding. */
static double value_by_definition(const struct convolving *layer, int32_t image, int32_t row,
                                  int32_t column, int32_t output)
{
    const struct convolution *s = &layer->shape;
    int32_t high = (convolution_height(s) - 1) * s->stride + s->kernel - s->height;
    int32_t wide = (convolution_width(s) - 1) * s->stride + s->kernel - s->width;
    int32_t top = high > 0 ? high / 2 : 0, left = wide > 0 ? wide / 2 : 0;
    double sum = layer->b[output];
    for (int32_t dy = 0; dy < s->kernel; dy++)
        for (int32_t dx = 0; dx < s->kernel; dx++) {
            int32_t y = row * s->stride + dy - top, x = column * s->stride + dx - left;
            if (y < 0 || y >= s->height || x < 0 || x >= s->width)
                continue;
            for (int32_t i = 0; i < s->inputs; i++)
                sum += layer->x[((image * s->height + y) * s->width + x) * s->inputs + i] *
                       layer->w[((dy * s->kernel + dx) * s->inputs + i) * s->outputs + output];
        }
    return sum;
}

static const struct convolution convolution_shapes[] = {
    {5, 6, 3, 3, 1, 4},   {7, 7, 1, 5, 1, 9},   {4, 3, 5, 1, 1, 2}, {8, 6, 2, 3, 2, 3},
    {7, 9, 2, 3, 2, 17},  {6, 5, 2, 2, 1, 3},   {9, 8, 3, 1, 2, 2}, {3, 2, 2, 5, 3, 2},
    {4, 6, 16, 5, 1, 32}, {6, 8, 32, 5, 1, 16},
};

static void convolving_init(struct convolving *layer, const struct convolution *shape)
{
    *layer = (struct convolving){.shape = *shape};
    size_t pixels = (size_t)(convolution_height(shape) * convolution_width(shape));
    layer->in = (size_t)(IMAGES * shape->height * shape->width * shape->inputs);
    layer->weights = (size_t)(shape->kernel * shape->kernel * shape->inputs * shape->outputs);
    layer->out = IMAGES * pixels * (size_t)shape->outputs;
    layer->x = draw(layer->in, 1);
    layer->w = draw(layer->weights, 1);
    layer->b = draw((size_t)shape->outputs, 1);
    layer->y = draw(layer->out, 1);
    layer->readout = draw(layer->out, 1);
}

static void convolving_finish(struct convolving *layer)
{
    real *all[] = {layer->x, layer->w, layer->b, layer->y, layer->readout};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

START_TEST(a_convolution_is_that_of_its_definition)
{
    struct convolving layer;
    convolving_init(&layer, &convolution_shapes[_i]);
    convolution_loss(&layer);
    const struct convolution *s = &layer.shape;
    const real *y = layer.y;
    for (int32_t image = 0; image < IMAGES; image++)
        for (int32_t row = 0; row < convolution_height(s); row++)
            for (int32_t column = 0; column < convolution_width(s); column++)
                for (int32_t output = 0; output < s->outputs; output++)
                    ck_assert_double_eq_tol(
                        *y++, value_by_definition(&layer, image, row, column, output), 1e-10);
    convolving_finish(&layer);
}
END_TEST

START_TEST(a_convolution)
{
    struct convolving layer;
    convolving_init(&layer, &convolution_shapes[_i]);
    real *d_x = draw(layer.in, 0), *d_w = draw(layer.weights, 0);
    real *d_b = draw((size_t)layer.shape.outputs, 0);
    convolution_backward(&layer.shape, layer.x, layer.w, layer.readout, IMAGES, workspace, d_w, d_b,
                         d_x);
    gradient_check("x", convolution_loss, &layer, layer.x, d_x, layer.in);
    gradient_check("w", convolution_loss, &layer, layer.w, d_w, layer.weights);
    gradient_check("b", convolution_loss, &layer, layer.b, d_b, (size_t)layer.shape.outputs);
    free(d_x);
    free(d_w);
    free(d_b);
    convolving_finish(&layer);
}
END_TEST

enum { ROWS = 150, CHANNELS = 5, CELLS = ROWS * CHANNELS };

struct normalizing {
    real *x, *gain, *bias, *readout;
    real mean[CHANNELS], scale[CHANNELS], y[CELLS];
};

static double batch_norm_loss(void *context)
{
    struct normalizing *layer = context;
    real running_mean[CHANNELS] = {0}, running_variance[CHANNELS] = {0};
    struct batch_norm_tape tape = {layer->mean, layer->scale};
    batch_norm_forward(layer->x, layer->gain, layer->bias, ROWS, CHANNELS, 0.1, running_mean,
                       running_variance, &tape, layer->y);
    double sum = 0; /* of squares too: a plain readout would hide mistakes */
    for (size_t i = 0; i < CELLS; i++)
        sum += layer->readout[i] * layer->y[i] * layer->y[i];
    return sum;
}

START_TEST(batch_normalization)
{
    struct normalizing layer = {
        .x = draw(CELLS, 2), .gain = draw(CHANNELS, 1), .bias = draw(CHANNELS, 1)};
    layer.readout = draw(CELLS, 1);
    batch_norm_loss(&layer);
    real d[CELLS];
    for (size_t i = 0; i < CELLS; i++)
        d[i] = 2 * layer.readout[i] * layer.y[i];
    real *d_gain = draw(CHANNELS, 0), *d_bias = draw(CHANNELS, 0);
    struct batch_norm_tape tape = {layer.mean, layer.scale};
    batch_norm_backward(layer.x, layer.gain, &tape, ROWS, CHANNELS, d_gain, d_bias, d);
    gradient_check("x", batch_norm_loss, &layer, layer.x, d, CELLS);
    gradient_check("gain", batch_norm_loss, &layer, layer.gain, d_gain, CHANNELS);
    gradient_check("bias", batch_norm_loss, &layer, layer.bias, d_bias, CHANNELS);
    real *all[] = {layer.x, layer.gain, layer.bias, layer.readout, d_gain, d_bias};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}
END_TEST

START_TEST(batch_normalization_leaves_mean_0_and_variance_1)
{
    real *x = draw(CELLS, 3);
    real one[CHANNELS], zero[CHANNELS] = {0}, mean[CHANNELS], scale[CHANNELS];
    real running_mean[CHANNELS] = {0}, running_variance[CHANNELS];
    for (int c = 0; c < CHANNELS; c++)
        one[c] = running_variance[c] = 1;
    struct batch_norm_tape tape = {mean, scale};
    real y[CELLS], again[CELLS], factor[CHANNELS], offset[CHANNELS];
    batch_norm_forward(x, one, zero, ROWS, CHANNELS, 1, running_mean, running_variance, &tape, y);
    for (int c = 0; c < CHANNELS; c++) {
        double sum = 0, squares = 0;
        for (int r = 0; r < ROWS; r++) {
            sum += y[r * CHANNELS + c];
            squares += y[r * CHANNELS + c] * y[r * CHANNELS + c];
        }
        ck_assert_double_eq_tol(sum / ROWS, 0, 1e-12);
        ck_assert_double_eq_tol(squares / ROWS, 1, 1e-5);
    }
    /* Momentum 1: the running statistics are those of the rows, the variance by rows - 1. */
    batch_norm_fold(one, zero, running_mean, running_variance, CHANNELS, factor, offset);
    batch_norm_apply(x, factor, offset, ROWS, CHANNELS, again);
    for (int i = 0; i < CELLS; i++)
        ck_assert_double_eq_tol(again[i], y[i] * sqrt((ROWS - 1.0) / ROWS), 1e-4);
    free(x);
}
END_TEST

struct pooled {
    struct pooling shape;
    real *x, *y, *readout;
    size_t in, out;
    bool largest;
};

static double pool_loss(void *context)
{
    struct pooled *layer = context;
    if (layer->largest)
        max_pool_forward(&layer->shape, layer->x, IMAGES, layer->y, NULL);
    else
        average_pool_forward(&layer->shape, layer->x, IMAGES, layer->y);
    return gradient_dot(layer->y, layer->readout, layer->out);
}

static void check_pool(struct pooling shape, bool largest)
{
    struct pooled layer = {.shape = shape, .largest = largest};
    layer.in = (size_t)(IMAGES * shape.height * shape.width * shape.channels);
    layer.out = (size_t)(IMAGES * pooling_height(&shape) * pooling_width(&shape) * shape.channels);
    layer.x = draw(layer.in, 1);
    layer.y = draw(layer.out, 1);
    layer.readout = draw(layer.out, 1);
    real *d_x = draw(layer.in, 0);
    int32_t *winner = memory_zeroed(layer.out, sizeof *winner);
    if (largest) {
        max_pool_forward(&shape, layer.x, IMAGES, layer.y, winner);
        max_pool_backward(&shape, winner, layer.readout, IMAGES, d_x);
    } else {
        average_pool_backward(&shape, layer.readout, IMAGES, d_x);
    }
    gradient_check("x", pool_loss, &layer, layer.x, d_x, layer.in);
    free(layer.x);
    free(layer.y);
    free(layer.readout);
    free(d_x);
    free(winner);
}

START_TEST(pooling)
{
    const struct pooling shapes[] = {{6, 4, 3, 2, 2, false}, {7, 7, 2, 2, 2, false},
                                     {7, 5, 1, 3, 1, false}, {4, 4, 5, 4, 4, false},
                                     {7, 5, 3, 2, 2, true},  {8, 7, 2, 3, 3, true}};
    for (int i = 0; i < 6; i++) {
        check_pool(shapes[i], true);
        if (!shapes[i].keeps_rest)
            check_pool(shapes[i], false);
    }
}
END_TEST

START_TEST(dropout_keeps_the_mean_and_passes_what_it_kept)
{
    enum { COUNT = 20000 };
    real y[COUNT], d[COUNT], factors[COUNT];
    for (int i = 0; i < COUNT; i++)
        y[i] = d[i] = i + 1;
    dropout_forward(y, COUNT, 0.25, &stream, factors);
    dropout_backward(factors, d, COUNT);
    double zeros = 0;
    for (int i = 0; i < COUNT; i++) {
        ck_assert(y[i] == 0 || fabs(y[i] - (i + 1) / 0.75) < 1e-9);
        ck_assert_double_eq(d[i], y[i]);
        zeros += y[i] == 0;
    }
    ck_assert_double_eq_tol(zeros / COUNT, 0.25, 5 * sqrt(0.25 * 0.75 / COUNT));
}
END_TEST

enum { SAMPLES = 40, CLASSES = 6, ROUTES = 3 };

struct judged {
    real *logits;
    uint8_t labels[SAMPLES];
    double temperature, balance;
};

static double cross_entropy_loss(void *context)
{
    struct judged *judged = context;
    real unused[SAMPLES * CLASSES];
    return cross_entropy(judged->logits, judged->labels, SAMPLES, CLASSES, 1, unused, NULL);
}

static double information_gain_loss(void *context)
{
    struct judged *judged = context;
    real unused[SAMPLES * ROUTES];
    return information_gain(judged->logits, judged->labels, SAMPLES, ROUTES, CLASSES,
                            judged->temperature, judged->balance, 1, workspace, unused);
}

static void judged_init(struct judged *judged, size_t count)
{
    *judged = (struct judged){.logits = draw(count, 2), .temperature = 1.7, .balance = 2.1};
    for (int i = 0; i < SAMPLES; i++)
        judged->labels[i] = (uint8_t)random_below(&stream, CLASSES - 1); /* one class is absent */
}

START_TEST(cross_entropy_of_a_classifier)
{
    struct judged judged;
    judged_init(&judged, SAMPLES * CLASSES);
    real d[SAMPLES * CLASSES];
    cross_entropy(judged.logits, judged.labels, SAMPLES, CLASSES, 1, d, NULL);
    gradient_check("logits", cross_entropy_loss, &judged, judged.logits, d, SAMPLES * CLASSES);
    free(judged.logits);
}
END_TEST

START_TEST(information_gain_of_a_router)
{
    struct judged judged;
    judged_init(&judged, SAMPLES * ROUTES);
    real d[SAMPLES * ROUTES];
    information_gain(judged.logits, judged.labels, SAMPLES, ROUTES, CLASSES, judged.temperature,
                     judged.balance, 1, workspace, d);
    gradient_check("logits", information_gain_loss, &judged, judged.logits, d, SAMPLES * ROUTES);
    free(judged.logits);
}
END_TEST

START_TEST(information_gain_is_least_where_routes_follow_classes)
{
    real sure[6 * 3] = {0}, unsure[6 * 3] = {0}, unused[6 * 3];
    uint8_t labels[6] = {0, 0, 1, 1, 2, 2};
    for (int i = 0; i < 6; i++)
        sure[i * 3 + labels[i]] = 1000;
    /* H(n) = H(c) = H(c, n) = log 3 when sure; H(c, n) = log 9 when all routes are alike. */
    ck_assert_double_eq_tol(information_gain(sure, labels, 6, 3, 3, 1, 1, 1, workspace, unused),
                            -log(3), 1e-9);
    for (int i = 0; i < 6 * 3; i++)
        ck_assert(isfinite(unused[i]));
    ck_assert_double_eq_tol(information_gain(unsure, labels, 6, 3, 3, 1, 1, 1, workspace, unused),
                            0, 1e-9);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("image gradients");
    TCase *tests = tcase_create("layers");
    const int shapes = sizeof convolution_shapes / sizeof *convolution_shapes;
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_convolution_is_that_of_its_definition, 0, shapes);
    tcase_add_loop_test(tests, a_convolution, 0, shapes);
    tcase_add_test(tests, batch_normalization);
    tcase_add_test(tests, batch_normalization_leaves_mean_0_and_variance_1);
    tcase_add_test(tests, pooling);
    tcase_add_test(tests, dropout_keeps_the_mean_and_passes_what_it_kept);
    tcase_add_test(tests, cross_entropy_of_a_classifier);
    tcase_add_test(tests, information_gain_of_a_router);
    tcase_add_test(tests, information_gain_is_least_where_routes_follow_classes);
    suite_add_tcase(suite, tests);
    return suite;
}
