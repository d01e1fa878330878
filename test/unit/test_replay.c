/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/folder.h"
#include "base/random.h"
#include "base/tick.h"
#include "lab/record.h"
#include "lab/replay.h"
#include "test/race.h"
#include "test/suite.h"

static struct scratch scratch;
static struct fault fault;
static struct experiment experiment;
static struct points points;

static const char race[] =
    "name: race\nplatform: duo\nschedulers: [heft, eft]\nengine: heap\nreplicates: 2\n"
    "noise: [{name: n, exec: {dist: lognormal, sigma: 0.5}, slowdown: {gap_us: 40, length_us: 20, "
    "factor: 3}}]\n"
    "workload:\n  apps: [pair, many]\n  arrivals: {kind: poisson, mean_interarrival_us: 9}\n"
    "  jobs: 40\n";

static void load(const char *text)
{
    race_load(&scratch, text, &experiment, &points);
    experiment.record.dir = scratch_path(&scratch, "traces");
}

/* Trial 1 (heft, replicate 1) is recorded in traces/1. */
static void set_up(void)
{
    struct trial_row row;
    scratch_init(&scratch);
    scratch_write_shelf(&scratch);
    fault = FAULT_NONE;
    load(race);
    trial_run(&points, &experiment, 1, scratch_path(&scratch, "recorded"), &row);
    ck_assert_msg(row.status == TRIAL_DONE, "%s: %s", row.fault.where, row.fault.what);
}

static void tear_down(void)
{
    folder_remove(scratch_path(&scratch, "traces"), &fault);
    scratch_finish(&scratch);
}

/* Replays traces/1 with tables STEM.*; the row of the trial. */
static struct trial_row replay(struct replay_options options, const char *stem)
{
    struct replay made;
    struct trial_row row;
    options.roster = &roster_built_in;
    if (options.dir == NULL)
        options.dir = scratch_path(&scratch, "traces/1");
    fault = FAULT_NONE;
    ck_assert_msg(replay_open(&made, scratch.arena, &options, &fault), "%s: %s", fault.where,
                  fault.what);
    int64_t *latency_ps = memory_zeroed((size_t)made.trace->job_count, sizeof *latency_ps);
    replay_run(&made, scratch_path(&scratch, stem), latency_ps, &row);
    free(latency_ps);
    replay_close(&made);
    return row;
}

/* Whether a trace can be opened and read to its end. */
static bool is_sound(const char *dir)
{
    struct replay made;
    struct arena *arena = arena_create();
    const struct replay_options options = {.dir = dir, .roster = &roster_built_in};
    fault = FAULT_NONE;
    bool ok = replay_open(&made, arena, &options, &fault);
    for (int i = 0; ok && i < TRACE_CATEGORIES; i++)
        ok = !trace_has(made.trace, (enum trace_category)i) ||
             trace_check(made.trace, (enum trace_category)i, &fault);
    if (made.trace != NULL)
        replay_close(&made);
    arena_destroy(arena);
    return ok;
}

static bool cannot_open(struct replay_options options)
{
    struct replay made;
    options.roster = &roster_built_in;
    if (options.dir == NULL)
        options.dir = scratch_path(&scratch, "traces/1");
    fault = FAULT_NONE;
    return !replay_open(&made, scratch.arena, &options, &fault);
}

/* The recorded factor of a task, NAN if it has none. */
static double factor_of(const char *job, const char *task)
{
    struct csv_reader *reader = csv_open(scratch_path(&scratch, "traces/1/factors.csv"), &fault);
    double factor = NAN;
    while (csv_next(reader, &fault))
        if (strcmp(csv_cell(reader, 0), job) == 0 && strcmp(csv_cell(reader, 1), task) == 0)
            factor = strtod(csv_cell(reader, 2), NULL);
    csv_close(reader);
    return factor;
}

