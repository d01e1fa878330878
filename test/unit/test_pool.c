/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/pool.h"
#include "test/race.h"
#include "test/suite.h"

enum { ROW_LIMIT = 64 };

static struct scratch scratch;
static struct fault fault;
static struct experiment experiment;
static struct points points;

/* What came back, in order. */
static struct trial_row rows[ROW_LIMIT];
static int row_count;
static volatile sig_atomic_t stop;

static int64_t place; /* of the next trial */
static bool odd_only; /* run only those with an odd number */

static int32_t next_trial(void *context)
{
    ck_assert_ptr_eq(context, rows);
    while (place < points.count * points.replicates) {
        int32_t trial = points_trial(&points, place++);
        if (!odd_only || trial % 2 == 1)
            return trial;
    }
    return -1;
}

static bool on_row(void *context, const struct trial_row *row, const struct parts *parts,
                   struct fault *why)
{
    (void)why;
    ck_assert_ptr_eq(context, rows);
    ck_assert_int_lt(row_count, ROW_LIMIT);
    ck_assert_ptr_null(parts);
    rows[row_count++] = *row;
    return true;
}

static const struct pool_work work = {
    .next = next_trial, .on_row = on_row, .context = rows, .stop = &stop};

static void setup(void)
{
    scratch_init(&scratch);
    scratch_write_shelf(&scratch);
    fault = FAULT_NONE;
    row_count = 0;
    place = 0;
    odd_only = false;
    stop = 0;
    race_load(
        &scratch,
        "name: race\nplatform: duo\nschedulers: [heft, etf]\nreplicates: 3\nengine: heap\n"
        "noise: [{name: ln, exec: {dist: lognormal, sigma: 0.3}}]\n"
        "workload: {apps: [pair], jobs: 20, arrivals: {kind: poisson, rate_jobs_per_ms: 50}}\n",
        &experiment, &points);
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

static void run_with(int32_t jobs, const struct pool_work *with)
{
    struct pool pool;
    ck_assert(pool_start(&pool, &points, &experiment, jobs, NULL, &fault));
    ck_assert(pool_run(&pool, with, &fault));
    pool_end(&pool);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no child is left behind */
}

static void run(int32_t jobs)
{
    run_with(jobs, &work);
}

/* Gives the second point a policy that does this. */
static void replace_policy(void (*decide)(void *self, const struct view *view,
                                          struct decisions *decisions))
{
    static struct policy_kind policy;
    policy = (struct policy_kind){
        .contract = POLICY_CONTRACT,
        .name = "bad",
        .summary = "misbehaves",
        .family = POLICY_DYNAMIC,
        .discipline = POLICY_DATA_READY,
        .decide = decide,
    };
    points.list[1].policy = &policy;
}

static void decide_abort(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    (void)view;
    (void)decisions;
    signal(SIGABRT, SIG_DFL);
    abort();
}

static void decide_exit(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    (void)view;
    (void)decisions;
    _exit(3);
}

/* What exit() does to streams, as when a child runs out of memory. */
static void decide_flush(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    (void)view;
    (void)decisions;
    fflush(NULL);
    _exit(1);
}

static void decide_sleep(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    (void)view;
    (void)decisions;
    for (;;)
        pause();
}

static void decide_nothing(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    (void)view;
    (void)decisions;
}

START_TEST(every_trial_gives_the_row_that_it_gives_alone)
{
    run(3);
    ck_assert_int_eq(row_count, 6);
    bool seen[6] = {false};
    for (int i = 0; i < row_count; i++) {
        struct trial_row alone;
        ck_assert(!seen[rows[i].trial]);
        seen[rows[i].trial] = true;
        trial_run(&points, &experiment, rows[i].trial, NULL, &alone);
        ck_assert_int_eq(rows[i].status, TRIAL_DONE);
        ck_assert_int_eq(rows[i].replicate, rows[i].trial % 3);
        ck_assert_int_eq(rows[i].metrics.jobs_done, 20);
        ck_assert(rows[i].metrics.mean_latency_us == alone.metrics.mean_latency_us);
        ck_assert_int_eq(rows[i].decisions, alone.decisions);
    }
}
END_TEST

START_TEST(trials_run_replicate_first)
{
    run(1);
    const int expected[] = {0, 3, 1, 4, 2, 5};
    ck_assert_int_eq(row_count, 6);
    for (int i = 0; i < row_count; i++)
        ck_assert_int_eq(rows[i].trial, expected[i]);
}
END_TEST

/* The rows of point 1 (trials 3 to 5) crashed with these words, the others are done. */
static void assert_crashed(const char *words)
{
    ck_assert_int_eq(row_count, 6);
    for (int i = 0; i < row_count; i++) {
        bool bad = rows[i].trial >= 3;
        ck_assert_int_eq(rows[i].status, bad ? TRIAL_CRASHED : TRIAL_DONE);
        ck_assert_int_eq(rows[i].replicate, rows[i].trial % 3);
        if (bad)
            assert_holds(rows[i].fault.what, words);
    }
}

START_TEST(a_child_that_dies_by_a_signal_costs_its_row_only)
{
    replace_policy(decide_abort);
    run(2);
    assert_crashed("signal 6");
}
END_TEST

START_TEST(a_child_that_exits_without_a_row_costs_its_row_only)
{
    replace_policy(decide_exit);
    run(2);
    assert_crashed("exit status 3");
}
END_TEST

START_TEST(a_policy_that_does_nothing_is_a_deadlock)
{
    replace_policy(decide_nothing);
    run(2);
    for (int i = 0; i < row_count; i++)
        ck_assert_int_eq(rows[i].status, rows[i].trial >= 3 ? TRIAL_DEADLOCK : TRIAL_DONE);
}
END_TEST

/* What the parts of trial 0 were, and how many trials had some. */
static struct parts first_parts;
static int with_parts;

static bool on_traced_row(void *context, const struct trial_row *row, const struct parts *parts,
                          struct fault *why)
{
    with_parts += parts != NULL;
    if (row->trial == 0 && parts != NULL)
        for (int t = 0; t < TABLES_COUNT; t++)
            first_parts.rows[t] = strdup(parts->rows[t]);
    return on_row(context, row, NULL, why);
}

START_TEST(parts_of_traced_trials_come_with_their_rows_unless_they_crashed)
{
    struct pool pool;
    struct pool_work traced = work;
    traced.on_row = on_traced_row;
    with_parts = 0;
    replace_policy(decide_abort);
    const char *dir = parts_dir(scratch.arena, scratch.folder);
    ck_assert(pool_start(&pool, &points, &experiment, 2, dir, &fault));
    ck_assert(pool_run(&pool, &traced, &fault));
    pool_end(&pool);
    assert_crashed("signal 6");
    ck_assert_int_eq(with_parts, 3);
    int lines = 0;
    for (const char *c = first_parts.rows[TABLES_TASKS]; *c != '\0'; c++)
        lines += *c == '\n';
    ck_assert_int_eq(lines, 40);
    parts_finish(&first_parts);
    ck_assert_int_ne(access(dir, F_OK), 0); /* the folder is removed */
}
END_TEST

static bool refuse_row(void *context, const struct trial_row *row, const struct parts *parts,
                       struct fault *why)
{
    on_row(context, row, parts, why);
    return fault_set(why, "disk", NULL, "it is full");
}

START_TEST(a_row_that_cannot_be_taken_ends_everything)
{
    struct pool pool;
    struct pool_work refusing = work;
    refusing.on_row = refuse_row;
    ck_assert(pool_start(&pool, &points, &experiment, 2, NULL, &fault));
    ck_assert(!pool_run(&pool, &refusing, &fault));
    pool_end(&pool);
    ck_assert_str_eq(fault.what, "it is full");
    ck_assert_int_eq(row_count, 1);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(a_nursery_that_dies_is_told)
{
    struct pool pool;
    ck_assert(pool_start(&pool, &points, &experiment, 2, NULL, &fault));
    kill(pool.nursery.pid, SIGKILL);
    ck_assert(!pool_run(&pool, &work, &fault));
    pool_end(&pool);
    assert_holds(fault.what, "the process that starts trials has died: Killed");
    ck_assert_int_eq(row_count, 0);
}
END_TEST

START_TEST(a_wish_to_stop_starts_no_more_trials)
{
    stop = 1;
    run(2);
    ck_assert_int_eq(row_count, 0);
}
END_TEST

static bool on_row_then_stop(void *context, const struct trial_row *row, const struct parts *parts,
                             struct fault *why)
{
    stop = 1;
    return on_row(context, row, parts, why);
}

START_TEST(a_wish_to_stop_lets_running_trials_finish)
{
    struct pool_work stopping = work;
    stopping.on_row = on_row_then_stop;
    run_with(2, &stopping);
    ck_assert_int_eq(row_count, 3); /* the place of the first was taken again at once */
    for (int i = 0; i < row_count; i++)
        ck_assert_int_eq(rows[i].status, TRIAL_DONE);
}
END_TEST

static void wish_twice(int signal_number)
{
    (void)signal_number;
    stop = 2;
}

START_TEST(a_second_wish_kills_what_runs)
{
    replace_policy(decide_sleep);
    points.list[0].policy = points.list[1].policy;
    signal(SIGALRM, wish_twice);
    alarm(1);
    run(2);
    ck_assert_int_eq(row_count, 0);
}
END_TEST

START_TEST(a_trial_that_takes_too_long_is_killed_and_says_so)
{
    experiment.time_limit_s = 0.3;
    replace_policy(decide_sleep);
    run(2);
    ck_assert_int_eq(row_count, 6);
    for (int i = 0; i < row_count; i++) {
        bool bad = rows[i].trial >= 3;
        ck_assert_int_eq(rows[i].status, bad ? TRIAL_TIMEOUT : TRIAL_DONE);
        if (bad)
            ck_assert_str_eq(rows[i].fault.what, "it took longer than 0.3 s and was killed");
    }
}
END_TEST

static void decide_exhaust(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    (void)view;
    (void)decisions;
    memory_exhausted(1, 1);
}

START_TEST(a_trial_that_runs_out_of_memory_says_so)
{
    replace_policy(decide_exhaust);
    run(2);
    assert_crashed("ran out of memory");
}
END_TEST

START_TEST(only_the_trials_that_are_named_are_run)
{
    odd_only = true;
    run(2);
    ck_assert_int_eq(row_count, 3);
    for (int i = 0; i < row_count; i++)
        ck_assert_int_eq(rows[i].trial % 2, 1);
}
END_TEST

START_TEST(children_die_with_their_parent)
{
    replace_policy(decide_sleep);
    points.list[0].policy = points.list[1].policy;
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t parent = fork();
    ck_assert_int_ge(parent, 0);
    if (parent == 0) {
        struct pool pool;
        close(ends[0]);
        pool_start(&pool, &points, &experiment, 2, NULL, &fault);
        pool_run(&pool, &work, &fault);
        _exit(0);
    }
    close(ends[1]);
    sleep(1);
    kill(parent, SIGKILL);
    ck_assert_int_eq(waitpid(parent, NULL, 0), parent);
    char byte;
    alarm(10);
    ck_assert_int_eq(read(ends[0], &byte, 1), 0); /* nobody holds the other end any more */
}
END_TEST

/* Runs eight at once as a user who may have five processes. */
static _Noreturn void run_with_few_processes(void)
{
    const struct rlimit five = {5, 5};
    struct pool pool;
    bool ok = setuid(65534) == 0 && setrlimit(RLIMIT_NPROC, &five) == 0 &&
              pool_start(&pool, &points, &experiment, 8, NULL, &fault) &&
              pool_run(&pool, &work, &fault);
    for (int i = 0; i < row_count; i++)
        ok = ok && rows[i].status == TRIAL_DONE;
    if (!ok)
        fault_print(&fault, stderr);
    _exit(ok && row_count == 6 ? 0 : 1);
}

START_TEST(where_processes_are_short_trials_wait_for_their_turn)
{
    if (geteuid() != 0) {
        puts("skipped: only root can become a user without other processes");
        return;
    }
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        run_with_few_processes();
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(what_the_parent_had_not_flushed_is_written_once)
{
    const char *path = scratch_path(&scratch, "log");
    FILE *log = fopen(path, "w");
    ck_assert_ptr_nonnull(log);
    fputs("once\n", log);
    replace_policy(decide_flush);
    run(2);
    assert_crashed("exit status 1");
    fclose(log);
    ck_assert_str_eq(scratch_read(&scratch, "log"), "once\n");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *tcase = tcase_create("pool");
    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, every_trial_gives_the_row_that_it_gives_alone);
    tcase_add_test(tcase, trials_run_replicate_first);
    tcase_add_test(tcase, a_child_that_dies_by_a_signal_costs_its_row_only);
    tcase_add_test(tcase, a_child_that_exits_without_a_row_costs_its_row_only);
    tcase_add_test(tcase, a_policy_that_does_nothing_is_a_deadlock);
    tcase_add_test(tcase, parts_of_traced_trials_come_with_their_rows_unless_they_crashed);
    tcase_add_test(tcase, a_wish_to_stop_starts_no_more_trials);
    tcase_add_test(tcase, a_wish_to_stop_lets_running_trials_finish);
    tcase_add_test(tcase, a_second_wish_kills_what_runs);
    tcase_add_test(tcase, a_trial_that_takes_too_long_is_killed_and_says_so);
    tcase_add_test(tcase, a_trial_that_runs_out_of_memory_says_so);
    tcase_add_test(tcase, only_the_trials_that_are_named_are_run);
    tcase_add_test(tcase, a_row_that_cannot_be_taken_ends_everything);
    tcase_add_test(tcase, a_nursery_that_dies_is_told);
    tcase_add_test(tcase, children_die_with_their_parent);
    tcase_add_test(tcase, where_processes_are_short_trials_wait_for_their_turn);
    tcase_add_test(tcase, what_the_parent_had_not_flushed_is_written_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
