/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "test/scratch.h"
#include "test/suite.h"
#include "workloads/arrivals.h"

static struct scratch scratch;
static struct fault fault;
static struct arrivals trace;
static const char *const apps[] = {"wifi_tx", "wifi_rx", "pool#0", "pool#1"};

static void setup(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
    trace = (struct arrivals){.row_count = -1};
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

/* The next job, as the scenario asks for it. */
static bool advance(const struct arrivals *arrivals, struct arrival *arrival)
{
    return arrivals->kind->next(arrivals, 7, 3, arrival);
}

static bool load(const char *text)
{
    const char *path = scratch_write(&scratch, "stream.csv", text);
    return arrivals_load_trace(&trace, scratch.arena, path, apps, 4, &fault);
}

START_TEST(every_kind_is_found_by_its_name)
{
    int count = 0;
    for (; arrivals_kinds[count] != NULL; count++) {
        ck_assert_ptr_eq(arrivals_find(arrivals_kinds[count]->name), arrivals_kinds[count]);
        ck_assert_ptr_nonnull(arrivals_kinds[count]->summary);
        ck_assert(arrivals_kinds[count]->next != NULL);
    }
    ck_assert_int_eq(count, 6);
    ck_assert_ptr_eq(arrivals_find("poisson"), &arrivals_poisson);
    ck_assert_ptr_null(arrivals_find("poison"));
}
END_TEST

START_TEST(a_single_arrival_is_one_job_at_zero_of_any_app)
{
    struct arrivals arrivals = {.kind = &arrivals_single, .mean_interarrival_us = NAN};
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    ck_assert(advance(&arrivals, &arrival));
    ck_assert_int_eq(arrival.job, 0);
    ck_assert_int_eq(arrival.app, -1);
    ck_assert_int_eq(arrival.at_ps, 0);
    ck_assert(!advance(&arrivals, &arrival));
}
END_TEST

START_TEST(periodic_jobs_are_one_rounded_period_apart)
{
    struct arrivals arrivals = {.kind = &arrivals_periodic, .mean_interarrival_us = 1.0000014};
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    for (int32_t job = 0; job < 1000; job++) {
        ck_assert(advance(&arrivals, &arrival));
        ck_assert_int_eq(arrival.job, job);
        ck_assert_int_eq(arrival.at_ps, job * INT64_C(1000001));
        ck_assert_int_eq(arrival.app, -1);
    }
}
END_TEST

START_TEST(poisson_gaps_are_unit_draws_times_the_mean)
{
    struct arrivals arrivals = {.kind = &arrivals_poisson, .mean_interarrival_us = 12.5};
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    int64_t expected_ps = 0;
    for (uint32_t job = 0; job < 100; job++) {
        struct random_stream stream = random_open(7, 3, RANDOM_ARRIVAL, job, 0);
        expected_ps += tick_from_us(random_exponential(&stream) * 12.5);
        ck_assert(advance(&arrivals, &arrival));
        ck_assert_int_eq(arrival.at_ps, expected_ps);
    }
}
END_TEST

START_TEST(poisson_gaps_have_the_mean_and_spread_of_an_exponential)
{
    enum { COUNT = 20000 };
    struct arrivals arrivals = {.kind = &arrivals_poisson, .mean_interarrival_us = 40};
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    double sum = 0, squares = 0;
    for (int32_t job = 0; job < COUNT; job++) {
        int64_t before = arrival.at_ps;
        ck_assert(advance(&arrivals, &arrival));
        double gap = tick_to_us(arrival.at_ps - before) / 40;
        sum += gap;
        squares += gap * gap;
    }
    ck_assert_double_eq_tol(sum / COUNT, 1, 4 / sqrt(COUNT));
    ck_assert_double_eq_tol(squares / COUNT, 2, 4 * sqrt(20.0 / COUNT));
}
END_TEST

START_TEST(another_rate_stretches_the_same_stream)
{
    struct arrivals fast = {.kind = &arrivals_poisson, .mean_interarrival_us = 2};
    struct arrivals slow = {.kind = &arrivals_poisson, .mean_interarrival_us = 6};
    struct arrival a = ARRIVAL_BEFORE_FIRST, b = ARRIVAL_BEFORE_FIRST;
    for (int32_t job = 0; job < 100; job++) {
        ck_assert(advance(&fast, &a));
        ck_assert(advance(&slow, &b));
        ck_assert_int_le(llabs(b.at_ps - 3 * a.at_ps), 2 * (job + 1));
    }
}
END_TEST

START_TEST(each_app_arrives_at_the_multiples_of_its_own_period)
{
    static const int64_t period_ps[] = {3 * TICK_PER_US, 2 * TICK_PER_US, 6 * TICK_PER_US};
    struct arrivals arrivals = {
        .kind = arrivals_find("per_app"), .period_ps = period_ps, .app_count = 3};
    static const struct {
        int32_t app;
        int64_t at_us;
    } expected[] = {{0, 0}, {1, 0}, {2, 0}, {1, 2}, {0, 3}, {1, 4}, {0, 6}, {1, 6}, {2, 6}, {1, 8}};
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        ck_assert(advance(&arrivals, &arrival));
        ck_assert_int_eq(arrival.app, expected[i].app);
        ck_assert_int_eq(arrival.at_ps, expected[i].at_us * TICK_PER_US);
    }
}
END_TEST