START_TEST(another_scheduler_meets_the_same_jobs_and_factors)
{
    const char *const sets[] = {"noise.0.name=x"};
    ck_assert(cannot_open((struct replay_options){.sets = sets, .set_count = 1}));
    struct trial_row row = replay((struct replay_options){.scheduler = "olb"}, "olb");
    ck_assert_int_eq(row.status, TRIAL_DONE);
    ck_assert_int_eq(row.metrics.jobs_done, 40);
    struct csv_reader *reader = csv_open(scratch_path(&scratch, "olb.tasks.csv"), &fault);
    int rows = 0, exact = 0;
    for (; csv_next(reader, &fault); rows++) {
        double est_us = strtod(csv_cell(reader, csv_column(reader, "exec_est_us")), NULL);
        double exec_us = strtod(csv_cell(reader, csv_column(reader, "exec_us")), NULL);
        double due_us = est_us * factor_of(csv_cell(reader, 1), csv_cell(reader, 3));
        ck_assert_msg(exec_us > due_us - 1e-5, "job %s task %s took %g us, not %g",
                      csv_cell(reader, 1), csv_cell(reader, 3), exec_us, due_us);
        exact += fabs(exec_us - due_us) < 2e-6; /* the others met a slow-down */
    }
    csv_close(reader);
    ck_assert_int_gt(rows, 80);
    ck_assert_int_gt(exact, rows / 2);
    ck_assert_int_lt(exact, rows);
}
END_TEST

START_TEST(without_noise_tasks_take_what_the_tables_say)
{
    replay((struct replay_options){.without_noise = true}, "quiet");
    struct csv_reader *reader = csv_open(scratch_path(&scratch, "quiet.tasks.csv"), &fault);
    while (csv_next(reader, &fault))
        ck_assert_str_eq(csv_cell(reader, csv_column(reader, "exec_est_us")),
                         csv_cell(reader, csv_column(reader, "exec_us")));
    csv_close(reader);
}
END_TEST

/* Replaces a file of the trace by other rows, which its manifest then knows nothing about. */
static void replace(const char *category, const char *text)
{
    struct trace_manifest manifest;
    const char *dir = scratch_path(&scratch, "traces/1");
    ck_assert(trace_manifest_read(&manifest, scratch.arena, dir, &fault));
    for (int i = 0; i < TRACE_CATEGORIES; i++)
        if (strcmp(trace_category_name((enum trace_category)i), category) == 0)
            manifest.files[i].rows = manifest.files[i].crc32 = -1;
    ck_assert(trace_manifest_write(&manifest, dir, &fault));
    scratch_write(&scratch, arena_printf(scratch.arena, "traces/1/%s.csv", category), text);
}

START_TEST(what_the_trace_says_is_what_happens)
{
    load("name: race\nplatform: duo\nschedulers: [eft]\nengine: heap\n"
         "noise: [{name: n, exec: {dist: lognormal, sigma: 0.5}}]\n"
         "workload: {apps: [solo], arrivals: single}\n");
    struct trial_row row;
    trial_run(&points, &experiment, 0, NULL, &row);
    const char *dir = scratch_path(&scratch, "traces/1");
    ck_assert(folder_remove(dir, &fault));
    ck_assert_int_eq(rename(scratch_path(&scratch, "traces/0"), dir), 0);
    replace("factors", "job_id,task,factor\n0,only,7\n");
    row = replay((struct replay_options){.scheduler = NULL}, "a");
    ck_assert(row.metrics.makespan_us == 21); /* 7 x 3 us */
    replace("episodes", "pe,start_us,end_us,speed\na_0,1,,0.5\na_1,0,,0.25\n");
    row = replay((struct replay_options){.scheduler = NULL}, "b");
    ck_assert(row.metrics.makespan_us == 41); /* 1 + 20 / 0.5 */
    replace("arrivals", "arrival_us,app\n5,solo\n6,solo\n");
    row = replay((struct replay_options){.scheduler = NULL}, "c");
    ck_assert_int_eq(row.metrics.jobs_done, 1); /* workload.jobs says so */
}
END_TEST

