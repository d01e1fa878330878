/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/random.h"
#include "base/sql.h"
#include "lab/store.h"
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

/* Two points (jobs 4 and 5) of two replicates, with these further lines. */
static void load(const char *more)
{
    const char *text = arena_printf(
        scratch.arena,
        "name: race\nplatform: duo\nschedulers: [heft]\nseed: 7\nreplicates: 2\nengine: heap\n"
        "workload: {apps: [pair], jobs: [4, 5], arrivals: {kind: poisson, rate_jobs_per_ms: 0.3}}\n"
        "%s",
        more);
    race_load(&scratch, text, &experiment, &points);
}

static struct store *open_store(void)
{
    struct store *store =
        store_open(scratch_path(&scratch, "out"), &points, &experiment, false, &fault);
    ck_assert_msg(store != NULL, "%s: %s", fault.where, fault.what);
    return store;
}

/* Keeps a row, and parts of one row each if trials are traced and this one did not crash. */
static void put(struct store *store, int32_t trial, enum trial_status status)
{
    struct trial_row row;
    trial_row_clear(&row, trial, trial % points.replicates);
    row.status = status;
    row.metrics.jobs_done = 10 + trial;
    row.metrics.mean_latency_us = 1.5;
    row.decisions = 20 + trial;
    if (status != TRIAL_DONE)
        fault_set(&row.fault, "here", "do that", "because \"so\"");
    struct parts parts = {{NULL}};
    for (int t = 0; t < TABLES_COUNT; t++)
        parts.rows[t] = arena_printf(scratch.arena, "%d,%d\n", (int)trial, t);
    bool is_whole = experiment.trace && status != TRIAL_CRASHED;
    ck_assert(store_put(store, &row, is_whole ? &parts : NULL, &fault));
}

START_TEST(rows_come_out_in_trial_order_with_all_columns)
{
    load("");
    struct store *store = open_store();
    put(store, 3, TRIAL_DONE);
    put(store, 0, TRIAL_DONE);
    put(store, 2, TRIAL_CRASHED);
    ck_assert(store_export(store, &fault));
    store_close(store);
    ck_assert_str_eq(
        scratch_read(&scratch, "out/trials.csv"),
        "trial,experiment,platform,workload,engine,scheduler,rate_jobs_per_ms,noise,replicate,seed,"
        "status,jobs_done,jobs_failed,tasks_done,sim_time_us,makespan_us,mean_latency_us,"
        "p50_latency_us,p95_latency_us,p99_latency_us,max_latency_us,mean_slowdown,utilization,"
        "energy_uj,edp_uj_us,tasks_retried,decisions,decide_us_mean,lower_bound_us,wall_s,"
        "tasks_per_s,deadline_miss_rate,mean_tardiness_us,tasks_skipped,loaded_bytes,"
        "latency_bound_us,latency_ratio,optimum_us,optimum_bound_us,optimum_gap,optimum_ratio,"
        "p05_latency_us,p10_latency_us,p25_latency_us,p75_latency_us,p90_latency_us,"
        "mean_latency_half_us,effective_jobs,warmup_mser_jobs,"
        "prefetched_bytes,prefetch_wasted_bytes,reproducible,max_temp_c,engine_energy_uj,"
        "workload.jobs\n"
        "0,race,duo,pair,heap,heft,0.3,none,0,7,done,10,0,0,,,1.5,,,,,,,,,0,20,,,,,,,0,,,,,,,,,,,,,"
        ","
        ",,,,0,,,4\n"
        "2,race,duo,pair,heap,heft,0.3,none,0,7,crashed,12,0,0,,,1.5,,,,,,,,,0,22,,,,,,,0,,,,,,,,,,"
        ",,,,,,,,0,,,5\n"
        "3,race,duo,pair,heap,heft,0.3,none,1,7,done,13,0,0,,,1.5,,,,,,,,,0,23,,,,,,,0,,,,,,,,,,,,,"
        ","
        ",,,,0,,,5\n");
    ck_assert_int_eq(scratch_count(&scratch, "out"), 2); /* with the database */
}
END_TEST

