/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every layer, for every instruction set that runs here, against the plain form in double
 * precision. The bound is the usual one for sums: (terms + 3) rounding errors of the sum of
 * absolute terms. */
#include "workloads/kernels/layers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "test/suite.h"
#include "workloads/kernels/trellis_reference.h"

enum { PIXELS_MAX = 64 * 32 * 32, WEIGHTS_MAX = 1024 * 128, LOOPS = 3 * ISA_COUNT };

/* What the inputs look like. */
enum values { VALUES_EVEN, VALUES_TINY, VALUES_SPIKES, VALUES_COUNT };

static double in[PIXELS_MAX], add[PIXELS_MAX], expected[PIXELS_MAX], bound[PIXELS_MAX];
static float sample[PIXELS_MAX], weight[WEIGHTS_MAX], bias[512];

static float draw(struct random_stream *stream, enum values values)
{
    float value = (float)(2 * random_uniform(stream) - 1);
    if (values == VALUES_TINY)
        return value * 1e-38f; /* half of the products, and many inputs, are denormal */
    if (values == VALUES_SPIKES)
        return random_below(stream, 8) == 0 ? value * 1e6f : value * 1e-6f;
    return value;
}

static void fill(float *floats, double *doubles, int64_t count, struct random_stream *stream,
                 enum values values)
{
    for (int64_t i = 0; i < count; i++) {
        floats[i] = draw(stream, values);
        if (doubles != NULL)
            doubles[i] = floats[i];
    }
}

/* What the result may be off by: the same sums of absolute values. */
static void reference_bound(const struct trellis_step *step, const double *x, const double *plus)
{
    struct trellis_step sum = *step;
    sum.has_relu = false;
    static float absolute[WEIGHTS_MAX], offset[512];
    static double size[PIXELS_MAX], extra[PIXELS_MAX];
    for (int64_t i = 0; i < step->weight_count; i++)
        absolute[i] = fabsf(weight[i]);
    for (int32_t i = 0; i < step->out.channels; i++)
        offset[i] = fabsf(bias[i]);
    for (int64_t i = 0; i < trellis_elements(step->in); i++)
        size[i] = fabs(x[i]);
    for (int64_t i = 0; plus != NULL && i < trellis_elements(step->out); i++)
        extra[i] = fabs(plus[i]);
    struct trellis_arrays arrays = {.weight = absolute, .bias = offset};
    trellis_reference_step(&sum, &arrays, size, plus == NULL ? NULL : extra, bound);
    double terms = (double)step->weight_count / step->out.channels + 3;
    for (int64_t i = 0; i < trellis_elements(step->out); i++)
        bound[i] = bound[i] * terms * 0x1p-24 + 0x1p-126;
}

static void check_values(const struct trellis_step *step, const float *result)
{
    for (int64_t i = 0; i < trellis_elements(step->out); i++)
        ck_assert_msg(fabs(result[i] - expected[i]) <= bound[i], "value %ld: %.9g, not %.9g (%g)",
                      (long)i, (double)result[i], expected[i], bound[i]);
}

/* Planes in memory of their own; what is read back must leave the margins zero. */
static float *open_planes(const struct planes *planes, const float *values)
{
    float *memory = memory_zeroed(planes_floats(planes), sizeof *memory);
    if (values != NULL)
        ck_assert(planes_load(planes, values, memory + planes_origin(planes)));
    return memory;
}

static void close_planes(const struct planes *planes, float *memory, float *values)
{
    planes_store(planes, memory + planes_origin(planes), values);
    float *clean = open_planes(planes, values);
    ck_assert_msg(memcmp(clean, memory, planes_floats(planes) * sizeof *memory) == 0,
                  "a margin was written");
    free(clean);
    free(memory);
}

static struct trellis_step conv_step(int32_t inputs, int32_t outputs, int32_t height, int32_t width,
                                     int32_t size, int32_t stride)
{
    return (struct trellis_step){
        .kind = TRELLIS_CONV,
        .in = {inputs, height, width},
        .out = {outputs, (height + stride - 1) / stride, (width + stride - 1) / stride},
        .size = size,
        .stride = stride,
        .has_bias = true,
        .weight_count = (int64_t)inputs * outputs * size * size,
    };
}

