/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run that is killed, split or extended gives what one unbroken run gives. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "test/spawn.h"
#include "test/suite.h"

static struct scratch scratch;

/* 60 trials, some of them traced differently long. */
static void setup(void)
{
    scratch_init(&scratch);
    scratch_write_shelf(&scratch);
    scratch_write(&scratch, "race.yaml",
                  "name: race\nplatform: duo\nschedulers: [heft, etf, random]\nreplicates: 10\n"
                  "noise: [{name: ln, exec: {dist: lognormal, sigma: 0.3}}]\n"
                  "workload: {apps: [pair, solo, many], jobs: 3000, warmup_jobs: 3, "
                  "arrivals: {kind: poisson, rate_jobs_per_ms: [20, 60]}}\n"
                  "engine: heap\n");
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

static struct spawned run(const char *arguments, int status)
{
    return spawn_expect(&scratch, arguments, status);
}

/* Processes whose parent is `parent`; returns how many. */
static int find_children(pid_t parent, pid_t *children, int limit)
{
    const char *path =
        arena_printf(scratch.arena, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    FILE *stream = fopen(path, "r");
    int count = 0, child;
    while (stream != NULL && count < limit && fscanf(stream, "%d", &child) == 1)
        children[count++] = child;
    if (stream != NULL)
        fclose(stream);
    return count;
}

/* Which process of a run dies. */
enum victim { WRITER, NURSERY, TRIAL, VICTIMS };

/* Starts a run and kills one of its processes after a random while; the writer if there is no other
 * yet. */
static void run_and_kill(const char *arguments, int round)
{
    struct random_stream stream = random_open(1, 0, RANDOM_POLICY, (uint32_t)round, 0);
    pid_t pid = spawn_start(&scratch, arguments);
    long wait_us = (long)(random_uniform(&stream) * 60000);
    nanosleep(&(struct timespec){.tv_nsec = wait_us * 1000}, NULL);
    pid_t victim = pid, below;
    for (uint32_t depth = random_below(&stream, VICTIMS); depth > 0; depth--)
        if (find_children(victim, &below, 1) == 1)
            victim = below;
    kill(victim, SIGKILL);
    spawn_wait(&scratch, pid);
}

/* 20 kills of 60 trials, or in `./check --long` 200 of 1002. */
START_TEST(whatever_is_killed_the_rows_are_those_of_an_unbroken_run)
{
    bool is_long = getenv("HETSOC_LONG") != NULL;
    const char *set = is_long ? " --set replicates=167" : "";
    run(arena_printf(scratch.arena, "run race.yaml -o whole -j 2 --quiet%s", set), 0);
    const char *again = arena_printf(scratch.arena, "run race.yaml -o broken -j 2 --quiet%s", set);
    for (int round = 0; round < (is_long ? 200 : 20); round++)
        run_and_kill(again, round);
    run(again, 0);
    ck_assert_str_eq(spawn_trials(&scratch, "broken"), spawn_trials(&scratch, "whole"));
}
END_TEST

START_TEST(tables_of_a_broken_run_are_those_of_an_unbroken_one)
{
    run("run race.yaml --set trace=true --set workload.jobs=200 -o whole -j 2 --quiet", 0);
    pid_t pid = spawn_start(
        &scratch, "run race.yaml --set trace=true --set workload.jobs=200 -o broken -j 2 --quiet");
    nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
    kill(pid, SIGKILL);
    spawn_wait(&scratch, pid);
    run("run race.yaml --set trace=true --set workload.jobs=200 -o broken -j 2 --quiet", 0);
    static const char *const names[] = {"jobs.csv", "tasks.csv", "pes.csv", "links.csv"};
    for (int i = 0; i < 4; i++)
        ck_assert_str_eq(scratch_read(&scratch, arena_printf(scratch.arena, "broken/%s", names[i])),
                         scratch_read(&scratch, arena_printf(scratch.arena, "whole/%s", names[i])));
}
END_TEST

/* Runs tiny trials; returns the most memory that the writer took before it drew pictures, in KiB.
 */
static long peak_of_run(int trials)
{
    run(arena_printf(scratch.arena,
                     "run race.yaml -o out%d -j 2 --quiet --set replicates=%d --set "
                     "schedulers=[heft] --set workload.arrivals.rate_jobs_per_ms=20 --set "
                     "workload.jobs=4",
                     trials, trials),
        0);
    const char *manifest =
        scratch_read(&scratch, arena_printf(scratch.arena, "out%d/manifest.json", trials));
    const char *figure = strstr(manifest, "\"peak_rss_kib\": ");
    ck_assert_ptr_nonnull(figure);
    return strtol(figure + strlen("\"peak_rss_kib\": "), NULL, 10);
}

/* In `./check --long`: 100 KiB more for the list of what is there, SQLite's cache of 2 MiB, and
 * what lies between; 60 000 trials take 0.3 MiB more than 20 000. */
START_TEST(memory_does_not_grow_with_the_number_of_trials)
{
    if (getenv("HETSOC_LONG") == NULL)
        return;
    long few = peak_of_run(1000), many = peak_of_run(100000);
    ck_assert_msg(many < few + 4 * 1024, "%ld KiB for 1000 trials, %ld KiB for 100000", few, many);
}
END_TEST

START_TEST(a_finished_run_runs_nothing_again)
{
    run("run race.yaml -o out --quiet", 0);
    const char *before = scratch_read(&scratch, "out/trials.csv");
    struct spawned again = run("run race.yaml -o out --resume", 0);
    assert_holds(again.out, "60 of them there already");
    ck_assert_str_eq(scratch_read(&scratch, "out/trials.csv"), before); /* wall times too */
}
END_TEST

START_TEST(more_replicates_run_the_new_ones_only)
{
    run("run race.yaml -o out --set replicates=4 --quiet", 0);
    struct spawned again = run("run race.yaml -o out", 0);
    assert_holds(again.out, "60 trials, 24 of them there already");
    run("run race.yaml -o whole --quiet", 0);
    ck_assert_str_eq(spawn_trials(&scratch, "out"), spawn_trials(&scratch, "whole"));
}
END_TEST

START_TEST(another_experiment_is_refused_until_it_may_overwrite)
{
    run("run race.yaml -o out --quiet --set replicates=1", 0);
    const char *before = scratch_read(&scratch, "out/trials.csv");
    struct spawned other = run("run race.yaml -o out --set workload.jobs=100", 1);
    assert_holds(other.err, "trials of another experiment");
    assert_holds(other.err, "--overwrite");
    ck_assert_str_eq(scratch_read(&scratch, "out/trials.csv"), before);
    run("run race.yaml -o out --set workload.jobs=100 --set replicates=1 --overwrite --quiet", 0);
    ck_assert_str_ne(scratch_read(&scratch, "out/trials.csv"), before);
}
END_TEST

START_TEST(a_changed_file_is_another_experiment)
{
    run("run race.yaml -o out --quiet --set replicates=1", 0);
    char *app = arena_string(scratch.arena, scratch_read(&scratch, "solo.yaml"));
    char *number = strchr(app, '3');
    ck_assert_ptr_nonnull(number);
    *number = '4';
    scratch_write(&scratch, "solo.yaml", app);
    assert_holds(run("run race.yaml -o out", 1).err, "another experiment");
}
END_TEST

START_TEST(shards_join_to_what_one_run_gives)
{
    run("run race.yaml -o whole --quiet", 0);
    for (int i = 0; i < 4; i++)
        run(arena_printf(scratch.arena, "run race.yaml -o s%d --shard %d/4 --quiet", i, i), 0);
    ck_assert(!scratch_has(&scratch, "s0/report.html")); /* only of the whole */
    run("merge s2 s0 s3 s1 -o joined", 0);
    ck_assert(scratch_has(&scratch, "joined/report.html"));
    ck_assert_str_eq(spawn_trials(&scratch, "joined"), spawn_trials(&scratch, "whole"));
    ck_assert(scratch_has(&scratch, "joined/summary.csv"));
    ck_assert_str_eq(scratch_read(&scratch, "joined/summary.csv"),
                     scratch_read(&scratch, "whole/summary.csv"));
}
END_TEST

START_TEST(a_task_of_a_slurm_array_runs_its_shard)
{
    setenv("SLURM_ARRAY_TASK_ID", "7", 1);
    setenv("SLURM_ARRAY_TASK_MIN", "6", 1);
    setenv("SLURM_ARRAY_TASK_COUNT", "3", 1);
    struct spawned spawned = run("run race.yaml", 0);
    assert_holds(spawned.err, "shard 1/3, from SLURM_ARRAY_TASK_ID");
    assert_holds(spawned.out, "20 trials");
    ck_assert(scratch_has(&scratch, "out/race-shard-1-of-3/trials.csv"));
}
END_TEST

START_TEST(a_slurm_array_may_have_steps_but_no_gaps)
{
    setenv("SLURM_ARRAY_TASK_ID", "10", 1);
    setenv("SLURM_ARRAY_TASK_MIN", "0", 1);
    setenv("SLURM_ARRAY_TASK_MAX", "20", 1);
    setenv("SLURM_ARRAY_TASK_STEP", "5", 1);
    setenv("SLURM_ARRAY_TASK_COUNT", "5", 1);
    assert_holds(run("run race.yaml --dry-run", 0).err, "shard 2/5, from SLURM_ARRAY_TASK_ID");
    setenv("SLURM_ARRAY_TASK_STEP", "1", 1); /* --array=0,1,2,10,20 */
    assert_holds(run("run race.yaml", 1).err, "cannot tell the shard of task 10");
    setenv("SLURM_ARRAY_TASK_ID", "2", 1);
    assert_holds(run("run race.yaml", 1).err, "cannot tell the shard of task 2");
    run("run race.yaml --dry-run --shard 2/5", 0);
}
END_TEST

START_TEST(missing_shards_and_foreign_folders_are_told)
{
    run("run race.yaml -o s0 --shard 0/2 --quiet", 0);
    run("run race.yaml -o other --set workload.jobs=50 --quiet", 0);
    assert_holds(run("merge s0 -o half", 1).err, "30 trials are missing");
    assert_holds(run("merge s0 other -o mixed", 1).err, "other/results.db: it holds another "
                                                        "experiment than s0/results.db");
    ck_assert(!scratch_has(&scratch, "mixed"));
    assert_holds(run("merge s0 nowhere -o untouched", 1).err, "nowhere/results.db");
    ck_assert(!scratch_has(&scratch, "untouched"));
    assert_holds(run("merge other s0 -o ./s0", 1).err, "where the results of all would go");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("resume");
    TCase *tcase = tcase_create("resume");
    tcase_set_timeout(tcase, 900);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, whatever_is_killed_the_rows_are_those_of_an_unbroken_run);
    tcase_add_test(tcase, tables_of_a_broken_run_are_those_of_an_unbroken_one);
    tcase_add_test(tcase, memory_does_not_grow_with_the_number_of_trials);
    tcase_add_test(tcase, a_finished_run_runs_nothing_again);
    tcase_add_test(tcase, more_replicates_run_the_new_ones_only);
    tcase_add_test(tcase, another_experiment_is_refused_until_it_may_overwrite);
    tcase_add_test(tcase, a_changed_file_is_another_experiment);
    tcase_add_test(tcase, shards_join_to_what_one_run_gives);
    tcase_add_test(tcase, a_task_of_a_slurm_array_runs_its_shard);
    tcase_add_test(tcase, a_slurm_array_may_have_steps_but_no_gaps);
    tcase_add_test(tcase, missing_shards_and_foreign_folders_are_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