START_TEST(parts_of_whole_trials_are_joined_in_trial_order)
{
    load("trace: true\n");
    struct store *store = open_store();
    for (int trial = 3; trial >= 0; trial--)
        put(store, trial, trial == 1 ? TRIAL_CRASHED : trial == 2 ? TRIAL_DEADLOCK : TRIAL_DONE);
    ck_assert(store_export(store, &fault));
    store_close(store);
    ck_assert_str_eq(scratch_read(&scratch, "out/jobs.csv"),
                     "trial,job_id,app,arrival_us,start_us,finish_us,latency_us,lower_bound_us,"
                     "slowdown,status,energy_uj,reason\n0,0\n2,0\n3,0\n");
    ck_assert_str_eq(scratch_read(&scratch, "out/tasks.csv"),
                     "trial,job_id,task_id,task,pe,ready_us,assigned_us,start_us,finish_us,"
                     "exec_est_us,exec_us,comm_wait_us,attempt,status,samples,load_us,energy_uj\n0,"
                     "1\n2,1\n3,1\n");
    ck_assert_str_eq(scratch_read(&scratch, "out/pes.csv"),
                     "trial,pe,kind,cluster,tasks_done,busy_us,utilization,energy_uj,transfers,"
                     "received_bytes,transfer_us,transfer_wait_us,queue_us\n"
                     "0,2\n2,2\n3,2\n");
    ck_assert_str_eq(scratch_read(&scratch, "out/links.csv"),
                     "trial,link,bandwidth_bytes_per_us,transfers,bytes,busy_us,utilization,"
                     "carried_share,mean_transfer_us,mean_wait_us\n0,3\n2,3\n3,3\n");
    ck_assert_int_eq(scratch_count(&scratch, "out"), 6);
}
END_TEST

START_TEST(parts_that_a_killed_run_left_are_not_taken)
{
    load("trace: true\n");
    scratch_write(&scratch, "out/.parts-here-12/0.jobs.csv", "0,0\n");
    scratch_write(&scratch, "out/.parts-there-7/1.jobs.csv", "1,0\n");
    struct store *store = open_store();
    ck_assert_int_eq(scratch_count(&scratch, "out/.parts-here-12"), -1);
    ck_assert_int_eq(scratch_count(&scratch, "out/.parts-there-7"), -1);
    store_close(store);
}
END_TEST

START_TEST(tables_of_an_earlier_traced_run_do_not_stay)
{
    load("");
    scratch_write(&scratch, "out/jobs.csv", "old");
    struct store *store = open_store();
    ck_assert(store_export(store, &fault));
    store_close(store);
    ck_assert(scratch_has(&scratch, "out/jobs.csv")); /* not ours: no results.db was beside it */
    store = open_store();
    ck_assert(store_export(store, &fault));
    store_close(store);
    ck_assert(!scratch_has(&scratch, "out/jobs.csv"));
}
END_TEST

START_TEST(the_folder_is_made_with_its_parents)
{
    load("");
    const char *dir = scratch_path(&scratch, "a/b/c");
    struct store *store = store_open(dir, &points, &experiment, false, &fault);
    ck_assert_ptr_nonnull(store);
    store_close(store);
    ck_assert_int_eq(scratch_count(&scratch, "a/b/c"), 1);
}
END_TEST

START_TEST(a_folder_that_cannot_be_written_is_refused_at_once)
{
    load("");
    scratch_write(&scratch, "file", "x");
    const char *const dirs[] = {scratch_path(&scratch, "file/out"), scratch_path(&scratch, "file"),
                                "/proc/out", "/proc"};
    for (int i = 0; i < 4; i++) {
        fault = FAULT_NONE;
        ck_assert_ptr_null(store_open(dirs[i], &points, &experiment, false, &fault));
        ck_assert_str_eq(fault.where, dirs[i]);
        assert_holds(fault.hint, "-o");
    }
    ck_assert_str_eq(scratch_read(&scratch, "file"), "x");
}
END_TEST

