/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands say and write when all is well, and how they end. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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
                  "name: race\nplatform: duo\nschedulers: [heft, etf, random]\nreplicates: 2\n"
                  "noise: [none, {name: ln, exec: {dist: lognormal, sigma: 0.3}}]\n"
                  "workload: {apps: [pair, solo, many], jobs: 30, warmup_jobs: 3, "
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

START_TEST(help_and_version_end_well)
{
    assert_holds(run("--help", 0).out, "validate");
    assert_holds(run("--version", 0).out, "SimGrid 3.");
    assert_holds(run("run --help", 0).out, "--dump-config");
    assert_holds(run("list --help", 0).out, "schedulers");
    assert_holds(run("validate --help", 0).out, "FILE...");
}
END_TEST

START_TEST(wrong_usage_ends_with_2)
{
    assert_holds(run("rnu race.yaml", 2).err, "hetsoc run");
    assert_holds(spawn_hetsoc(&scratch, "run").err, "which experiment?");
    static const char *const wrong[] = {
        "run",
        "run race.yaml other.yaml",
        "run race.yaml --no-such-flag",
        "run race.yaml -j 0",
        "run race.yaml -j two",
        "run race.yaml --set replicates",
        "run race.yaml --engine steam",
        "run race.yaml --shard 1",
        "run race.yaml --shard 1/",
        "run race.yaml --shard 2/2",
        "run race.yaml --shard 0/two",
        "run race.yaml --shard 0/4294967298",
        "run race.yaml --shard 00000000000000000/2",
        "import --from stg",
        "import --from stg one.stg --unit-us 0",
        "import --from stg one.stg --unit-bytes many",
        "import --from stg one.stg --pe-kind a:b",
        "import --from stg one.stg --pe-kind #1",
        "replay",
        "replay a b",
        "replay a --engine steam",
        "replay a --noise some",
        "replay a --set replicates",
        "list",
        "list cars",
        "list apps platforms",
        "validate",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        run(wrong[i], 2);
    ck_assert(!scratch_has(&scratch, "out"));
}
END_TEST

START_TEST(lists_have_a_name_and_a_summary_per_line)
{
    static const char *const lists[][2] = {
        {"list schedulers", "heft\t"}, {"list platforms", "top3\t"},
        {"list apps", "topcuoglu\t"},  {"list arrivals", "poisson\t"},
        {"list agents", "graph\t"},    {"list metrics", "mean_latency_us\t"}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char *out = arena_string(scratch.arena, run(lists[i][0], 0).out);
        assert_holds(out, lists[i][1]);
        for (char *line = strsep(&out, "\n"); out != NULL; line = strsep(&out, "\n")) {
            const char *tab = strchr(line, '\t');
            ck_assert_msg(tab != NULL && tab != line && tab[1] != '\0', "%s", line);
        }
    }
}
END_TEST

START_TEST(a_run_writes_its_files_and_tells_where)
{
    const char *out = run("run race.yaml", 0).out;
    static const char *const files[] = {"trials.csv", "summary.csv", "jobs.csv",
                                        "tasks.csv",  "pes.csv",     "manifest.json"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *path = arena_printf(scratch.arena, "out/race/%s", files[i]);
        ck_assert_msg(scratch_has(&scratch, path), "%s", path);
        assert_holds(out, path);
    }
    assert_holds(out, "24 trials");
    assert_holds(out, "etf");
    assert_holds(scratch_read(&scratch, "out/race/manifest.json"),
                 "\"stop_reason\": \"completed\"");
}
END_TEST

START_TEST(a_folder_whose_name_is_no_utf_8_is_one_like_any_other)
{
    scratch_write(&scratch, "caf\xe9/race.yaml",
                  "name: race\nplatform: study3\nschedulers: [heft]\nengine: heap\n"
                  "workload: {apps: [study_top], arrivals: single}\n");
    run("run caf\xe9/race.yaml -o caf\xe9/out", 0);
    ck_assert(scratch_has(&scratch, "caf\xe9/out/summary.csv"));
    ck_assert(scratch_has(&scratch, "caf\xe9/out/report.html"));
    assert_holds(scratch_read(&scratch, "caf\xe9/out/manifest.json"), "caf?/race.yaml");
}
END_TEST

START_TEST(a_quiet_run_says_nothing)
{
    struct spawned spawned = run("run race.yaml --quiet -o there", 0);
    ck_assert_str_eq(spawned.out, "");
    ck_assert(scratch_has(&scratch, "there/summary.csv"));
    ck_assert(!scratch_has(&scratch, "out"));
}
END_TEST

START_TEST(closed_standard_streams_are_no_place_for_a_file)
{
    static const char *const closed[] = {"<&- >.out", "<&- >.out 2>&-", "<&- >&- 2>&-",
                                         ">&- 2>.err"};
    static const int statuses[] = {0, 0, 1, 1}; /* what is to be printed cannot be */
    for (int i = 0; i < 4; i++) {
        const char *command =
            arena_printf(scratch.arena, "cd %s && timeout -s KILL 60 %s run race.yaml -o out%d %s",
                         scratch.folder, getenv("HETSOC_BINARY"), i, closed[i]);
        int status = system(command);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == statuses[i], "%s: %d", command,
                      status);
        ck_assert_str_eq(spawn_trials(&scratch, arena_printf(scratch.arena, "out%d", i)),
                         spawn_trials(&scratch, "out0"));
    }
}
END_TEST

