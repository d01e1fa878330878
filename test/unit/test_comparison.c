/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "analysis/comparison.h"
#include "test/scratch.h"
#include "test/suite.h"

#define HEADER                                                                                     \
    "trial,experiment,platform,workload,engine,scheduler,rate_jobs_per_ms,noise,replicate,seed,"   \
    "status,makespan_us,mean_latency_us,tasks_per_s"

/* Ratios of etf: in the second file half of the first one's in three of three replicates. */
#define FIRST                                                                                      \
    HEADER "\n"                                                                                    \
           "0,race,soc,mix,heap,heft,4,none,0,1,done,100,10,9\n"                                   \
           "1,race,soc,mix,heap,heft,4,none,1,1,done,100,20,9\n"                                   \
           "2,race,soc,mix,heap,etf,4,none,0,1,done,100,8,9\n"                                     \
           "3,race,soc,mix,heap,etf,4,none,1,1,done,100,16,9\n"                                    \
           "4,race,soc,mix,heap,etf,4,none,2,1,done,100,30,9\n"

static struct scratch scratch;
static struct fault fault;

static void set_up(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
}

static void tear_down(void)
{
    scratch_finish(&scratch);
}

static struct comparison *load(const char *a, const char *b)
{
    scratch_write(&scratch, "a/trials.csv", a);
    scratch_write(&scratch, "b/trials.csv", b);
    return comparison_create(scratch_path(&scratch, "a"), scratch_path(&scratch, "b"), &fault);
}

static struct comparison *expect(const char *a, const char *b)
{
    struct comparison *comparison = load(a, b);
    ck_assert_msg(comparison != NULL, "%s: %s", fault.where, fault.what);
    return comparison;
}

static const char *write_csv(const char *a, const char *b)
{
    struct comparison *comparison = expect(a, b);
    ck_assert(comparison_write(comparison, scratch_path(&scratch, "c.csv"), &fault));
    comparison_destroy(comparison);
    return scratch_read(&scratch, "c.csv");
}

static const char *print_table(const struct comparison *comparison, const char *metric)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    comparison_print(comparison, metric, stream);
    fclose(stream);
    const char *copy = arena_string(scratch.arena, text);
    free(text);
    return copy;
}

static void assert_refused(const char *a, const char *b, const char *where, const char *what)
{
    ck_assert_ptr_null(load(a, b));
    ck_assert_str_eq(fault.where, scratch_path(&scratch, where));
    assert_holds(fault.what, what);
}

/* etf is always half in B; heft has one replicate in common, with a ratio of 2. */
START_TEST(equal_replicates_of_equal_combinations_make_pairs)
{
    const char *csv =
        write_csv(FIRST, HEADER "\n"
                                "0,other,soc,mix,heap,etf,4,none,0,1,done,100,4,9\n"
                                "1,other,soc,mix,heap,etf,4,none,1,1,done,100,8,9\n"
                                "2,other,soc,mix,heap,etf,4,none,2,1,done,50,15,9\n"
                                "3,other,soc,mix,heap,heft,4,none,1,1,done,100,40,9\n"
                                "4,other,soc,mix,heap,heft,4,none,5,1,done,100,40,9\n");
    assert_holds(csv, "platform,workload,engine,scheduler,rate_jobs_per_ms,noise,metric,n_a,mean_a,"
                      "ci_low_a,ci_high_a,n_b,mean_b,ci_low_b,ci_high_b,paired_ratio,paired_ci_low,"
                      "paired_ci_high,wins,pairs\n");
    assert_holds(csv, "\nsoc,mix,heap,heft,4,none,mean_latency_us,2,15,");
    assert_holds(csv, ",2,40,40,40,2,,,0,1\n");
    assert_holds(csv, "\nsoc,mix,heap,etf,4,none,mean_latency_us,3,18,");
    assert_holds(csv, ",3,9,");
    assert_holds(csv, ",0.5,0.5,0.5,3,3\n");
    assert_holds(csv, "etf,4,none,makespan_us,3,100,100,100,3,");
}
END_TEST

START_TEST(what_has_one_value_on_each_side_is_what_is_compared)
{
    struct comparison *comparison =
        expect(HEADER "\n0,race,soc,mix,heap,heft,4,none,0,1,done,1,10,9\n",
               HEADER "\n0,race,soc,mix,simgrid,etf,4,none,0,1,done,1,9,9\n");
    const char *table = print_table(comparison, "mean_latency_us");
    comparison_destroy(comparison);
    assert_holds(table, "metric mean_latency_us   experiment race   platform soc   workload mix   "
                        "rate_jobs_per_ms 4   noise none\n");
    assert_holds(table, "scheduler: heft in A, etf in B\n");
    assert_holds(table, "engine: heap in A, simgrid in B\n");
    assert_holds(table, "-10.0 %");
}
END_TEST