START_TEST(a_file_that_cannot_be_replaced_leaves_nothing_half_written)
{
    load("");
    scratch_write(&scratch, "out/trials.csv/in_the_way", "x");
    scratch_write(&scratch, "out/manifest.json/in_the_way", "x");
    struct store *store = open_store();
    put(store, 0, TRIAL_DONE);
    ck_assert(!store_export(store, &fault));
    assert_holds(fault.where, "out/trials.csv");
    fault = FAULT_NONE;
    ck_assert(!store_manifest(store, 1, "completed", &fault));
    assert_holds(fault.where, "out/manifest.json");
    store_close(store);
    ck_assert_int_eq(scratch_count(&scratch, "out"), 3);
}
END_TEST

/* Whether the manifest has this text. */
static bool says(const char *text)
{
    return strstr(scratch_read(&scratch, "out/manifest.json"), text) != NULL;
}

START_TEST(the_manifest_says_what_was_run_and_how_it_ended)
{
    load("noise: [{name: n, exec: {dist: lognormal, sigma: 0.3}}]\n");
    struct store *store = open_store();
    put(store, 0, TRIAL_DONE);
    put(store, 1, TRIAL_CRASHED);
    ck_assert(store_manifest(store, 2.5, "interrupted", &fault));
    store_close(store);
    ck_assert(says("\"stop_reason\": \"interrupted\""));
    ck_assert(says("\"wall_s\": 2.5"));
    ck_assert(says("\"seed\": 7"));
    ck_assert(says("\"planned\": 4"));
    ck_assert(says("\"run\": 2"));
    ck_assert(says("\"done\": 1"));
    ck_assert(says("\"crashed\": 1"));
    ck_assert(says("\"what\": \"because \\\"so\\\"\""));
    ck_assert(says("\"version\": "));
    ck_assert(says("\"commit\": "));
    ck_assert(says("\"peak_rss_kib\": "));
    ck_assert(says("\"sigma\": 0.3\n"));     /* a number, as short as in the file */
    ck_assert(says("\"compat\": \"none\"")); /* a default */
    ck_assert(says("\"trace\": false"));
    ck_assert(says("\"rate_jobs_per_ms\": 0.3"));
    ck_assert_int_eq(scratch_count(&scratch, "out"), 2);
}
END_TEST

START_TEST(the_manifest_keeps_every_digit_of_the_configuration)
{
    load("noise: [{name: n, exec: {dist: lognormal, sigma: 0.1234567890123456}}]\n");
    struct store *store = open_store();
    ck_assert(store_manifest(store, 1, "completed", &fault));
    store_close(store);
    ck_assert(says("\"sigma\": 0.1234567890123456\n"));
}
END_TEST

/* Fills trials 0 and 3 (done), 1 (deadlock) and 2 (crashed) as a run would that is then killed. */
static void leave_results(void)
{
    struct store *store = open_store();
    put(store, 0, TRIAL_DONE);
    put(store, 1, TRIAL_DEADLOCK);
    put(store, 2, TRIAL_CRASHED);
    put(store, 3, TRIAL_DONE);
    store_close(store);
}

START_TEST(a_later_run_has_what_an_earlier_one_left_but_for_crashes)
{
    load("");
    leave_results();
    struct store *store = open_store();
    const bool expected[] = {true, true, false, true};
    for (int trial = 0; trial < 4; trial++)
        ck_assert_int_eq(store_has(store, trial), expected[trial]);
    int64_t ended, done;
    ck_assert(store_count(store, &ended, &done, &fault));
    ck_assert_int_eq(ended, 4);
    ck_assert_int_eq(done, 2);
    put(store, 2, TRIAL_DONE);
    ck_assert(store_count(store, &ended, &done, &fault));
    ck_assert_int_eq(done, 3);
    store_close(store);
}
END_TEST

START_TEST(more_replicates_keep_the_rows_under_their_new_numbers)
{
    load("");
    leave_results();
    load("baseline: heft\n");
    points.replicates = experiment.replicates = 3;
    struct store *store = open_store();
    const bool expected[] = {true, true, false, false, true, false};
    for (int trial = 0; trial < 6; trial++)
        ck_assert_int_eq(store_has(store, trial), expected[trial]);
    ck_assert(store_export(store, &fault));
    store_close(store);
    const char *trials = scratch_read(&scratch, "out/trials.csv");
    assert_holds(trials, "\n4,race,duo,pair,heap,heft,0.3,none,1,7,done,13,");
}
END_TEST

