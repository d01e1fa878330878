/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc compare on runs of the program. */
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "test/spawn.h"
#include "test/suite.h"

static struct scratch scratch;

static void setup(void)
{
    scratch_init(&scratch);
    scratch_write_shelf(&scratch);
    scratch_write(&scratch, "race.yaml",
                  "name: race\nplatform: duo\nschedulers: [heft, eft]\nreplicates: 4\n"
                  "workload: {apps: [pair, solo], jobs: 20, "
                  "arrivals: {kind: poisson, rate_jobs_per_ms: [30, 60]}}\nengine: heap\n");
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

static struct spawned run(const char *arguments, int status)
{
    return spawn_expect(&scratch, arguments, status);
}

START_TEST(a_run_is_equal_to_itself_on_the_other_engine)
{
    run("run race.yaml -o a -q", 0);
    run("run race.yaml -o b -q --engine simgrid", 0);
    struct spawned told = run("compare a b -m mean_latency_us -m makespan_us", 0);
    ck_assert_str_eq(told.err, "");
    assert_holds(told.out, "A: a\nB: b\nengine: \"heap\" in A, \"simgrid\" in B\n\nmetric mean_");
    assert_holds(told.out, "\nmetric makespan_us   experiment race");
    assert_holds(told.out, "+0.0 % [+0.0, +0.0]     0/4\n");
    assert_holds(told.out, "0 of 4 intervals exclude 0");
}
END_TEST

START_TEST(what_differs_in_the_configuration_is_told)
{
    run("run race.yaml -o a -q", 0);
    run("run race.yaml -o b -q --set seed=2 --set workload.jobs=30 --set schedulers=[heft,etf] "
        "--set time_limit_s=7.5",
        0);
    struct spawned told = run("compare a b", 0);
    assert_holds(told.err, "the runs have different seeds");
    assert_holds(told.out, "\nseed: 1 in A, 2 in B\n");
    assert_holds(told.out, "\nworkload.jobs: 20 in A, 30 in B\n");
    assert_holds(told.out, "\nschedulers.eft: {\"name\":\"eft\"} in A, nothing in B\n");
    assert_holds(told.out, "\nschedulers.etf: nothing in A, {\"name\":\"etf\"} in B\n");
    assert_holds(told.out, "7.5 in B\n");
    assert_holds(told.out, "2 combinations only in A, left out.\n");
    ck_assert_ptr_null(strstr(told.out, "platform:"));
}
END_TEST

START_TEST(the_table_can_be_had_as_csv)
{
    run("run race.yaml -o a -q", 0);
    ck_assert_str_eq(run("compare a a -o c.csv -q", 0).out, "");
    const char *csv = scratch_read(&scratch, "c.csv");
    assert_holds(csv, "\nrace,duo,pair+solo,heap,eft,60,none,mean_latency_us,4,");
    assert_holds(csv, ",1,1,1,0,4\n");
    ck_assert_int_eq(run("compare a a --csv nowhere/c.csv", 1).status, 1);
}
END_TEST

START_TEST(a_table_that_cannot_be_written_leaves_the_one_before)
{
    struct rlimit limit;
    run("run race.yaml -o a -q", 0);
    scratch_write(&scratch, "c.csv", "of yesterday");
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    struct spawned told = run("compare a a -o c.csv -q", 1);
    limit.rlim_cur = before;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_holds(told.err, "cannot write");
    ck_assert(strcmp(scratch_read(&scratch, "c.csv"), "of yesterday") == 0);
    ck_assert(!scratch_has(&scratch, "c.csv.new"));
}
END_TEST

START_TEST(wrong_use_is_told)
{
    run("run race.yaml -o a -q", 0);
    assert_holds(run("compare a", 2).err, "two folders");
    assert_holds(run("compare a b c", 2).err, "also `c`");
    struct spawned absent = run("compare a nowhere", 1);
    assert_holds(absent.err, "nowhere/trials.csv");
    assert_holds(absent.err, "hint: is this the folder of a run?");
    assert_holds(run("compare a a -m latency", 1).err, "A has no such metric");
    assert_holds(run("compare --help", 0).out, "DIR_A DIR_B");
    scratch_write(&scratch, "b/trials.csv", scratch_read(&scratch, "a/trials.csv"));
    assert_holds(run("compare a b", 0).err, "b/manifest.json: cannot read the manifest");
    scratch_write(&scratch, "b/manifest.json", "[1]");
    assert_holds(run("compare a b", 0).err, "b/manifest.json: cannot read the manifest");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("compare");
    TCase *tcase = tcase_create("compare");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_run_is_equal_to_itself_on_the_other_engine);
    tcase_add_test(tcase, what_differs_in_the_configuration_is_told);
    tcase_add_test(tcase, the_table_can_be_had_as_csv);
    tcase_add_test(tcase, a_table_that_cannot_be_written_leaves_the_one_before);
    tcase_add_test(tcase, wrong_use_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
