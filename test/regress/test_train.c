/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `hetsoc train` as its users meet it. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/digest.h"
#include "test/scratch.h"
#include "test/spawn.h"
#include "test/suite.h"

static struct scratch scratch;

/* A training of seconds: 3 PEs, one app. */
static const char tiny[] = "name: tiny\n"
                           "platform: study3\n"
                           "workload:\n"
                           "  apps: [study_top]\n"
                           "  arrivals: {kind: poisson, mean_interarrival_us: [400, 300]}\n"
                           "  jobs: 30\n"
                           "schedulers: [heft, heft_rt]\n"
                           "noise: [none, {name: ln, exec: {dist: lognormal, sigma: 0.3}}]\n"
                           "train:\n"
                           "  iterations: 6\n"
                           "  rollouts: 4\n"
                           "  jobs: 12\n"
                           "  warm_start: {iterations: 2}\n"
                           "  validation: {runs: 4, every: 2, jobs: 20}\n";

static void set_up(void)
{
    scratch_init(&scratch);
    scratch_write(&scratch, "tiny.yaml", tiny);
}

static void tear_down(void)
{
    scratch_finish(&scratch);
}

/* Trains as tiny.yaml says; returns what is told on standard error. */
static const char *run_tiny(const char *folder, const char *arguments, int status)
{
    const char *command =
        arena_printf(scratch.arena, "train tiny.yaml -o %s %s", folder, arguments);
    return spawn_expect(&scratch, command, status).err;
}

/* Trains into a folder; returns the digest of the final state's weights and optimizer. */
static const char *train(const char *arguments, const char *folder)
{
    run_tiny(folder, arguments, 0);
    char *text = arena_zeroed(scratch.arena, DIGEST_SIZE, 1);
    struct fault fault = FAULT_NONE;
    const char *policy = arena_printf(scratch.arena, "%s/policy.safetensors", folder);
    ck_assert(digest_file(text, scratch_path(&scratch, policy), &fault));
    return text;
}

START_TEST(weights_do_not_depend_on_the_number_of_workers)
{
    const char *one = train("-j 1", "one");
    ck_assert_str_eq(one, train("-j 2", "two"));
    ck_assert_str_eq(one, train("-j 4", "four"));
    ck_assert_str_ne(one, train("-j 1 --set seed=2", "other"));
    const char *graph = train("-j 1 --set train.agent=graph", "graph");
    ck_assert_str_eq(graph, train("-j 2 --set train.agent=graph", "graph_two"));
}
END_TEST

START_TEST(what_the_return_is_compared_with_changes_the_weights)
{
    const char *same_date = train("-j 1", "same");
    const char *constant = train("-j 1 --set train.advantage=constant", "constant");
    ck_assert_str_ne(same_date, constant);
    ck_assert_str_eq(constant, train("-j 2 --set train.advantage=constant", "constant2"));
}
END_TEST

START_TEST(what_a_job_costs_changes_the_weights)
{
    const char *same = train("-j 1", "same");
    const char *slowdown = train("-j 1 --set train.reward=slowdown", "slowdown");
    const char *tail = train("-j 1 --set train.reward=tail", "tail");
    const char *late = train("-j 1 --set train.reward=tail --set train.tail_us=1e9", "late");
    ck_assert_str_ne(same, slowdown);
    ck_assert_str_ne(same, tail);
    ck_assert_str_ne(late, tail);
}
END_TEST

/* --set noise=... of a training on one kind of disturbance. */
static const char *disturbed(const char *noise)
{
    return arena_printf(scratch.arena, "-j 1 --set noise=[{\"name\":\"x\",%s}]", noise);
}

START_TEST(pes_that_fail_tables_that_err_and_a_cap_are_trained_on)
{
    const char *none = train("-j 1 --set noise=[none]", "none");
    ck_assert_str_ne(
        none, train(disturbed("\"failure\":{\"mtbf_us\":300,\"repair_us\":100}"), "failing"));
    ck_assert_str_ne(
        none, train(disturbed("\"tables\":{\"dist\":\"lognormal\",\"sigma\":0.3}"), "wrong"));
    ck_assert_str_ne(
        none, train(disturbed("\"bandwidth\":{\"dist\":\"lognormal\",\"sigma\":0.5}"), "jitter"));
    ck_assert_str_ne(none, train("-j 1 --set noise=[none] --set "
                                 "workload.arrivals.max_in_flight=1",
                                 "capped"));
}
END_TEST