START_TEST(another_platform_meets_the_same_jobs)
{
    scratch_write(&scratch, "fast.yaml",
                  "format: 1\nplatform: fast\nsummary: many\nkinds: {A: {class: cpu}}\n"
                  "clusters: [{name: a, kind: A, count: 9}]\n"
                  "interconnect: {kind: matrix, bandwidth_bytes_per_us: 1e6}\n");
    struct trial_row row =
        replay((struct replay_options){.platform = scratch_path(&scratch, "fast.yaml")}, "fast");
    ck_assert_int_eq(row.status, TRIAL_DONE);
    ck_assert_int_eq(row.metrics.jobs_done, 40);
    assert_holds(scratch_read(&scratch, "fast.tasks.csv"), ",a_8,");
}
END_TEST

START_TEST(every_damaged_byte_is_noticed)
{
    static const char *const names[] = {"manifest.json", "arrivals.csv", "factors.csv",
                                        "episodes.csv",  "tasks.csv",    "decisions.csv",
                                        "transfers.csv", "jobs.csv"};
    const char *dir = scratch_path(&scratch, "traces/1");
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, 0, 0);
    ck_assert_msg(is_sound(dir), "%s: %s", fault.where, fault.what);
    for (size_t i = 1; i < sizeof names / sizeof *names; i++) {
        const char *name = arena_printf(scratch.arena, "traces/1/%s", names[i]);
        const char *text = scratch_read(&scratch, name);
        size_t size = strlen(text);
        for (int trial = 0; trial < 12; trial++) {
            char *changed = arena_string(scratch.arena, text);
            size_t at = random_below(&stream, (uint32_t)size);
            if (trial % 3 == 0)
                changed[at] = '\0'; /* cut */
            else
                changed[at] = (char)(changed[at] ^ (1 << random_below(&stream, 6)));
            if (changed[at] == '\0' && at + 1 == size)
                continue; /* a last line without its end is whole */
            scratch_write(&scratch, name, changed);
            ck_assert_msg(!is_sound(dir), "%s, byte %zu", name, at);
            ck_assert(fault.where[0] != '\0');
        }
        scratch_write(&scratch, name, text);
    }
}
END_TEST

START_TEST(rows_that_contradict_are_refused)
{
    replace("factors", "job_id,task,factor\n0,first,2\n0,first,2\n");
    ck_assert(!is_sound(scratch_path(&scratch, "traces/1")));
    ck_assert_msg(strstr(fault.where, "factors.csv:3:1") != NULL || strstr(fault.what, "no task"),
                  "%s: %s", fault.where, fault.what);
    unlink(scratch_path(&scratch, "traces/1/experiment.yaml"));
    ck_assert(!is_sound(scratch_path(&scratch, "traces/1")));
    assert_holds(fault.where, "experiment.yaml");
    ck_assert(!is_sound(scratch_path(&scratch, "traces")));
    assert_holds(fault.what, "no trace");
    assert_holds(fault.hint, "DIR/0");
}
END_TEST

START_TEST(draws_and_several_trials_cannot_be_set)
{
    static const char *const refused[] = {"seed=2",
                                          "replicates=2",
                                          "noise=[none]",
                                          "workload.arrivals.kind=single",
                                          "schedulers=[eft, met]",
                                          "workload.apps=[solo]"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        ck_assert_msg(cannot_open((struct replay_options){.sets = &refused[i], .set_count = 1}),
                      "--set %s was taken", refused[i]);
        ck_assert(fault.hint[0] != '\0');
    }
    const char *const taken[] = {"workload.warmup_jobs=10"};
    struct trial_row row = replay((struct replay_options){.sets = taken, .set_count = 1}, "w");
    ck_assert_int_eq(row.status, TRIAL_DONE);
}
END_TEST

START_TEST(a_window_leaves_out_what_happened_but_nothing_that_was_drawn)
{
    struct trial_row row;
    experiment.record.from_ps = 100 * TICK_PER_US;
    experiment.record.until_ps = 150 * TICK_PER_US;
    const char *whole = scratch_read(&scratch, "traces/1/factors.csv");
    trial_run(&points, &experiment, 1, NULL, &row);
    ck_assert_str_eq(scratch_read(&scratch, "traces/1/factors.csv"), whole);
    struct csv_reader *reader = csv_open(scratch_path(&scratch, "traces/1/tasks.csv"), &fault);
    int rows = 0;
    for (; csv_next(reader, &fault); rows++) {
        ck_assert(strtod(csv_cell(reader, csv_column(reader, "start_us")), NULL) < 150);
        ck_assert(strtod(csv_cell(reader, csv_column(reader, "finish_us")), NULL) >= 100);
    }
    csv_close(reader);
    ck_assert_int_gt(rows, 3);
    ck_assert(is_sound(scratch_path(&scratch, "traces/1")));
}
END_TEST