START_TEST(the_same_experiment_gives_the_same_bytes_on_any_number_of_workers)
{
#define BOTH_ENGINES "run race.yaml -q --set engine=[heap,simgrid] "
    static const char *const runs[] = {BOTH_ENGINES "-j 1 -o a", BOTH_ENGINES "-j 2 -o b",
                                       BOTH_ENGINES "-j 2 -o c"};
    static const char *const files[] = {"jobs.csv", "tasks.csv", "pes.csv", "summary.csv"};
    for (size_t i = 0; i < 3; i++)
        run(runs[i], 0);
    const char *trials = spawn_trials(&scratch, "a");
    assert_holds(trials, "\n47,");
    for (int dir = 'b'; dir <= 'c'; dir++) {
        ck_assert_str_eq(spawn_trials(&scratch, arena_printf(scratch.arena, "%c", dir)), trials);
        for (size_t f = 0; f < 4; f++) {
            const char *first = arena_printf(scratch.arena, "a/%s", files[f]);
            const char *path = arena_printf(scratch.arena, "%c/%s", dir, files[f]);
            ck_assert_int_gt((int)strlen(scratch_read(&scratch, first)), 200);
            ck_assert_msg(strcmp(scratch_read(&scratch, path), scratch_read(&scratch, first)) == 0,
                          "%s", path);
        }
    }
}
END_TEST

START_TEST(another_seed_gives_other_bytes)
{
    run("run race.yaml -q -o a", 0);
    run("run race.yaml -q -o b --set seed=2", 0);
    ck_assert_int_ne(
        strcmp(scratch_read(&scratch, "a/jobs.csv"), scratch_read(&scratch, "b/jobs.csv")), 0);
}
END_TEST

START_TEST(a_dry_run_checks_and_lists_and_writes_nothing)
{
    const char *out = run("run race.yaml --dry-run --set seed=3", 0).out;
    assert_holds(out, "12 combinations x 2 replicates = 24 trials");
    assert_holds(out, "trial 22: platform=duo workload=pair+solo+many rate_jobs_per_ms=60 "
                      "load=0.407 jobs=30 engine=heap noise=ln scheduler=random");
    ck_assert(!scratch_has(&scratch, "out"));
}
END_TEST

