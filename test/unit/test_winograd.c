/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Convolutions by tiles. Their gradients are those of `unit image_gradients`. */
#include <stdlib.h>
#include <string.h>

#include "agents/matrix.h"
#include "agents/winograd.h"
#include "base/memory.h"
#include "base/random.h"
#include "test/suite.h"

enum { CHANNELS = 32, ROWS = 3, COLUMNS = 2, PITCH = (2 * COLUMNS + 4) * CHANNELS };
enum { FRAME = (2 * ROWS + 4) * PITCH, IMAGE = 4 * ROWS * COLUMNS * CHANNELS };
enum { PLANES = WINOGRAD_PLANES * ROWS * COLUMNS * CHANNELS };
enum { PAIRS = 16 * CHANNELS, TAPS = 25 * PAIRS };

static const struct winograd_tiles tiles = {ROWS, COLUMNS, CHANNELS, PITCH};

/* What goes into the transforms. */
static real frame[FRAME], planes[PLANES], image[IMAGE], bias[CHANNELS], weights[TAPS],
    weight_planes[WINOGRAD_PLANES * PAIRS];

/* What comes out of one set of them. */
struct outputs {
    real gathered[PLANES], scattered[FRAME], reduced[IMAGE], expanded[PLANES];
    real transformed[WINOGRAD_PLANES * PAIRS], restored[TAPS];
};

static struct random_stream stream;

static void draw(real *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (real)random_normal(&stream);
}

static void setup(void)
{
    stream = random_open(31, 0, RANDOM_TEST, 0, 0);
    draw(frame, FRAME);
    draw(planes, PLANES);
    draw(image, IMAGE);
    draw(bias, CHANNELS);
    draw(weights, TAPS);
    draw(weight_planes, WINOGRAD_PLANES * PAIRS);
}

static void run(const struct winograd_kernel *kernel, struct outputs *outputs)
{
    memcpy(outputs->scattered, frame, sizeof frame);
    memcpy(outputs->restored, weights, sizeof weights);
    kernel->gather(&tiles, frame, outputs->gathered);
    kernel->scatter(&tiles, planes, outputs->scattered);
    kernel->reduce(&tiles, planes, bias, outputs->reduced);
    kernel->expand(&tiles, image, outputs->expanded);
    kernel->transform(weights, PAIRS, outputs->transformed);
    kernel->restore(weight_planes, PAIRS, outputs->restored);
}

START_TEST(every_instruction_set_gives_the_same_bytes)
{
    struct outputs *expected = memory_zeroed(1, sizeof *expected);
    struct outputs *outputs = memory_zeroed(1, sizeof *outputs);
    run(winograd_kernels[matrix_variant_count - 1], expected);
    for (int32_t i = 0; i < matrix_variant_count; i++) {
        if (!matrix_variants[i].is_supported())
            continue;
        memset(outputs, 0, sizeof *outputs);
        run(winograd_kernels[i], outputs);
        // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-*): the same bytes
        ck_assert_msg(memcmp(outputs, expected, sizeof *outputs) == 0, "%s differs",
                      matrix_variants[i].name);
    }
    free(expected);
    free(outputs);
}
END_TEST

/* One output by the definition, in double. */
static double by_definition(const struct convolution *shape, const real *x, const real *w,
                            int32_t row, int32_t column, int32_t output)
{
    double sum = 0;
    for (int32_t tap = 0; tap < 25; tap++) {
        const int32_t y = row + tap / 5 - 2, at = column + tap % 5 - 2;
        if (y < 0 || y >= shape->height || at < 0 || at >= shape->width)
            continue;
        const real *pixel = x + (ptrdiff_t)(y * shape->width + at) * shape->inputs;
        for (int32_t i = 0; i < shape->inputs; i++)
            sum += (double)pixel[i] *
                   (double)w[(ptrdiff_t)(tap * shape->inputs + i) * shape->outputs + output];
    }
    return sum;
}

START_TEST(rounding_errors_are_small_beside_the_outputs)
{
    const struct convolution shape = {14, 14, 32, 5, 1, 32};
    const size_t pixels = 14 * 14 * 32, taps = 25 * 32 * 32;
    struct workspace *workspace = workspace_create();
    real *x = memory_zeroed(pixels, sizeof *x), *y = memory_zeroed(pixels, sizeof *y);
    real *w = memory_zeroed(taps, sizeof *w);
    draw(x, pixels);
    draw(w, taps);
    ck_assert(winograd_suits(&shape));
    winograd_forward(&shape, x, w, NULL, 1, workspace, y);
    /* an output is a sum of up to 800 products of standard deviation 1: about 28 */
    for (int32_t row = 0; row < 14; row++)
        for (int32_t column = 0; column < 14; column++)
            for (int32_t output = 0; output < 32; output++)
                ck_assert_double_eq_tol((double)y[(row * 14 + column) * 32 + output],
                                        by_definition(&shape, x, w, row, column, output), 28e-5);
    workspace_destroy(workspace);
    free(x);
    free(y);
    free(w);
}
END_TEST

START_TEST(other_shapes_are_left_to_the_plain_sums)
{
    static const struct convolution others[] = {
        {14, 14, 32, 3, 1, 32}, {14, 14, 32, 5, 2, 32}, {13, 14, 32, 5, 1, 32},
        {14, 13, 32, 5, 1, 32}, {14, 14, 1, 5, 1, 32},  {14, 14, 32, 5, 1, 20},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert(!winograd_suits(&others[i]));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("winograd");
    TCase *tcase = tcase_create("winograd");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, every_instruction_set_gives_the_same_bytes);
    tcase_add_test(tcase, rounding_errors_are_small_beside_the_outputs);
    tcase_add_test(tcase, other_shapes_are_left_to_the_plain_sums);
    suite_add_tcase(suite, tcase);
    return suite;
}
