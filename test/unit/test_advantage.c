/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "base/tick.h"
#include "lab/advantage.h"
#include "test/suite.h"

enum { RUNS = 3 };

/* Three runs of one job that arrives at 10 us, without discount to speak of: it leaves at 20, 40
 * and 90 us. */
static const int64_t leave_us[RUNS] = {20, 40, 90};

struct runs {
    struct returns_step steps[RUNS][2];
    struct returns list[RUNS];
};

static void play(struct runs *runs)
{
    for (int i = 0; i < RUNS; i++) {
        returns_init(&runs->list[i], runs->steps[i], 2, 1e12);
        returns_arrive(&runs->list[i], 10 * TICK_PER_US, 1, 0);
        returns_leave(&runs->list[i], leave_us[i] * TICK_PER_US, 10 * TICK_PER_US, 1, 0);
        returns_close(&runs->list[i]);
    }
}

static void check(const struct runs *runs, int32_t own, int64_t at_us, double expected)
{
    double advantage = advantage_over_others(runs->list, RUNS, own, at_us * TICK_PER_US);
    ck_assert_msg(fabs(advantage - expected) < 1e-4, "run %d at %d us: %g, not %g", (int)own,
                  (int)at_us, advantage, expected);
}

START_TEST(a_run_is_held_against_the_mean_of_the_others)
{
    struct runs runs;
    play(&runs);
    check(&runs, 0, 0, -10 + (30 + 80) / 2.0);
    check(&runs, 1, 0, -30 + (10 + 80) / 2.0);
    check(&runs, 2, 0, -80 + (10 + 30) / 2.0);
}
END_TEST

START_TEST(all_are_looked_at_at_the_same_date)
{
    struct runs runs;
    play(&runs);
    check(&runs, 0, 30, 0 + (10 + 60) / 2.0);
    check(&runs, 1, 30, -10 + (0 + 60) / 2.0);
    check(&runs, 2, 30, -60 + (0 + 10) / 2.0);
    check(&runs, 2, 90, 0);
}
END_TEST

START_TEST(what_the_run_itself_did_is_not_in_what_it_is_held_against)
{
    struct runs runs;
    play(&runs);
    double before = advantage_over_others(runs.list, RUNS, 1, 0) - returns_at(&runs.list[1], 0);
    struct returns_step steps[2];
    returns_init(&runs.list[1], steps, 2, 1e12);
    returns_arrive(&runs.list[1], 10 * TICK_PER_US, 1, 0);
    returns_leave(&runs.list[1], 1000 * TICK_PER_US, 10 * TICK_PER_US, 1, 0);
    returns_close(&runs.list[1]);
    double after = advantage_over_others(runs.list, RUNS, 1, 0) - returns_at(&runs.list[1], 0);
    ck_assert_double_le(fabs(before - after), 1e-9);
}
END_TEST

START_TEST(advantages_of_one_date_add_up_to_nothing)
{
    struct runs runs;
    play(&runs);
    for (int64_t at_us = 0; at_us < 100; at_us += 7) {
        double sum = 0;
        for (int32_t own = 0; own < RUNS; own++)
            sum += advantage_over_others(runs.list, RUNS, own, at_us * TICK_PER_US);
        ck_assert_double_le(fabs(sum), 1e-9);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("advantage");
    TCase *tests = tcase_create("advantage");
    tcase_add_test(tests, a_run_is_held_against_the_mean_of_the_others);
    tcase_add_test(tests, all_are_looked_at_at_the_same_date);
    tcase_add_test(tests, what_the_run_itself_did_is_not_in_what_it_is_held_against);
    tcase_add_test(tests, advantages_of_one_date_add_up_to_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