START_TEST(a_dumped_configuration_runs_the_same)
{
    const char *dumped = run("run race.yaml --dump-config --set seed=9", 0).out;
    assert_holds(dumped, "seed: 9");
    scratch_write(&scratch, "dumped.yaml", dumped);
    run("run race.yaml -q --set seed=9 -o a", 0);
    run("run dumped.yaml -q -o b", 0);
    ck_assert_int_eq(
        strcmp(scratch_read(&scratch, "a/tasks.csv"), scratch_read(&scratch, "b/tasks.csv")), 0);
}
END_TEST

START_TEST(an_experiment_is_also_a_folder_or_a_shipped_name)
{
    scratch_write(&scratch, "study/experiment.yaml",
                  "name: study\nplatform: ../duo.yaml\nschedulers: [heft]\n"
                  "workload: {apps: [../pair.yaml], arrivals: single}\n");
    assert_holds(run("run study --dry-run", 0).out, "1 trials");
    scratch_write(&scratch, "reference-topcuoglu", "#!/bin/sh\n"); /* not what is meant */
    assert_holds(run("run reference-topcuoglu --dry-run", 0).out, "platform=top3");
    scratch_write(&scratch, "plain", scratch_read(&scratch, "race.yaml"));
    assert_holds(run("run plain --dry-run", 0).out, "24 trials");
}
END_TEST

START_TEST(a_failed_trial_is_told_and_the_others_are_kept)
{
    /* At one job per 1000 s the clock leaves its range. */
    scratch_write(&scratch, "slow.yaml",
                  "name: slow\nplatform: duo\nschedulers: [heft]\nengine: [heap, simgrid]\n"
                  "workload: {apps: [pair], jobs: 30, "
                  "arrivals: {kind: periodic, rate_jobs_per_ms: [1e-6, 5]}}\n");
    struct spawned spawned = run("run slow.yaml", 1);
    assert_holds(spawned.err, "trial 0 (heft, duo, pair, noise none, replicate 0): failed");
    assert_holds(spawned.err, "limit");
    assert_holds(spawned.out, "4 trials");
    assert_holds(spawned.out, "2 failed");
    const char *trials = scratch_read(&scratch, "out/slow/trials.csv");
    assert_holds(trials, "\n0,slow,duo,pair,heap,heft,1e-06,none,0,1,failed,");
    assert_holds(trials, "\n3,slow,duo,pair,simgrid,heft,5,none,0,1,done,");
    assert_holds(scratch_read(&scratch, "out/slow/manifest.json"), "\"failed\": 2");
}
END_TEST

START_TEST(a_run_of_failures_only_still_writes_its_rows)
{
    scratch_write(&scratch, "slow.yaml",
                  "name: slow\nplatform: duo\nschedulers: [heft]\nengine: heap\n"
                  "workload: {apps: [pair], jobs: 30, "
                  "arrivals: {kind: periodic, rate_jobs_per_ms: 1e-6}}\n");
    run("run slow.yaml", 1);
    assert_holds(scratch_read(&scratch, "out/slow/trials.csv"), ",failed,");
}
END_TEST

START_TEST(without_gnuplot_a_run_succeeds_with_a_warning)
{
    setenv("PATH", scratch.folder, 1);
    struct spawned spawned = run("run race.yaml", 0);
    assert_holds(spawned.err, "warning");
    assert_holds(spawned.err, "gnuplot");
    ck_assert(!scratch_has(&scratch, "out/race/plots/latency.png"));
}
END_TEST

/* Waits until a file is there. */
static void wait_for(const char *name)
{
    const struct timespec moment = {.tv_nsec = 20 * 1000 * 1000};
    for (int i = 0; i < 500 && !scratch_has(&scratch, name); i++)
        nanosleep(&moment, NULL);
    ck_assert_msg(scratch_has(&scratch, name), "%s did not come", name);
}

