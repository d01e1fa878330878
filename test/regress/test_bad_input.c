/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wrong input ends with status 1, says where and what to do, and leaves nothing behind. */
#include <string.h>

#include "test/spawn.h"
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

#define RACE                                                                                       \
    "name: race\nplatform: duo\nschedulers: [heft]\n"                                              \
    "workload: {apps: [pair], jobs: 5, arrivals: {kind: poisson, rate_jobs_per_ms: 5}}\n"

/* A race of one app. */
#define RACE_OF(APP)                                                                               \
    "name: race\nplatform: duo\nschedulers: [heft]\nworkload: {apps: [" APP "], arrivals: "        \
    "single}\n"

#define APP "format: 1\napp: odd\nsummary: x\n"

static void assert_told(struct spawned spawned, const char *where, const char *words)
{
    ck_assert_int_eq(spawned.status, 1);
    const char *start = arena_printf(scratch.arena, "hetsoc: %s: ", where);
    ck_assert_msg(strncmp(spawned.err, start, strlen(start)) == 0, "wants %s, says %s", where,
                  spawned.err);
    assert_holds(spawned.err, words);
    assert_holds(spawned.err, "hint: ");
    ck_assert_str_eq(spawned.out, "");
}

/* Asserts that run and validate refuse an experiment at a place, and that nothing is written. */
static void assert_refused(const char *text, const char *where, const char *words)
{
    scratch_write(&scratch, "race.yaml", text);
    assert_told(spawn_hetsoc(&scratch, "run race.yaml"), where, words);
    ck_assert(!scratch_has(&scratch, "out"));
    assert_told(spawn_hetsoc(&scratch, "validate race.yaml"), where, words);
}

/* The same for a race of odd.yaml; the app alone is refused too. */
static void assert_app_refused(const char *app, const char *where, const char *words)
{
    scratch_write(&scratch, "odd.yaml", app);
    assert_refused(RACE_OF("odd"), where, words);
    assert_told(spawn_hetsoc(&scratch, "validate odd.yaml"), where, words);
}

START_TEST(an_unknown_key_is_refused)
{
    assert_refused(RACE "replicate: 3\n", "race.yaml:5:1", "unknown key 'replicate'");
}
END_TEST

START_TEST(a_wrong_type_is_refused)
{
    assert_refused(RACE "replicates: many\n", "race.yaml:5:13", "'many'");
    assert_refused(RACE "trace: [true]\n", "race.yaml:5:8", "trace");
}
END_TEST

START_TEST(damaged_weights_are_refused)
{
    scratch_write(&scratch, "empty.safetensors", "");
    assert_told(spawn_hetsoc(&scratch, "validate empty.safetensors"), "empty.safetensors", "");
    scratch_write(&scratch, "text.safetensors", "platform: duo\n");
    assert_told(spawn_hetsoc(&scratch, "validate text.safetensors"), "text.safetensors", "");
}
END_TEST

START_TEST(a_missing_file_is_refused)
{
    assert_told(spawn_hetsoc(&scratch, "run nothing.yaml"), "nothing.yaml", "nothing.yaml");
    assert_told(spawn_hetsoc(&scratch, "validate nothing.yaml"), "nothing.yaml", "");
    assert_refused(RACE_OF("./gone.yaml"), "race.yaml:4:19", "gone.yaml");
    assert_refused("name: race\nplatform: gone\nschedulers: [heft]\n"
                   "workload: {apps: [pair], arrivals: single}\n",
                   "race.yaml:2:11", "unknown platform `gone`");
    ck_assert(!scratch_has(&scratch, "out"));
}
END_TEST

START_TEST(a_cycle_is_refused)
{
    assert_app_refused(APP "kinds: {t: {A: 1}}\ntasks: [{name: x, kind: t}, {name: y, kind: t}]\n"
                           "edges: [{from: x, to: y}, {from: y, to: x}]\n",
                       "odd.yaml:6:27", "x -> y -> x");
}
END_TEST

START_TEST(a_task_that_no_pe_supports_is_refused)
{
    scratch_write(&scratch, "odd.yaml", APP "kinds: {t: {Z: 1}}\ntasks: [t]\n");
    assert_refused(RACE_OF("odd"), "odd.yaml:5", "no PE");
}
END_TEST

START_TEST(a_negative_time_is_refused)
{
    assert_app_refused(APP "kinds: {t: {A: -1}}\ntasks: [t]\n", "odd.yaml:4:16", "-1");
}
END_TEST

START_TEST(a_time_that_is_no_number_is_refused)
{
    assert_app_refused(APP "kinds: {t: {A: nan}}\ntasks: [t]\n", "odd.yaml:4:16", "nan");
    assert_refused("name: race\nplatform: duo\nschedulers: [heft]\nworkload: {apps: [pair], "
                   "jobs: 5, arrivals: {kind: poisson, rate_jobs_per_ms: .nan}}\n",
                   "race.yaml:4:79", ".nan");
}
END_TEST