START_TEST(a_key_that_varies_is_matched_and_what_is_alone_is_counted)
{
    struct comparison *comparison =
        expect(FIRST, HEADER "\n"
                             "0,race,soc,mix,heap,met,4,none,0,1,done,1,10,9\n"
                             "1,race,soc,mix,heap,etf,4,none,1,1,done,1,8,9\n"
                             "2,race,soc,mix,heap,etf,4,none,2,1,done,1,10,9\n");
    const char *table = print_table(comparison, "mean_latency_us");
    comparison_destroy(comparison);
    assert_holds(table, "  etf         18 +- 28  3    9 +- 13  2  -59.2 % [");
    assert_holds(table, "  2/2\n");
    assert_holds(table, "1 combination only in A, left out.\n");
    assert_holds(table, "1 combination only in B, left out.\n");
}
END_TEST

/* A run with a key more than the other, at one value: the key is what is compared. */
START_TEST(a_key_of_one_run_only_is_compared_if_it_has_one_value)
{
    const char *with = HEADER ",workload.jobs\n0,race,soc,mix,heap,etf,4,none,0,1,done,1,4,9,500\n";
    const char *varying =
        HEADER ",workload.jobs\n0,race,soc,mix,heap,etf,4,none,0,1,done,1,4,9,500\n"
               "1,race,soc,mix,heap,etf,4,none,0,1,done,1,4,9,600\n";
    struct comparison *comparison =
        expect(HEADER "\n0,race,soc,mix,heap,etf,4,none,0,1,done,1,8,9\n", with);
    const char *table = print_table(comparison, "mean_latency_us");
    assert_holds(table, "-50.0 %");
    assert_holds(table, "workload.jobs: nothing in A, 500 in B\n");
    comparison_destroy(comparison);
    assert_refused(FIRST, varying, "a/trials.csv", "'workload.jobs', which varies in");
    fault = FAULT_NONE;
    assert_refused(varying, FIRST, "b/trials.csv", "'workload.jobs', which varies in");
}
END_TEST

START_TEST(other_seeds_are_no_pairs)
{
    struct comparison *same = expect(FIRST, FIRST);
    ck_assert(comparison_is_paired(same));
    comparison_destroy(same);
    struct comparison *other =
        expect(FIRST, HEADER "\n0,race,soc,mix,heap,etf,4,none,0,7,done,1,8,9\n");
    ck_assert(!comparison_is_paired(other));
    comparison_destroy(other);
}
END_TEST

START_TEST(runs_that_share_nothing_are_refused)
{
    assert_refused(FIRST,
                   HEADER "\n0,race,soc,mix,heap,met,4,none,0,1,done,1,8,9\n"
                          "0,race,soc,mix,heap,eft,4,none,0,1,done,1,8,9\n",
                   "b/trials.csv", "no combination is also in");
    fault = FAULT_NONE;
    assert_refused(FIRST, HEADER "\n", "b/trials.csv", "no trial yet");
    fault = FAULT_NONE;
    assert_refused(FIRST, "trial,status\n", "b/trials.csv", "is missing");
    fault = FAULT_NONE;
    assert_refused(FIRST, HEADER "\n0,race,soc\n", "b/trials.csv:2:1", "cells");
}
END_TEST

START_TEST(a_metric_that_one_run_lacks_is_refused_by_name)
{
    const char *const known[] = {"makespan_us", "mean_latency_us"};
    const char *const misspelt[] = {"makespan_us", "mean_latency"};
    struct comparison *comparison = expect(FIRST, FIRST);
    ck_assert(comparison_has(comparison, known, 2, &fault));
    ck_assert(!comparison_has(comparison, misspelt, 2, &fault));
    ck_assert_str_eq(fault.where, "mean_latency");
    assert_holds(fault.hint, "`mean_latency_us`");
    comparison_destroy(comparison);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("comparison");
    TCase *tests = tcase_create("comparison");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, equal_replicates_of_equal_combinations_make_pairs);
    tcase_add_test(tests, what_has_one_value_on_each_side_is_what_is_compared);
    tcase_add_test(tests, a_key_that_varies_is_matched_and_what_is_alone_is_counted);
    tcase_add_test(tests, a_key_of_one_run_only_is_compared_if_it_has_one_value);
    tcase_add_test(tests, other_seeds_are_no_pairs);
    tcase_add_test(tests, runs_that_share_nothing_are_refused);
    tcase_add_test(tests, a_metric_that_one_run_lacks_is_refused_by_name);
    suite_add_tcase(suite, tests);
    return suite;
}
