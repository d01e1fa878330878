/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any number of ranks gives what one process gives. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"
#include "test/spawn.h"
#include "test/suite.h"

static struct scratch scratch;

/* 24 trials of different lengths, traced. */
static void setup(void)
{
    scratch_init(&scratch);
    scratch_write_shelf(&scratch);
    scratch_write(&scratch, "race.yaml",
                  "name: race\nplatform: duo\nschedulers: [heft, etf, random]\nreplicates: 4\n"
                  "noise: [{name: ln, exec: {dist: lognormal, sigma: 0.3}}]\n"
                  "workload: {apps: [pair, solo, many], jobs: 100, warmup_jobs: 3, "
                  "arrivals: {kind: poisson, rate_jobs_per_ms: [20, 60]}}\n"
                  "engine: heap\ntrace: true\n");
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

static struct spawned run(const char *arguments, int status)
{
    return spawn_expect(&scratch, arguments, status);
}

static struct spawned run_ranks(int ranks, const char *arguments, int status)
{
    pid_t pid = spawn_start_ranks(&scratch, ranks, arguments);
    struct spawned spawned = spawn_wait(&scratch, pid);
    spawn_check(&spawned, arguments, status);
    return spawned;
}

/* Both folders hold the same results; columns that differ from run to run aside. */
static void assert_same(const char *dir, const char *other)
{
    static const char *const names[] = {"trials.csv", "jobs.csv", "tasks.csv", "pes.csv",
                                        "summary.csv"};
    for (int i = 0; i < 5; i++) {
        const char *a = scratch_read(&scratch, arena_printf(scratch.arena, "%s/%s", dir, names[i]));
        const char *b =
            scratch_read(&scratch, arena_printf(scratch.arena, "%s/%s", other, names[i]));
        ck_assert_msg(a != NULL && b != NULL, "%s or %s has no %s", dir, other, names[i]);
        if (i == 0) {
            a = spawn_stable(&scratch, a);
            b = spawn_stable(&scratch, b);
        }
        ck_assert_msg(strcmp(a, b) == 0, "%s differs between %s and %s", names[i], dir, other);
    }
}

START_TEST(processes_ranks_and_shards_all_give_the_same_bytes)
{
    run("run race.yaml -o one -j 1 --quiet", 0);
    run("run race.yaml -o two -j 2 --quiet", 0);
    assert_same("one", "two");
    static const int ranks[] = {1, 2, 4};
    for (int i = 0; i < 3; i++) {
        const char *dir = arena_printf(scratch.arena, "ranks%d", ranks[i]);
        run_ranks(ranks[i], arena_printf(scratch.arena, "run race.yaml -o %s --mpi --quiet", dir),
                  0);
        assert_same("one", dir);
    }
    run_ranks(2, "run race.yaml -o both --mpi -j 2 --quiet", 0);
    assert_same("one", "both");
    for (int i = 0; i < 4; i++)
        run(arena_printf(scratch.arena, "run race.yaml -o s%d --shard %d/4 --quiet", i, i), 0);
    run("merge s0 s1 s2 s3 -o joined --quiet", 0);
    assert_same("one", "joined");
}
END_TEST

START_TEST(all_ranks_work)
{
    struct spawned spawned = run_ranks(4, "run race.yaml -o out --mpi", 0);
    assert_holds(spawned.out, "24 trials; less than a second");
    assert_holds(spawned.out, "on 4 processors");
    ck_assert_int_eq(suite_count(spawned.out, "24 trials in"), 1); /* rank 0 alone tells */
    ck_assert_int_eq(scratch_count(&scratch, "out"), 11);          /* no folder of parts is left */
}
END_TEST

START_TEST(a_fault_is_told_once)
{
    struct spawned spawned =
        run_ranks(4, "run race.yaml --set platform=nowhere -o out --mpi --quiet", 1);
    ck_assert_int_eq(suite_count(spawned.err, "unknown platform `nowhere`"), 1);
    ck_assert(!scratch_has(&scratch, "out"));
    scratch_write(&scratch, "file", "x");
    spawned = run_ranks(4, "run race.yaml -o file --mpi --quiet", 1);
    ck_assert_int_eq(suite_count(spawned.err, "cannot make the folder"), 1);
}
END_TEST

START_TEST(what_would_run_is_listed_once)
{
    struct spawned spawned = run_ranks(2, "run race.yaml --dry-run --mpi", 0);
    ck_assert_int_eq(suite_count(spawned.out, "6 combinations"), 1);
}
END_TEST

START_TEST(a_rank_with_another_experiment_is_refused)
{
    const char *program = getenv("HETSOC_BINARY");
    const char *arguments =
        arena_printf(scratch.arena,
                     "run race.yaml --set trace=false -o out --mpi --quiet : -n 1 %s run race.yaml "
                     "--set seed=2 --set trace=false -o out --mpi --quiet",
                     program);
    struct spawned spawned = run_ranks(1, arguments, 1);
    assert_holds(spawned.err, "rank 1 has another experiment than rank 0");
}
END_TEST

START_TEST(a_run_that_mpirun_breaks_off_goes_on_where_it_was)
{
    static const char arguments[] =
        "run race.yaml -o broken --set workload.jobs=20000 --set trace=false --mpi --quiet";
    for (int round = 0; round < 3; round++) {
        pid_t pid = spawn_start_ranks(&scratch, 2, arguments);
        nanosleep(&(struct timespec){.tv_sec = 0, .tv_nsec = 700000000}, NULL);
        kill(pid, round == 0 ? SIGINT : round == 1 ? SIGTERM : SIGKILL);
        spawn_wait(&scratch, pid);
    }
    /* mpirun's processes may outlive it for a moment */
    nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    run_ranks(2, arguments, 0);
    run("run race.yaml -o whole --set workload.jobs=20000 --set trace=false --quiet", 0);
    ck_assert_str_eq(spawn_trials(&scratch, "broken"), spawn_trials(&scratch, "whole"));
}
END_TEST

/* A training of seconds: 3 PEs, one app, 8 rollouts an iteration. */
static void write_training(void)
{
    scratch_write(&scratch, "tiny.yaml",
                  "name: tiny\nplatform: study3\nworkload:\n  apps: [study_top]\n"
                  "  arrivals: {kind: poisson, mean_interarrival_us: [400, 300]}\n  jobs: 30\n"
                  "schedulers: [heft, heft_rt]\nengine: heap\n"
                  "train:\n  iterations: 6\n  rollouts: 4\n  jobs: 12\n"
                  "  warm_start: {iterations: 2}\n"
                  "  validation: {runs: 5, every: 2, jobs: 20}\n");
}

/* The digest of what a training has written into a folder. */
static const char *weights_of(const char *dir, const char *file)
{
    char *text = arena_zeroed(scratch.arena, DIGEST_SIZE, 1);
    struct fault fault = FAULT_NONE;
    const char *path =
        scratch_path(&scratch, arena_printf(scratch.arena, "%s/%s.safetensors", dir, file));
    ck_assert_msg(digest_file(text, path, &fault), "%s: %s", fault.where, fault.what);
    return text;
}

START_TEST(ranks_train_the_same_weights)
{
    write_training();
    run("train tiny.yaml -o one -j 1 --quiet", 0);
    static const char *const more[] = {"", "", " -j 2", "", " -j 2"};
    static const int ranks[] = {1, 2, 2, 4, 3};
    for (int i = 0; i < 5; i++) {
        const char *dir = arena_printf(scratch.arena, "ranks%d", i);
        run_ranks(
            ranks[i],
            arena_printf(scratch.arena, "train tiny.yaml -o %s --mpi --quiet%s", dir, more[i]), 0);
        ck_assert_str_eq(weights_of(dir, "policy"), weights_of("one", "policy"));
    }
}
END_TEST

START_TEST(a_training_goes_on_with_other_ranks)
{
    write_training();
    run("train tiny.yaml -o whole -j 1 --quiet --set train.iterations=10", 0);
    pid_t pid = spawn_start_ranks(
        &scratch, 2, "train tiny.yaml -o broken --mpi --quiet --set train.iterations=10");
    for (int i = 0; i < 5000 && !scratch_has(&scratch, "broken/state.safetensors"); i++)
        usleep(2000);
    kill(pid, SIGTERM);
    spawn_wait(&scratch, pid);
    ck_assert(scratch_has(&scratch, "broken/state.safetensors"));
    nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    run_ranks(3, "train tiny.yaml -o broken --mpi --quiet --resume --set train.iterations=10", 0);
    ck_assert_str_eq(weights_of("broken", "policy"), weights_of("whole", "policy"));
}
END_TEST

START_TEST(ranks_that_begin_with_other_weights_are_refused)
{
    write_training();
    const char *arguments = arena_printf(
        scratch.arena,
        "train tiny.yaml -o out --mpi --quiet : -n 1 %s train tiny.yaml --set seed=2 -o out --mpi "
        "--quiet",
        getenv("HETSOC_BINARY"));
    struct spawned spawned = run_ranks(1, arguments, 1);
    assert_holds(spawned.err, "not all ranks begin with the same");
}
END_TEST

START_TEST(a_fault_of_a_training_is_told_once)
{
    write_training();
    struct spawned spawned =
        run_ranks(2, "train tiny.yaml --set platform=nowhere -o out --mpi --quiet", 1);
    ck_assert_int_eq(suite_count(spawned.err, "unknown platform `nowhere`"), 1);
    scratch_write(&scratch, "file", "x");
    spawned = run_ranks(2, "train tiny.yaml -o file --mpi --quiet -j 2", 1);
    ck_assert_int_eq(suite_count(spawned.err, "cannot make the folder"), 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("mpi");
    TCase *tcase = tcase_create("mpi");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, processes_ranks_and_shards_all_give_the_same_bytes);
    tcase_add_test(tcase, all_ranks_work);
    tcase_add_test(tcase, a_fault_is_told_once);
    tcase_add_test(tcase, what_would_run_is_listed_once);
    tcase_add_test(tcase, a_rank_with_another_experiment_is_refused);
    tcase_add_test(tcase, a_run_that_mpirun_breaks_off_goes_on_where_it_was);
    tcase_add_test(tcase, ranks_train_the_same_weights);
    tcase_add_test(tcase, a_training_goes_on_with_other_ranks);
    tcase_add_test(tcase, ranks_that_begin_with_other_weights_are_refused);
    tcase_add_test(tcase, a_fault_of_a_training_is_told_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
