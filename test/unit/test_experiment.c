/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "lab/experiment.h"
#include "test/scratch.h"
#include "test/suite.h"

static struct scratch scratch;
static struct fault fault;
static struct experiment experiment;

static void setup(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

#define HEAD "name: race\nplatform: duo\n"
#define WORKLOAD                                                                                   \
    "workload: {apps: [pair], arrivals: {kind: poisson, rate_jobs_per_ms: 5}, jobs: 9}\n"
#define RACE "schedulers: [heft, etf]\n"

static bool load_with(const char *text, const char *const *sets, int set_count)
{
    const char *path = scratch_write(&scratch, "race.yaml", text);
    return experiment_load(&experiment, scratch.arena, path, sets, set_count, &fault);
}

static bool load(const char *text)
{
    return load_with(text, NULL, 0);
}

/* Asserts that text is refused at "line:column" with these words, and a hint. */
static void assert_refused(const char *text, const char *place, const char *words)
{
    bool ok = load(text);
    ck_assert_msg(!ok, "not refused: %s", words);
    const char *where = scratch_path(&scratch, arena_printf(scratch.arena, "race.yaml%s", place));
    ck_assert_str_eq(fault.where, where);
    assert_holds(fault.what, words);
    ck_assert_str_ne(fault.hint, "");
}

/* A workload in place of WORKLOAD, on line 3. */
static void assert_workload_refused(const char *workload, const char *place, const char *words)
{
    assert_refused(arena_printf(scratch.arena, HEAD "workload: %s\n" RACE, workload), place, words);
}

START_TEST(defaults_fill_what_a_short_file_leaves_out)
{
    ck_assert(load(HEAD WORKLOAD RACE));
    ck_assert_str_eq(experiment.name, "race");
    ck_assert_str_eq(experiment.baseline, "heft");
    ck_assert_str_eq(experiment.folder, scratch.folder);
    ck_assert_uint_eq(experiment.seed, 1);
    ck_assert_int_eq(experiment.replicates, 1);
    ck_assert(!experiment.trace);
    const struct yaml_node *noise = yaml_get(experiment.root, "noise");
    ck_assert_int_eq(noise->count, 1);
    ck_assert_str_eq(yaml_get(noise->items[0], "name")->text, "none");
    const struct yaml_node *app = yaml_get(yaml_get(experiment.root, "workload"), "apps")->items[0];
    ck_assert_str_eq(yaml_get(app, "app")->text, "pair");
}
END_TEST

START_TEST(what_the_file_says_is_taken)
{
    ck_assert(load(HEAD WORKLOAD RACE
                   "seed: 77\nreplicates: 3\nbaseline: etf\ntrace: true\n"
                   "noise: [none, {name: ln, exec: {dist: lognormal, cv: 1}}]\n"));
    ck_assert_uint_eq(experiment.seed, 77);
    ck_assert_int_eq(experiment.replicates, 3);
    ck_assert_str_eq(experiment.baseline, "etf");
    ck_assert(experiment.trace);
}
END_TEST

START_TEST(sets_override_the_file_in_their_order)
{
    const char *const sets[] = {"seed=4", "workload.jobs=20", "seed=5"};
    ck_assert(load_with(HEAD WORKLOAD RACE "seed: 3\n", sets, 3));
    ck_assert_uint_eq(experiment.seed, 5);
    ck_assert_int_eq(
        schema_int(&experiment_schema, yaml_get(experiment.root, "workload"), "workload", "jobs"),
        20);
}
END_TEST

START_TEST(a_set_is_checked_like_the_file)
{
    const char *const unknown[] = {"replicate=4"};
    ck_assert(!load_with(HEAD WORKLOAD RACE, unknown, 1));
    assert_holds(fault.where, "--set replicate");
    assert_holds(fault.hint, "replicates");
    const char *const no_value[] = {"replicates"};
    fault = FAULT_NONE;
    ck_assert(!load_with(HEAD WORKLOAD RACE, no_value, 1));
    assert_holds(fault.what, "KEY=VALUE");
}
END_TEST

START_TEST(a_completed_tree_loads_again)
{
    ck_assert(load(HEAD WORKLOAD "schedulers: [etf]\n"));
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    yaml_print(schema_complete(&experiment_schema, scratch.arena, experiment.root), stream);
    fclose(stream);
    bool ok = load(text);
    ck_assert_msg(ok, "%s: %s\n%s", fault.where, fault.what, text);
    ck_assert_str_eq(experiment.baseline, "etf");
    free(text);
}
END_TEST

START_TEST(an_unknown_key_is_refused_where_it_stands)
{
    assert_refused(HEAD WORKLOAD RACE "seeed: 1\n", ":5:1", "seeed");
    assert_holds(fault.hint, "seed");
}
END_TEST

START_TEST(a_missing_key_is_refused)
{
    assert_refused(HEAD WORKLOAD, ":1:1", "schedulers");
}
END_TEST

START_TEST(numbers_out_of_range_are_refused)
{
    assert_refused(HEAD WORKLOAD RACE "replicates: 0\n", ":5:13", "replicates");
    fault = FAULT_NONE;
    assert_refused(HEAD WORKLOAD RACE "seed: nan\n", ":5:7", "seed");
    fault = FAULT_NONE;
    assert_workload_refused(
        "{apps: [pair], arrivals: {kind: poisson, rate_jobs_per_ms: -1}, jobs: 9}", ":3:70",
        "rate_jobs_per_ms");
}
END_TEST

START_TEST(an_experiment_may_not_be_called_like_a_parent_folder)
{
    assert_refused("name: ..\nplatform: duo\n" WORKLOAD RACE, ":1:7", "point");
}
END_TEST

START_TEST(a_workload_without_apps_is_refused)
{
    assert_workload_refused("{apps: [], arrivals: single}", ":3:18", "empty");
    fault = FAULT_NONE;
    assert_workload_refused("{apps: [{app: pair, share: 0}], arrivals: single}", ":3:18", "empty");
}
END_TEST

START_TEST(shares_are_given_to_all_apps_or_to_none)
{
    assert_workload_refused("{apps: [{app: pair, share: 1}, solo], arrivals: single}", ":3:18",
                            "share");
}
END_TEST

START_TEST(an_app_listed_twice_is_refused)
{
    assert_workload_refused("{apps: [pair, solo, pair], arrivals: single}", ":3:31", "`pair`");
}
END_TEST

START_TEST(an_unknown_arrival_process_is_refused_with_a_hint)
{
    assert_workload_refused(
        "{apps: [pair], arrivals: {kind: poison, rate_jobs_per_ms: 1}, jobs: 2}", ":3:43",
        "poison");
    assert_holds(fault.hint, "poisson");
}
END_TEST

START_TEST(exactly_one_of_rate_and_gap_is_taken)
{
    assert_workload_refused(
        "{apps: [pair], jobs: 2, arrivals: {kind: poisson, rate_jobs_per_ms: 1, "
        "mean_interarrival_us: 1000}}",
        ":3:104", "both");
    fault = FAULT_NONE;
    assert_workload_refused("{apps: [pair], jobs: 2, arrivals: {kind: periodic}}", ":3:45",
                            "needs a rate");
    fault = FAULT_NONE;
    assert_workload_refused("{apps: [pair], arrivals: {kind: single, rate_jobs_per_ms: 1}}",
                            ":3:69", "no rate");
}
END_TEST

START_TEST(periods_go_with_arrivals_per_app_only)
{
    assert_workload_refused("{apps: [{app: pair, period_us: 5}], arrivals: {kind: poisson, "
                            "rate_jobs_per_ms: 5}, jobs: 9}",
                            ":3:42", "takes no periods");
    fault = FAULT_NONE;
    assert_workload_refused("{apps: [pair], arrivals: per_app, jobs: 9}", ":3:19",
                            "needs the period of every app");
    fault = FAULT_NONE;
    assert_workload_refused("{apps: [{app: pair, period_us: 5}], arrivals: per_app}", ":3:11",
                            "number of jobs is missing");
}
END_TEST

START_TEST(a_file_goes_with_traces_only)
{
    assert_workload_refused("{apps: [pair], arrivals: {kind: trace}}", ":3:36", "needs a file");
    fault = FAULT_NONE;
    assert_workload_refused("{apps: [pair], arrivals: {kind: single, file: a.csv}}", ":3:57",
                            "no file");
}
END_TEST

START_TEST(the_number_of_jobs_must_make_sense)
{
    assert_workload_refused("{apps: [pair], arrivals: {kind: poisson, rate_jobs_per_ms: 1}}",
                            ":3:11", "number of jobs is missing");
    fault = FAULT_NONE;
    assert_workload_refused("{apps: [pair], arrivals: single, jobs: 2}", ":3:50", "one job");
    fault = FAULT_NONE;
    assert_workload_refused("{apps: [pair], jobs: 5, warmup_jobs: 5, "
                            "arrivals: {kind: poisson, rate_jobs_per_ms: 1}}",
                            ":3:48", "no job to measure");
    fault = FAULT_NONE;
    assert_workload_refused("{apps: [pair], jobs: [9, 4], warmup_jobs: 5, "
                            "arrivals: {kind: poisson, rate_jobs_per_ms: 1}}",
                            ":3:53", "no job to measure");
}
END_TEST

START_TEST(every_workload_of_a_sweep_is_checked)
{
    assert_workload_refused("[{apps: [pair], arrivals: single}, {apps: [], arrivals: single}]",
                            ":3:53", "empty");
}
END_TEST

START_TEST(the_optimum_is_asked_of_a_single_job_only)
{
    const char *single = HEAD "workload: {apps: [pair], arrivals: single}\n" RACE;
    const char *path = scratch_write(
        &scratch, "one.yaml", arena_printf(scratch.arena, "%soptimum: {nodes: 7}\n", single));
    struct experiment one;
    ck_assert_msg(experiment_load(&one, scratch.arena, path, NULL, 0, &fault), "%s", fault.what);
    ck_assert_int_eq(one.optimum.nodes, 7);
    ck_assert_double_eq(one.optimum.time_limit_s, 60);
    assert_refused(HEAD "workload: {apps: [pair], jobs: 2, arrivals: {kind: poisson, "
                        "rate_jobs_per_ms: 1}}\n" RACE "optimum: {nodes: 7}\n",
                   ":5:10", "one job");
    fault = FAULT_NONE;
    assert_refused(arena_printf(scratch.arena, "%soptimum: {nodes: 0}\n", single), ":5:18",
                   "nodes");
}
END_TEST

START_TEST(noise_has_exactly_one_strength)
{
    assert_refused(HEAD WORKLOAD RACE "noise: [{name: x, exec: {dist: lognormal}}]\n", ":5:25",
                   "no strength");
    static const struct {
        const char *noise, *where, *what;
    } cases[] = {
        {"{name: x, exec: {dist: normal, sigma: 1, cv: 1}}", ":5:54", "two parameters"},
        {"{name: x, exec: {dist: none, cv: 1}}", ":5:42", "`none` takes no cv"},
        {"{name: x, exec: {dist: exponential, shape: 1}}", ":5:52", "takes no shape"},
        {"{name: x, exec: {dist: gamma, sigma: 1}}", ":5:46", "`gamma` takes no sigma"},
        {"{name: x, exec: {dist: gamma, cv: 1, shape: 1}}", ":5:53", "two parameters"},
        {"{name: x, exec: {dist: gamma, cv: 4}}", ":5:43", "does not reach"},
        {"{name: x, exec: {dist: gamma, cv: 0}}", ":5:43", "does not reach"},
        {"{name: x, exec: {dist: gamma, shape: 0.01}}", ":5:46", "shape"},
        {"{name: x, exec: {dist: pareto}}", ":5:25", "no strength"},
        {"{name: x, exec: {dist: pareto, shape: 3}}", ":5:47", "takes no shape"},
        {"{name: x, exec: {dist: pareto, alpha: 1}}", ":5:47", "alpha"},
        {"{name: x, exec: {dist: pareto, cv: 0}}", ":5:44", "does not reach"},
        {"{name: x, exec: {dist: lognormal, alpha: 2}}", ":5:50", "takes no alpha"},
        {"{name: x, bandwidth: {dist: lognormal}}", ":5:30", "no strength"},
        {"{name: x, tables: {sigma: 1}}", ":5:27", "dist"},
        {"{name: x, tables: {dist: cauchy, sigma: 1}}", ":5:34", "cauchy"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fault = FAULT_NONE;
        assert_refused(
            arena_printf(scratch.arena, HEAD WORKLOAD RACE "noise: [%s]\n", cases[i].noise),
            cases[i].where, cases[i].what);
    }
}
END_TEST

START_TEST(bursts_and_the_gate_are_checked)
{
    static const struct {
        const char *arrivals, *where, *what;
    } cases[] = {
        {"{kind: mmpp, mean_interarrival_us: 9}", ":3:45", "needs states"},
        {"{kind: mmpp, mean_interarrival_us: 9, states: [{rate: 1, length: 1}]}", ":3:91",
         "number of states"},
        {"{kind: mmpp, mean_interarrival_us: 9, states: [{rate: 0, length: 1}, {rate: 0, length: "
         "2}]}",
         ":3:91", "all rates are 0"},
        {"{kind: mmpp, mean_interarrival_us: 9, states: [{rate: 1}, {rate: 2, length: 2}]}",
         ":3:92", "length"},
        {"{kind: mmpp, mean_interarrival_us: 9, states: [{rate: -1, length: 1}, {rate: 2, length: "
         "2}]}",
         ":3:99", "rate"},
        {"{kind: mmpp, mean_interarrival_us: 9, states: [{rate: 1, length: 0}, {rate: 2, length: "
         "2}]}",
         ":3:110", "length"},
        {"{kind: mmpp, states: [{rate: 1, length: 1}, {rate: 2, length: 2}]}", ":3:45",
         "needs a rate"},
        {"{kind: poisson, mean_interarrival_us: 9, states: [{rate: 1, length: 1}]}", ":3:94",
         "takes no states"},
        {"{kind: poisson, mean_interarrival_us: 9, max_in_flight: 0}", ":3:101", "max_in_flight"},
        {"{kind: poisson, mean_interarrival_us: 9, max_in_flight: 1.5}", ":3:101", "max_in_flight"},
        {"{kind: single, max_in_flight: 2}", ":3:75", "takes no max_in_flight"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fault = FAULT_NONE;
        assert_refused(arena_printf(scratch.arena,
                                    HEAD "workload: {apps: [pair], jobs: 9, arrivals: %s}\n" RACE,
                                    cases[i].arrivals),
                       cases[i].where, cases[i].what);
    }
}
END_TEST

START_TEST(a_noise_that_is_only_a_name_must_be_called_none)
{
    assert_refused(HEAD WORKLOAD RACE "noise: [none, ln30]\n", ":5:15", "nothing else");
    fault = FAULT_NONE;
    assert_refused(HEAD WORKLOAD RACE "noise: []\n", ":5:8", "noise");
    fault = FAULT_NONE;
    assert_refused(HEAD WORKLOAD RACE "noise: [{name: x, tail: {share: 1.5, factor: 6}}]\n",
                   ":5:33", "share");
}
END_TEST

START_TEST(names_listed_twice_are_refused)
{
    assert_refused(HEAD WORKLOAD RACE "noise: [none, {name: none}]\n", ":5:22", "noise `none`");
    fault = FAULT_NONE;
    assert_refused(HEAD WORKLOAD "schedulers: [heft, etf, heft]\n", ":4:25", "scheduler `heft`");
    fault = FAULT_NONE;
    assert_refused(HEAD WORKLOAD "schedulers: []\n", ":4:13", "schedulers");
}
END_TEST

START_TEST(a_baseline_that_does_not_compete_is_refused)
{
    assert_refused(HEAD WORKLOAD "schedulers: [etf, met]\n", ":4:13", "`heft` (the default)");
    fault = FAULT_NONE;
    assert_refused(HEAD WORKLOAD "schedulers: [etf]\nbaseline: heft\n", ":5:11", "`heft`");
}
END_TEST

START_TEST(the_only_scheduler_is_its_own_baseline)
{
    ck_assert(load(HEAD WORKLOAD "schedulers: [etf]\n"));
    ck_assert_str_eq(experiment.baseline, "etf");
}
END_TEST

START_TEST(a_missing_file_is_refused_by_its_path)
{
    const char *path = scratch_path(&scratch, "nothing.yaml");
    ck_assert(!experiment_load(&experiment, scratch.arena, path, NULL, 0, &fault));
    assert_holds(fault.where, "nothing.yaml");
}
END_TEST

Suite *test_suite(void)
{
    const TTest *const tests[] = {
        defaults_fill_what_a_short_file_leaves_out,
        what_the_file_says_is_taken,
        sets_override_the_file_in_their_order,
        a_set_is_checked_like_the_file,
        a_completed_tree_loads_again,
        an_unknown_key_is_refused_where_it_stands,
        a_missing_key_is_refused,
        numbers_out_of_range_are_refused,
        an_experiment_may_not_be_called_like_a_parent_folder,
        a_workload_without_apps_is_refused,
        shares_are_given_to_all_apps_or_to_none,
        an_app_listed_twice_is_refused,
        an_unknown_arrival_process_is_refused_with_a_hint,
        exactly_one_of_rate_and_gap_is_taken,
        periods_go_with_arrivals_per_app_only,
        a_file_goes_with_traces_only,
        the_number_of_jobs_must_make_sense,
        every_workload_of_a_sweep_is_checked,
        the_optimum_is_asked_of_a_single_job_only,
        bursts_and_the_gate_are_checked,
        noise_has_exactly_one_strength,
        a_noise_that_is_only_a_name_must_be_called_none,
        names_listed_twice_are_refused,
        a_baseline_that_does_not_compete_is_refused,
        the_only_scheduler_is_its_own_baseline,
        a_missing_file_is_refused_by_its_path,
    };
    Suite *suite = suite_create("experiment");
    TCase *tcase = tcase_create("experiment");
    tcase_add_checked_fixture(tcase, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite;
}