START_TEST(categories_that_are_not_wanted_have_no_file)
{
    struct trial_row row;
    experiment.record.categories = 1u << TRACE_TASKS | 1u << TRACE_ARRIVALS;
    experiment.record.is_compressed = true;
    trial_run(&points, &experiment, 1, NULL, &row);
    ck_assert(scratch_has(&scratch, "traces/1/tasks.csv.zst"));
    ck_assert(!scratch_has(&scratch, "traces/1/factors.csv")); /* nor is the old trace left */
    ck_assert(cannot_open((struct replay_options){.scheduler = NULL}));
    assert_holds(fault.what, "has no factors");
    fault = FAULT_NONE;
    struct trace *trace = trace_open(scratch_path(&scratch, "traces/1"), &fault);
    ck_assert_ptr_nonnull(trace);
    ck_assert_msg(trace_check(trace, TRACE_TASKS, &fault), "%s: %s", fault.where, fault.what);
    trace_close(trace);
}
END_TEST

/* Reads the tasks of a compressed trace that was damaged; what is wrong with them. */
static const char *read_damaged(void)
{
    fault = FAULT_NONE;
    struct trace *trace = trace_open(scratch_path(&scratch, "traces/1"), &fault);
    ck_assert_ptr_nonnull(trace);
    ck_assert(!trace_check(trace, TRACE_TASKS, &fault));
    trace_close(trace);
    assert_holds(fault.where, "tasks.csv.zst");
    ck_assert(fault.hint[0] != '\0');
    return fault.what;
}

START_TEST(compressed_files_that_are_cut_or_damaged_say_so)
{
    struct trial_row row;
    experiment.record.categories = 1u << TRACE_TASKS | 1u << TRACE_ARRIVALS;
    experiment.record.is_compressed = true;
    trial_run(&points, &experiment, 1, NULL, &row);
    const char *path = scratch_path(&scratch, "traces/1/tasks.csv.zst");
    ck_assert_int_eq(truncate(path, 300), 0);
    assert_holds(read_damaged(), "it ends too early");
    FILE *stream = fopen(path, "r+b");
    ck_assert_ptr_nonnull(stream);
    ck_assert_int_gt(fprintf(stream, "no frame"), 0);
    fclose(stream);
    assert_holds(read_damaged(), "are damaged");
}
END_TEST

START_TEST(a_trace_is_known_by_its_trial)
{
    ck_assert(record_has(&experiment, &points.list[0], 1, 1));
    ck_assert(!record_has(&experiment, &points.list[1], 1, 1));
    ck_assert(!record_has(&experiment, &points.list[0], 0, 0));
}
END_TEST

/* Records a job of four tasks before a sink, of which three hand it data. */
static void record_star(void)
{
    struct trial_row row;
    scratch_write(
        &scratch, "star.yaml",
        "format: 1\napp: star\nsummary: a star\nkinds: {work: {A: 1}}\n"
        "tasks: [{name: t0, kind: work}, {name: t1, kind: work}, {name: t2, kind: work},\n"
        "  {name: t3, kind: work}, {name: sink, kind: work}]\n"
        "edges: [{from: t3, to: sink}, {from: t0, to: sink}, {from: t2, to: sink}]\n");
    load("name: race\nplatform: duo\nschedulers: [eft]\nengine: heap\n"
         "noise: [{name: n, bandwidth: {dist: lognormal, sigma: 0.5}}]\n"
         "workload: {apps: [star], arrivals: single}\n");
    trial_run(&points, &experiment, 0, NULL, &row);
    ck_assert(folder_remove(scratch_path(&scratch, "traces/1"), &fault));
    ck_assert_int_eq(rename(scratch_path(&scratch, "traces/0"), scratch_path(&scratch, "traces/1")),
                     0);
}