START_TEST(a_kind_like_a_name_for_which_no_app_has_times_is_told)
{
    static const char slip[] = "format: 1\nplatform: %s\nsummary: a slip\n"
                               "kinds: {A: {class: cpu}, B: {class: dsp, like: %s}}\n"
                               "clusters: [{name: a, kind: A}, {name: c, kind: B}]\n"
                               "interconnect: {kind: matrix, bandwidth_bytes_per_us: 1}\n";
    static const char pair[] = "format: 1\napp: pair\nsummary: a task\nkinds: {work: {A: 10}}\n"
                               "tasks: [{name: first, kind: work}]\n";
    scratch_write(&scratch, "pair.yaml", pair);
    scratch_write(&scratch, "slip.yaml", arena_printf(scratch.arena, slip, "slip", "AA"));
    scratch_write(&scratch, "right.yaml", arena_printf(scratch.arena, slip, "right", "A"));
    static const char arguments[] = "run race.yaml --set workload.apps=[pair] --set platform=%s";
    const char *said = run(arena_printf(scratch.arena, arguments, "slip"), 0).err;
    assert_holds(said, "no task of pair can run on the PEs of kind `B` of slip");
    assert_holds(said, "it is like `AA`, a name for which the apps have no times");
    said = run(arena_printf(scratch.arena, arguments, "right -o right"), 0).err;
    ck_assert_ptr_null(strstr(said, "no task"));
}
END_TEST

START_TEST(more_work_than_the_platform_can_serve_is_told_before_the_start)
{
    static const char many[] =
        "--set workload.arrivals.rate_jobs_per_ms=[1,900] --set replicates=1";
    struct spawned spawned = run(arena_printf(scratch.arena, "run race.yaml %s", many), 0);
    assert_holds(spawned.err, "warning: ");
    assert_holds(spawned.err, "combinations offer more work than the platform can serve");
    assert_holds(spawned.err, "at 900 jobs/ms");
    spawned = run(arena_printf(scratch.arena, "run race.yaml %s -o quiet --quiet", many), 0);
    ck_assert_str_eq(spawned.err, "");
    spawned = run("run race.yaml --set replicates=1 -o few", 0);
    ck_assert_ptr_null(strstr(spawned.err, "more work"));
    assert_holds(run(arena_printf(scratch.arena, "run race.yaml %s --dry-run", many), 0).out,
                 "load=");
}
END_TEST

/* Where the trials of a run of race.yaml leave their parts. */
static const char *parts_of(pid_t pid)
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    return arena_printf(scratch.arena, "out/race/.parts-%s-%d", host, (int)pid);
}

START_TEST(an_interrupt_lets_running_trials_finish_and_keeps_them)
{
    pid_t pid = spawn_start(&scratch, "run race.yaml -j 2 --set replicates=100000");
    wait_for("out/race/results.db-wal"); /* trials are about to come */
    nanosleep(&(struct timespec){.tv_nsec = 500 * 1000 * 1000}, NULL);
    kill(-pid, SIGINT);
    struct spawned spawned = spawn_wait(&scratch, pid);
    ck_assert_int_eq(spawned.status, 1);
    assert_holds(spawned.err, "interrupted after");
    assert_holds(spawned.err, "hint: the same command again runs the others");
    const char *trials = scratch_read(&scratch, "out/race/trials.csv");
    assert_holds(trials, ",done,");
    ck_assert_ptr_null(strstr(trials, ",crashed,"));
    assert_holds(scratch_read(&scratch, "out/race/manifest.json"), "\"interrupted\"");
    ck_assert(!scratch_has(&scratch, parts_of(pid)));
}
END_TEST

START_TEST(a_second_interrupt_ends_a_long_trial)
{
    pid_t pid = spawn_start(&scratch, "run race.yaml -j 1 --set workload.jobs=2000000000 "
                                      "--set workload.arrivals.rate_jobs_per_ms=20");
    wait_for(arena_printf(scratch.arena, "%s/0.jobs.csv", parts_of(pid)));
    kill(-pid, SIGINT);
    const struct timespec second = {.tv_sec = 1};
    nanosleep(&second, NULL);
    kill(-pid, SIGINT);
    struct spawned spawned = spawn_wait(&scratch, pid);
    ck_assert_int_eq(spawned.status, 1);
    assert_holds(spawned.err, "interrupted after 0 of");
    ck_assert(!scratch_has(&scratch, parts_of(pid)));
}
END_TEST

