/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "base/random.h"
#include "base/tick.h"
#include "lab/returns.h"
#include "test/suite.h"

enum { JOBS = 12 };

#define TAU_US 40.0

struct job {
    int64_t arrival_ps, leave_ps;
    double weight, growth_per_us;
};

/* Jobs that arrive and leave at random dates, some at the same one. */
static void draw_jobs(struct job *jobs, uint32_t number)
{
    struct random_stream stream = random_open(3, 0, RANDOM_TEST, number, 0);
    int64_t now_ps = 0;
    for (int i = 0; i < JOBS; i++) {
        now_ps += (int64_t)random_below(&stream, 30) * TICK_PER_US;
        jobs[i].arrival_ps = now_ps;
        jobs[i].leave_ps = now_ps + (int64_t)(1 + random_below(&stream, 80)) * TICK_PER_US;
        jobs[i].weight = 2 * random_uniform(&stream);
        jobs[i].growth_per_us = number % 2 == 0 ? 0 : 0.05 * random_uniform(&stream);
    }
}

/* Puts the events in order of date. */
static void record(struct returns *returns, struct returns_step *steps, const struct job *jobs)
{
    returns_init(returns, steps, 2 * JOBS, TAU_US);
    for (int64_t at_ps = 0; at_ps <= 1000 * TICK_PER_US; at_ps += TICK_PER_US)
        for (int i = 0; i < JOBS; i++) {
            if (jobs[i].arrival_ps == at_ps)
                returns_arrive(returns, at_ps, jobs[i].weight, jobs[i].growth_per_us);
            if (jobs[i].leave_ps == at_ps)
                returns_leave(returns, at_ps, jobs[i].arrival_ps, jobs[i].weight,
                              jobs[i].growth_per_us);
        }
    returns_close(returns);
}

/* The integral by its definition, each job for itself, by the midpoint rule. */
static double integrate(const struct job *jobs, double from_us)
{
    double sum = 0, step_us = 0.01;
    for (int i = 0; i < JOBS; i++) {
        double arrival_us = tick_to_us(jobs[i].arrival_ps);
        double start_us = fmax(arrival_us, from_us), end_us = tick_to_us(jobs[i].leave_ps);
        long count = lround((end_us - start_us) / step_us);
        for (long k = 0; k < count; k++) {
            double s = start_us + ((double)k + 0.5) * step_us;
            double rate = jobs[i].weight + jobs[i].growth_per_us * (s - arrival_us);
            sum += rate * exp(-(s - from_us) / TAU_US) * step_us;
        }
    }
    return -sum;
}

START_TEST(a_return_is_the_integral_at_any_date)
{
    for (uint32_t number = 0; number < 10; number++) {
        struct job jobs[JOBS];
        struct returns_step steps[2 * JOBS];
        struct returns returns;
        draw_jobs(jobs, number);
        record(&returns, steps, jobs);
        for (double at_us = 0; at_us < 450; at_us += 12.5) {
            double expected = integrate(jobs, at_us);
            double value = returns_at(&returns, tick_from_us(at_us));
            ck_assert_double_le(fabs(value - expected), 1e-5 * (1 + fabs(expected)));
        }
    }
}
END_TEST

START_TEST(without_discount_it_is_the_sum_of_the_latencies)
{
    struct returns_step steps[4];
    struct returns returns;
    returns_init(&returns, steps, 4, 1e12);
    returns_arrive(&returns, 10 * TICK_PER_US, 1, 0);
    returns_arrive(&returns, 30 * TICK_PER_US, 1, 0);
    returns_leave(&returns, 70 * TICK_PER_US, 10 * TICK_PER_US, 1, 0);
    returns_leave(&returns, 95 * TICK_PER_US, 30 * TICK_PER_US, 1, 0);
    returns_close(&returns);
    ck_assert_double_le(fabs(returns_at(&returns, 0) + 60 + 65), 1e-4);
}
END_TEST

/* Told after an arrival at 12, an end at 11 is one at 12. */
START_TEST(a_job_that_is_told_late_leaves_with_the_last_step)
{
    struct returns_step late_steps[4], steps[4];
    struct returns late, returns;
    returns_init(&late, late_steps, 4, TAU_US);
    returns_init(&returns, steps, 4, TAU_US);
    struct returns *const both[] = {&late, &returns};
    for (int i = 0; i < 2; i++) {
        returns_arrive(both[i], 2 * TICK_PER_US, 1, 0.1);
        returns_arrive(both[i], 12 * TICK_PER_US, 3, 0.2);
        returns_leave(both[i], (11 + i) * TICK_PER_US, 2 * TICK_PER_US, 1, 0.1);
        returns_leave(both[i], 20 * TICK_PER_US, 12 * TICK_PER_US, 3, 0.2);
        returns_close(both[i]);
    }
    ck_assert_int_eq(late.count, 3);
    for (int64_t at_us = 0; at_us < 25; at_us++)
        ck_assert_double_eq(returns_at(&late, at_us * TICK_PER_US),
                            returns_at(&returns, at_us * TICK_PER_US));
}
END_TEST

START_TEST(nothing_is_lost_after_the_last_job)
{
    struct returns_step steps[2];
    struct returns returns;
    returns_init(&returns, steps, 2, 100);
    returns_arrive(&returns, 5 * TICK_PER_US, 1, 0.5);
    returns_leave(&returns, 9 * TICK_PER_US, 5 * TICK_PER_US, 1, 0.5);
    returns_close(&returns);
    ck_assert_double_eq(returns_at(&returns, 9 * TICK_PER_US), 0);
    ck_assert_double_eq(returns_at(&returns, 50 * TICK_PER_US), 0);
    ck_assert_double_lt(returns_at(&returns, 0), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("returns");
    TCase *tests = tcase_create("returns");
    tcase_add_test(tests, a_return_is_the_integral_at_any_date);
    tcase_add_test(tests, without_discount_it_is_the_sum_of_the_latencies);
    tcase_add_test(tests, a_job_that_is_told_late_leaves_with_the_last_step);
    tcase_add_test(tests, nothing_is_lost_after_the_last_job);
    suite_add_tcase(suite, tests);
    return suite;
}