START_TEST(parts_follow_the_new_number_of_their_trial)
{
    load("trace: true\n");
    struct store *store = open_store();
    put(store, 3, TRIAL_DONE);
    store_close(store);
    points.replicates = experiment.replicates = 3;
    store = open_store();
    ck_assert(store_has(store, 4));
    ck_assert(store_export(store, &fault));
    store_close(store);
    assert_holds(scratch_read(&scratch, "out/jobs.csv"), "\n4,0\n");
}
END_TEST

START_TEST(a_run_that_traces_runs_again_what_was_not_traced)
{
    load("");
    leave_results();
    load("trace: true\n");
    struct store *store = open_store();
    for (int trial = 0; trial < 4; trial++)
        ck_assert(!store_has(store, trial));
    store_close(store);
}
END_TEST

START_TEST(another_experiment_is_refused_and_what_was_there_stays)
{
    load("");
    leave_results();
    load("noise: [{name: n, exec: {dist: lognormal, sigma: 0.3}}]\n");
    const char *dir = scratch_path(&scratch, "out");
    ck_assert_ptr_null(store_open(dir, &points, &experiment, false, &fault));
    assert_holds(fault.what, "4 trials of another experiment");
    assert_holds(fault.hint, "--overwrite");
    fault = FAULT_NONE;
    load("");
    struct store *store = open_store();
    ck_assert(store_has(store, 0));
    store_close(store);
}
END_TEST

