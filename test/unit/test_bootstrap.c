/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "analysis/bootstrap.h"
#include "base/random.h"
#include "test/suite.h"

#define REPETITIONS 2000

START_TEST(few_values_have_a_mean_but_no_interval)
{
    const double values[] = {1.0, 2.0, 3.0, 6.0};
    struct bootstrap *bootstrap = bootstrap_create(4);
    struct estimate estimate = bootstrap_mean(bootstrap, values);
    ck_assert_uint_eq(estimate.n, 4);
    ck_assert_double_eq(estimate.mean, 3.0);
    ck_assert_double_nan(estimate.ci_low);
    ck_assert_double_nan(estimate.ci_high);
    bootstrap_destroy(bootstrap);
    bootstrap_destroy(NULL);
}
END_TEST

START_TEST(equal_values_have_an_interval_of_width_zero)
{
    const double values[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    struct bootstrap *bootstrap = bootstrap_create(6);
    struct estimate estimate = bootstrap_mean(bootstrap, values);
    ck_assert_double_eq(estimate.mean, 0.1);
    ck_assert_double_eq(estimate.ci_low, 0.1);
    ck_assert_double_eq(estimate.ci_high, 0.1);
    bootstrap_destroy(bootstrap);
}
END_TEST

/* Four fifths of the resamples hold the outlier never or once; too many have no spread. */
START_TEST(resamples_without_spread_leave_the_interval_open)
{
    const double values[] = {1.0, 1.0, 1.0, 1.0, 9.0};
    struct bootstrap *bootstrap = bootstrap_create(5);
    struct estimate estimate = bootstrap_mean(bootstrap, values);
    ck_assert_double_eq_tol(estimate.mean, 2.6, 1e-12);
    ck_assert_double_nan(estimate.ci_low);
    ck_assert_double_nan(estimate.ci_high);
    bootstrap_destroy(bootstrap);
}
END_TEST

/* Student's t takes no notice of skew; here the sample has its long tail on the right. */
START_TEST(an_interval_leans_towards_the_long_tail)
{
    double values[20], shifted[20];
    for (int i = 0; i < 20; i++) {
        values[i] = exp(0.2 * i);
        shifted[i] = 7.0 - 3.0 * values[i];
    }
    struct bootstrap *bootstrap = bootstrap_create(20);
    struct estimate right = bootstrap_mean(bootstrap, values);
    struct estimate left = bootstrap_mean(bootstrap, shifted);
    ck_assert_double_gt(right.ci_high - right.mean, 1.2 * (right.mean - right.ci_low));
    ck_assert_double_eq_tol(left.ci_low, 7.0 - 3.0 * right.ci_high, 1e-9);
    ck_assert_double_eq_tol(left.ci_high, 7.0 - 3.0 * right.ci_low, 1e-9);
    bootstrap_destroy(bootstrap);
}
END_TEST

/* Draws of mean 1, by number of the distribution. */
static double draw(int distribution, struct random_stream *stream)
{
    return distribution == 0 ? 1.0 + 0.3 * random_normal(stream) : random_exponential(stream);
}

START_TEST(intervals_cover_the_true_mean_as_often_as_they_promise)
{
    enum { N = 20 };
    struct bootstrap *bootstrap = bootstrap_create(N);
    int covered = 0;
    for (uint32_t r = 0; r < REPETITIONS; r++) {
        double values[N];
        struct random_stream stream = random_open(2026, r, RANDOM_TEST, (uint32_t)_i, 0);
        for (int i = 0; i < N; i++) {
            values[i] = draw(_i, &stream);
        }
        struct estimate estimate = bootstrap_mean(bootstrap, values);
        covered += estimate.ci_low <= 1.0 && 1.0 <= estimate.ci_high;
    }
    bootstrap_destroy(bootstrap);
    ck_assert_msg(covered >= REPETITIONS * 93 / 100 && covered <= REPETITIONS * 97 / 100,
                  "%d of %d", covered, REPETITIONS);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("bootstrap");
    TCase *tests = tcase_create("bootstrap");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, few_values_have_a_mean_but_no_interval);
    tcase_add_test(tests, equal_values_have_an_interval_of_width_zero);
    tcase_add_test(tests, resamples_without_spread_leave_the_interval_open);
    tcase_add_test(tests, an_interval_leans_towards_the_long_tail);
    tcase_add_loop_test(tests, intervals_cover_the_true_mean_as_often_as_they_promise, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
