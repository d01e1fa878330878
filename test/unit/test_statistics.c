/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "analysis/statistics.h"
#include "base/random.h"
#include "test/suite.h"

#define REPETITIONS 2000

START_TEST(a_mean_of_nothing_is_not_a_number)
{
    struct estimate estimate = statistics_mean(NULL, 0);
    ck_assert_uint_eq(estimate.n, 0);
    ck_assert_double_nan(estimate.mean);
    ck_assert_double_nan(estimate.ci_low);
    ck_assert_double_nan(estimate.ci_high);
}
END_TEST

START_TEST(one_value_has_a_mean_but_no_interval)
{
    const double values[] = {7.5};
    struct estimate estimate = statistics_mean(values, 1);
    ck_assert_uint_eq(estimate.n, 1);
    ck_assert_double_eq(estimate.mean, 7.5);
    ck_assert_double_nan(estimate.ci_low);
    ck_assert_double_nan(estimate.ci_high);
}
END_TEST

START_TEST(equal_values_have_an_interval_of_width_zero)
{
    const double values[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    struct estimate estimate = statistics_mean(values, 6);
    ck_assert_double_eq(estimate.mean, 0.1);
    ck_assert_double_eq(estimate.ci_low, 0.1);
    ck_assert_double_eq(estimate.ci_high, 0.1);
}
END_TEST

/* Values -s and +s (and zeros in between) with a standard error of 1: the half width is the
 * quantile of the t table, here to three decimals as printed in textbooks. */
START_TEST(half_widths_are_the_published_t_quantiles)
{
    static const struct {
        size_t n;
        double t;
    } published[] = {{2, 12.706}, {3, 4.303},  {5, 2.776},  {6, 2.571},  {11, 2.228},
                     {20, 2.093}, {21, 2.086}, {31, 2.042}, {61, 2.000}, {121, 1.980}};
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        double values[121] = {0};
        size_t n = published[i].n;
        double variance = (double)n; /* of the values, so that variance / n = 1 */
        values[0] = 100.0 - sqrt(variance * (double)(n - 1) / 2.0);
        values[n - 1] = 100.0 + sqrt(variance * (double)(n - 1) / 2.0);
        for (size_t k = 1; k + 1 < n; k++) {
            values[k] = 100.0;
        }
        struct estimate estimate = statistics_mean(values, n);
        ck_assert_double_eq_tol(estimate.mean, 100.0, 1e-9);
        ck_assert_double_eq_tol(estimate.ci_high - 100.0, published[i].t, 6e-4);
        ck_assert_double_eq_tol(100.0 - estimate.ci_low, published[i].t, 6e-4);
    }
}
END_TEST

START_TEST(intervals_cover_the_true_mean_as_often_as_they_promise)
{
    for (uint32_t n = 3; n <= 20; n += 17) {
        int covered = 0;
        for (uint32_t r = 0; r < REPETITIONS; r++) {
            double values[20];
            struct random_stream stream = random_open(2024, r, RANDOM_TEST, n, 0);
            for (uint32_t i = 0; i < n; i++) {
                values[i] = 40.0 + 9.0 * random_normal(&stream);
            }
            struct estimate estimate = statistics_mean(values, n);
            covered += estimate.ci_low <= 40.0 && 40.0 <= estimate.ci_high;
        }
        ck_assert_int_ge(covered, REPETITIONS * 93 / 100);
        ck_assert_int_le(covered, REPETITIONS * 97 / 100);
    }
}
END_TEST

START_TEST(a_constant_ratio_is_found_exactly_whatever_the_pairs)
{
    const double a[] = {10.0, 30.0, 500.0, 7.0}, b[] = {20.0, 60.0, 1000.0, 14.0};
    size_t wins;
    struct estimate ratio = statistics_paired_ratio(a, b, 4, &wins);
    ck_assert_uint_eq(ratio.n, 4);
    ck_assert_uint_eq(wins, 4);
    ck_assert_double_eq_tol(ratio.mean, 0.5, 1e-12);
    ck_assert_double_eq_tol(ratio.ci_low, 0.5, 1e-12);
    ck_assert_double_eq_tol(ratio.ci_high, 0.5, 1e-12);
}
END_TEST

/* Ratios 2 and 1/2: the logarithms are +-ln 2, their standard error ln 2, t(1 degree) 12.706. */
START_TEST(a_ratio_is_the_geometric_mean_with_an_interval_on_the_logarithms)
{
    const double a[] = {2.0, 1.0}, b[] = {1.0, 2.0};
    size_t wins;
    struct estimate ratio = statistics_paired_ratio(a, b, 2, &wins);
    ck_assert_uint_eq(wins, 1);
    ck_assert_double_eq_tol(ratio.mean, 1.0, 1e-12);
    ck_assert_double_eq_tol(log(ratio.ci_high) / log(2.0), 12.7062, 1e-4);
    ck_assert_double_eq_tol(ratio.ci_low * ratio.ci_high, 1.0, 1e-12);
}
END_TEST

