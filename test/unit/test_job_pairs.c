/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/job_pairs.h"

#include <math.h>

#include "test/suite.h"

START_TEST(jobs_are_compared_with_themselves)
{
    const int64_t a_ps[] = {1000000, 4000000, 2000000, 5000000, 0, 3000000};
    const int64_t b_ps[] = {9000000, 2000000, 2000000, 10000000, 7, 6000000};
    struct job_pairs pairs = job_pairs_compare(a_ps, b_ps, 1, 6); /* the first does not count */
    ck_assert_uint_eq(pairs.n, 4);
    ck_assert_uint_eq(pairs.faster, 1);
    ck_assert_uint_eq(pairs.slower, 2);
    ck_assert_uint_eq(pairs.equal, 1);
    ck_assert_double_eq_tol(pairs.ratio.mean, pow(0.5 * 1 * 2 * 2, 0.25), 1e-12);
    ck_assert_double_eq_tol(pairs.a.mean_us, 3.5, 1e-12);
    ck_assert_double_eq_tol(pairs.b.mean_us, 5.0, 1e-12);
    ck_assert_double_eq(pairs.b.max_us, 10.0);
    ck_assert_double_eq_tol(pairs.a.p95_us, 4.85, 1e-12);
}
END_TEST

START_TEST(equal_runs_have_the_ratio_one)
{
    int64_t ps[40];
    for (int i = 0; i < 40; i++)
        ps[i] = 1000 + 77 * i;
    struct job_pairs pairs = job_pairs_compare(ps, ps, 0, 40);
    ck_assert_uint_eq(pairs.equal, 40);
    ck_assert(pairs.ratio.mean == 1 && pairs.ratio.ci_low == 1 && pairs.ratio.ci_high == 1);
}
END_TEST

START_TEST(nothing_to_compare_gives_no_figures)
{
    const int64_t none[] = {0, 0}, some[] = {5, 5};
    struct job_pairs pairs = job_pairs_compare(none, some, 0, 2);
    ck_assert_uint_eq(pairs.n, 0);
    ck_assert(isnan(pairs.ratio.mean));
    ck_assert_uint_eq(job_pairs_compare(some, some, 2, 2).n, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("job_pairs");
    TCase *test = tcase_create("job_pairs");
    tcase_add_test(test, jobs_are_compared_with_themselves);
    tcase_add_test(test, equal_runs_have_the_ratio_one);
    tcase_add_test(test, nothing_to_compare_gives_no_figures);
    suite_add_tcase(suite, test);
    return suite;
}
