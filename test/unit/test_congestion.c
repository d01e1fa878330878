/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is learnt of transfers; what schedulers make of it is in test_choices.c. */
#include "sched/congestion.h"

#include <math.h>

#include "base/tick.h"
#include "test/suite.h"

static struct view_task tasks[3];
static const struct view view_of_tasks = {.tasks = tasks, .task_capacity = 3};

/* A task that was given to PE 1 at 100 us and waits for its data. */
static void give(struct congestion *congestion, int32_t task, double expected_us)
{
    tasks[task] = (struct view_task){
        .pe = 1, .status = TASK_ASSIGNED, .fetching = 1, .assigned_ps = tick_from_us(100)};
    congestion_add(congestion, task, 1, expected_us);
}

static void arrive(int32_t task, double at_us)
{
    tasks[task].fetching = 0;
    tasks[task].data_ps = tick_from_us(at_us);
}

static double level(struct congestion *congestion, double now_us)
{
    struct view view = view_of_tasks;
    view.now_ps = tick_from_us(now_us);
    congestion_update(congestion, &view);
    return congestion_level(congestion, &view);
}

START_TEST(a_transfer_counts_when_it_has_come_and_then_fades)
{
    struct congestion congestion;
    congestion_init(&congestion, 3, 6000, 0.1);
    give(&congestion, 0, 20);
    ck_assert_double_eq(level(&congestion, 120), 0);
    ck_assert_int_eq(congestion.count, 1);
    arrive(0, 180); /* four times as long */
    double expected = 0.1 * log(4.0);
    ck_assert_double_eq_tol(level(&congestion, 180), expected, 1e-12);
    ck_assert_int_eq(congestion.count, 0);
    ck_assert_double_eq_tol(level(&congestion, 6180), expected * exp(-1), 1e-12);
    congestion_finish(&congestion);
}
END_TEST

START_TEST(the_level_is_a_mean_that_later_transfers_move)
{
    struct congestion congestion;
    congestion_init(&congestion, 3, 1e12, 0.5);
    give(&congestion, 0, 10);
    give(&congestion, 1, 10);
    give(&congestion, 2, 10);
    arrive(0, 140);
    ck_assert_double_eq_tol(level(&congestion, 140), 0.5 * log(4.0), 1e-9);
    ck_assert_int_eq(congestion.count, 2);
    arrive(2, 150);
    tasks[2].status = TASK_RUNNING;
    ck_assert_double_eq_tol(level(&congestion, 150), 0.25 * log(4.0) + 0.5 * log(5.0), 1e-9);
    ck_assert_int_eq(congestion.count, 1);
    congestion_finish(&congestion);
}
END_TEST

START_TEST(a_task_that_has_lost_its_pe_tells_nothing)
{
    struct congestion congestion;
    congestion_init(&congestion, 3, 6000, 1);
    give(&congestion, 0, 1);
    give(&congestion, 1, 1);
    give(&congestion, 2, 1);
    tasks[0].status = TASK_READY;
    tasks[0].pe = -1;
    arrive(1, 200);
    tasks[1].status = TASK_FAILED;
    tasks[2].pe = 0; /* given to another one since */
    ck_assert_double_eq(level(&congestion, 500), 0);
    ck_assert_int_eq(congestion.count, 0);
    congestion_finish(&congestion);
}
END_TEST

START_TEST(the_level_stays_within_limits)
{
    struct congestion congestion;
    congestion_init(&congestion, 3, 1e12, 1);
    give(&congestion, 0, 1e-3);
    arrive(0, 1e6);
    ck_assert_double_eq(level(&congestion, 1e6), 3);
    give(&congestion, 0, 1e6);
    arrive(0, 101);
    ck_assert_double_eq(level(&congestion, 1e6), -0.7);
    congestion_finish(&congestion);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("congestion");
    TCase *tests = tcase_create("congestion");
    tcase_add_test(tests, a_transfer_counts_when_it_has_come_and_then_fades);
    tcase_add_test(tests, the_level_is_a_mean_that_later_transfers_move);
    tcase_add_test(tests, a_task_that_has_lost_its_pe_tells_nothing);
    tcase_add_test(tests, the_level_stays_within_limits);
    suite_add_tcase(suite, tests);
    return suite;
}