START_TEST(dates_stop_at_the_end_of_time_and_do_not_overflow)
{
    static const struct arrivals_kind *const kinds[] = {&arrivals_periodic, &arrivals_poisson};
    static const double gaps_us[] = {4e9, 1e18, 1e300};
    for (int i = 0; i < 6; i++) {
        struct arrivals arrivals = {.kind = kinds[i % 2], .mean_interarrival_us = gaps_us[i / 2]};
        struct arrival arrival = ARRIVAL_BEFORE_FIRST;
        for (int32_t job = 0; job < 100; job++) {
            int64_t before = arrival.at_ps;
            ck_assert(advance(&arrivals, &arrival));
            ck_assert(arrival.at_ps >= before && arrival.at_ps <= TICK_LIMIT);
        }
        ck_assert_int_eq(arrival.at_ps, TICK_LIMIT);
    }
    ck_assert_int_eq(arrivals_after(TICK_LIMIT - 1000001, 1), TICK_LIMIT - 1);
    ck_assert_int_eq(arrivals_after(TICK_LIMIT - 1000000, 1), TICK_LIMIT);
    ck_assert_int_eq(arrivals_after(TICK_LIMIT, 1), TICK_LIMIT);
}
END_TEST

START_TEST(a_trace_gives_its_rows_and_then_ends)
{
    ck_assert_msg(load("job_id,arrival_us,app\n0,0,wifi_rx\n1,2.5,pool#1\n2,2.500001,wifi_tx\n"),
                  "%s: %s", fault.where, fault.what);
    ck_assert_ptr_eq(trace.kind, &arrivals_trace);
    ck_assert(isnan(trace.mean_interarrival_us));
    ck_assert_int_eq(trace.row_count, 3);
    ck_assert(!trace.has_compat_columns);
    static const int64_t dates[] = {0, 2500000, 2500001};
    static const int32_t chosen[] = {1, 3, 0};
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    for (int32_t job = 0; job < 3; job++) {
        ck_assert(advance(&trace, &arrival));
        ck_assert_int_eq(arrival.job, job);
        ck_assert_int_eq(arrival.at_ps, dates[job]);
        ck_assert_int_eq(arrival.app, chosen[job]);
        ck_assert(!arrival.after_tick && !arrival.after_completions);
    }
    ck_assert(!advance(&trace, &arrival));
}
END_TEST

START_TEST(a_trace_keeps_the_flags_of_ds3)
{
    ck_assert(load("after_completions,arrival_us,app,after_tick\n"
                   "1,3,wifi_tx,0\n0,3,wifi_tx,1\n0,4,wifi_tx,0\n"));
    ck_assert(trace.has_compat_columns);
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    ck_assert(advance(&trace, &arrival));
    ck_assert(!arrival.after_tick && arrival.after_completions);
    ck_assert(advance(&trace, &arrival));
    ck_assert(arrival.after_tick && !arrival.after_completions);
    ck_assert(advance(&trace, &arrival));
    ck_assert(!arrival.after_tick && !arrival.after_completions);
}
END_TEST