START_TEST(an_imported_graph_can_be_run)
{
    scratch_write(&scratch, "graph.stg", "1\n0 0 0\n1 7 1 0\n2 0 1 1\n");
    scratch_write(&scratch, "bad.stg", "1\n0 0 0\n1 7 1 9\n2 0 1 1\n");
    scratch_write(&scratch, "one.yaml",
                  "name: one\nplatform: equal2\nschedulers: [heft]\n"
                  "workload: {apps: [graphs/graph.yaml], arrivals: {kind: single}}\n");
    struct spawned spawned = run("import --from stg bad.stg graph.stg -o graphs", 1);
    assert_holds(spawned.err, "bad.stg:3:7: there is no such predecessor");
    assert_holds(spawned.out, "graphs/graph.yaml: 3 tasks, 2 edges, 7 us of work");
    run("validate graphs/graph.yaml", 0);
    run("run one.yaml --quiet", 0);
    assert_holds(scratch_read(&scratch, "out/one/trials.csv"), ",7,7,7,7,7,");
    run("import --from stg graph.stg -o graphs", 1);
    run("import --from stg graph.stg -o graphs --overwrite", 0);
    run("import graph.stg", 2);
    run("import --from papyrus graph.stg", 2);
}
END_TEST

START_TEST(imported_numbers_are_in_the_units_asked_for)
{
    scratch_write(&scratch, "graph.stg", "1\n0 0 0\n1 7 1 0\n2 0 1 1\n");
    const char *out =
        run("import --from stg graph.stg -o graphs --unit-us 2.5 --pe-kind dsp", 0).out;
    assert_holds(out, "17.5 us of work");
    assert_holds(scratch_read(&scratch, "graphs/graph.yaml"), "{dsp: 17.5}");
    scratch_write(&scratch, "empty.stg", "");
    assert_holds(run("import --from stg empty.stg -o none", 1).err, "the file is empty");
    ck_assert(!scratch_has(&scratch, "none"));
    assert_holds(run("import --from stg graph.stg -o graphs --unit-us 0", 2).err,
                 "--unit-us takes a number above 0, not `0`");
}
END_TEST

START_TEST(validate_reads_files_of_others)
{
    scratch_write(&scratch, "graph.stg", "1\n0 0 0\n1 7 1 0\n2 0 1 1\n");
    ck_assert_str_eq(run("validate graph.stg", 0).out,
                     "graph.stg: ok (stg for hetsoc import, 3 tasks, 2 edges)\n");
    scratch_write(&scratch, "bad.stg", "1\n0 0 0\n1 7 1 9\n2 0 1 1\n");
    assert_holds(run("validate bad.stg", 1).err, "bad.stg:3:7: there is no such predecessor");
}
END_TEST

START_TEST(validate_says_what_right_files_are)
{
    scratch_write(&scratch, "when.csv", "arrival_us,app\n0,pair\n1.5,anything\n");
    const char *out = run("validate race.yaml duo.yaml pair.yaml many.yaml when.csv", 0).out;
    ck_assert_str_eq(out, "race.yaml: ok (experiment)\nduo.yaml: ok (platform)\n"
                          "pair.yaml: ok (app)\nmany.yaml: ok (app)\nwhen.csv: ok (arrivals)\n");
}
END_TEST

