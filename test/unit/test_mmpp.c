/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bursts: rates, counts and their variance against the closed forms of two states. */
#include <math.h>
#include <stdlib.h>

#include "base/tick.h"
#include "test/suite.h"
#include "workloads/arrivals.h"

#define MEAN_US 10.0

/* Mean rate 1: a third of the time 2.5, else 0.25. */
static struct arrivals_state two[] = {{10, 20}, {1, 40}};

static struct arrivals mmpp_of(struct arrivals_state *states, int32_t count, double mean_us)
{
    ck_assert(arrivals_scale_states(states, count));
    return (struct arrivals){.kind = &arrivals_mmpp,
                             .mean_interarrival_us = mean_us,
                             .states = states,
                             .state_count = count};
}

static void step(const struct arrivals *arrivals, uint32_t replicate, struct arrival *arrival)
{
    int32_t job = arrival->job;
    int64_t at_ps = arrival->at_ps;
    bool is_fine = arrivals->kind->next(arrivals, 3, replicate, arrival) &&
                   arrival->job == job + 1 && arrival->app == -1 && arrival->at_ps >= at_ps;
    if (!is_fine) /* an assertion that holds is slow too */
        ck_abort_msg("job %d", (int)job);
}

START_TEST(rates_are_scaled_to_the_mean_over_time)
{
    struct arrivals arrivals = mmpp_of(two, 2, MEAN_US);
    ck_assert_double_eq_tol(arrivals.states[0].rate, 2.5, 1e-12);
    ck_assert_double_eq_tol(arrivals.states[1].rate, 0.25, 1e-12);
    struct arrivals_state none[] = {{0, 1}, {0, 1}};
    ck_assert(!arrivals_scale_states(none, 2));
}
END_TEST

START_TEST(states_of_one_rate_are_a_poisson_process)
{
    struct arrivals_state same[] = {{4, 3}, {4, 0.1}, {4, 50}};
    struct arrivals arrivals = mmpp_of(same, 3, MEAN_US);
    struct arrivals poisson = {.kind = &arrivals_poisson, .mean_interarrival_us = MEAN_US};
    struct arrival burst = ARRIVAL_BEFORE_FIRST, plain = ARRIVAL_BEFORE_FIRST;
    for (int32_t job = 0; job < 5000; job++) {
        step(&arrivals, 0, &burst);
        step(&poisson, 0, &plain);
        ck_assert_int_le(llabs(burst.at_ps - plain.at_ps), 2 * (job + 1));
    }
}
END_TEST

/* Counts of jobs in `count` windows of so many mean gaps each. */
static void count_jobs(const struct arrivals *arrivals, double window, int32_t *counts,
                       int32_t count)
{
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    int64_t window_ps = tick_from_us(window * arrivals->mean_interarrival_us);
    step(arrivals, 0, &arrival);
    for (int32_t i = 0; i < count; i++)
        for (counts[i] = 0; arrival.at_ps < (i + 1) * window_ps; counts[i]++)
            step(arrivals, 0, &arrival);
}

/* Variance of the count in t mean gaps (Heffes and Lucantoni 1986): that of a Poisson process and
 * the integral of the covariance of the rate, which dies out with the sum of the rates of leaving.
 */
static double count_variance(const struct arrivals_state states[2], double t)
{
    double leave[] = {1.0 / states[0].length, 1.0 / states[1].length}, both = leave[0] + leave[1];
    double share = leave[1] / both, apart = states[0].rate - states[1].rate;
    double spread = share * (1.0 - share) * apart * apart;
    return t + 2.0 * spread * (t / both - (1.0 - exp(-both * t)) / (both * both));
}

static const double windows[] = {1.0, 10.0, 100.0};

START_TEST(counts_have_mean_and_variance_of_the_closed_form)
{
    enum { COUNT = 30000 };
    static int32_t counts[COUNT];
    double t = windows[_i], mean = 0.0, variance = 0.0;
    struct arrivals arrivals = mmpp_of(two, 2, 0.1);
    count_jobs(&arrivals, t, counts, COUNT);
    double expected = count_variance(arrivals.states, t);
    for (int i = 0; i < COUNT; i++)
        mean += (double)counts[i] / COUNT;
    for (int i = 0; i < COUNT; i++)
        variance += (counts[i] - t) * (counts[i] - t) / COUNT;
    /* the variance of a long sum is that of a long window */
    double error = sqrt(count_variance(arrivals.states, 1e6) / 1e6 * t / COUNT);
    ck_assert_double_eq_tol(mean, t, 4.5 * error);
    ck_assert_double_eq_tol(variance, expected, 0.04 * expected);
    ck_assert_double_gt(expected, 1.5 * t); /* bursts are not Poisson */
}
END_TEST