/* The edge that a factor of 7 is for whose row names this task; -1 if the row is refused. */
static int32_t edge_from(const char *task)
{
    struct replay made;
    const struct replay_options options = {.dir = scratch_path(&scratch, "traces/1"),
                                           .roster = &roster_built_in};
    int32_t found = -1;
    replace("factors", arena_printf(scratch.arena, "job_id,task,factor,from\n0,sink,7,%s\n", task));
    fault = FAULT_NONE;
    if (!replay_open(&made, scratch.arena, &options, &fault))
        return -1;
    for (int32_t edge = 0; edge < 3; edge++)
        if (made.scenario.data_factor(made.scenario.source, 0, edge) == 7)
            found = edge;
    replay_close(&made);
    return found;
}

START_TEST(factors_of_data_find_their_edges)
{
    record_star();
    ck_assert_int_eq(edge_from("t3"), 0);
    ck_assert_int_eq(edge_from("t0"), 1);
    ck_assert_int_eq(edge_from("t2"), 2);
    ck_assert_int_eq(edge_from("t1"), -1);
    assert_holds(fault.what, "no edge between these tasks");
    ck_assert_int_eq(edge_from("sink"), -1);
    assert_holds(fault.what, "no edge between these tasks");
}
END_TEST

START_TEST(gaps_of_a_measured_trace_are_counted)
{
    scratch_write(&scratch, "arrivals.csv", "arrival_us,app\n0,pair\n1,pair\n");
    scratch_write(&scratch, "tasks.csv",
                  "job_id,task,pe_kind,start_us,exec_us\n0,first,A,0,20\n1,second,B,30,2\n");
    struct replay made;
    const struct replay_options options = {.dir = scratch.folder,
                                           .platform = "duo",
                                           .scheduler = "eft",
                                           .engine = "heap",
                                           .roster = &roster_built_in};
    ck_assert_msg(replay_open(&made, scratch.arena, &options, &fault), "%s: %s", fault.where,
                  fault.what);
    ck_assert_int_eq(made.gaps.tasks, 4);
    ck_assert_int_eq(made.gaps.measured, 2);
    ck_assert(made.scenario.exec_factor(made.scenario.source, 0, 0) == 2.0);
    ck_assert(made.scenario.exec_factor(made.scenario.source, 1, 1) == 0.5);
    ck_assert(made.scenario.exec_factor(made.scenario.source, 0, 1) == 1.0);
    int64_t latency_ps[2];
    ck_assert(replay_recorded(&made, latency_ps, &fault));
    ck_assert_int_eq(latency_ps[1], 31 * TICK_PER_US);
    replay_close(&made);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("replay");
    TCase *test = tcase_create("replay");
    tcase_add_checked_fixture(test, set_up, tear_down);
    tcase_set_timeout(test, 30);
    tcase_add_test(test, another_scheduler_meets_the_same_jobs_and_factors);
    tcase_add_test(test, without_noise_tasks_take_what_the_tables_say);
    tcase_add_test(test, what_the_trace_says_is_what_happens);
    tcase_add_test(test, another_platform_meets_the_same_jobs);
    tcase_add_test(test, every_damaged_byte_is_noticed);
    tcase_add_test(test, rows_that_contradict_are_refused);
    tcase_add_test(test, draws_and_several_trials_cannot_be_set);
    tcase_add_test(test, a_window_leaves_out_what_happened_but_nothing_that_was_drawn);
    tcase_add_test(test, categories_that_are_not_wanted_have_no_file);
    tcase_add_test(test, compressed_files_that_are_cut_or_damaged_say_so);
    tcase_add_test(test, a_trace_is_known_by_its_trial);
    tcase_add_test(test, factors_of_data_find_their_edges);
    tcase_add_test(test, gaps_of_a_measured_trace_are_counted);
    suite_add_tcase(suite, test);
    return suite;
}
