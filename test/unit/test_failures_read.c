/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `failure`, `link_failure` and `outages` of an experiment, from text to trial. */
#include <math.h>
#include <string.h>

#include "base/tick.h"
#include "lab/trial.h"
#include "sim/links.h"
#include "test/race.h"
#include "test/suite.h"

#define US TICK_PER_US

static struct scratch scratch;
static struct fault fault;
static struct experiment experiment;
static struct points points;
static const char *platform;

static void setup(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
    platform = "quad.yaml";
    scratch_write(&scratch, "grid.yaml",
                  "format: 1\nplatform: grid\nsummary: a mesh\nextends: quad.yaml\n"
                  "interconnect: {kind: mesh, columns: 2, bandwidth_bytes_per_us: 1000}\n");
    scratch_write(&scratch, "quad.yaml",
                  "format: 1\nplatform: quad\nsummary: two kinds\n"
                  "kinds:\n  A: {class: cpu}\n  B: {class: cpu}\n"
                  "clusters:\n  - {name: little, kind: A, count: 3}\n  - {name: big, kind: B}\n"
                  "interconnect: {kind: matrix, bandwidth_bytes_per_us: 1000}\n");
    scratch_write(&scratch, "pair.yaml",
                  "format: 1\napp: pair\nsummary: two tasks\n"
                  "kinds:\n  one: {A: 10, B: 10}\n  two: {B: 10}\n"
                  "tasks: [one, two]\nedges: [{from: one, to: two, bytes: 100}]\n");
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

/* Loads an experiment with this noise. */
static bool load(const char *noise)
{
    const char *text = arena_printf(scratch.arena,
                                    "format: 1\nname: t\nplatform: %s\n"
                                    "workload: {apps: [pair.yaml], arrivals: {kind: poisson, "
                                    "rate_jobs_per_ms: 20}, jobs: 200}\n"
                                    "schedulers: [heft, etf]\nengine: heap\n"
                                    "noise: [{name: x, %s}]\n",
                                    platform, noise);
    return race_expand(&scratch, text, &experiment, &points, &fault);
}

static void assert_loads(const char *noise)
{
    bool ok = load(noise);
    ck_assert_msg(ok, "%s: %s", fault.where, fault.what);
}

static const struct failures *read_back(void)
{
    return &points.list[0].noise.failures;
}

START_TEST(means_are_read_and_all_pes_fail_unless_some_are_named)
{
    assert_loads("failure: {mtbf_us: 500, repair_us: 20}");
    ck_assert_double_eq(read_back()->mtbf_us, 500);
    ck_assert_double_eq(read_back()->repair_us, 20);
    ck_assert_ptr_null(read_back()->is_fragile);
    assert_loads("failure: {mtbf_us: 500, repair_us: 20, pes: [big, little_1]}");
    const bool expected[] = {false, true, false, true};
    ck_assert_mem_eq(read_back()->is_fragile, expected, sizeof expected);
}
END_TEST

START_TEST(outages_are_sorted_and_a_kind_stands_for_its_pes)
{
    assert_loads("outages: [{pe: B, at_us: 7}, {pe: A, at_us: 5.5, until_us: 6}]");
    const struct failures *failures = read_back();
    ck_assert_int_eq(failures->count, 4);
    for (int32_t i = 0; i < 3; i++) {
        ck_assert_int_eq(failures->list[i].subject, i);
        ck_assert_int_eq(failures->list[i].start_ps, 11 * US / 2);
        ck_assert_int_eq(failures->list[i].end_ps, 6 * US);
    }
    ck_assert_int_eq(failures->list[3].subject, 3);
    ck_assert_int_eq(failures->list[3].end_ps, TICK_NEVER);
}
END_TEST

static const struct {
    const char *noise, *where, *what;
} mistakes[] = {
    {"failure: {mtbf_us: 0, repair_us: 1}", "race.yaml:7:38", "0"},
    {"failure: {mtbf_us: 5}", "race.yaml:7:28", "repair_us"},
    {"failure: {mtbf_us: 5, repair_us: -1}", "race.yaml:7:52", "-1"},
    {"failure: {mtbf_us: 5, repair_us: 1, pes: [C]}", "race.yaml:7:61",
     "quad has no PE, cluster or "},
    {"outages: [{pe: little_9, at_us: 1}]", "race.yaml:7:34", "`little_9`"},
    {"outages: [{pe: big, at_us: -1}]", "race.yaml:7:46", "-1"},
    {"outages: [{pe: big, at_us: 5, until_us: 5}]", "race.yaml:7:59", "ends before it begins"},
    {"outages: [{at_us: 5}]", "race.yaml:7:29", "an outage of nothing"},
    {"outages: [{pe: big, link: bus, at_us: 5}]", "race.yaml:7:29", "both a PE and a link"},
    {"outages: [{link: bus, at_us: 5}]", "race.yaml:7:36",
     "quad has no links that fail: on a matrix"},
    {"link_failure: {mtbf_us: 5, repair_us: 1}", "race.yaml:7:33", "no links that fail"},
    {"outages: [{pe: big, at_us: soon}]", "race.yaml:7:46", "soon"},
};

static const struct {
    const char *noise, *where, *what, *hint;
} link_mistakes[] = {
    {"outages: [{link: little_0>big, at_us: 5}]", "race.yaml:7:36",
     "grid has no link `little_0>big`", "A>B"},
    {"outages: [{link: bus, at_us: 5}]", "race.yaml:7:36", "`bus`", "A<>B"},
    {"link_failure: {mtbf_us: 5, repair_us: 1, links: [big_3>little_1, nowhere]}", "race.yaml:7:84",
     "`nowhere`", "neighbour"},
    {"link_failure: {mtbf_us: 5}", "race.yaml:7:33", "repair_us", ""},
    {"link_failure: {mtbf_us: soon, repair_us: 1}", "race.yaml:7:43", "soon", ""},
};

START_TEST(a_mistake_about_links_is_refused_with_its_place)
{
    platform = "grid.yaml";
    ck_assert(!load(link_mistakes[_i].noise));
    assert_holds(fault.where, link_mistakes[_i].where);
    assert_holds(fault.what, link_mistakes[_i].what);
    assert_holds(fault.hint, link_mistakes[_i].hint);
}
END_TEST

START_TEST(links_are_named_in_one_direction_or_in_both)
{
    platform = "grid.yaml"; /* little_0 little_1 / little_2 big_3 */
    assert_loads("link_failure: {mtbf_us: 500, repair_us: 20, links: [big_3>little_2]}, "
                 "outages: [{link: little_1<>big_3, at_us: 7}, {pe: big, at_us: 6}]");
    const struct failures *links = &points.list[0].noise.link_failures;
    const struct failures *pes = &points.list[0].noise.failures;
    ck_assert_double_eq(links->mtbf_us, 500);
    for (int32_t link = 0; link < 16; link++)
        ck_assert_int_eq(links->is_fragile[link], link == 3 * LINKS_PER_NODE + LINKS_WEST);
    ck_assert_int_eq(links->count, 2);
    ck_assert_int_eq(links->list[0].subject, 1 * LINKS_PER_NODE + LINKS_SOUTH);
    ck_assert_int_eq(links->list[1].subject, 3 * LINKS_PER_NODE + LINKS_NORTH);
    ck_assert_int_eq(links->list[1].start_ps, 7 * US);
    ck_assert_int_eq(links->list[1].end_ps, TICK_NEVER);
    ck_assert_int_eq(pes->count, 1);
    ck_assert_int_eq(pes->list[0].subject, 3);
    ck_assert_double_eq(pes->mtbf_us, 0);
}
END_TEST

START_TEST(a_mistake_is_refused_with_its_place)
{
    ck_assert(!load(mistakes[_i].noise));
    assert_holds(fault.where, mistakes[_i].where);
    assert_holds(fault.what, mistakes[_i].what);
}
END_TEST

START_TEST(a_trial_counts_what_was_tried_again_and_what_failed)
{
    struct trial_row row;
    assert_loads("failure: {mtbf_us: 300, repair_us: 100, pes: [little]}");
    for (int32_t trial = 0; trial < 2; trial++) {
        trial_run(&points, &experiment, trial, NULL, &row);
        ck_assert_msg(row.status == TRIAL_DONE, "%s", row.fault.what);
        ck_assert_int_eq(row.metrics.jobs_done, 200);
        ck_assert_int_eq(row.metrics.jobs_failed, 0);
        ck_assert_int_gt(row.metrics.tasks_retried, 0);
        ck_assert_double_ge(row.latency_ratio, 1);
    }
    /* only B can run `two` */
    assert_loads("outages: [{pe: B, at_us: 5000}]");
    for (int32_t trial = 0; trial < 2; trial++) {
        trial_run(&points, &experiment, trial, NULL, &row);
        ck_assert_msg(row.status == TRIAL_DONE, "%s", row.fault.what);
        ck_assert_int_gt(row.metrics.jobs_failed, 0);
        ck_assert_int_eq(row.metrics.jobs_failed + row.metrics.jobs_done, 200);
        ck_assert(isnan(row.latency_bound_us));
    }
}
END_TEST

/* Lines of a file that end with a text. */
static int count_lines(const char *file, const char *end)
{
    return suite_count(scratch_read(&scratch, file), arena_printf(scratch.arena, "%s\n", end));
}

START_TEST(the_tables_tell_aborted_attempts_failed_tasks_and_why_a_job_failed)
{
    struct trial_row row;
    assert_loads("failure: {mtbf_us: 300, repair_us: 100, pes: [little]}, "
                 "outages: [{pe: B, at_us: 5000}]");
    trial_run(&points, &experiment, 1, scratch_path(&scratch, "x"), &row);
    ck_assert_msg(row.status == TRIAL_DONE, "%s", row.fault.what);
    int failed = (int)row.metrics.jobs_failed;
    ck_assert_int_gt(failed, 0);
    ck_assert_int_eq(count_lines("x.jobs.csv", "failed,,no PE is left that can run two"), failed);
    ck_assert_int_eq(count_lines("x.jobs.csv", "done,,"), 200 - failed);
    ck_assert_int_ge(count_lines("x.tasks.csv", ",failed,0,,"), failed);
    ck_assert_int_gt(count_lines("x.tasks.csv", ",1,aborted,1,0.000000,"), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("failures_read");
    TCase *tests = tcase_create("failures_read");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, means_are_read_and_all_pes_fail_unless_some_are_named);
    tcase_add_test(tests, outages_are_sorted_and_a_kind_stands_for_its_pes);
    tcase_add_loop_test(tests, a_mistake_is_refused_with_its_place, 0,
                        sizeof mistakes / sizeof *mistakes);
    tcase_add_loop_test(tests, a_mistake_about_links_is_refused_with_its_place, 0,
                        sizeof link_mistakes / sizeof *link_mistakes);
    tcase_add_test(tests, links_are_named_in_one_direction_or_in_both);
    tcase_add_test(tests, a_trial_counts_what_was_tried_again_and_what_failed);
    tcase_add_test(tests, the_tables_tell_aborted_attempts_failed_tasks_and_why_a_job_failed);
    suite_add_tcase(suite, tests);
    return suite;
}