START_TEST(ends_that_ds3_tells_late_are_trained_on)
{
    train("-j 1 --set compat=ds3 --set platform=ds3_bal --set workload.apps=[wifi_tx] --set "
          "workload.arrivals.mean_interarrival_us=20",
          "late");
}
END_TEST

START_TEST(jobs_that_fail_cost_nothing_more_and_a_run_without_others_is_refused)
{
    train(disturbed("\"outages\":[{\"pe\":\"MM\",\"at_us\":2500}]"), "lost");
    const char *all_lost = disturbed("\"outages\":[{\"pe\":\"LITTLE\",\"at_us\":0},{\"pe\":"
                                     "\"BIG\",\"at_us\":0},{\"pe\":\"MM\",\"at_us\":0}]");
    assert_holds(run_tiny("gone", all_lost, 1), "every job of a run has failed");
}
END_TEST

START_TEST(arrivals_that_end_before_a_job_counts_are_refused)
{
    assert_holds(run_tiny("short", "-j 1 --set workload.arrivals=single --set workload.jobs=1", 1),
                 "no job of a run counts: 1 of 20 arrived");
}
END_TEST

START_TEST(what_is_overwritten_is_gone_even_if_nothing_takes_its_place)
{
    train("-j 1", "over");
    const char *early = "train tiny.yaml -o over -j 1 --overwrite --set train.iterations=0 --set "
                        "train.warm_start.iterations=0";
    const char *out = spawn_expect(&scratch, early, 0).out;
    assert_holds(out, "over/train.csv");
    ck_assert_ptr_null(strstr(out, "safetensors"));
    ck_assert(!scratch_has(&scratch, "over/policy.safetensors"));
    ck_assert(!scratch_has(&scratch, "over/state.safetensors"));
}
END_TEST

START_TEST(a_training_that_was_killed_resumes_to_the_same_weights)
{
    const char *whole = train("-j 1 --set train.iterations=12", "whole");
    const char *command =
        arena_printf(scratch.arena, "train %s -o %s -j 2 --set train.iterations=12",
                     scratch_path(&scratch, "tiny.yaml"), scratch_path(&scratch, "killed"));
    pid_t pid = spawn_start(&scratch, command);
    for (int i = 0; i < 2000 && !scratch_has(&scratch, "killed/state.safetensors"); i++)
        usleep(2000);
    kill(pid, SIGKILL);
    spawn_wait(&scratch, pid);
    ck_assert(scratch_has(&scratch, "killed/state.safetensors"));
    ck_assert_str_eq(whole, train("-j 2 --set train.iterations=12 --resume", "killed"));
    const char *table = scratch_read(&scratch, "killed/train.csv");
    assert_holds(table, "\n13,ppo,");
}
END_TEST

START_TEST(a_training_that_is_interrupted_fails_and_says_how_to_go_on)
{
    const char *command = "train tiny.yaml -o out -j 2 --set train.iterations=1000000";
    pid_t pid = spawn_start(&scratch, command);
    for (int i = 0; i < 15000 && !scratch_has(&scratch, "out/state.safetensors"); i++)
        usleep(2000);
    kill(-pid, SIGINT);
    struct spawned spawned = spawn_wait(&scratch, pid);
    spawn_check(&spawned, command, 1);
    assert_holds(spawned.err,
                 "hetsoc: interrupted\n    hint: `--resume` goes on from the last validation\n");
    assert_holds(spawned.out, "out/state.safetensors");
}
END_TEST

START_TEST(a_training_that_is_there_is_lost_only_if_that_is_wanted)
{
    const char *first = train("-j 2", "out");
    assert_holds(run_tiny("out", "-j 2 --set seed=2", 1), "a training is in this folder already");
    assert_holds(run_tiny("out", "-j 2 --set seed=2", 1), "--overwrite");
    assert_holds(run_tiny("out", "--resume --overwrite", 2), "exclude each other");
    ck_assert_str_eq(train("-j 2 --resume", "out"), first);
    ck_assert_str_ne(train("-j 2 --set seed=2 --overwrite", "out"), first);
}
END_TEST