START_TEST(one_column_of_flags_is_enough)
{
    ck_assert(load("arrival_us,app,after_tick\n0,wifi_tx,1\n"));
    ck_assert(trace.has_compat_columns);
    ck_assert(trace.rows[0].after_tick && !trace.rows[0].after_completions);
}
END_TEST

static const struct {
    const char *text, *where, *what, *hint;
} bad[] = {
    {"arrival,app\n", "stream.csv", "the column 'arrival_us' is missing", "arrival_us"},
    {"arrival_us,job\n0,0\n", "stream.csv", "the column 'app' is missing", "app"},
    {"arrival_us,app\n0,wifi_tx\nx,wifi_tx\n", "stream.csv:3:1", "not a number", ""},
    {"arrival_us,app\nnan,wifi_tx\n", "stream.csv:2:1", "not a number", ""},
    {"arrival_us,app\n,wifi_tx\n", "stream.csv:2:1", "not a number", ""},
    {"arrival_us,app\n-1,wifi_tx\n", "stream.csv:2:1", "negative date '-1'", "0"},
    {"arrival_us,app\n1e10,wifi_tx\n", "stream.csv:2:1", "date beyond", "2^53"},
    {"arrival_us,app\n2,wifi_tx\n1,wifi_tx\n", "stream.csv:3:1", "earlier than", "sort"},
    {"arrival_us,app\n2,wify_tx\n", "stream.csv:2:3", "the workload has no app 'wify_tx'",
     "did you mean 'wifi_tx'?"},
    {"arrival_us,app\n2,topcuoglu\n", "stream.csv:2:3", "the workload has no app 'topcuoglu'",
     "add it"},
    {"arrival_us,app,after_tick\n2,wifi_tx,2\n", "stream.csv:2:11", "neither 0 nor 1: '2'", ""},
    {"arrival_us,app,after_tick\n2,wifi_tx,\n", "stream.csv:2:11", "neither 0 nor 1: ''", ""},
    {"arrival_us,app\n2,wifi_tx,0\n", "stream.csv:2:1", "the row has 3 cells", ""},
    {"", "stream.csv", "the file is empty", ""},
};

START_TEST(a_bad_trace_is_refused_where_it_is_wrong)
{
    ck_assert_msg(!load(bad[_i].text), "case %d was taken", _i);
    const char *name = strstr(fault.where, "stream.csv");
    ck_assert_ptr_nonnull(name);
    ck_assert_msg(strncmp(name, bad[_i].where, strlen(bad[_i].where)) == 0,
                  "case %d is at %s, not %s: %s", _i, name, bad[_i].where, fault.what);
    ck_assert_msg(strncmp(fault.what, bad[_i].what, strlen(bad[_i].what)) == 0,
                  "case %d: %s, not %s", _i, fault.what, bad[_i].what);
    assert_holds(fault.hint, bad[_i].hint);
    ck_assert_int_eq(trace.row_count, -1);
}
END_TEST

START_TEST(a_missing_trace_is_named)
{
    const char *path = scratch_path(&scratch, "none.csv");
    ck_assert(!arrivals_load_trace(&trace, scratch.arena, path, apps, 4, &fault));
    assert_holds(fault.where, "none.csv");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("arrivals");
    TCase *cases = tcase_create("arrivals");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, every_kind_is_found_by_its_name);
    tcase_add_test(cases, a_single_arrival_is_one_job_at_zero_of_any_app);
    tcase_add_test(cases, periodic_jobs_are_one_rounded_period_apart);
    tcase_add_test(cases, poisson_gaps_are_unit_draws_times_the_mean);
    tcase_add_test(cases, poisson_gaps_have_the_mean_and_spread_of_an_exponential);
    tcase_add_test(cases, another_rate_stretches_the_same_stream);
    tcase_add_test(cases, each_app_arrives_at_the_multiples_of_its_own_period);
    tcase_add_test(cases, dates_stop_at_the_end_of_time_and_do_not_overflow);
    tcase_add_test(cases, a_trace_gives_its_rows_and_then_ends);
    tcase_add_test(cases, a_trace_keeps_the_flags_of_ds3);
    tcase_add_test(cases, one_column_of_flags_is_enough);
    tcase_add_loop_test(cases, a_bad_trace_is_refused_where_it_is_wrong, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(cases, a_missing_trace_is_named);
    suite_add_tcase(suite, cases);
    return suite;
}