static void check_conv(const struct layers *layers, struct trellis_step step, bool has_add,
                       enum values values, uint32_t number)
{
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, number, values);
    struct trellis_arrays arrays = {.weight = weight, .bias = bias};
    struct planes read = planes_make(step.in), out = planes_make(step.out);
    step.has_relu = number % 2 == 0;
    fill(weight, NULL, step.weight_count, &stream, VALUES_EVEN);
    fill(bias, NULL, step.out.channels, &stream, values);
    fill(sample, add, trellis_elements(step.out), &stream, values);
    float *target = open_planes(&out, has_add ? sample : NULL);
    fill(sample, in, trellis_elements(step.in), &stream, values);
    trellis_reference_step(&step, &arrays, in, has_add ? add : NULL, expected);
    reference_bound(&step, in, has_add ? add : NULL);

    int32_t taps = step.in.channels * step.size * step.size;
    int32_t *offsets = memory_zeroed((size_t)taps, sizeof *offsets);
    float *packed =
        memory_zeroed(layers_conv_floats(layers, taps, step.out.channels), sizeof *packed);
    layers_offsets(&read, step.size, step.stride, offsets);
    layers_conv_pack(layers, taps, step.out.channels, weight, bias, packed);
    float *source = open_planes(&read, sample);
    if (step.stride == 2) {
        struct planes split = planes_split(&read);
        float *halves = open_planes(&split, NULL);
        layers->split(&read, source + planes_origin(&read), halves + planes_origin(&split));
        free(source);
        source = halves;
        read = split;
    }
    struct layers_conv conv = {read, out, read.row * step.stride, taps, step.has_relu, offsets};
    float *to = target + planes_origin(&out);
    layers->conv(&conv, packed, source + planes_origin(&read), has_add ? to : NULL, to);
    free(source);
    free(packed);
    free(offsets);
    close_planes(&out, target, sample);
    check_values(&step, sample);
}

/* Loops run over instruction sets and kinds of values; one that does not run here passes. */
#define FOR_LAYERS(layers, values)                                                                 \
    enum values values = (enum values)(_i % VALUES_COUNT);                                         \
    if (!isa_runs((enum isa)(_i / VALUES_COUNT)))                                                  \
        return;                                                                                    \
    const struct layers *layers = layers_for((enum isa)(_i / VALUES_COUNT))

START_TEST(convolutions_of_the_models_are_right)
{
    FOR_LAYERS(layers, values);
    static const int32_t shapes[][6] = {
        {3, 16, 32, 32, 3, 1},  {16, 16, 32, 32, 3, 1}, {16, 12, 32, 32, 1, 1},
        {12, 12, 32, 32, 3, 1}, {12, 16, 32, 32, 3, 2}, {12, 16, 32, 32, 1, 2},
        {16, 16, 16, 16, 3, 1}, {16, 16, 16, 16, 3, 2}, {16, 16, 8, 8, 3, 1},
        {32, 64, 16, 16, 3, 2}, {64, 64, 8, 8, 3, 1},   {1, 32, 28, 28, 5, 1},
        {32, 32, 14, 14, 5, 1}, {20, 15, 14, 14, 5, 1}, {20, 50, 14, 14, 5, 1},
        {32, 32, 7, 7, 1, 1},   {64, 128, 7, 7, 1, 1},
    };
    for (uint32_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const int32_t *s = shapes[i];
        struct trellis_step step = conv_step(s[0], s[1], s[2], s[3], s[4], s[5]);
        check_conv(layers, step, i % 3 == 0, values, i);
    }
}
END_TEST

START_TEST(convolutions_of_any_shape_are_right)
{
    FOR_LAYERS(layers, values);
    for (uint32_t i = 0; i < 60; i++) {
        struct random_stream stream = random_open(2, 0, RANDOM_TEST, i, 0);
        int32_t size = 1 + 2 * (int32_t)random_below(&stream, 3);
        int32_t stride = 1 + (int32_t)random_below(&stream, 2);
        int32_t shape[4]; /* inputs, outputs, height, width */
        for (int32_t k = 0; k < 4; k++)
            shape[k] = 1 + (int32_t)random_below(&stream, k < 2 ? 40 : 33);
        struct trellis_step step =
            conv_step(shape[0], shape[1], shape[2] % 13 + 1, shape[3], size, stride);
        check_conv(layers, step, random_below(&stream, 2) == 0, values, i);
    }
}
END_TEST

/* A pool on planes against the reference. */
static void check_pool(const struct layers *layers, struct trellis_step step, enum values values)
{
    struct random_stream stream = random_open(3, 0, RANDOM_TEST, (uint32_t)step.in.width, values);
    struct planes read = planes_make(step.in), out = planes_make(step.out);
    fill(sample, in, trellis_elements(step.in), &stream, values);
    for (int64_t i = 0; i < trellis_elements(step.in); i++) /* below zero a margin must not win */
        in[i] = sample[i] -= step.in.width % 2 == 0 ? 0 : 2;
    trellis_reference_step(&step, NULL, in, NULL, expected);
    for (int64_t i = 0; i < trellis_elements(step.out); i++)
        bound[i] = step.kind == TRELLIS_MAX_POOL ? 0 : 1e6 * step.size * 0x1p-20;
    if (step.kind == TRELLIS_MEAN_POOL && values != VALUES_SPIKES)
        for (int64_t i = 0; i < trellis_elements(step.out); i++)
            bound[i] = 3.0 * step.size * 0x1p-22;
    float *source = open_planes(&read, sample), *target = open_planes(&out, NULL);
    if (step.kind == TRELLIS_MAX_POOL)
        layers->max_pool(&read, source + planes_origin(&read), &out, target + planes_origin(&out));
    else
        layers->mean_pool(&read, source + planes_origin(&read), step.size, &out,
                          target + planes_origin(&out));
    free(source);
    close_planes(&out, target, sample);
    check_values(&step, sample);
}