START_TEST(intervals_of_paired_ratios_cover_the_true_ratio_as_often_as_they_promise)
{
    int covered = 0, rejected = 0;
    for (uint32_t r = 0; r < REPETITIONS; r++) {
        double a[20], b[20];
        size_t wins;
        struct random_stream stream = random_open(2025, r, RANDOM_TEST, 0, 0);
        for (int i = 0; i < 20; i++) {
            double shared = exp(random_normal(&stream)); /* the draws of the replicate */
            a[i] = 0.8 * shared * exp(0.2 * random_normal(&stream));
            b[i] = shared * exp(0.2 * random_normal(&stream));
        }
        struct estimate ratio = statistics_paired_ratio(a, b, 20, &wins);
        covered += ratio.ci_low <= 0.8 && 0.8 <= ratio.ci_high;
        ratio.mean /= 0.8;
        ratio.ci_low /= 0.8;
        ratio.ci_high /= 0.8;
        rejected += statistics_ratio_p(&ratio) < 0.05;
    }
    ck_assert_int_ge(covered, REPETITIONS * 93 / 100);
    ck_assert_int_le(covered, REPETITIONS * 97 / 100);
    ck_assert_int_eq(rejected, REPETITIONS - covered);
}
END_TEST

/* Ratios 2 and 8: the logarithms are 1 and 3 in units of ln 2, mean 2, standard error 1; t = 2 with
 * 1 degree (a Cauchy variable) has p = 1 - 2 atan(2) / pi. */
START_TEST(the_p_value_of_a_ratio_is_that_of_t_on_the_logarithms)
{
    const double a[] = {2.0, 8.0}, b[] = {1.0, 1.0};
    size_t wins;
    struct estimate ratio = statistics_paired_ratio(a, b, 2, &wins);
    ck_assert_double_eq_tol(statistics_ratio_p(&ratio), 1.0 - 2.0 * atan(2.0) / acos(-1.0), 1e-9);
    ratio = statistics_paired_ratio(b, b, 2, &wins);
    ck_assert_double_eq(statistics_ratio_p(&ratio), 1.0);
    ratio = statistics_paired_ratio((const double[]){4.0, 4.0}, b, 2, &wins);
    ck_assert_double_eq(statistics_ratio_p(&ratio), 0.0);
    ratio = statistics_paired_ratio(a, b, 1, &wins);
    ck_assert_double_nan(statistics_ratio_p(&ratio));
}
END_TEST

/* R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") = 0.03 0.06 0.06 0.02: two are below 5 %. */
START_TEST(holm_stops_at_the_first_that_is_too_large)
{
    double p[] = {0.01, 0.04, 0.03, 0.005};
    ck_assert_uint_eq(statistics_holm(p, 4), 2);
    ck_assert_uint_eq(statistics_holm((double[]){0.04, 0.02}, 2), 2);
    ck_assert_uint_eq(statistics_holm((double[]){0.04, 0.03}, 2), 0);
    ck_assert_uint_eq(statistics_holm((double[]){0.06}, 1), 0);
    ck_assert_uint_eq(statistics_holm((double[]){0.04}, 1), 1);
    ck_assert_uint_eq(statistics_holm(NULL, 0), 0);
}
END_TEST

START_TEST(pairs_without_a_ratio_are_left_out)
{
    const double a[] = {NAN, 1.0, 0.0, 5.0, -1.0, 3.0, INFINITY, 8.0};
    const double b[] = {1.0, NAN, 1.0, 0.0, 1.0, 3.0, 1.0, 4.0};
    size_t wins;
    struct estimate ratio = statistics_paired_ratio(a, b, 8, &wins);
    ck_assert_uint_eq(ratio.n, 2);
    ck_assert_uint_eq(wins, 0); /* 3 against 3 is no win */
    ck_assert_double_eq_tol(ratio.mean, sqrt(2.0), 1e-12);

    ratio = statistics_paired_ratio(a, b, 3, &wins);
    ck_assert_uint_eq(ratio.n, 0);
    ck_assert_uint_eq(wins, 0);
    ck_assert_double_nan(ratio.mean);
    ck_assert_double_nan(ratio.ci_low);
}
END_TEST

/* R: quantile(c(1, 2, 4, 8, 16), p, type = 7). */
START_TEST(quantiles_are_those_of_type_7)
{
    const double sorted[] = {1.0, 2.0, 4.0, 8.0, 16.0};
    ck_assert_double_eq(statistics_quantile_sorted(sorted, 5, 0.0), 1.0);
    ck_assert_double_eq(statistics_quantile_sorted(sorted, 5, 0.5), 4.0);
    ck_assert_double_eq(statistics_quantile_sorted(sorted, 5, 1.0), 16.0);
    ck_assert_double_eq_tol(statistics_quantile_sorted(sorted, 5, 0.1), 1.4, 1e-12);
    ck_assert_double_eq_tol(statistics_quantile_sorted(sorted, 5, 0.95), 14.4, 1e-12);
    ck_assert_double_eq_tol(statistics_quantile_sorted(sorted, 4, 0.25), 1.75, 1e-12);
    ck_assert_double_eq(statistics_quantile_sorted(sorted, 1, 0.37), 1.0);
    ck_assert_double_nan(statistics_quantile_sorted(sorted, 0, 0.5));
}
END_TEST