START_TEST(overwriting_forgets_what_was_there)
{
    load("");
    leave_results();
    static const char *const files[] = {"out/trials.csv", "out/summary.csv", "out/tasks.csv",
                                        "out/report.html", "out/plots/cdf.png"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        scratch_write(&scratch, files[i], "of yesterday");
    scratch_write(&scratch, "out/notes.txt", "mine");
    load("noise: [{name: n, exec: {dist: lognormal, sigma: 0.3}}]\n");
    const char *dir = scratch_path(&scratch, "out");
    struct store *store = store_open(dir, &points, &experiment, true, &fault);
    ck_assert_ptr_nonnull(store);
    ck_assert(!store_has(store, 0));
    store_close(store);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        ck_assert_msg(!scratch_has(&scratch, files[i]), "%s stays", files[i]);
    ck_assert(scratch_has(&scratch, "out/notes.txt"));
}
END_TEST

START_TEST(a_folder_that_another_process_writes_is_refused)
{
    load("");
    struct store *store = open_store();
    pid_t pid = fork();
    if (pid == 0) {
        bool refused = store_open(scratch_path(&scratch, "out"), &points, &experiment, false,
                                  &fault) == NULL &&
                       strstr(fault.what, "another hetsoc process") != NULL;
        _exit(refused ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    store_close(store);
}
END_TEST

START_TEST(a_folder_that_is_removed_meanwhile_is_told)
{
    load("");
    struct store *store = open_store();
    put(store, 0, TRIAL_DONE);
    ck_assert(folder_remove(scratch_path(&scratch, "out"), &fault));
    struct trial_row row;
    trial_row_clear(&row, 1, 1);
    ck_assert(!store_put(store, &row, NULL, &fault));
    assert_holds(fault.where, "out/results.db");
    assert_holds(fault.what, "cannot be found any more");
    store_close(store);
}
END_TEST

START_TEST(a_file_that_is_no_database_of_ours_is_refused_and_stays)
{
    load("");
    const char *dir = scratch_path(&scratch, "out");
    scratch_write(&scratch, "out/results.db", "these are no results, but they are long enough\n");
    ck_assert_ptr_null(store_open(dir, &points, &experiment, false, &fault));
    assert_holds(fault.where, "out/results.db");
    assert_holds(fault.hint, "damaged or not ours");
    assert_holds(scratch_read(&scratch, "out/results.db"), "these are no");
}
END_TEST

START_TEST(a_damaged_database_is_refused)
{
    load("");
    leave_results();
    const char *path = scratch_path(&scratch, "out/results.db");
    FILE *stream = fopen(path, "r+");
    ck_assert_ptr_nonnull(stream);
    fseek(stream, 4096, SEEK_SET);
    for (int i = 0; i < 20000; i++)
        fputc(0xA5, stream);
    fclose(stream);
    const char *dir = scratch_path(&scratch, "out");
    ck_assert_ptr_null(store_open(dir, &points, &experiment, false, &fault));
    assert_holds(fault.where, "out/results.db");
}
END_TEST

/* Changes results.db behind the program's back. */
static void tamper(const char *text)
{
    struct fault trouble = FAULT_NONE;
    struct sql *sql = sql_open(scratch_path(&scratch, "out/results.db"), &trouble);
    ck_assert_msg(sql != NULL && sql_run(sql, text, &trouble), "%s: %s", text, trouble.what);
    sql_close(sql);
}

static struct store_merged merged;

/* Merges out/ into a folder of its own. */
static bool merge(const char *dir)
{
    const char *shards[] = {scratch_path(&scratch, "out")};
    fault = FAULT_NONE;
    return store_merge(scratch_path(&scratch, dir), shards, 1, scratch.arena, &merged, &fault);
}

START_TEST(a_trial_that_was_run_again_is_merged_in_place_of_its_crash)
{
    load("");
    leave_results();
    ck_assert(merge("merged"));
    ck_assert_int_eq(merged.done, 2);
    struct store *store = open_store();
    put(store, 2, TRIAL_DONE);
    store_close(store);
    ck_assert(merge("merged"));
    ck_assert_int_eq(merged.ended, 4);
    ck_assert_int_eq(merged.done, 3);
    store = open_store();
    put(store, 2, TRIAL_CRASHED);
    store_close(store);
    ck_assert(merge("merged"));
    ck_assert_int_eq(merged.done, 3);
}
END_TEST

START_TEST(a_shard_is_merged_while_its_run_writes)
{
    load("");
    leave_results();
    struct sql *writer = sql_open(scratch_path(&scratch, "out/results.db"), &fault);
    ck_assert(writer != NULL && sql_run(writer, "BEGIN IMMEDIATE", &fault));
    ck_assert_msg(merge("merged"), "%s: %s", fault.where, fault.what);
    ck_assert(sql_settle(writer, true, &fault));
    sql_close(writer);
}
END_TEST

START_TEST(trials_with_impossible_numbers_do_not_lead_out_of_arrays)
{
    static const char *const lies[] = {
        "UPDATE points SET place = 1000000000 WHERE place = 1",
        "UPDATE points SET place = -1 WHERE place = 1",
        "UPDATE points SET place = 0.5 WHERE place = 1",
        "UPDATE run SET value = '0' WHERE name = 'replicates'",
        "UPDATE run SET value = '9999999999' WHERE name = 'replicates'",
        "UPDATE run SET value = '2000000000' WHERE name = 'replicates'",
    };
    load("");
    for (int i = 0; i < (int)(sizeof lies / sizeof *lies); i++) {
        fault = FAULT_NONE;
        ck_assert(folder_remove(scratch_path(&scratch, "out"), &fault));
        leave_results();
        tamper(lies[i]);
        ck_assert_msg(!merge(arena_printf(scratch.arena, "merged%d", i)), "%s", lies[i]);
        ck_assert_msg(strstr(fault.what, "impossible numbers") != NULL, "%s: %s", lies[i],
                      fault.what);
    }
}
END_TEST

START_TEST(replicates_that_cannot_be_are_passed_over)
{
    load("");
    leave_results();
    tamper("UPDATE trials SET replicate = -1000000 WHERE rowid = 1");
    tamper("INSERT INTO settings SELECT identity, 7, 'x', 'y' FROM points");
    struct store *store = open_store();
    ck_assert(store_export(store, &fault));
    store_close(store);
}
END_TEST

START_TEST(a_schema_that_acts_by_itself_does_not)
{
    load("");
    leave_results();
    tamper("CREATE TRIGGER bomb BEFORE DELETE ON points BEGIN SELECT RAISE(FAIL, 'boom'); END");
    store_close(open_store());
}
END_TEST

START_TEST(a_database_with_any_flipped_bit_is_refused_or_read)
{
    load("trace: true\n");
    struct store *store = open_store();
    for (int32_t trial = 0; trial < 4; trial++)
        put(store, trial, TRIAL_DONE);
    store_close(store);
    const char *path = scratch_path(&scratch, "out/results.db");
    FILE *stream = fopen(path, "rb");
    static char bytes[1 << 20];
    size_t size = fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    ck_assert(size > 4096 && size < sizeof bytes);
    int refused = 0;
    for (int i = 0; i < 400; i++) {
        struct random_stream random = random_open(1, 0, RANDOM_SHUFFLE, (uint32_t)i, 0);
        /* every other one is cut instead */
        size_t at = random_below(&random, (uint32_t)(i % 4 == 0 ? 400 : size));
        size_t length = i % 2 == 0 ? size : at;
        char old = bytes[at];
        bytes[at] ^= (char)(1 << random_below(&random, 8));
        stream = fopen(path, "wb");
        ck_assert_uint_eq(fwrite(bytes, 1, length, stream), length);
        fclose(stream);
        bytes[at] = old;
        fault = FAULT_NONE;
        store = store_open(scratch_path(&scratch, "out"), &points, &experiment, false, &fault);
        if (store != NULL)
            store_export(store, &fault);
        ck_assert(store != NULL || fault_is_set(&fault));
        store_close(store);
        refused += fault_is_set(&fault);
    }
    ck_assert_int_gt(refused, 100);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("store");
    TCase *tcase = tcase_create("store");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, rows_come_out_in_trial_order_with_all_columns);
    tcase_add_test(tcase, parts_of_whole_trials_are_joined_in_trial_order);
    tcase_add_test(tcase, parts_that_a_killed_run_left_are_not_taken);
    tcase_add_test(tcase, tables_of_an_earlier_traced_run_do_not_stay);
    tcase_add_test(tcase, the_folder_is_made_with_its_parents);
    tcase_add_test(tcase, a_folder_that_cannot_be_written_is_refused_at_once);
    tcase_add_test(tcase, a_file_that_cannot_be_replaced_leaves_nothing_half_written);
    tcase_add_test(tcase, the_manifest_says_what_was_run_and_how_it_ended);
    tcase_add_test(tcase, the_manifest_keeps_every_digit_of_the_configuration);
    tcase_add_test(tcase, a_later_run_has_what_an_earlier_one_left_but_for_crashes);
    tcase_add_test(tcase, more_replicates_keep_the_rows_under_their_new_numbers);
    tcase_add_test(tcase, parts_follow_the_new_number_of_their_trial);
    tcase_add_test(tcase, a_run_that_traces_runs_again_what_was_not_traced);
    tcase_add_test(tcase, another_experiment_is_refused_and_what_was_there_stays);
    tcase_add_test(tcase, overwriting_forgets_what_was_there);
    tcase_add_test(tcase, a_folder_that_another_process_writes_is_refused);
    tcase_add_test(tcase, a_folder_that_is_removed_meanwhile_is_told);
    tcase_add_test(tcase, a_file_that_is_no_database_of_ours_is_refused_and_stays);
    tcase_add_test(tcase, a_damaged_database_is_refused);
    tcase_add_test(tcase, a_shard_is_merged_while_its_run_writes);
    tcase_add_test(tcase, a_trial_that_was_run_again_is_merged_in_place_of_its_crash);
    tcase_add_test(tcase, trials_with_impossible_numbers_do_not_lead_out_of_arrays);
    tcase_add_test(tcase, replicates_that_cannot_be_are_passed_over);
    tcase_add_test(tcase, a_schema_that_acts_by_itself_does_not);
    tcase_add_test(tcase, a_database_with_any_flipped_bit_is_refused_or_read);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return suite;
}