START_TEST(validate_says_for_what_weights_are)
{
    const char *folder = getenv("HETSOC_SOURCE_ROOT");
    const char *command =
        arena_printf(scratch.arena,
                     "validate %s/sched/policies/default.safetensors "
                     "%s/analysis/experiments/fashion-mnist/weights/fff_8x5.safetensors "
                     "%s/analysis/experiments/fashion-mnist/weights/cigt_fmnist.safetensors",
                     folder, folder, folder);
    const char *out = run(command, 0).out;
    assert_holds(out, "default.safetensors: ok (policy, mode pair_ahead: network mlp, 48 features, "
                      "32 and 16 hidden, 2113 parameters; trained by experiment train-default");
    assert_holds(out, "fff_8x5.safetensors: ok (weights of kernel fff 8x5, 784 inputs, 10 outputs, "
                      "400680 parameters)\n");
    assert_holds(out, "(weights of kernel cigt_fmnist, 5 stages, 249646 parameters)\n");
}
END_TEST

/* Topcuoglu, Hariri and Wu 2002: HEFT finishes at 80, the best possible is 73. */
START_TEST(an_experiment_tells_how_far_schedulers_are_from_the_optimum)
{
    scratch_write(&scratch, "one.yaml",
                  "name: one\nplatform: top3\nschedulers: [heft]\nengine: heap\n"
                  "workload: {apps: [topcuoglu], arrivals: single}\noptimum: {}\n");
    run("run one.yaml -o out --quiet", 0);
    const char *summary = scratch_read(&scratch, "out/summary.csv");
    assert_holds(summary, ",makespan_us,1,80,");
    assert_holds(summary, ",optimum_us,1,73,");
    assert_holds(summary, ",optimum_bound_us,1,73,");
    assert_holds(summary, ",optimum_gap,1,0,");
    assert_holds(summary, ",optimum_ratio,1,1.0958904109589");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cli");
    TCase *tcase = tcase_create("cli");
    tcase_set_timeout(tcase, 240);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, help_and_version_end_well);
    tcase_add_test(tcase, wrong_usage_ends_with_2);
    tcase_add_test(tcase, lists_have_a_name_and_a_summary_per_line);
    tcase_add_test(tcase, a_run_writes_its_files_and_tells_where);
    tcase_add_test(tcase, a_folder_whose_name_is_no_utf_8_is_one_like_any_other);
    tcase_add_test(tcase, a_quiet_run_says_nothing);
    tcase_add_test(tcase, closed_standard_streams_are_no_place_for_a_file);
    tcase_add_test(tcase, the_same_experiment_gives_the_same_bytes_on_any_number_of_workers);
    tcase_add_test(tcase, another_seed_gives_other_bytes);
    tcase_add_test(tcase, a_dry_run_checks_and_lists_and_writes_nothing);
    tcase_add_test(tcase, a_dumped_configuration_runs_the_same);
    tcase_add_test(tcase, an_experiment_is_also_a_folder_or_a_shipped_name);
    tcase_add_test(tcase, a_failed_trial_is_told_and_the_others_are_kept);
    tcase_add_test(tcase, a_run_of_failures_only_still_writes_its_rows);
    tcase_add_test(tcase, without_gnuplot_a_run_succeeds_with_a_warning);
    tcase_add_test(tcase, a_kind_like_a_name_for_which_no_app_has_times_is_told);
    tcase_add_test(tcase, more_work_than_the_platform_can_serve_is_told_before_the_start);
    tcase_add_test(tcase, an_interrupt_lets_running_trials_finish_and_keeps_them);
    tcase_add_test(tcase, a_second_interrupt_ends_a_long_trial);
    tcase_add_test(tcase, an_imported_graph_can_be_run);
    tcase_add_test(tcase, imported_numbers_are_in_the_units_asked_for);
    tcase_add_test(tcase, validate_reads_files_of_others);
    tcase_add_test(tcase, validate_says_what_right_files_are);
    tcase_add_test(tcase, validate_says_for_what_weights_are);
    tcase_add_test(tcase, an_experiment_tells_how_far_schedulers_are_from_the_optimum);
    suite_add_tcase(suite, tcase);
    return suite;
}