/* Published ranks for the median (e.g. Hahn & Meeker 1991, table A.15a): 2 and 9 of 10, 6 and 15 of
 * 20; fewer than 6 values have none. */
START_TEST(a_quantile_lies_between_the_published_order_statistics)
{
    double ranks[20];
    for (int i = 0; i < 20; i++) {
        ranks[i] = i + 1;
    }
    static const struct {
        size_t n;
        double q, low, high;
    } published[] = {{6, 0.5, 1, 6}, {10, 0.5, 2, 9}, {20, 0.5, 6, 15}, {20, 0.25, 2, 10}};
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        struct estimate estimate = statistics_quantile(ranks, published[i].n, published[i].q);
        ck_assert_uint_eq(estimate.n, published[i].n);
        ck_assert_double_eq(estimate.ci_low, published[i].low);
        ck_assert_double_eq(estimate.ci_high, published[i].high);
    }
    ck_assert_double_eq(statistics_quantile(ranks, 5, 0.5).mean, 3.0);
    ck_assert_double_nan(statistics_quantile(ranks, 5, 0.5).ci_low);
    ck_assert_double_nan(statistics_quantile(ranks, 20, 0.95).ci_high);
    ck_assert_double_nan(statistics_quantile(NULL, 0, 0.5).mean);
}
END_TEST

/* 6 and 15 of 20 enclose the median with probability 95.86 %, whatever the distribution. */
START_TEST(intervals_of_a_median_cover_it_as_often_as_the_binomial_says)
{
    int covered = 0;
    for (uint32_t r = 0; r < REPETITIONS; r++) {
        double sorted[20];
        struct random_stream stream = random_open(2028, r, RANDOM_TEST, 0, 0);
        for (int i = 0; i < 20; i++) {
            double value = random_exponential(&stream);
            int place = i;
            for (; place > 0 && sorted[place - 1] > value; place--) {
                sorted[place] = sorted[place - 1];
            }
            sorted[place] = value;
        }
        struct estimate estimate = statistics_quantile(sorted, 20, 0.5);
        covered += estimate.ci_low <= log(2.0) && log(2.0) <= estimate.ci_high;
    }
    ck_assert_double_eq_tol((double)covered / REPETITIONS, 0.9586, 0.012);
}
END_TEST

START_TEST(autocovariances_are_the_sums_of_the_definition)
{
    double values[37], covariance[37];
    struct random_stream stream = random_open(2029, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < 37; i++) {
        values[i] = 5.0 + random_normal(&stream);
    }
    double mean = statistics_mean(values, 37).mean;
    statistics_autocovariance(values, 37, covariance);
    for (int lag = 0; lag < 37; lag++) {
        double sum = 0.0;
        for (int i = 0; i + lag < 37; i++) {
            sum += (values[i] - mean) * (values[i + lag] - mean);
        }
        ck_assert_double_eq_tol(covariance[lag], sum / 37, 1e-12);
    }
    statistics_autocovariance(values, 1, covariance);
    ck_assert_double_eq(covariance[0], 0.0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("statistics");
    TCase *tests = tcase_create("statistics");
    tcase_add_test(tests, a_mean_of_nothing_is_not_a_number);
    tcase_add_test(tests, one_value_has_a_mean_but_no_interval);
    tcase_add_test(tests, equal_values_have_an_interval_of_width_zero);
    tcase_add_test(tests, half_widths_are_the_published_t_quantiles);
    tcase_add_test(tests, intervals_cover_the_true_mean_as_often_as_they_promise);
    tcase_add_test(tests, a_constant_ratio_is_found_exactly_whatever_the_pairs);
    tcase_add_test(tests, a_ratio_is_the_geometric_mean_with_an_interval_on_the_logarithms);
    tcase_add_test(tests, intervals_of_paired_ratios_cover_the_true_ratio_as_often_as_they_promise);
    tcase_add_test(tests, the_p_value_of_a_ratio_is_that_of_t_on_the_logarithms);
    tcase_add_test(tests, holm_stops_at_the_first_that_is_too_large);
    tcase_add_test(tests, pairs_without_a_ratio_are_left_out);
    tcase_add_test(tests, quantiles_are_those_of_type_7);
    tcase_add_test(tests, a_quantile_lies_between_the_published_order_statistics);
    tcase_add_test(tests, intervals_of_a_median_cover_it_as_often_as_the_binomial_says);
    tcase_add_test(tests, autocovariances_are_the_sums_of_the_definition);
    suite_add_tcase(suite, tests);
    return suite;
}