START_TEST(pools_are_right)
{
    FOR_LAYERS(layers, values);
    for (int32_t size = 2; size <= 33; size++)
        for (int32_t rest = 0; rest < 2; rest++)
            check_pool(layers,
                       (struct trellis_step){.kind = TRELLIS_MAX_POOL,
                                             .in = {3, size, size},
                                             .out = {3, (size + rest) / 2, (size + rest) / 2},
                                             .size = 2},
                       values);
    static const int32_t means[][2] = {{32, 4}, {16, 2}, {8, 8}, {14, 14}, {7, 7}, {9, 2}};
    for (uint32_t i = 0; i < sizeof means / sizeof means[0]; i++) {
        int32_t width = means[i][0], size = means[i][1];
        check_pool(layers,
                   (struct trellis_step){.kind = TRELLIS_MEAN_POOL,
                                         .in = {5, width, width},
                                         .out = {5, width / size, width / size},
                                         .size = size},
                   values);
    }
}
END_TEST

START_TEST(fully_connected_layers_are_right_in_any_batch)
{
    FOR_LAYERS(layers, values);
    enum { BATCH = 7, STRIDE = 1024 };
    static const int32_t shapes[][2] = {{1024, 128}, {735, 25}, {288, 128}, {64, 10}, {128, 2},
                                        {1, 1},      {33, 65},  {20, 48},   {5, 500}};
    for (uint32_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct random_stream stream = random_open(4, 0, RANDOM_TEST, i, values);
        int32_t inputs = shapes[i][0], outputs = shapes[i][1];
        struct trellis_step step = {.kind = TRELLIS_FC,
                                    .in = {inputs, 1, 1},
                                    .out = {outputs, 1, 1},
                                    .has_bias = true,
                                    .has_relu = i % 2 == 0,
                                    .weight_count = (int64_t)inputs * outputs};
        struct trellis_arrays arrays = {.weight = weight, .bias = bias};
        struct layers_fc fc = {inputs, outputs, step.has_relu};
        static float rows[BATCH * STRIDE], together[BATCH * STRIDE], alone[STRIDE];
        fill(weight, NULL, step.weight_count, &stream, VALUES_EVEN);
        fill(bias, NULL, outputs, &stream, values);
        fill(rows, NULL, BATCH * STRIDE, &stream, values);
        float *packed = memory_zeroed(layers_fc_floats(layers, inputs, outputs), sizeof *packed);
        layers_fc_pack(layers, inputs, outputs, weight, bias, packed);
        layers->fc(&fc, packed, rows, STRIDE, BATCH, together, STRIDE);
        for (int32_t s = 0; s < BATCH; s++) {
            for (int32_t k = 0; k < inputs; k++)
                in[k] = rows[s * STRIDE + k];
            trellis_reference_step(&step, &arrays, in, NULL, expected);
            reference_bound(&step, in, NULL);
            check_values(&step, together + s * STRIDE);
            layers->fc(&fc, packed, rows + s * STRIDE, STRIDE, 1, alone, STRIDE);
            ck_assert_mem_eq(alone, together + s * STRIDE, (size_t)outputs * sizeof *alone);
        }
        free(packed);
    }
}
END_TEST

START_TEST(blocks_are_few_and_equal)
{
    for (int32_t step = 1; step <= 4; step++)
        for (int32_t outputs = 1; outputs <= 200; outputs++) {
            struct layers_blocks blocks = layers_cut(step, outputs);
            int32_t units = blocks.count * blocks.small + blocks.large;
            ck_assert_int_eq(units, (outputs + step - 1) / step);
            ck_assert_int_ge(blocks.small, 1);
            ck_assert_int_le(blocks.small + (blocks.large > 0 ? 1 : 0), 3);
            ck_assert(blocks.large < blocks.count && (blocks.count - 1) * 3 < units);
        }
}
END_TEST

START_TEST(only_finite_values_are_loaded)
{
    struct planes planes = planes_make((struct trellis_shape){2, 3, 11});
    static const float wrong[] = {NAN, INFINITY, -INFINITY};
    for (int32_t at = 0; at < 66; at++) {
        float values[66] = {0x1p-140f, -3.4e38f};
        float *memory = open_planes(&planes, values);
        values[at] = wrong[at % 3];
        ck_assert(!planes_load(&planes, values, memory + planes_origin(&planes)));
        free(memory);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("layers");
    TCase *kernels = tcase_create("kernels");
    tcase_set_timeout(kernels, 60);
    tcase_add_loop_test(kernels, convolutions_of_the_models_are_right, 0, LOOPS);
    tcase_add_loop_test(kernels, convolutions_of_any_shape_are_right, 0, LOOPS);
    tcase_add_loop_test(kernels, pools_are_right, 0, LOOPS);
    tcase_add_loop_test(kernels, fully_connected_layers_are_right_in_any_batch, 0, LOOPS);
    suite_add_tcase(suite, kernels);
    TCase *parts = tcase_create("parts");
    tcase_add_test(parts, blocks_are_few_and_equal);
    tcase_add_test(parts, only_finite_values_are_loaded);
    suite_add_tcase(suite, parts);
    return suite;
}
