/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "lab/points.h"
#include "test/race.h"
#include "test/suite.h"

static struct scratch scratch;

static void setup(void)
{
    scratch_init(&scratch);
    scratch_write_shelf(&scratch);
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

static const char workload[] =
    "workload: {apps: [pair], jobs: 4, arrivals: {kind: poisson, rate_jobs_per_ms: 0.5}}\n";

/* The identity of point `index` of an experiment with these lines after its name. */
static const char *identity_of(const char *name, const char *lines, int index)
{
    struct experiment experiment;
    struct points points;
    const char *text = arena_printf(scratch.arena, "name: %s\n%s", name, lines);
    race_load(&scratch, text, &experiment, &points);
    ck_assert_int_lt(index, points.count);
    return points.list[index].identity;
}

static const char *lines_with(const char *more)
{
    return arena_printf(scratch.arena, "platform: duo\nschedulers: [heft]\n%s%s", workload, more);
}

START_TEST(what_does_not_change_a_row_does_not_change_the_identity)
{
    const char *identity = identity_of("a", lines_with(""), 0);
    const char *const same[] = {
        "replicates: 7\n",   "trace: true\n",     "baseline: heft\n",
        "time_limit_s: 9\n", "engine: simgrid\n", /* the default */
        "seed: 1\n",         "noise: [none]\n",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        ck_assert_msg(strcmp(identity_of("b", lines_with(same[i]), 0), identity) == 0, "%s",
                      same[i]);
}
END_TEST

START_TEST(neither_the_order_of_keys_nor_the_form_of_a_number_matters)
{
    const char *identity = identity_of("a", lines_with(""), 0);
    const char *other =
        "schedulers: [heft]\nworkload: {arrivals: {rate_jobs_per_ms: 0.50, kind: poisson}, "
        "apps: [{app: pair}], jobs: 4}\nplatform: duo\n";
    ck_assert_str_eq(identity_of("a", other, 0), identity);
}
END_TEST

START_TEST(every_parameter_changes_the_identity)
{
    const char *identity = identity_of("a", lines_with(""), 0);
    const char *const other[] = {"engine: heap\n", "seed: 2\n", "compat: ds3\n",
                                 "noise: [{name: n, exec: {dist: lognormal, sigma: 0.3}}]\n"};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        ck_assert_msg(strcmp(identity_of("a", lines_with(other[i]), 0), identity) != 0, "%s",
                      other[i]);
}
END_TEST

START_TEST(a_point_is_the_same_in_a_sweep_as_alone)
{
    const char *alone = identity_of("a", lines_with("engine: heap\n"), 0);
    ck_assert_str_eq(identity_of("a", lines_with("engine: [simgrid, heap]\n"), 1), alone);
    const char *wide = arena_printf(
        scratch.arena, "platform: duo\nschedulers: [etf, heft]\nbaseline: etf\nengine: heap\n%s",
        workload);
    ck_assert_str_eq(identity_of("a", wide, 1), alone);
    ck_assert_str_ne(identity_of("a", wide, 0), alone);
}
END_TEST

START_TEST(the_content_of_a_file_counts_and_not_its_date)
{
    const char *identity = identity_of("a", lines_with(""), 0);
    const char *text = scratch_read(&scratch, "pair.yaml");
    scratch_write(&scratch, "pair.yaml", text);
    ck_assert_str_eq(identity_of("a", lines_with(""), 0), identity);
    scratch_write(&scratch, "pair.yaml", arena_printf(scratch.arena, "%s# more\n", text));
    ck_assert_str_ne(identity_of("a", lines_with(""), 0), identity);
}
END_TEST

START_TEST(the_apps_that_an_app_is_made_of_count)
{
    static const char lines[] = "platform: duo\nschedulers: [heft]\n"
                                "workload: {apps: [whole], arrivals: single}\n";
    scratch_write(&scratch, "whole.yaml", "format: 1\napp: whole\nsummary: jobs\njobs: [pair]\n");
    const char *identity = identity_of("a", lines, 0);
    const char *text = scratch_read(&scratch, "pair.yaml");
    scratch_write(&scratch, "pair.yaml", arena_printf(scratch.arena, "%s# more\n", text));
    ck_assert_str_ne(identity_of("a", lines, 0), identity);
}
END_TEST

START_TEST(the_measurements_that_a_platform_names_count)
{
    static const char stage[] =
        "format: 1\nstages: [{stage: cigt_mnist/B0, fixed_us: 1, sample_us: ";
    scratch_write(&scratch, "measured.yaml", arena_printf(scratch.arena, "%s1}]\n", stage));
    scratch_write(
        &scratch, "chip.yaml",
        "format: 1\nplatform: chip\nsummary: measured\nkinds: {A: {class: cpu, profile: "
        "{file: measured.yaml, mac_per_us: 1, memory_bytes_per_us: 1}}, B: {class: cpu}}\n"
        "clusters: [{name: A}, {name: B}]\n"
        "interconnect: {kind: matrix, bandwidth_bytes_per_us: 1}\n");
    const char *lines =
        arena_printf(scratch.arena, "platform: chip\nschedulers: [heft]\n%s", workload);
    const char *identity = identity_of("a", lines, 0);
    ck_assert_str_eq(identity_of("a", lines, 0), identity);
    scratch_write(&scratch, "measured.yaml", arena_printf(scratch.arena, "%s2}]\n", stage));
    ck_assert_str_ne(identity_of("a", lines, 0), identity);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("identity");
    TCase *tcase = tcase_create("identity");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_does_not_change_a_row_does_not_change_the_identity);
    tcase_add_test(tcase, neither_the_order_of_keys_nor_the_form_of_a_number_matters);
    tcase_add_test(tcase, every_parameter_changes_the_identity);
    tcase_add_test(tcase, a_point_is_the_same_in_a_sweep_as_alone);
    tcase_add_test(tcase, the_measurements_that_a_platform_names_count);
    tcase_add_test(tcase, the_content_of_a_file_counts_and_not_its_date);
    tcase_add_test(tcase, the_apps_that_an_app_is_made_of_count);
    suite_add_tcase(suite, tcase);
    return suite;
}