START_TEST(a_folder_that_another_training_writes_is_refused)
{
    const char *first = train("-j 1", "out");
    const char *table = scratch_read(&scratch, "out/train.csv");
    int folder = open(scratch_path(&scratch, "out"), O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(flock(folder, LOCK_EX), 0); /* as a training that goes on does */
    static const char told[] = "another hetsoc process is writing into this folder";
    assert_holds(run_tiny("out", "-j 1 --resume", 1), told);
    assert_holds(run_tiny("out", "-j 1 --overwrite --set seed=2", 1), told);
    ck_assert_str_eq(scratch_read(&scratch, "out/train.csv"), table);
    close(folder);
    ck_assert_str_eq(train("-j 1 --resume", "out"), first);
}
END_TEST

START_TEST(a_state_of_another_experiment_is_refused)
{
    train("-j 1", "state");
    assert_holds(run_tiny("state", "--resume --set seed=9", 1), "the state is of another");
}
END_TEST

/* The rest of a line of a table without its first cell, the number of the trial. */
static const char *skip_cell(const char *line)
{
    return line + strcspn(line, ",");
}

START_TEST(policies_trained_on_one_engine_decide_the_same_on_the_other)
{
    enum { POLICIES = 5 };
    static const char *const settings[POLICIES][2] = {
        {"mlp", "pair_wait"},   {"mlp", "order_eft"},   {"mlp", "pair_ahead"},
        {"graph", "pair_wait"}, {"graph", "order_eft"},
    };
    const char *schedulers = "heft";
    for (int i = 0; i < POLICIES; i++) {
        const char *folder = arena_printf(scratch.arena, "trained%d", i);
        train(arena_printf(scratch.arena,
                           "-j 1 --set train.iterations=4 --set train.agent=%s --set train.mode=%s",
                           settings[i][0], settings[i][1]),
              folder);
        schedulers = arena_printf(scratch.arena,
                                  "%s, {name: neural, policy: %s/policy.safetensors, as: p%d}",
                                  schedulers, folder, i);
    }
    scratch_write(&scratch, "race.yaml",
                  arena_printf(scratch.arena,
                               "name: race\nplatform: study3\n"
                               "workload: {apps: [study_top], jobs: 60,"
                               " arrivals: {kind: poisson, mean_interarrival_us: 240}}\n"
                               "schedulers: [%s]\n"
                               "noise: [{name: ln, exec: {dist: lognormal, sigma: 0.4}}]\n"
                               "engine: [heap, simgrid]\ntrace: true\n",
                               schedulers));
    spawn_expect(&scratch, "run race.yaml -o race -j 1", 0);
    char digest[DIGEST_SIZE];
    struct fault fault = FAULT_NONE;
    ck_assert(digest_file(digest, scratch_path(&scratch, "trained4/policy.safetensors"), &fault));
    assert_holds(scratch_read(&scratch, "race/manifest.json"), digest);
    const char *heap = strchr(scratch_read(&scratch, "race/tasks.csv"), '\n') + 1;
    const char *simgrid = strstr(heap, arena_printf(scratch.arena, "\n%d,", POLICIES + 1)) + 1;
    ck_assert_int_gt(simgrid - heap, 10000);
    for (const char *end = simgrid; heap < end;) {
        size_t length = strcspn(skip_cell(heap), "\n") + 1;
        ck_assert_mem_eq(skip_cell(heap), skip_cell(simgrid), length);
        heap = skip_cell(heap) + length;
        simgrid = skip_cell(simgrid) + length;
    }
    ck_assert_int_eq(*simgrid, '\0');
}
END_TEST

/* Two tasks, x and y, on a fast and a slow PE; y runs on the fast one only. Whoever gives x to
 * where it ends first ends at 12; the optimum, 11, gives it to the slow one. */
static const char toy_platform[] =
    "format: 1\nplatform: two\nsummary: toy\nkinds: {fast: {class: cpu}, slow: {class: cpu}}\n"
    "clusters: [{name: f, kind: fast, count: 1}, {name: s, kind: slow, count: 1}]\n"
    "interconnect: {kind: matrix, bandwidth_bytes_per_us: 1}\n";
static const char toy_app[] = "format: 1\napp: toy\nsummary: toy\n"
                              "kinds: {x: {fast: 10, slow: 11}, y: {fast: 2}}\n"
                              "tasks: [{name: x, kind: x}, {name: y, kind: y}]\nedges: []\n";

START_TEST(a_toy_of_two_tasks_is_solved_to_its_optimum)
{
    scratch_write(&scratch, "two.yaml", toy_platform);
    scratch_write(&scratch, "toy.yaml", toy_app);
    scratch_write(&scratch, "tiny.yaml",
                  "name: toy\nplatform: two.yaml\n"
                  "workload: {apps: [toy.yaml], jobs: 10,"
                  " arrivals: {kind: periodic, mean_interarrival_us: 40}}\n"
                  "schedulers: [heft_rt]\nengine: heap\n"
                  "train: {iterations: 30, jobs: 10, warm_start: {iterations: 1},"
                  " validation: {runs: 1, every: 5, jobs: 10}}\n");
    train("-j 1", "solved");
    scratch_write(&scratch, "race.yaml",
                  "name: race\nplatform: two.yaml\n"
                  "workload: {apps: [toy.yaml], arrivals: {kind: single}}\n"
                  "schedulers: [heft_rt, {name: neural, policy: solved/policy.safetensors}]\n"
                  "baseline: heft_rt\nengine: heap\noptimum: {}\n");
    spawn_expect(&scratch, "run race.yaml -o race -j 1", 0);
    struct fault fault = FAULT_NONE;
    struct csv_reader *csv = csv_open(scratch_path(&scratch, "race/trials.csv"), &fault);
    int ratio = csv_column(csv, "optimum_ratio"), makespan = csv_column(csv, "makespan_us");
    ck_assert(csv_next(csv, &fault)); /* heft_rt */
    ck_assert_str_eq(csv_cell(csv, makespan), "12");
    ck_assert(csv_next(csv, &fault));
    ck_assert_str_eq(csv_cell(csv, makespan), "11");
    ck_assert_str_eq(csv_cell(csv, ratio), "1");
    csv_close(csv);
}
END_TEST

START_TEST(what_is_wrong_is_told_before_training)
{
    static const char *const wrong[][2] = {
        {"--set train.agent=magic", "must be one of mlp"},
        {"--set train.mode=fast", "train.mode"},
        {"--set train.minibatches=100", "more minibatches than rollouts"},
        {"--set decision_cost=measured", "measured decision costs"},
        {"--set train.rollouts=1", "train.rollouts"},
        {"--set train.also=[nowhere.yaml]", "nowhere.yaml"},
        {"--set train.warm_start.teacher=heft_rt", "the teacher of mode `pair_wait` is srpt_lb"},
        {"--set train.share=0", "all shares are 0"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_holds(run_tiny("wrong", wrong[i][0], 1), wrong[i][1]);
        ck_assert(!scratch_has(&scratch, "wrong"));
    }
}
END_TEST

START_TEST(a_file_that_is_no_policy_is_refused)
{
    scratch_write(&scratch, "bad.safetensors", "not weights");
    scratch_write(&scratch, "race.yaml",
                  "name: race\nplatform: study3\n"
                  "workload: {apps: [study_top], arrivals: single}\n"
                  "schedulers: [{name: neural, policy: bad.safetensors}]\n");
    assert_holds(spawn_expect(&scratch, "run race.yaml --dry-run", 1).err, "bad.safetensors");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("train");
    TCase *tests = tcase_create("train");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, weights_do_not_depend_on_the_number_of_workers);
    tcase_add_test(tests, what_the_return_is_compared_with_changes_the_weights);
    tcase_add_test(tests, what_a_job_costs_changes_the_weights);
    tcase_add_test(tests, pes_that_fail_tables_that_err_and_a_cap_are_trained_on);
    tcase_add_test(tests, ends_that_ds3_tells_late_are_trained_on);
    tcase_add_test(tests, jobs_that_fail_cost_nothing_more_and_a_run_without_others_is_refused);
    tcase_add_test(tests, arrivals_that_end_before_a_job_counts_are_refused);
    tcase_add_test(tests, what_is_overwritten_is_gone_even_if_nothing_takes_its_place);
    tcase_add_test(tests, a_training_that_was_killed_resumes_to_the_same_weights);
    tcase_add_test(tests, a_training_that_is_interrupted_fails_and_says_how_to_go_on);
    tcase_add_test(tests, a_training_that_is_there_is_lost_only_if_that_is_wanted);
    tcase_add_test(tests, a_folder_that_another_training_writes_is_refused);
    tcase_add_test(tests, a_state_of_another_experiment_is_refused);
    tcase_add_test(tests, policies_trained_on_one_engine_decide_the_same_on_the_other);
    tcase_add_test(tests, a_toy_of_two_tasks_is_solved_to_its_optimum);
    tcase_add_test(tests, what_is_wrong_is_told_before_training);
    tcase_add_test(tests, a_file_that_is_no_policy_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
