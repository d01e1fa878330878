/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recording from the command line and replaying: the same bytes, on either engine, whatever moves
 * the data. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "test/spawn.h"
#include "test/suite.h"

static struct scratch scratch;

/* The machine `duo` with something else in one place. */
static void vary(const char *name, const char *difference)
{
    scratch_write(&scratch, arena_printf(scratch.arena, "%s.yaml", name),
                  arena_printf(scratch.arena,
                               "format: 1\nplatform: %s\nsummary: a duo\nextends: duo\n%s\n", name,
                               difference));
}

static void setup(void)
{
    scratch_init(&scratch);
    scratch_write_shelf(&scratch);
    vary("memory", "interconnect: {kind: shared_memory, memory: {bandwidth_bytes_per_us: 1}}");
    vary("bus", "interconnect: {kind: bus, bandwidth_bytes_per_us: 0.3, latency_us: 0.25}");
    vary("mesh",
         "interconnect: {kind: mesh, columns: 2, bandwidth_bytes_per_us: 0.3, dma_channels: 1}");
    vary("drawn", "generate: {pes: 4, heterogeneity: 1}\n"
                  "interconnect: {kind: bus, bandwidth_bytes_per_us: 0.3}");
    scratch_write(&scratch, "race.yaml",
                  "name: race\nplatform: [duo, memory, bus, mesh, drawn]\nschedulers: [heft, etf]\n"
                  "noise: [{name: ln, exec: {dist: lognormal, sigma: 0.3}}]\n"
                  "workload: {apps: [pair, solo, many], jobs: 30, "
                  "arrivals: {kind: poisson, rate_jobs_per_ms: 60}}\n"
                  "decision_cost: {fixed_us: 0.5}\nengine: heap\ntrace: true\n");
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

static const char *run(const char *arguments)
{
    return spawn_expect(&scratch, arguments, 0).out;
}

/* The header of a table and the rows of one trial. */
static const char *rows_of(const char *text, int trial)
{
    char *rows = arena_zeroed(scratch.arena, strlen(text) + 1, 1);
    for (const char *line = text; *line != '\0';) {
        const char *end = strchr(line, '\n') + 1;
        if (line == text || atoi(line) == trial)
            strncat(rows, line, (size_t)(end - line));
        line = end;
    }
    return rows;
}

START_TEST(a_replay_writes_the_rows_of_the_recorded_trial)
{
    static const char *const tables[] = {"jobs.csv", "tasks.csv", "pes.csv", "links.csv"};
    static const char *const engines[] = {"heap", "simgrid"};
    run("run race.yaml --record traces -o out --quiet");
    for (int trial = 0; trial < 10; trial++)
        for (int e = 0; e < 2; e++) {
            run(arena_printf(scratch.arena, "replay traces/%d --engine %s -o again --quiet", trial,
                             engines[e]));
            for (int t = 0; t < 4; t++) {
                const char *recorded =
                    scratch_read(&scratch, arena_printf(scratch.arena, "out/%s", tables[t]));
                const char *again =
                    scratch_read(&scratch, arena_printf(scratch.arena, "again/%s", tables[t]));
                ck_assert_int_gt((int)strlen(again), 100);
                ck_assert_msg(strcmp(rows_of(recorded, trial), again) == 0,
                              "trial %d on %s: %s differs", trial, engines[e], tables[t]);
            }
        }
}
END_TEST

START_TEST(links_that_failed_fail_again_in_the_replay)
{
    run("run race.yaml --record traces -o out --quiet --set platform=[mesh] --set "
        "noise=[{\"name\":\"broken\",\"link_failure\":{\"mtbf_us\":100,\"repair_us\":20},"
        "\"outages\":[{\"link\":\"a_0<>b_2\",\"at_us\":200}]}]");
    for (int trial = 0; trial < 2; trial++) {
        const char *failures =
            scratch_read(&scratch, arena_printf(scratch.arena, "traces/%d/failures.csv", trial));
        assert_holds(failures, "pe,start_us,end_us,link\n");
        assert_holds(failures, ",a_0>b_2\n");
        assert_holds(failures, ",b_2>a_0\n");
        for (int e = 0; e < 2; e++) {
            run(arena_printf(scratch.arena, "replay traces/%d --engine %s -o again --quiet", trial,
                             e == 0 ? "heap" : "simgrid"));
            ck_assert_str_eq(rows_of(scratch_read(&scratch, "out/tasks.csv"), trial),
                             scratch_read(&scratch, "again/tasks.csv"));
            ck_assert_str_eq(rows_of(scratch_read(&scratch, "out/links.csv"), trial),
                             scratch_read(&scratch, "again/links.csv"));
        }
    }
}
END_TEST

START_TEST(validate_reads_every_table_of_a_trace)
{
    run("run race.yaml --record traces -o out --set engine=heap --set platform=duo --quiet");
    ck_assert_str_eq(run("validate traces/0"), "traces/0: ok (recorded trace, 30 jobs)\n");
    char *tasks = arena_string(scratch.arena, scratch_read(&scratch, "traces/0/tasks.csv"));
    tasks[strlen(tasks) - 2] ^= 1;
    scratch_write(&scratch, "traces/0/tasks.csv", tasks);
    assert_holds(spawn_expect(&scratch, "validate traces/0", 1).err, "tasks.csv");
}
END_TEST

START_TEST(a_trace_carries_profiles_whatever_their_names)
{
    static const char profile[] =
        "format: 1\ninstruction_set: portable\nkind: {mac_per_us: 1000, memory_bytes_per_us: %d}\n"
        "stages: []\n";
    scratch_write(&scratch, "fast/unit.yaml", arena_printf(scratch.arena, profile, 4000));
    scratch_write(&scratch, "slow/unit.yaml", arena_printf(scratch.arena, profile, 40));
    scratch_write(
        &scratch, "unit.yaml",
        "format: 1\nplatform: unit\nsummary: two measured PEs\nkinds:\n"
        "  fast: {class: cpu, profile: {file: fast/unit.yaml}}\n"
        "  also: {class: cpu, profile: {file: fast/unit.yaml}}\n"
        "  slow: {class: cpu, profile: {file: slow/unit.yaml}}\n"
        "clusters: [{name: f, kind: fast}, {name: a, kind: also}, {name: s, kind: slow}]\n"
        "interconnect: {kind: matrix, bandwidth_bytes_per_us: 1000}\n");
    run("run race.yaml --record traces -o out --quiet --set platform=unit --set "
        "schedulers=[random] "
        "--set workload.apps=[fff_1x11]");
    run("replay traces/0 -o again --quiet");
    ck_assert_str_eq(scratch_read(&scratch, "again/tasks.csv"),
                     scratch_read(&scratch, "out/tasks.csv"));
}
END_TEST

START_TEST(an_app_and_a_part_of_another_that_share_a_name_are_refused)
{
    const char *pair = scratch_read(&scratch, "pair.yaml");
    scratch_write(&scratch, "own/pair.yaml", arena_printf(scratch.arena, "%s# mine\n", pair));
    scratch_write(&scratch, "own/twice.yaml",
                  "format: 1\napp: twice\nsummary: two pairs\n"
                  "jobs: [{name: a, app: pair}, {name: b, app: pair}]\n"
                  "edges: [{from: a, to: b, bytes: 1}]\n");
    static const char command[] = "run race.yaml -o %s --quiet --set platform=duo --record traces "
                                  "--set workload.apps=[%s,own/twice.yaml]";
    assert_holds(spawn_expect(&scratch, arena_printf(scratch.arena, command, "out", "pair"), 1).err,
                 "own/pair.yaml: a trace carries apps by their names");
    ck_assert(!scratch_has(&scratch, "out"));
    run(arena_printf(scratch.arena, command, "out", "own/pair.yaml"));
    assert_holds(run("replay traces/0"), "30 equal");
}
END_TEST

START_TEST(a_folder_for_traces_that_cannot_be_made_costs_no_row)
{
    run("run race.yaml -o out --quiet --set platform=duo");
    const char *before = scratch_read(&scratch, "out/trials.csv");
    struct spawned spawned = spawn_expect(
        &scratch, "run race.yaml -o out --quiet --set platform=duo --record race.yaml/traces", 1);
    assert_holds(spawned.err, "choose another folder with --record");
    ck_assert_str_eq(scratch_read(&scratch, "out/trials.csv"), before);
}
END_TEST

START_TEST(traces_of_another_experiment_are_not_mixed_with_those_of_this_one)
{
    run("run race.yaml -o out --quiet --set platform=duo --record traces");
    run("run race.yaml -o out --quiet --set platform=duo --record traces --set replicates=2");
    const char *other = "run race.yaml -o other --quiet --set platform=bus --record traces";
    const char *before = scratch_read(&scratch, "traces/3/manifest.json");
    assert_holds(spawn_expect(&scratch, other, 1).err, "there is a trace of another experiment");
    ck_assert_str_eq(scratch_read(&scratch, "traces/3/manifest.json"), before);
    scratch_write(&scratch, "traces/4/notes.txt", "mine");
    run(arena_printf(scratch.arena, "%s --overwrite", other));
    ck_assert_int_ne(access(scratch_path(&scratch, "traces/3"), F_OK), 0);
    ck_assert_str_eq(scratch_read(&scratch, "traces/4/notes.txt"), "mine");
    assert_holds(run("validate traces/1"), "traces/1: ok");
}
END_TEST

START_TEST(a_run_that_is_refused_removes_no_trace)
{
    run("run race.yaml -o out --quiet --set platform=duo --record traces");
    int folder = open(scratch_path(&scratch, "out"), O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(flock(folder, LOCK_EX), 0); /* as a run that goes on does */
    assert_holds(spawn_expect(&scratch,
                              "run race.yaml -o out --quiet --set platform=bus --record traces "
                              "--overwrite",
                              1)
                     .err,
                 "another hetsoc process is writing");
    close(folder);
    assert_holds(run("validate traces/1"), "traces/1: ok");
}
END_TEST

START_TEST(a_replay_does_not_write_over_a_trace_or_a_run)
{
    run("run race.yaml --record traces -o out --quiet --set platform=duo");
    const char *before = scratch_read(&scratch, "out/trials.csv");
    assert_holds(spawn_expect(&scratch, "replay traces/0 -o traces/0/", 1).err, "holds a trace");
    assert_holds(spawn_expect(&scratch, "replay traces/0 -o out", 1).err, "results of a run");
    ck_assert_str_eq(scratch_read(&scratch, "out/trials.csv"), before);
    assert_holds(run("validate traces/0"), "traces/0: ok");
    run("replay traces/0 -o again");
    run("replay traces/1 -o again");
}
END_TEST

START_TEST(an_export_does_not_replace_a_file_of_its_trace)
{
    run("run race.yaml --record traces -o out --quiet --set platform=duo");
    assert_holds(spawn_expect(&scratch, "export traces/0 --to csv -o traces/0/tasks.csv", 1).err,
                 "would replace this file of the trace");
    assert_holds(run("validate traces/0"), "traces/0: ok");
    for (int i = 0; i < 2; i++)
        run("export traces/0 --to csv -o traces/0/all.csv");
}
END_TEST

START_TEST(a_run_and_a_training_do_not_write_over_a_trace)
{
    run("run race.yaml --record traces -o out --quiet --set platform=duo");
    const char *before = scratch_read(&scratch, "traces/0/manifest.json");
    assert_holds(spawn_expect(&scratch, "run race.yaml -o traces/0 --quiet", 1).err,
                 "traces/0: the folder holds a trace");
    assert_holds(
        spawn_expect(&scratch, "train race.yaml -o traces/0 --set train.iterations=1", 1).err,
        "traces/0: the folder holds a trace");
    ck_assert_str_eq(scratch_read(&scratch, "traces/0/manifest.json"), before);
    ck_assert(!scratch_has(&scratch, "traces/0/results.db"));
    assert_holds(run("validate traces/0"), "traces/0: ok");
}
END_TEST

START_TEST(recording_changes_no_row)
{
    run("run race.yaml -o plain --quiet");
    run("run race.yaml --record traces -o out --quiet");
    ck_assert_str_eq(scratch_read(&scratch, "plain/tasks.csv"),
                     scratch_read(&scratch, "out/tasks.csv"));
    ck_assert_str_eq(spawn_trials(&scratch, "plain"), spawn_trials(&scratch, "out"));
}
END_TEST

START_TEST(another_scheduler_meets_the_same_jobs)
{
    run("run race.yaml --record traces -o out --quiet");
    const char *said = run("replay traces/0 --scheduler etf -o again");
    assert_holds(said, "job by job: latency x ");
    /* the replay is what etf did in the run: trial 1 */
    ck_assert_int_gt((int)strlen(scratch_read(&scratch, "again/job_pairs.csv")), 100);
    const char *etf = rows_of(scratch_read(&scratch, "out/tasks.csv"), 1);
    const char *again = scratch_read(&scratch, "again/tasks.csv");
    const char *a = strchr(etf, '\n'), *b = strchr(again, '\n');
    while (a != NULL && b != NULL && a[1] != '\0' && b[1] != '\0') {
        size_t length = strcspn(a + 2, "\n");
        ck_assert_int_eq(strncmp(a + 2, b + 2, length), 0); /* all but the number of the trial */
        a = strchr(a + 1, '\n');
        b = strchr(b + 1, '\n');
    }
    ck_assert(a != NULL && b != NULL && a[1] == b[1]);
}
END_TEST

/* Writes the first block of CSV below a mark of a page into a file. Returns what follows. */
static const char *write_block(const char *page, const char *mark, const char *name)
{
    static const char fence[] = "```csv\n";
    const char *at = strstr(page, mark);
    ck_assert_msg(at != NULL, "the page does not say: %s", mark);
    const char *from = strstr(at, fence) + strlen(fence), *to = strstr(from, "```");
    scratch_write(&scratch, name, arena_printf(scratch.arena, "%.*s", (int)(to - from), from));
    return to;
}

START_TEST(the_measured_trace_of_the_manual_is_replayed)
{
    /* On an A15: 2 us by the tables, 2.6 measured; 9 and 9.9; 6 and 6.7 on the A7 where it was. */
    static const char *const expected[] = {
        "0,0,0,scrambler,A15_4,0.000000,0.000000,0.000000,2.600000,2.000000,2.600000,",
        "0,0,1,viterbi_encoder,A15_4,2.600000,2.600000,2.600000,12.500000,9.000000,9.900000,",
        "0,1,0,scrambler,A15_4,120.000000,120.000000,120.000000,122.233333,2.000000,2.233333,"};
    const char *source = arena_printf(scratch.arena, "%s/docs/traces.md", TEST_SOURCE_ROOT);
    ck_assert_int_eq(symlink(source, scratch_path(&scratch, "traces.md")), 0);
    const char *page = scratch_read(&scratch, "traces.md");
    const char *rest = write_block(page, "is a measured trace", "hand/arrivals.csv");
    write_block(rest, "`tasks.csv`", "hand/tasks.csv");
    struct spawned spawned =
        spawn_expect(&scratch, "replay hand --platform ds3_bal --scheduler etf -o what-if", 0);
    assert_holds(spawned.err, "12 of 16 tasks have no measured time");
    const char *tasks = scratch_read(&scratch, "what-if/tasks.csv");
    for (int i = 0; i < 3; i++)
        assert_holds(tasks, expected[i]);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("record");
    TCase *tcase = tcase_create("record");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_replay_writes_the_rows_of_the_recorded_trial);
    tcase_add_test(tcase, links_that_failed_fail_again_in_the_replay);
    tcase_add_test(tcase, validate_reads_every_table_of_a_trace);
    tcase_add_test(tcase, a_trace_carries_profiles_whatever_their_names);
    tcase_add_test(tcase, an_app_and_a_part_of_another_that_share_a_name_are_refused);
    tcase_add_test(tcase, a_folder_for_traces_that_cannot_be_made_costs_no_row);
    tcase_add_test(tcase, traces_of_another_experiment_are_not_mixed_with_those_of_this_one);
    tcase_add_test(tcase, a_run_that_is_refused_removes_no_trace);
    tcase_add_test(tcase, a_replay_does_not_write_over_a_trace_or_a_run);
    tcase_add_test(tcase, an_export_does_not_replace_a_file_of_its_trace);
    tcase_add_test(tcase, a_run_and_a_training_do_not_write_over_a_trace);
    tcase_add_test(tcase, recording_changes_no_row);
    tcase_add_test(tcase, another_scheduler_meets_the_same_jobs);
    tcase_add_test(tcase, the_measured_trace_of_the_manual_is_replayed);
    suite_add_tcase(suite, tcase);
    return suite;
}
