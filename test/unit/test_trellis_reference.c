/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layers whose results can be said without computing. */
#include "workloads/kernels/trellis_reference.h"

#include <math.h>

#include "test/suite.h"

START_TEST(a_window_of_ones_counts_the_pixels_that_it_covers)
{
    float ones[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    double image[16], counts[16];
    for (int32_t i = 0; i < 16; i++)
        image[i] = 1;
    struct trellis_arrays arrays = {.weight = ones};
    struct trellis_step step = {.kind = TRELLIS_CONV,
                                .in = {1, 4, 4},
                                .out = {1, 4, 4},
                                .size = 3,
                                .stride = 1,
                                .weight_count = 9};
    trellis_reference_step(&step, &arrays, image, NULL, counts);
    static const double expected[16] = {4, 6, 6, 4, 6, 9, 9, 6, 6, 9, 9, 6, 4, 6, 6, 4};
    for (int32_t i = 0; i < 16; i++)
        ck_assert_double_eq(counts[i], expected[i]);
    step.stride = 2;
    step.out = (struct trellis_shape){1, 2, 2};
    trellis_reference_step(&step, &arrays, image, NULL, counts);
    static const double strided[4] = {4, 6, 6, 9};
    for (int32_t i = 0; i < 4; i++)
        ck_assert_double_eq(counts[i], strided[i]);
}
END_TEST

START_TEST(a_window_is_not_mirrored)
{
    float right[9] = {0, 0, 0, 0, 0, 1, 0, 0, 0}; /* takes the pixel to the right */
    double image[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, out[9];
    struct trellis_arrays arrays = {.weight = right};
    struct trellis_step step = {.kind = TRELLIS_CONV,
                                .in = {1, 3, 3},
                                .out = {1, 3, 3},
                                .size = 3,
                                .stride = 1,
                                .weight_count = 9};
    trellis_reference_step(&step, &arrays, image, NULL, out);
    static const double expected[9] = {2, 3, 0, 5, 6, 0, 8, 9, 0};
    for (int32_t i = 0; i < 9; i++)
        ck_assert_double_eq(out[i], expected[i]);
}
END_TEST

START_TEST(bias_norm_sum_and_relu_follow_each_other)
{
    float weight = 2, bias = 1, gamma = 3, beta = -4, mean = 5, variance = 4;
    struct trellis_arrays arrays = {&weight, &bias, &gamma, &beta, &mean, &variance};
    struct trellis_step step = {.kind = TRELLIS_FC,
                                .in = {1, 1, 1},
                                .out = {1, 1, 1},
                                .has_bias = true,
                                .has_norm = true,
                                .weight_count = 1};
    double x = 10, plus = -100, out;
    double normed = (2 * 10 + 1 - 5) / sqrt(4 + (double)TRELLIS_NORM_EPSILON) * 3 - 4;
    trellis_reference_step(&step, &arrays, &x, NULL, &out);
    ck_assert_double_eq_tol(out, normed, 1e-12);
    trellis_reference_step(&step, &arrays, &x, &plus, &out);
    ck_assert_double_eq_tol(out, normed - 100, 1e-12);
    step.has_relu = true;
    trellis_reference_step(&step, &arrays, &x, &plus, &out);
    ck_assert_double_eq(out, 0);
}
END_TEST

START_TEST(pools_take_the_largest_or_the_mean)
{
    double image[9] = {1, 2, 3, 4, -5, 6, 7, 8, -9}, out[4];
    struct trellis_step step = {
        .kind = TRELLIS_MAX_POOL, .in = {1, 3, 3}, .out = {1, 2, 2}, .size = 2};
    trellis_reference_step(&step, NULL, image, NULL, out);
    static const double largest[4] = {4, 6, 8, -9};
    for (int32_t i = 0; i < 4; i++)
        ck_assert_double_eq(out[i], largest[i]);
    step.kind = TRELLIS_MEAN_POOL;
    step.out = (struct trellis_shape){1, 1, 1};
    trellis_reference_step(&step, NULL, image, NULL, out);
    ck_assert_double_eq(out[0], 0.5);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("trellis_reference");
    TCase *layers = tcase_create("layers");
    tcase_add_test(layers, a_window_of_ones_counts_the_pixels_that_it_covers);
    tcase_add_test(layers, a_window_is_not_mirrored);
    tcase_add_test(layers, bias_norm_sum_and_relu_follow_each_other);
    tcase_add_test(layers, pools_take_the_largest_or_the_mean);
    suite_add_tcase(suite, layers);
    return suite;
}
