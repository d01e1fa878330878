/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/timing.h"

#include "test/suite.h"

/* A dense feedforward layer of BERT-base and the FFF 1x11 in its place, per token. */
static const struct app_kernel dense = {.class = APP_KERNEL_DENSE,
                                        .mac = 2.0 * 768 * 4095,
                                        .weight_bytes = 25159680,
                                        .touched_bytes = 25159680,
                                        .depth = 1};
static const struct app_kernel fff = {.class = APP_KERNEL_TREE,
                                      .mac = 2.0 * 768 * 12,
                                      .weight_bytes = 25159680,
                                      .touched_bytes = 73728,
                                      .depth = 12};

/* Efficiency 1 everywhere; bytes per us = MB/s. */
#define PROFILE(peak, memory, launch, step)                                                        \
    {                                                                                              \
        .launch_us = launch, .mac_per_us = peak, .efficiency = {1, 1, 1},                          \
        .memory_bytes_per_us = memory, .io_bytes_per_us = memory, .step_us = {                     \
            step,                                                                                  \
            step,                                                                                  \
            step                                                                                   \
        }                                                                                          \
    }
static const struct soc_profile orin = PROFILE(2.65e6, 204800, 10, 0.5);
static const struct soc_profile c66x = PROFILE(10000, 10700, 0, 0);
static const struct soc_profile a53 = PROFILE(4800, 4000, 0, 0);

static double time_of(const struct app_kernel *kernel, const struct soc_profile *profile,
                      double samples)
{
    struct timing timing;
    ck_assert(timing_of_kernel(&timing, kernel, profile));
    return timing_us(&timing, samples);
}

START_TEST(one_token_is_bound_by_what_the_sums_on_paper_say)
{
    ck_assert_double_eq_tol(time_of(&dense, &orin, 1), 10 + 122.85, 0.01); /* bandwidth */
    ck_assert_double_eq_tol(time_of(&dense, &c66x, 1), 2351.37, 0.01);     /* bandwidth */
    ck_assert_double_eq_tol(time_of(&dense, &a53, 1), 6289.92, 0.01);      /* bandwidth */
    ck_assert_double_eq_tol(time_of(&fff, &orin, 1), 10 + 6, 0.01);        /* 12 steps */
    ck_assert_double_eq_tol(time_of(&fff, &c66x, 1), 6.89, 0.01);          /* bandwidth */
    ck_assert_double_eq_tol(time_of(&fff, &a53, 1), 18.43, 0.01);          /* bandwidth */
}
END_TEST

START_TEST(dense_weights_are_read_once_for_a_batch_and_those_of_a_tree_for_each_sample)
{
    ck_assert_double_eq_tol(time_of(&dense, &c66x, 2), 2351.37, 0.01);
    ck_assert_double_eq_tol(time_of(&dense, &c66x, 64), 64 * 628.99, 1); /* now the peak */
    ck_assert_double_eq_tol(time_of(&fff, &c66x, 8), 8 * 6.89, 0.1);
    ck_assert_double_eq_tol(time_of(&fff, &a53, 1000), 6289.92, 0.01); /* at most all of them */
}
END_TEST

START_TEST(weights_that_fit_are_loaded_once_and_not_streamed)
{
    struct soc_profile big = c66x;
    struct timing timing;
    big.local_bytes = 25159680;
    ck_assert(timing_of_kernel(&timing, &dense, &big));
    ck_assert_double_eq_tol(timing.load_us, 2351.37, 0.01);
    ck_assert_double_eq_tol(timing_us(&timing, 1), 628.99, 0.01);
    big.local_bytes = 25159679;
    ck_assert(timing_of_kernel(&timing, &dense, &big));
    ck_assert_double_eq(timing.load_us, 0);
    ck_assert_double_eq_tol(timing_us(&timing, 1), 2351.37, 0.01);
}
END_TEST

START_TEST(efficiency_divides_the_peak_and_zero_means_no)
{
    struct soc_profile half = c66x;
    struct app_kernel light = dense;
    struct timing timing;
    light.weight_bytes = light.touched_bytes = 0;
    half.efficiency[APP_KERNEL_DENSE] = 0.5;
    ck_assert_double_eq_tol(time_of(&light, &half, 1), 2 * 628.99, 0.01);
    half.efficiency[APP_KERNEL_DENSE] = 0;
    ck_assert(!timing_of_kernel(&timing, &light, &half));
    ck_assert(timing_of_kernel(&timing, &fff, &half));
    ck_assert(!timing_of_kernel(&timing, &fff, &(struct soc_profile){0}));
}
END_TEST

START_TEST(activations_move_per_sample_beside_the_weights)
{
    struct app_kernel kernel = {
        .weight_bytes = 4000, .touched_bytes = 4000, .activation_bytes = 8000};
    struct soc_profile profile = a53;
    profile.io_bytes_per_us = 1000;
    ck_assert_double_eq_tol(time_of(&kernel, &profile, 3), 1 + 3 * 8, 1e-9);
}
END_TEST

START_TEST(a_lower_frequency_stretches_all_but_the_load)
{
    struct timing timing = {1, 2, 3, 4, 5, 6, 7};
    timing_stretch(&timing, 1.5);
    ck_assert_double_eq(timing.fixed_us, 1.5);
    ck_assert_double_eq(timing.sample_us, 3);
    ck_assert_double_eq(timing.stream_us, 4.5);
    ck_assert_double_eq(timing.stream_most_us, 6);
    ck_assert_double_eq(timing.move_us, 7.5);
    ck_assert_double_eq(timing.floor_us, 9);
    ck_assert_double_eq(timing.load_us, 7);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("timing");
    TCase *cases = tcase_create("timing");
    tcase_add_test(cases, one_token_is_bound_by_what_the_sums_on_paper_say);
    tcase_add_test(cases,
                   dense_weights_are_read_once_for_a_batch_and_those_of_a_tree_for_each_sample);
    tcase_add_test(cases, weights_that_fit_are_loaded_once_and_not_streamed);
    tcase_add_test(cases, efficiency_divides_the_peak_and_zero_means_no);
    tcase_add_test(cases, activations_move_per_sample_beside_the_weights);
    tcase_add_test(cases, a_lower_frequency_stretches_all_but_the_load);
    suite_add_tcase(suite, cases);
    return suite;
}
