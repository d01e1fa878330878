/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lab/points.h"
#include "test/race.h"
#include "test/suite.h"

static struct scratch scratch;
static struct fault fault;
static struct experiment experiment;
static struct points points;

static void setup(void)
{
    scratch_init(&scratch);
    scratch_write_shelf(&scratch);
    fault = FAULT_NONE;
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

/* An experiment on duo with these further lines and this sweep. */
static bool expand(const char *more, const char *sweep)
{
    const char *text =
        arena_printf(scratch.arena,
                     "name: race\nschedulers: [heft]\nengine: heap\n"
                     "workload: {apps: [pair], arrivals: {kind: poisson%s\nsweep: %s\n",
                     more, sweep);
    return race_expand(&scratch, text, &experiment, &points, &fault);
}

#define ON_DUO "}}\nplatform: duo"

static void assert_expands(const char *more, const char *sweep)
{
    bool ok = expand(more, sweep);
    ck_assert_msg(ok, "%s: %s", fault.where, fault.what);
}

static void assert_refused(const char *more, const char *sweep, const char *words)
{
    ck_assert_msg(!expand(more, sweep), "not refused: %s", sweep);
    assert_holds(fault.what, words);
    ck_assert_str_ne(fault.hint, "");
    assert_holds(fault.where, "race.yaml:");
}

START_TEST(keys_of_a_zip_advance_together)
{
    assert_expands(ON_DUO,
                   "{zip: {workload.jobs: [5, 6, 7], workload.arrivals.rate_jobs_per_ms: [3, 2, "
                   "1], workload.batch: [1, 1, 2]}}");
    ck_assert_int_eq(points.count, 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(points.list[i].jobs, 5 + i);
        ck_assert_double_eq(points.list[i].rate_jobs_per_ms, 3 - i);
        ck_assert_int_eq(points.list[i].key_count, 2);
    }
    ck_assert_str_eq(points.list[0].keys[1].value, "1"); /* a value may come again */
    ck_assert_str_eq(points.list[2].keys[1].value, "2");
}
END_TEST

START_TEST(a_zip_is_crossed_with_lists)
{
    assert_expands(", rate_jobs_per_ms: [1, 2]" ON_DUO "\ncompat: [none, ds3]",
                   "{zip: {workload.jobs: [5, 6, 7], workload.batch: [3, 2, 1]}}");
    ck_assert_int_eq(points.count, 2 * 2 * 3);
    for (int i = 0; i < points.count; i++) {
        ck_assert_double_eq(points.list[i].rate_jobs_per_ms, i < 6 ? 1 : 2);
        ck_assert_int_eq(atoi(points.list[i].keys[0].value) + atoi(points.list[i].keys[1].value),
                         8);
    }
}
END_TEST

START_TEST(whole_workloads_and_platforms_can_be_zipped)
{
    race_load(&scratch,
              "name: race\nschedulers: [heft]\nsweep:\n  zip:\n    platform: [duo, duo]\n"
              "    workload: [{name: one, apps: [pair], arrivals: single}, "
              "{name: two, apps: [solo], arrivals: single}]\n",
              &experiment, &points);
    ck_assert_int_eq(points.count, 2);
    ck_assert_str_eq(points.list[0].workload, "one");
    ck_assert_str_eq(points.list[1].workload, "two");
}
END_TEST

START_TEST(a_swept_point_is_the_one_that_is_written_by_hand)
{
    assert_expands(ON_DUO, "{zip: {workload.jobs: [5, 6], workload.arrivals.rate_jobs_per_ms: [3, "
                           "2]}}");
    const char *swept = points.list[1].identity;
    race_load(
        &scratch,
        "name: hand\nschedulers: [heft]\nengine: heap\nplatform: duo\n"
        "workload: {apps: [pair], jobs: 6, arrivals: {kind: poisson, rate_jobs_per_ms: 2.0}}\n",
        &experiment, &points);
    ck_assert_str_eq(points.list[0].identity, swept);
}
END_TEST

START_TEST(the_configuration_is_what_was_written)
{
    assert_expands(ON_DUO, "{zip: {workload.jobs: [5, 6], workload.arrivals.rate_jobs_per_ms: [3, "
                           "2]}, random: {n: 2, ranges: {workload.batch: {from: 1, to: 8}}}}");
    const struct yaml_node *config = experiment_config(&experiment);
    const struct yaml_node *workload = yaml_get(config, "workload");
    ck_assert_ptr_null(yaml_get(workload, "jobs"));
    ck_assert_ptr_null(yaml_get(workload, "batch"));
    ck_assert_ptr_null(yaml_get(yaml_get(workload, "arrivals"), "rate_jobs_per_ms"));
    ck_assert_str_eq(yaml_get(yaml_get(workload, "arrivals"), "kind")->text, "poisson");
    ck_assert_ptr_nonnull(yaml_get(yaml_get(config, "sweep"), "zip"));
}
END_TEST

/* Samples of a rate (as drawn) and a number of jobs. */
enum { SAMPLES = 2000 };
static double rates[SAMPLES];
static int jobs[SAMPLES];

static void sample(int count, const char *ranges)
{
    assert_expands(ON_DUO,
                   arena_printf(scratch.arena, "{random: {n: %d, ranges: {%s}}}", count, ranges));
    ck_assert_int_eq(points.count, count);
    for (int i = 0; i < count; i++) {
        rates[i] = points.list[i].rate_jobs_per_ms;
        jobs[i] = points.list[i].jobs;
    }
}

#define RATE "workload.arrivals.rate_jobs_per_ms"

START_TEST(samples_fill_their_ranges_evenly)
{
    sample(SAMPLES, RATE ": {from: 2, to: 4}, workload.jobs: {from: 3, to: 6}");
    int below = 0, of_jobs[7] = {0};
    for (int i = 0; i < SAMPLES; i++) {
        ck_assert(rates[i] >= 2 && rates[i] <= 4);
        ck_assert(jobs[i] >= 3 && jobs[i] <= 6);
        below += rates[i] < 2.5;
        of_jobs[jobs[i]]++;
    }
    /* five standard deviations of a binomial of 1/4 */
    double slack = 5 * sqrt(SAMPLES * 0.25 * 0.75);
    ck_assert_double_eq_tol(below, SAMPLES / 4.0, slack);
    for (int k = 3; k <= 6; k++)
        ck_assert_double_eq_tol(of_jobs[k], SAMPLES / 4.0, slack);
}
END_TEST

START_TEST(samples_on_a_logarithmic_scale_fill_decades_evenly)
{
    sample(SAMPLES, RATE ": {from: 0.01, to: 100, scale: log}, "
                         "workload.jobs: {from: 1, to: 9999, scale: log}");
    int rates_of[4] = {0}, jobs_of[4] = {0};
    for (int i = 0; i < SAMPLES; i++) {
        int decade = (int)floor(log10(rates[i])) + 2;
        ck_assert(decade >= 0 && decade <= 4);
        rates_of[decade < 4 ? decade : 3]++;
        ck_assert(jobs[i] >= 1 && jobs[i] <= 9999);
        jobs_of[(int)log10(jobs[i])]++;
    }
    double slack = 5 * sqrt(SAMPLES * 0.25 * 0.75);
    for (int decade = 0; decade < 4; decade++) {
        ck_assert_double_eq_tol(rates_of[decade], SAMPLES / 4.0, slack);
        ck_assert_double_eq_tol(jobs_of[decade], SAMPLES / 4.0, slack);
    }
}
END_TEST

START_TEST(more_samples_keep_the_earlier_ones_and_the_order_of_keys_means_nothing)
{
    double few[20];
    int few_jobs[20];
    sample(20, RATE ": {from: 2, to: 4}, workload.jobs: {from: 3, to: 60}");
    memcpy(few, rates, sizeof few);
    memcpy(few_jobs, jobs, sizeof few_jobs);
    sample(60, "workload.jobs: {from: 3, to: 60}, " RATE ": {from: 2, to: 4}");
    ck_assert_mem_eq(rates, few, sizeof few);
    ck_assert_mem_eq(jobs, few_jobs, sizeof few_jobs);
}
END_TEST

START_TEST(another_seed_draws_other_samples)
{
    sample(5, RATE ": {from: 2, to: 4}, workload.jobs: {from: 3, to: 60}");
    double first = rates[0];
    assert_expands(ON_DUO "\nseed: 2", "{random: {n: 5, ranges: {" RATE ": {from: 2, to: 4}, "
                                       "workload.jobs: {from: 3, to: 60}}}}");
    ck_assert_double_ne(points.list[0].rate_jobs_per_ms, first);
}
END_TEST

START_TEST(all_samples_differ)
{
    sample(4, "workload.jobs: {from: 3, to: 6}, " RATE ": {from: 1, to: 1}");
    bool seen[7] = {false};
    for (int i = 0; i < 4; i++) {
        ck_assert(!seen[jobs[i]]);
        seen[jobs[i]] = true;
    }
    assert_refused(ON_DUO,
                   "{random: {n: 5, ranges: {workload.jobs: {from: 3, to: 6}, " RATE
                   ": {from: 1, to: 1}}}}",
                   "not so many different samples");
}
END_TEST

START_TEST(choices_are_drawn_from_a_list)
{
    assert_expands(", rate_jobs_per_ms: 1" ON_DUO,
                   "{random: {n: 8, ranges: {workload.jobs: {from: 3, to: 9000}}, "
                   "choices: {workload.batch: [2, 3]}}}");
    int twos = 0;
    for (int i = 0; i < 8; i++)
        twos += strcmp(points.list[i].keys[1].value, "2") == 0;
    ck_assert(twos > 0 && twos < 8);
}
END_TEST

START_TEST(whole_workloads_can_be_drawn)
{
    const char *text =
        "name: race\nschedulers: [heft]\nengine: heap\nplatform: duo\nsweep:\n  random:\n"
        "    n: 20\n    ranges: {prefetch: {from: 0, to: 60}}\n    choices:\n      workload:\n"
        "      - {apps: [pair], arrivals: single}\n"
        "      - {apps: [solo], jobs: [2, 3], arrivals: {kind: poisson, rate_jobs_per_ms: 1}}\n";
    bool ok = race_expand(&scratch, text, &experiment, &points, &fault);
    ck_assert_msg(ok, "%s: %s", fault.where, fault.what);
    int pairs = 0;
    for (int i = 0; i < points.count; i++)
        pairs += strcmp(points.list[i].workload, "pair") == 0;
    ck_assert(pairs > 4 && pairs < 16);
    ck_assert_int_eq(points.count, pairs + 2 * (20 - pairs));
}
END_TEST

START_TEST(what_cannot_be_swept_is_refused)
{
    static const char rate[] = ", rate_jobs_per_ms: 1" ON_DUO;
    assert_refused(rate, "{zip: {workload.jobs: [4, 5], workload.batch: [1]}}",
                   "`workload.batch` has 1 values, `workload.jobs` has 2");
    assert_refused(rate, "{zip: {replicates: [1, 2]}}", "`replicates` is no key that can be swept");
    assert_refused(rate, "{zip: {workload.jbos: [1, 2]}}", "no key that can be swept");
    assert_refused(rate, "{zip: {workload.jobs: 3}}", "has no list of values");
    assert_refused(rate, "{zip: {workload.jobs: []}}", "has no list of values");
    assert_refused(rate, "{zip: {" RATE ": [1, 2], workload.jobs: [3, 4]}}",
                   "swept in `sweep`, too");
    assert_refused(rate, "{zip: {workload.jobs: [1, 1], workload.batch: [2, 2]}}", "twice");
    assert_refused(rate, "{zip: {workload.jobs: [1, x]}}", "whole number");
    assert_refused(rate, "{zap: {}}", "unknown key 'zap'");
    assert_refused(rate, "{random: {ranges: {workload.jobs: {from: 1, to: 2}}}}", "lacks the key");
    assert_refused(rate, "{random: {n: 3}}", "nothing to draw");
    assert_refused(rate, "{random: {n: 3, ranges: {workload.jobs: {from: 5, to: 2}}}}", "is empty");
    assert_refused(rate, "{random: {n: 1, ranges: {workload.jobs: {from: 1.2, to: 1.8}}}}",
                   "is empty");
    assert_refused(rate, "{random: {n: 1, ranges: {workload.jobs: {from: 0, to: 8, scale: log}}}}",
                   "no logarithm");
    assert_refused(rate, "{random: {n: 1, ranges: {compat: {from: 0, to: 8}}}}", "is no number");
    assert_refused("}}\nplatform: [duo]", "{zip: {platform.x: [1]}}", "no key that can be swept");
    /* in the tree: a list or a single value stands where the map should be */
    assert_refused("}}\nplatform: duo",
                   "{random: {n: 2, ranges: {workload.jobs: {from: -5, to: "
                   "-1}}}}",
                   "whole number");
}
END_TEST

START_TEST(a_key_inside_of_listed_workloads_is_refused)
{
    const char *path = scratch_write(&scratch, "race.yaml",
                                     "name: race\nschedulers: [heft]\nplatform: duo\n"
                                     "workload: [{name: one, apps: [pair], arrivals: single}]\n"
                                     "sweep: {zip: {workload.batch: [1, 2]}}\n");
    ck_assert(!experiment_load(&experiment, scratch.arena, path, NULL, 0, &fault));
    assert_holds(fault.what, "`workload.batch`, but here is no map");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sweep");
    TCase *tcase = tcase_create("sweep");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, keys_of_a_zip_advance_together);
    tcase_add_test(tcase, a_zip_is_crossed_with_lists);
    tcase_add_test(tcase, whole_workloads_and_platforms_can_be_zipped);
    tcase_add_test(tcase, a_swept_point_is_the_one_that_is_written_by_hand);
    tcase_add_test(tcase, the_configuration_is_what_was_written);
    tcase_add_test(tcase, samples_fill_their_ranges_evenly);
    tcase_add_test(tcase, samples_on_a_logarithmic_scale_fill_decades_evenly);
    tcase_add_test(tcase, more_samples_keep_the_earlier_ones_and_the_order_of_keys_means_nothing);
    tcase_add_test(tcase, another_seed_draws_other_samples);
    tcase_add_test(tcase, all_samples_differ);
    tcase_add_test(tcase, choices_are_drawn_from_a_list);
    tcase_add_test(tcase, whole_workloads_can_be_drawn);
    tcase_add_test(tcase, what_cannot_be_swept_is_refused);
    tcase_add_test(tcase, a_key_inside_of_listed_workloads_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