START_TEST(a_duplicate_name_is_refused)
{
    assert_app_refused(APP "kinds: {t: {A: 1}}\ntasks: [t, t]\n", "odd.yaml:5:12", "t");
    assert_refused(RACE "seed: 1\nseed: 2\n", "race.yaml:6:1", "seed");
    assert_refused(RACE "noise: [none, none]\n", "race.yaml:5:15", "none");
}
END_TEST

START_TEST(an_empty_workload_is_refused)
{
    assert_refused("name: race\nplatform: duo\nschedulers: [heft]\n"
                   "workload: {apps: [], arrivals: single}\n",
                   "race.yaml:4:18", "empty");
    assert_app_refused(APP "kinds: {}\ntasks: []\n", "odd.yaml:5:8", "no task");
    scratch_write(&scratch, "when.csv", "arrival_us,app\n");
    assert_refused("name: race\nplatform: duo\nschedulers: [heft]\n"
                   "workload: {apps: [pair], arrivals: {kind: trace, file: when.csv}}\n",
                   "race.yaml:4:36", "empty");
}
END_TEST

START_TEST(a_bad_arrival_is_refused)
{
    scratch_write(&scratch, "when.csv", "arrival_us,app\n0,pair\n-1,pair\n");
    assert_told(spawn_hetsoc(&scratch, "validate when.csv"), "when.csv:3:1", "-1");
    scratch_write(&scratch, "when.csv", "arrival_us,app\n0,pear\n");
    assert_refused("name: race\nplatform: duo\nschedulers: [heft]\n"
                   "workload: {apps: [pair], arrivals: {kind: trace, file: when.csv}}\n",
                   "when.csv:2:3", "pear");
}
END_TEST

START_TEST(a_file_of_no_known_format_is_refused)
{
    scratch_write(&scratch, "odd.yaml", "colour: red\n");
    assert_told(spawn_hetsoc(&scratch, "validate odd.yaml"), "odd.yaml", "no experiment");
}
END_TEST

START_TEST(a_broken_set_is_refused)
{
    scratch_write(&scratch, "race.yaml", RACE);
    assert_told(spawn_hetsoc(&scratch, "run race.yaml --set replicates=x"), "--set replicates",
                "'x'");
    assert_told(spawn_hetsoc(&scratch, "run race.yaml --set no.such=1"), "--set no.such", "'no'");
    assert_told(spawn_hetsoc(&scratch, "run race.yaml --set platform=gone"), "--set platform",
                "gone");
}
END_TEST

START_TEST(an_output_folder_that_cannot_be_written_is_refused)
{
    scratch_write(&scratch, "race.yaml", RACE);
    scratch_write(&scratch, "file", "x");
    assert_told(spawn_hetsoc(&scratch, "run race.yaml -o file/out"), "file/out", "file");
    assert_told(spawn_hetsoc(&scratch, "run race.yaml -o file"), "file", "");
    assert_told(spawn_hetsoc(&scratch, "run race.yaml -o /proc/out"), "/proc/out", "");
    assert_told(spawn_hetsoc(&scratch, "run race.yaml -o /proc"), "/proc", "");
    ck_assert_str_eq(scratch_read(&scratch, "file"), "x");
}
END_TEST

/* A training that the command line does not describe ends with 2, one without data with 1. */
START_TEST(a_training_without_a_network_or_data_is_refused)
{
    static const char *const usages[] = {
        "kernels train", "kernels train fff_8x5", "kernels train fff_8x5 --data . --epochs 0",
        "kernels train fff_8x5 --data . --seed x", "kernels train fff_8x6 --data ."};
    for (int i = 0; i < 5; i++) {
        struct spawned spawned = spawn_hetsoc(&scratch, usages[i]);
        ck_assert_msg(spawned.status == 2, "%s: %d", usages[i], spawned.status);
        ck_assert_str_eq(spawned.out, "");
    }
    assert_holds(spawn_hetsoc(&scratch, usages[4]).err, "did you mean `fff_8x5`?");
    assert_told(spawn_hetsoc(&scratch, "kernels train fff_8x5 --data nowhere"), "nowhere",
                "there is no train-images-idx3-ubyte");
    ck_assert(!scratch_has(&scratch, "fff_8x5.safetensors"));
}
END_TEST

START_TEST(the_optimum_of_an_app_with_branches_is_refused)
{
    scratch_write(&scratch, "race.yaml",
                  "name: race\nplatform: zcu102\nschedulers: [eft]\nbaseline: eft\n"
                  "workload: {apps: [cigt_fmnist], arrivals: single}\noptimum: {}\n");
    assert_told(spawn_hetsoc(&scratch, "run race.yaml"), "race.yaml:5:19", "branches");
}
END_TEST

