/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "analysis/trials.h"
#include "lab/trial.h"
#include "test/scratch.h"
#include "test/suite.h"

static struct scratch scratch;
static struct fault fault;
static struct experiment experiment;
static struct points points;
static struct policy_kind policy;

/* One job of two tasks: 10 us on PEs 0 and 1, 4 us on PE 2, 2 us between different PEs. */
static void setup(void)
{
    scratch_init(&scratch);
    scratch_write_shelf(&scratch);
    fault = FAULT_NONE;
    const char *path = scratch_write(&scratch, "race.yaml",
                                     "name: race\nplatform: duo\nschedulers: [heft]\nengine: heap\n"
                                     "workload: {apps: [pair], arrivals: single}\n");
    ck_assert(experiment_load(&experiment, scratch.arena, path, NULL, 0, &fault));
    ck_assert(points_expand(&points, &experiment, &fault));
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

static void replace_policy(void (*decide)(void *self, const struct view *view,
                                          struct decisions *decisions))
{
    policy = (struct policy_kind){
        .contract = POLICY_CONTRACT,
        .name = "odd",
        .summary = "for this test",
        .family = POLICY_DYNAMIC,
        .discipline = POLICY_DATA_READY,
        .decide = decide,
    };
    points.list[0].policy = &policy;
}

/* The first task on PE 0, the second on PE 2. */
static void decide_apart(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    for (int32_t i = 0; i < view->ready_count; i++)
        decide_assign(decisions, view->ready[i], 2 * view->tasks[view->ready[i]].index);
}

static void decide_nothing(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    (void)view;
    (void)decisions;
}

static void decide_nonsense(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    for (int32_t i = 0; i < view->ready_count; i++)
        decide_assign(decisions, view->ready[i], 77);
}

START_TEST(a_row_has_the_figures_of_its_trial)
{
    struct trial_row row;
    replace_policy(decide_apart);
    trial_run(&points, &experiment, 0, NULL, &row);
    ck_assert_msg(row.status == TRIAL_DONE, "%s", row.fault.what);
    ck_assert_int_eq(row.trial, 0);
    ck_assert_int_eq(row.metrics.jobs_done, 1);
    ck_assert_int_eq(row.metrics.tasks_done, 2);
    ck_assert_int_eq(row.decisions, 2);
    ck_assert_double_eq(row.metrics.mean_latency_us, 16);
    ck_assert_double_eq(row.metrics.lower_bound_us, 8);
    ck_assert_double_eq(row.metrics.mean_slowdown, 2);
    ck_assert(isnan(row.metrics.energy_uj));
    ck_assert_double_ge(row.decide_us_mean, 0);
    ck_assert_double_gt(row.wall_s, 0);
    ck_assert_double_eq_tol(row.tasks_per_s, 2 / row.wall_s, 1e-6 * row.tasks_per_s);
}
END_TEST

START_TEST(a_row_tells_how_far_its_job_is_from_the_optimum_if_asked)
{
    struct trial_row row;
    replace_policy(decide_apart);
    experiment.optimum =
        (struct optimum_limits){.nodes = 1000, .memory_bytes = OPTIMUM_MEMORY_BYTES};
    trial_run(&points, &experiment, 0, NULL, &row);
    ck_assert_double_eq(row.optimum_us, 8); /* both on PE 2 */
    ck_assert_double_eq(row.optimum_bound_us, 8);
    ck_assert_double_eq(row.optimum_gap, 0);
    ck_assert_double_eq(row.optimum_ratio, 2);
    experiment.optimum.nodes = 0;
    trial_run(&points, &experiment, 0, NULL, &row);
    ck_assert(isnan(row.optimum_us));
    ck_assert(isnan(row.optimum_bound_us));
    ck_assert(isnan(row.optimum_gap));
    ck_assert(isnan(row.optimum_ratio));
}
END_TEST

START_TEST(the_optimum_is_that_of_the_realised_times)
{
    struct trial_row row;
    points.list[0].noise = (struct noise){
        .name = "ln", .exec = {.dist = NOISE_LOGNORMAL, .sigma = 1}, .slow_factor = 1};
    experiment.optimum =
        (struct optimum_limits){.nodes = 1000, .memory_bytes = OPTIMUM_MEMORY_BYTES};
    trial_run(&points, &experiment, 0, NULL, &row);
    ck_assert_double_ne(row.optimum_us, 8);
    ck_assert_double_eq(row.optimum_us, row.metrics.makespan_us); /* HEFT puts both on PE 2 */
}
END_TEST

START_TEST(a_trace_has_a_row_per_job_task_and_pe)
{
    struct trial_row row;
    replace_policy(decide_apart);
    trial_run(&points, &experiment, 0, scratch_path(&scratch, "part"), &row);
    ck_assert_int_eq(row.status, TRIAL_DONE);
    ck_assert_str_eq(scratch_read(&scratch, "part.jobs.csv"),
                     "0,0,pair,0.000000,0.000000,16.000000,16.000000,8.000000,2,done,,\n");
    ck_assert_str_eq(scratch_read(&scratch, "part.tasks.csv"),
                     "0,0,0,first,a_0,0.000000,0.000000,0.000000,10.000000,10.000000,10.000000,"
                     "0.000000,1,done,1,0.000000,\n"
                     "0,0,1,second,b_2,10.000000,10.000000,12.000000,16.000000,4.000000,4.000000,"
                     "2.000000,1,done,1,0.000000,\n");
    ck_assert_str_eq(scratch_read(&scratch, "part.pes.csv"), "0,a_0,A,a,1,10,0.625,,0,0,0,0,0\n"
                                                             "0,a_1,A,a,0,0,0,,0,0,0,0,0\n"
                                                             "0,b_2,B,b,1,4,0.25,,0,0,0,0,0\n");
}
END_TEST

START_TEST(a_trace_tells_the_estimate_from_the_time_taken)
{
    struct trial_row row;
    replace_policy(decide_apart);
    points.list[0].noise = (struct noise){
        .name = "ln", .exec = {.dist = NOISE_LOGNORMAL, .sigma = 1}, .slow_factor = 1};
    trial_run(&points, &experiment, 0, scratch_path(&scratch, "part"), &row);
    double start_us, finish_us, estimate_us, exec_us;
    const char *tasks = scratch_read(&scratch, "part.tasks.csv");
    ck_assert_int_eq(sscanf(tasks, "0,0,0,first,a_0,%*f,%*f,%lf,%lf,%lf,%lf,", &start_us,
                            &finish_us, &estimate_us, &exec_us),
                     4);
    ck_assert_double_eq(estimate_us, 10);
    ck_assert_double_ne(exec_us, 10);
    ck_assert_double_eq_tol(exec_us, finish_us - start_us, 1e-9);
}
END_TEST

START_TEST(a_policy_that_assigns_nothing_is_a_deadlock)
{
    struct trial_row row;
    replace_policy(decide_nothing);
    trial_run(&points, &experiment, 0, scratch_path(&scratch, "part"), &row);
    ck_assert_int_eq(row.status, TRIAL_DEADLOCK);
    assert_holds(row.fault.what, "first");
    ck_assert_int_eq(row.metrics.jobs_done, 0);
    ck_assert(isnan(row.metrics.mean_latency_us));
    ck_assert_str_eq(scratch_read(&scratch, "part.jobs.csv"), "");
}
END_TEST

START_TEST(an_illegal_decision_is_a_failed_trial)
{
    struct trial_row row;
    replace_policy(decide_nonsense);
    trial_run(&points, &experiment, 0, NULL, &row);
    ck_assert_int_eq(row.status, TRIAL_FAILED);
    assert_holds(row.fault.what, "odd");
}
END_TEST

START_TEST(a_trace_that_cannot_be_written_is_a_crash_to_be_tried_again)
{
    struct trial_row row;
    trial_run(&points, &experiment, 0, scratch_path(&scratch, "no/such/folder"), &row);
    ck_assert_int_eq(row.status, TRIAL_CRASHED);
    assert_holds(row.fault.where, "no/such/folder");
}
END_TEST

START_TEST(figures_name_every_member_once)
{
    struct trial_row row;
    trial_row_clear(&row, 3, 1);
    ck_assert_int_eq(row.trial, 3);
    ck_assert_int_eq(row.replicate, 1);
    for (int i = 0; i < trial_figure_count; i++) {
        const char *place = (const char *)&row + trial_figures[i].offset;
        if (trial_figures[i].is_count)
            ck_assert_int_eq(*(const int64_t *)(const void *)place, 0);
        else
            ck_assert(isnan(*(const double *)(const void *)place));
        for (int j = 0; j < i; j++) {
            ck_assert_str_ne(trial_figures[i].name, trial_figures[j].name);
            ck_assert_uint_ne(trial_figures[i].offset, trial_figures[j].offset);
        }
    }
    ck_assert_str_eq(trial_status_name(TRIAL_CRASHED), "crashed");
    ck_assert_str_eq(trial_status_name(TRIAL_TIMEOUT), "timeout");
}
END_TEST

/* Else a summary would take a new figure for a swept key. */
START_TEST(every_figure_is_known_as_a_metric_when_trials_are_read)
{
    const char *header = "experiment,platform,workload,engine,scheduler,rate_jobs_per_ms,noise,"
                         "replicate,seed,status";
    struct trials trials;
    for (int i = 0; i < trial_figure_count; i++)
        header = arena_printf(scratch.arena, "%s,%s", header, trial_figures[i].name);
    scratch_write(&scratch, "trials.csv", arena_printf(scratch.arena, "%s\n", header));
    ck_assert_msg(trials_load(&trials, scratch.folder, &fault), "%s", fault.what);
    for (int key = TRIALS_KEY_COUNT; key < trials.key_count; key++)
        ck_abort_msg("`%s` is not among the metrics of analysis/trials.c", trials.key_names[key]);
    trials_finish(&trials);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("trial");
    TCase *tcase = tcase_create("trial");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_row_has_the_figures_of_its_trial);
    tcase_add_test(tcase, a_row_tells_how_far_its_job_is_from_the_optimum_if_asked);
    tcase_add_test(tcase, the_optimum_is_that_of_the_realised_times);
    tcase_add_test(tcase, a_trace_has_a_row_per_job_task_and_pe);
    tcase_add_test(tcase, a_trace_tells_the_estimate_from_the_time_taken);
    tcase_add_test(tcase, a_policy_that_assigns_nothing_is_a_deadlock);
    tcase_add_test(tcase, an_illegal_decision_is_a_failed_trial);
    tcase_add_test(tcase, a_trace_that_cannot_be_written_is_a_crash_to_be_tried_again);
    tcase_add_test(tcase, figures_name_every_member_once);
    tcase_add_test(tcase, every_figure_is_known_as_a_metric_when_trials_are_read);
    suite_add_tcase(suite, tcase);
    return suite;
}
