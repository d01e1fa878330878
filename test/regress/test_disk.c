/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a disk can do to a run: be full, read-only, hold something else. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "test/spawn.h"
#include "test/suite.h"

static struct scratch scratch;

static void setup(void)
{
    scratch_init(&scratch);
    scratch_write_shelf(&scratch);
    scratch_write(&scratch, "race.yaml",
                  "name: race\nplatform: duo\nschedulers: [heft, etf]\nreplicates: 100\n"
                  "noise: [{name: ln, exec: {dist: lognormal, sigma: 0.3}}]\n"
                  "workload: {apps: [pair], jobs: 20, "
                  "arrivals: {kind: poisson, rate_jobs_per_ms: 20}}\nengine: heap\n");
}

static void teardown(void)
{
    umount2(scratch_path(&scratch, "disk"), MNT_DETACH);
    scratch_finish(&scratch);
}

static struct spawned run(const char *arguments, int status)
{
    return spawn_expect(&scratch, arguments, status);
}

/* Mounts a disk in memory at disk/, for this process and those that it starts. False if that is not
 * allowed, and that is said. */
static bool mount_disk(const char *options)
{
    const char *path = scratch_path(&scratch, "disk");
    mkdir(path, 0777);
    bool ok = unshare(CLONE_NEWNS) == 0 &&
              mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
              mount("none", path, "tmpfs", 0, options) == 0;
    if (!ok)
        puts("skipped: this process may not mount a disk to fill");
    return ok;
}

static void change_disk(unsigned long flags, const char *options)
{
    const char *path = scratch_path(&scratch, "disk");
    ck_assert_int_eq(mount("none", path, "tmpfs", MS_REMOUNT | flags, options), 0);
}

/* Fills disk/out with a run, gives it room, and finishes. */
static void fill_and_finish(const char *set)
{
    struct spawned spawned =
        run(arena_printf(scratch.arena, "run race.yaml -o disk/out --quiet%s", set), 1);
    ck_assert_msg(strstr(spawned.err, "full") != NULL ||
                      strstr(spawned.err, "No space left on device") != NULL,
                  "%s", spawned.err);
    change_disk(0, "size=64m");
    struct spawned again = run(arena_printf(scratch.arena, "run race.yaml -o disk/out%s", set), 0);
    assert_holds(again.out, "200 trials");
    run(arena_printf(scratch.arena, "run race.yaml -o whole --quiet%s", set), 0);
    ck_assert_str_eq(spawn_trials(&scratch, "disk/out"), spawn_trials(&scratch, "whole"));
}

START_TEST(a_full_disk_costs_no_row_that_was_there)
{
    if (!mount_disk("size=160k"))
        return;
    fill_and_finish("");
}
END_TEST

START_TEST(a_disk_that_is_full_of_traces_costs_no_row)
{
    if (!mount_disk("size=400k"))
        return;
    fill_and_finish(" --set trace=true --set workload.jobs=200");
    ck_assert_str_eq(scratch_read(&scratch, "disk/out/tasks.csv"),
                     scratch_read(&scratch, "whole/tasks.csv"));
}
END_TEST

START_TEST(a_folder_that_has_become_read_only_is_told_and_stays_as_it_is)
{
    if (!mount_disk("size=64m"))
        return;
    run("run race.yaml -o disk/out --set replicates=10 --quiet", 0);
    const char *before = scratch_read(&scratch, "disk/out/trials.csv");
    change_disk(MS_RDONLY, NULL);
    struct spawned spawned = run("run race.yaml -o disk/out --quiet", 1);
    assert_holds(spawned.err, "cannot write into the folder: Read-only file system");
    assert_holds(spawned.err, "hint: choose another folder with -o");
    ck_assert_str_eq(scratch_read(&scratch, "disk/out/trials.csv"), before);
    change_disk(0, NULL);
    assert_holds(run("run race.yaml -o disk/out", 0).out, "20 of them there already");
}
END_TEST

START_TEST(a_folder_without_permission_is_told)
{
    if (geteuid() == 0) {
        puts("skipped: root may write anywhere");
        return;
    }
    mkdir(scratch_path(&scratch, "locked"), 0555);
    struct spawned spawned = run("run race.yaml -o locked/out --quiet", 1);
    assert_holds(spawned.err, "Permission denied");
    assert_holds(spawned.err, "hint: choose another folder with -o");
}
END_TEST

START_TEST(a_database_of_somebody_else_is_left_alone)
{
    scratch_write(&scratch, "out/results.db", "SQLite is a fine thing, but this is a diary\n");
    struct spawned spawned = run("run race.yaml -o out --quiet", 1);
    assert_holds(spawned.err, "out/results.db");
    assert_holds(spawned.err, "hint: ");
    assert_holds(scratch_read(&scratch, "out/results.db"), "this is a diary");
}
END_TEST

START_TEST(a_damaged_database_is_told_and_what_was_exported_stays)
{
    run("run race.yaml -o out --quiet", 0);
    const char *before = scratch_read(&scratch, "out/trials.csv");
    FILE *stream = fopen(scratch_path(&scratch, "out/results.db"), "r+");
    ck_assert_ptr_nonnull(stream);
    fseek(stream, 8192, SEEK_SET);
    for (int i = 0; i < 30000; i++)
        fputc(0xA5, stream);
    fclose(stream);
    struct spawned spawned = run("run race.yaml -o out --quiet", 1);
    assert_holds(spawned.err, "out/results.db");
    assert_holds(spawned.err, "hint: ");
    ck_assert_str_eq(scratch_read(&scratch, "out/trials.csv"), before);
    run("run race.yaml -o out --quiet --overwrite", 0);
    ck_assert_str_eq(spawn_trials(&scratch, "out"), spawn_stable(&scratch, before));
}
END_TEST

START_TEST(the_second_process_on_a_folder_says_so_and_leaves)
{
    pid_t first =
        spawn_start(&scratch, "run race.yaml -o out --set replicates=100000 -j 1 --quiet");
    while (!scratch_has(&scratch, "out/results.db-wal"))
        usleep(2000);
    struct spawned second = run("run race.yaml -o out --set replicates=100000 --quiet", 1);
    assert_holds(second.err, "another hetsoc process is writing into this folder");
    kill(first, SIGKILL);
    spawn_wait(&scratch, first);
    run("run race.yaml -o out --quiet --set replicates=3", 0); /* the lock died with its owner */
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("disk");
    TCase *tcase = tcase_create("disk");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_full_disk_costs_no_row_that_was_there);
    tcase_add_test(tcase, a_disk_that_is_full_of_traces_costs_no_row);
    tcase_add_test(tcase, a_folder_that_has_become_read_only_is_told_and_stays_as_it_is);
    tcase_add_test(tcase, a_folder_without_permission_is_told);
    tcase_add_test(tcase, a_database_of_somebody_else_is_left_alone);
    tcase_add_test(tcase, a_damaged_database_is_told_and_what_was_exported_stays);
    tcase_add_test(tcase, the_second_process_on_a_folder_says_so_and_leaves);
    suite_add_tcase(suite, tcase);
    return suite;
}