START_TEST(a_process_starts_as_if_it_had_been_going_on)
{
    enum { REPLICATES = 20000 };
    struct arrivals arrivals = mmpp_of(two, 2, MEAN_US);
    double t = 5.0, mean = 0.0;
    for (uint32_t replicate = 0; replicate < REPLICATES; replicate++) {
        struct arrival arrival = ARRIVAL_BEFORE_FIRST;
        for (step(&arrivals, replicate, &arrival); arrival.at_ps < tick_from_us(t * MEAN_US);
             step(&arrivals, replicate, &arrival))
            mean += 1.0 / REPLICATES;
    }
    ck_assert_double_eq_tol(mean, t, 4.5 * sqrt(count_variance(arrivals.states, t) / REPLICATES));
}
END_TEST

START_TEST(in_a_state_without_jobs_none_comes)
{
    struct arrivals_state on_off[] = {{1, 5}, {0, 500}};
    struct arrivals arrivals = mmpp_of(on_off, 2, MEAN_US);
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    int32_t silences = 0;
    for (int32_t job = 0; job < 20000; job++) {
        int64_t before_ps = arrival.at_ps;
        step(&arrivals, 0, &arrival);
        ck_assert_int_eq(arrival.phase.state, 0);
        silences += arrival.at_ps - before_ps > tick_from_us(100 * MEAN_US);
    }
    ck_assert_int_gt(silences, 20); /* of about 40 */
}
END_TEST

START_TEST(another_rate_stretches_the_same_bursts)
{
    struct arrivals slow = mmpp_of(two, 2, 1000.0), fast = mmpp_of(two, 2, 10.0);
    struct arrival a = ARRIVAL_BEFORE_FIRST, b = ARRIVAL_BEFORE_FIRST;
    for (int32_t job = 0; job < 2000; job++) {
        step(&slow, 0, &a);
        step(&fast, 0, &b);
        ck_assert_int_le(llabs(a.at_ps - 100 * b.at_ps), 200 * (2 * job + 10));
        ck_assert_int_eq(a.phase.begun, b.phase.begun);
    }
}
END_TEST

START_TEST(a_place_that_does_not_tell_its_phase_is_enough)
{
    struct arrivals arrivals = mmpp_of(two, 2, MEAN_US);
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    for (int32_t job = 0; job < 2000; job++) {
        struct arrival bare = {.job = arrival.job, .app = 1, .at_ps = arrival.at_ps};
        step(&arrivals, 0, &arrival);
        step(&arrivals, 0, &bare);
        ck_assert_int_eq(bare.at_ps, arrival.at_ps);
        ck_assert_int_eq(bare.phase.begun, arrival.phase.begun);
    }
}
END_TEST

START_TEST(dates_stop_at_the_end_of_time)
{
    struct arrivals arrivals = mmpp_of(two, 2, 1e9);
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    for (int32_t job = 0; job < 200; job++)
        step(&arrivals, 0, &arrival);
    ck_assert_int_eq(arrival.at_ps, TICK_LIMIT);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("mmpp");
    TCase *test = tcase_create("mmpp");
    tcase_set_timeout(test, 60);
    tcase_add_test(test, rates_are_scaled_to_the_mean_over_time);
    tcase_add_test(test, states_of_one_rate_are_a_poisson_process);
    tcase_add_loop_test(test, counts_have_mean_and_variance_of_the_closed_form, 0,
                        sizeof windows / sizeof *windows);
    tcase_add_test(test, a_process_starts_as_if_it_had_been_going_on);
    tcase_add_test(test, in_a_state_without_jobs_none_comes);
    tcase_add_test(test, another_rate_stretches_the_same_bursts);
    tcase_add_test(test, a_place_that_does_not_tell_its_phase_is_enough);
    tcase_add_test(test, dates_stop_at_the_end_of_time);
    suite_add_tcase(suite, test);
    return suite;
}
