/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "base/tick.h"
#include "sim/failures.h"
#include "test/suite.h"

#define US TICK_PER_US

static bool next(const struct failures *failures, int32_t pe, struct outage *outage)
{
    const struct failures_key key = {5, 0, RANDOM_FAILURE, pe};
    return failures_next(failures, &key, outage);
}

START_TEST(nothing_fails_unless_told)
{
    const struct failures none = {0};
    struct outage outage = OUTAGE_BEFORE_FIRST;
    ck_assert(!next(&none, 0, &outage));
}
END_TEST

START_TEST(times_up_and_down_have_their_means_and_outages_are_apart)
{
    const struct failures failures = {.mtbf_us = 100, .repair_us = 30};
    struct outage outage = OUTAGE_BEFORE_FIRST;
    double up_us = 0, down_us = 0;
    int64_t end_ps = 0;
    enum { COUNT = 40000 };
    for (int32_t i = 0; i < COUNT; i++) {
        ck_assert(next(&failures, 3, &outage));
        ck_assert_int_eq(outage.index, i);
        ck_assert_int_gt(outage.start_ps, end_ps);
        ck_assert_int_gt(outage.end_ps, outage.start_ps);
        up_us += tick_to_us(outage.start_ps - end_ps) / COUNT;
        down_us += tick_to_us(outage.end_ps - outage.start_ps) / COUNT;
        end_ps = outage.end_ps;
    }
    /* the standard deviation of an exponential is its mean: five standard errors */
    ck_assert_double_eq_tol(up_us, 100, 5 * 100 / sqrt(COUNT));
    ck_assert_double_eq_tol(down_us, 30, 5 * 30 / sqrt(COUNT));
}
END_TEST

START_TEST(each_pe_has_draws_of_its_own_that_a_mean_only_scales)
{
    const struct failures slow = {.mtbf_us = 100, .repair_us = 30};
    const struct failures fast = {.mtbf_us = 50, .repair_us = 15};
    struct outage a = OUTAGE_BEFORE_FIRST, b = OUTAGE_BEFORE_FIRST, other = OUTAGE_BEFORE_FIRST;
    for (int i = 0; i < 10; i++) {
        ck_assert(next(&slow, 1, &a) && next(&fast, 1, &b) && next(&slow, 2, &other));
        ck_assert_int_le(llabs(a.start_ps - 2 * b.start_ps), 40);
        ck_assert_int_ne(a.start_ps, other.start_ps);
    }
}
END_TEST

START_TEST(only_fragile_pes_fail_at_random)
{
    const bool is_fragile[] = {false, true};
    const struct failures failures = {.mtbf_us = 100, .repair_us = 30, .is_fragile = is_fragile};
    struct outage outage = OUTAGE_BEFORE_FIRST;
    ck_assert(!next(&failures, 0, &outage));
    ck_assert(next(&failures, 1, &outage));
}
END_TEST

START_TEST(listed_outages_that_touch_are_one_and_the_one_for_good_is_the_last)
{
    const struct failures_listed list[] = {{0, 10 * US, 20 * US},    {1, 12 * US, 13 * US},
                                           {0, 15 * US, 18 * US},    {0, 20 * US, 25 * US},
                                           {0, 40 * US, TICK_NEVER}, {0, 50 * US, 60 * US}};
    const struct failures failures = {.list = list, .count = 6};
    struct outage outage = OUTAGE_BEFORE_FIRST;
    ck_assert(next(&failures, 0, &outage));
    ck_assert_int_eq(outage.start_ps, 10 * US);
    ck_assert_int_eq(outage.end_ps, 25 * US);
    ck_assert(next(&failures, 0, &outage));
    ck_assert_int_eq(outage.start_ps, 40 * US);
    ck_assert_int_eq(outage.end_ps, TICK_NEVER);
    ck_assert_int_eq(outage.index, 1);
    ck_assert(!next(&failures, 0, &outage));
}
END_TEST

START_TEST(listed_and_drawn_outages_make_one_sequence)
{
    const struct failures drawn = {.mtbf_us = 100, .repair_us = 30};
    struct outage first = OUTAGE_BEFORE_FIRST, second = OUTAGE_BEFORE_FIRST;
    ck_assert(next(&drawn, 0, &first));
    second = first;
    ck_assert(next(&drawn, 0, &second));
    /* one that reaches into the first, one between the two */
    int64_t between_ps = first.end_ps + (second.start_ps - first.end_ps) / 2;
    const struct failures_listed list[] = {{0, first.start_ps - 5, first.start_ps + 1},
                                           {0, between_ps, between_ps + 2}};
    const struct failures both = {.mtbf_us = 100, .repair_us = 30, .list = list, .count = 2};
    struct outage outage = OUTAGE_BEFORE_FIRST;
    ck_assert(next(&both, 0, &outage));
    ck_assert_int_eq(outage.start_ps, first.start_ps - 5);
    ck_assert_int_eq(outage.end_ps, first.end_ps);
    ck_assert(next(&both, 0, &outage));
    ck_assert_int_eq(outage.start_ps, between_ps);
    ck_assert(next(&both, 0, &outage));
    ck_assert_int_eq(outage.start_ps, second.start_ps);
    ck_assert_int_eq(outage.end_ps, second.end_ps);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("failures");
    TCase *tests = tcase_create("failures");
    tcase_add_test(tests, nothing_fails_unless_told);
    tcase_add_test(tests, times_up_and_down_have_their_means_and_outages_are_apart);
    tcase_add_test(tests, each_pe_has_draws_of_its_own_that_a_mean_only_scales);
    tcase_add_test(tests, only_fragile_pes_fail_at_random);
    tcase_add_test(tests, listed_outages_that_touch_are_one_and_the_one_for_good_is_the_last);
    tcase_add_test(tests, listed_and_drawn_outages_make_one_sequence);
    suite_add_tcase(suite, tests);
    return suite;
}