START_TEST(the_optimum_where_transfers_share_links_is_refused)
{
    scratch_write(&scratch, "race.yaml",
                  "name: race\nplatform: top3_shm\nschedulers: [eft]\nbaseline: eft\n"
                  "workload: {apps: [topcuoglu], arrivals: single}\noptimum: {}\n");
    assert_told(spawn_hetsoc(&scratch, "run race.yaml"), "race.yaml:6:10", "matrix");
}
END_TEST

#define GOVERNED(LINES)                                                                            \
    "name: race\nplatform: top3\nschedulers: [eft]\nbaseline: eft\n"                               \
    "workload: {apps: [topcuoglu], arrivals: single}\n" LINES

START_TEST(a_governor_needs_points_to_choose_from_and_a_frequency_a_governor)
{
    scratch_write(&scratch, "race.yaml", GOVERNED("governor: fixed\n"));
    assert_told(spawn_hetsoc(&scratch, "run race.yaml"), "race.yaml:6:11", "needs a frequency");
    scratch_write(&scratch, "race.yaml", GOVERNED("frequency_mhz: 500\n"));
    assert_told(spawn_hetsoc(&scratch, "run race.yaml"), "race.yaml:6:16", "governor `fixed` only");
    scratch_write(&scratch, "race.yaml", GOVERNED("governor: fixed\nfrequency_mhz: 500\n"));
    assert_told(spawn_hetsoc(&scratch, "run race.yaml"), "race.yaml:6:11", "at 1000 MHz at least");
    scratch_write(&scratch, "race.yaml", GOVERNED("governor: powersave\n"));
    assert_told(spawn_hetsoc(&scratch, "run race.yaml --set platform=equal4"), "race.yaml:6:11",
                "no operating points");
}
END_TEST

START_TEST(ondemand_needs_its_governor_and_a_rule_that_makes_sense)
{
    scratch_write(&scratch, "race.yaml", GOVERNED("ondemand: {period_us: 5}\n"));
    assert_told(spawn_hetsoc(&scratch, "run race.yaml"), "race.yaml:6:11", "of this name only");
    scratch_write(&scratch, "race.yaml",
                  GOVERNED("governor: ondemand\nondemand: {up: 0.2, down: 0.3}\n"));
    assert_told(spawn_hetsoc(&scratch, "run race.yaml"), "race.yaml:7:11", "at the same load");
    scratch_write(&scratch, "race.yaml",
                  GOVERNED("governor: ondemand\nondemand: {period_us: 0.5}\n"));
    assert_told(spawn_hetsoc(&scratch, "run race.yaml"), "race.yaml:7:23",
                "must be a number from 1");
}
END_TEST

START_TEST(temperatures_need_a_platform_that_tells_them)
{
    scratch_write(&scratch, "race.yaml", GOVERNED("thermal: watch\n"));
    assert_told(spawn_hetsoc(&scratch, "run race.yaml --set platform=equal4"), "race.yaml:6:10",
                "does not tell how it gets warm");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("bad_input");
    TCase *tcase = tcase_create("bad_input");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_unknown_key_is_refused);
    tcase_add_test(tcase, a_wrong_type_is_refused);
    tcase_add_test(tcase, damaged_weights_are_refused);
    tcase_add_test(tcase, a_missing_file_is_refused);
    tcase_add_test(tcase, a_cycle_is_refused);
    tcase_add_test(tcase, a_task_that_no_pe_supports_is_refused);
    tcase_add_test(tcase, a_negative_time_is_refused);
    tcase_add_test(tcase, a_time_that_is_no_number_is_refused);
    tcase_add_test(tcase, a_duplicate_name_is_refused);
    tcase_add_test(tcase, an_empty_workload_is_refused);
    tcase_add_test(tcase, a_bad_arrival_is_refused);
    tcase_add_test(tcase, a_file_of_no_known_format_is_refused);
    tcase_add_test(tcase, a_broken_set_is_refused);
    tcase_add_test(tcase, an_output_folder_that_cannot_be_written_is_refused);
    tcase_add_test(tcase, a_governor_needs_points_to_choose_from_and_a_frequency_a_governor);
    tcase_add_test(tcase, ondemand_needs_its_governor_and_a_rule_that_makes_sense);
    tcase_add_test(tcase, temperatures_need_a_platform_that_tells_them);
    tcase_add_test(tcase, a_training_without_a_network_or_data_is_refused);
    tcase_add_test(tcase, the_optimum_of_an_app_with_branches_is_refused);
    tcase_add_test(tcase, the_optimum_where_transfers_share_links_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
