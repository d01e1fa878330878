/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "analysis/stream.h"
#include "base/memory.h"
#include "base/random.h"
#include "test/suite.h"

#define REPETITIONS 2000

/* An autoregressive stream with mean `mean` and lag-1 correlation `phi`, from its stationary
 * distribution. */
static void fill(double *values, size_t n, double mean, double phi, uint32_t replicate)
{
    struct random_stream stream = random_open(2027, replicate, RANDOM_TEST, (uint32_t)n, 0);
    double deviation = random_normal(&stream);
    for (size_t i = 0; i < n; i++) {
        values[i] = mean + deviation;
        deviation = phi * deviation + sqrt(1.0 - phi * phi) * random_normal(&stream);
    }
}

/* Of an autoregressive stream: n (1 - phi) / (1 + phi). */
START_TEST(the_effective_size_is_that_of_the_closed_form)
{
    static const double correlations[] = {0.0, 0.5, 0.8, 0.95};
    enum { N = 20000 };
    double *values = memory_zeroed(N, sizeof *values);
    for (size_t c = 0; c < 4; c++) {
        double phi = correlations[c];
        fill(values, N, 3.0, phi, (uint32_t)c);
        double expected = N * (1.0 - phi) / (1.0 + phi);
        ck_assert_double_eq_tol(stream_effective_size(values, N) / expected, 1.0, 0.15);
    }
    free(values);
}
END_TEST

START_TEST(the_effective_size_has_limits)
{
    double rising[100], equal[100], swinging[100];
    for (int i = 0; i < 100; i++) {
        rising[i] = i;
        equal[i] = 0.1;
        swinging[i] = i % 2;
    }
    double few = stream_effective_size(rising, 100);
    ck_assert_double_ge(few, 1.0);
    ck_assert_double_lt(few, 5.0);
    ck_assert_double_eq(stream_effective_size(equal, 100), 100.0);
    ck_assert_double_eq(stream_effective_size(swinging, 100), 100.0);
    ck_assert_double_nan(stream_effective_size(equal, 3));
    ck_assert_double_nan(stream_effective_size(NULL, 0));
}
END_TEST

/* An interval that took the values for independent would cover about 60 %. */
START_TEST(intervals_from_one_stream_cover_its_mean_as_often_as_they_promise)
{
    enum { N = 1000 };
    int covered = 0, naive = 0;
    double values[N];
    for (uint32_t r = 0; r < REPETITIONS; r++) {
        fill(values, N, 5.0, 0.6, r);
        double size;
        struct estimate estimate = stream_mean(values, N, &size);
        ck_assert_double_eq(size, stream_effective_size(values, N));
        struct estimate independent = statistics_mean(values, N);
        covered += estimate.ci_low <= 5.0 && 5.0 <= estimate.ci_high;
        naive += independent.ci_low <= 5.0 && 5.0 <= independent.ci_high;
        ck_assert_uint_eq(estimate.n, N);
    }
    ck_assert_msg(covered >= REPETITIONS * 93 / 100 && covered <= REPETITIONS * 97 / 100,
                  "%d of %d", covered, REPETITIONS);
    ck_assert_int_lt(naive, REPETITIONS * 80 / 100);
}
END_TEST

START_TEST(a_start_that_is_off_is_cut_and_no_more)
{
    enum { N = 1000 };
    double values[N];
    for (uint32_t r = 0; r < 20; r++) {
        fill(values, N, 50.0, 0.0, r);
        for (int i = 0; i < 200; i++) {
            values[i] -= 8.0 * (200 - i) / 200.0;
        }
        int64_t cut = stream_warmup(values, N);
        ck_assert_int_ge(cut, 120);
        ck_assert_int_le(cut, 300);
    }
}
END_TEST

START_TEST(a_stream_that_has_settled_needs_little_cut)
{
    enum { N = 1000 };
    double values[N], sum = 0.0;
    for (uint32_t r = 0; r < 20; r++) {
        fill(values, N, 50.0, 0.0, r);
        sum += (double)stream_warmup(values, N);
    }
    ck_assert_double_lt(sum / 20, 60.0);
    for (int i = 0; i < N; i++) {
        values[i] = 4.0;
    }
    ck_assert_int_eq(stream_warmup(values, N), 0);
}
END_TEST

START_TEST(a_stream_that_never_settles_is_too_short)
{
    double values[500];
    for (int i = 0; i < 500; i++) {
        values[i] = i * i;
    }
    ck_assert_int_eq(stream_warmup(values, 500), -1);
    ck_assert_int_eq(stream_warmup(values, 49), -1);
    ck_assert_int_eq(stream_warmup(NULL, 0), -1);
}
END_TEST

/* By definition: the cut whose rest has the least sum of squares / batches^2. */
START_TEST(the_cut_is_where_the_definition_puts_it)
{
    double values[100];
    fill(values, 100, 0.0, 0.9, 3);
    double least = INFINITY;
    int64_t best = -1;
    for (int first = 0; first <= 15; first++) {
        double mean = 0.0, squares = 0.0, means[20];
        int count = 20 - first;
        for (int b = first; b < 20; b++) {
            const double *at = values + 5 * b;
            means[b] = (at[0] + at[1] + at[2] + at[3] + at[4]) / 5.0;
            mean += means[b] / count;
        }
        for (int b = first; b < 20; b++) {
            squares += (means[b] - mean) * (means[b] - mean);
        }
        if (squares / (count * count) < least) {
            least = squares / (count * count);
            best = first <= 10 ? 5 * first : -1;
        }
    }
    ck_assert_int_eq(stream_warmup(values, 100), best);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("stream");
    TCase *tests = tcase_create("stream");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, the_effective_size_is_that_of_the_closed_form);
    tcase_add_test(tests, the_effective_size_has_limits);
    tcase_add_test(tests, intervals_from_one_stream_cover_its_mean_as_often_as_they_promise);
    tcase_add_test(tests, a_start_that_is_off_is_cut_and_no_more);
    tcase_add_test(tests, a_stream_that_has_settled_needs_little_cut);
    tcase_add_test(tests, a_stream_that_never_settles_is_too_short);
    tcase_add_test(tests, the_cut_is_where_the_definition_puts_it);
    suite_add_tcase(suite, tests);
    return suite;
}
