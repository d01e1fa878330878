/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics are fed by hand: no world, no engine, every figure known beforehand. */
#include <math.h>

#include "analysis/bounds.h"
#include "analysis/metrics.h"
#include "analysis/stream.h"
#include "base/tick.h"
#include "test/suite.h"

/* A diamond: 0 -> {1, 2} -> 3, fastest times 10, 20, 30, 5 us. */
static struct app_edge preds[] = {{0, 0}, {0, 1}, {1, 2}, {2, 3}};
static struct app_task tasks[] = {
    {.first_pred = 0, .pred_count = 0},
    {.first_pred = 0, .pred_count = 1},
    {.first_pred = 1, .pred_count = 1},
    {.first_pred = 2, .pred_count = 2},
};
static int32_t order[] = {0, 1, 2, 3};
static const struct app app = {
    .tasks = tasks,
    .task_count = 4,
    .preds = preds,
    .edge_count = 4,
    .order = order,
};
static int64_t min_cost_ps[] = {10 * TICK_PER_US, 20 * TICK_PER_US, 30 * TICK_PER_US,
                                5 * TICK_PER_US};
static const struct bind diamond = {
    .app = &app, .min_cost_ps = min_cost_ps, .deadline_ps = TICK_NEVER};
static const struct bind urgent = {
    .app = &app, .min_cost_ps = min_cost_ps, .deadline_ps = 50 * TICK_PER_US};
static const struct soc soc = {.pe_count = 2};

/* Job 1 has noise: task 1 takes three times as long; everything else is as in the table. */
static double noisy_job_1(const void *source, int32_t job, int32_t task)
{
    (void)source;
    return job == 1 && task == 1 ? 3.0 : 1.0;
}

static const struct scenario scenario = {.exec_factor = noisy_job_1};

static struct metrics_observer *metrics;
static struct observer observer;

static void set_up(void)
{
    metrics = metrics_create(&soc, &scenario, 0);
    observer = metrics_observer(metrics);
}

static void tear_down(void)
{
    metrics_destroy(metrics);
    metrics = NULL;
}

static void warm_up(int32_t jobs)
{
    metrics_destroy(metrics);
    metrics = metrics_create(&soc, &scenario, jobs);
    observer = metrics_observer(metrics);
}

static void arrive(int32_t job, int64_t at_us)
{
    const struct view_job arrived = {.id = job, .arrival_ps = at_us * TICK_PER_US};
    observer.on_job_arrival(observer.self, arrived.arrival_ps,
                            &(struct observed_arrival){.job = &arrived});
}

static void run_task(int32_t pe, int64_t start_us, int64_t finish_us, uint8_t attempt)
{
    const struct view_task task = {.pe = pe,
                                   .attempt = attempt,
                                   .start_ps = start_us * TICK_PER_US,
                                   .finish_ps = finish_us * TICK_PER_US};
    const struct observed_task observed = {.task = &task, .bind = &diamond};
    observer.on_task_done(observer.self, &observed);
}

static void finish_job(int32_t job, int64_t arrival_us, int64_t finish_us)
{
    const struct observed_job done = {.id = job,
                                      .bind = &diamond,
                                      .arrival_ps = arrival_us * TICK_PER_US,
                                      .finish_ps = finish_us * TICK_PER_US};
    observer.on_job_done(observer.self, &done);
}

static struct metrics read_metrics(int64_t end_us)
{
    struct metrics read;
    metrics_read(metrics, end_us * TICK_PER_US, NULL, &read, NULL);
    return read;
}

START_TEST(the_bound_is_the_longest_path_with_realised_factors)
{
    int64_t scratch_ps[4];
    ck_assert_int_eq(bounds_critical_path_ps(&diamond, &scenario, 0, scratch_ps), 45 * TICK_PER_US);
    ck_assert_int_eq(bounds_critical_path_ps(&diamond, &scenario, 1, scratch_ps), 75 * TICK_PER_US);
}
END_TEST

static double half(const void *source, int32_t job, int32_t task)
{
    (void)source;
    (void)job;
    (void)task;
    return 0.5;
}

START_TEST(the_bound_rounds_every_task_half_up_as_the_world_does)
{
    static struct app_task one[] = {{.pred_count = 0}};
    static int64_t cost_ps[] = {3};
    static const struct app single = {.tasks = one, .task_count = 1, .order = order};
    const struct bind bind = {.app = &single, .min_cost_ps = cost_ps};
    const struct scenario halves = {.exec_factor = half};
    int64_t scratch_ps[1];
    ck_assert_int_eq(bounds_critical_path_ps(&bind, &halves, 0, scratch_ps), 2);
}
END_TEST

START_TEST(nothing_measured_is_not_a_number)
{
    struct metrics_pe pes[2];
    struct metrics read;
    metrics_read(metrics, 0, NULL, &read, pes);
    ck_assert_int_eq(read.jobs_done, 0);
    ck_assert_int_eq(read.jobs_failed, 0);
    ck_assert_double_eq(read.sim_time_us, 0.0);
    ck_assert_double_nan(read.makespan_us);
    ck_assert_double_nan(read.mean_latency_us);
    ck_assert_double_nan(read.mean_latency_half_us);
    ck_assert_double_nan(read.effective_jobs);
    ck_assert_double_nan(read.warmup_mser_jobs);
    ck_assert_double_nan(read.p05_latency_us);
    ck_assert_double_nan(read.p99_latency_us);
    ck_assert_double_nan(read.mean_slowdown);
    ck_assert_double_nan(read.utilization);
    ck_assert_double_nan(read.lower_bound_us);
    ck_assert_double_nan(read.energy_uj);
    ck_assert_double_nan(read.edp_uj_us);
    ck_assert_int_eq(pes[1].tasks_done, 0);
    ck_assert_double_eq(pes[1].busy_us, 0.0);
    ck_assert_double_nan(pes[1].utilization);
}
END_TEST

START_TEST(latency_and_slowdown_are_over_counted_jobs)
{
    warm_up(1);
    arrive(0, 0);
    arrive(1, 10);
    arrive(2, 20);
    finish_job(0, 0, 900);  /* latency 900, not counted */
    finish_job(2, 20, 110); /* 90 / 45 = 2 */
    finish_job(1, 10, 85);  /* 75 / 75 = 1 */
    struct metrics read = read_metrics(900);
    ck_assert_int_eq(read.jobs_done, 3);
    ck_assert_double_eq(read.mean_latency_us, 82.5);
    ck_assert_double_eq(read.p50_latency_us, 82.5);
    ck_assert_double_eq_tol(read.p95_latency_us, 89.25, 1e-9);
    ck_assert_double_eq_tol(read.p99_latency_us, 89.85, 1e-9);
    ck_assert_double_eq(read.max_latency_us, 90.0);
    ck_assert_double_eq(read.mean_slowdown, 1.5);
    ck_assert_double_eq(read.lower_bound_us, 60.0);
    ck_assert_double_eq(read.sim_time_us, 900.0);
}
END_TEST

/* Jobs finish in another order than they arrive, and one never does. */
START_TEST(the_stream_of_latencies_is_in_order_of_arrival)
{
    enum { JOBS = 100 };
    double latencies_us[JOBS];
    size_t n = 0;
    warm_up(10);
    for (int32_t job = 0; job < JOBS; job++) {
        arrive(job, job);
    }
    for (int32_t job = 0; job < JOBS; job++) {
        int64_t latency_us = job < 30 ? 900 - 20 * job : 100 + job * job % 17;
        if (job != 50) {
            latencies_us[n++] = (double)latency_us;
        }
    }
    for (int32_t job = JOBS - 1; job >= 0; job--) {
        if (job != 50) {
            finish_job(job, job, job + (int64_t)latencies_us[job < 50 ? job : job - 1]);
        }
    }
    struct metrics read = read_metrics(1000);
    double size;
    struct estimate mean = stream_mean(latencies_us + 10, n - 10, &size);
    ck_assert_double_eq_tol(read.mean_latency_us, mean.mean, 1e-9);
    ck_assert_double_eq_tol(read.mean_latency_half_us, (mean.ci_high - mean.ci_low) / 2.0, 1e-9);
    ck_assert_double_eq_tol(read.effective_jobs, size, 1e-9);
    ck_assert_double_lt(size, 10.0);
    ck_assert_double_eq(read.warmup_mser_jobs, 30.0);
    ck_assert_double_eq(read.p05_latency_us, 101.0);
    ck_assert_double_lt(read.p10_latency_us, read.p25_latency_us);
    ck_assert_double_lt(read.p75_latency_us, read.p90_latency_us);
}
END_TEST

START_TEST(jobs_that_arrived_and_never_finished_are_failed)
{
    arrive(0, 0);
    arrive(1, 0);
    arrive(2, 5);
    finish_job(1, 0, 80);
    struct metrics read = read_metrics(100);
    ck_assert_int_eq(read.jobs_done, 1);
    ck_assert_int_eq(read.jobs_failed, 2);
    ck_assert_double_eq(read.mean_latency_us, 80.0);
}
END_TEST

START_TEST(utilization_starts_at_the_first_counted_arrival)
{
    warm_up(1);
    arrive(0, 0);
    run_task(0, 0, 40, 1);  /* before the window */
    run_task(1, 0, 100, 1); /* ends where it starts */
    arrive(1, 100);
    run_task(0, 60, 120, 1);  /* 20 of it inside */
    run_task(1, 110, 170, 1); /* all inside */
    run_task(0, 150, 300, 1);

    struct metrics_pe pes[2];
    struct metrics read;
    metrics_read(metrics, 400 * TICK_PER_US, NULL, &read, pes);
    ck_assert_double_eq_tol(pes[0].utilization, 170.0 / 200.0, 1e-12);
    ck_assert_double_eq_tol(pes[1].utilization, 60.0 / 200.0, 1e-12);
    ck_assert_double_eq_tol(read.utilization, 230.0 / 400.0, 1e-12);
    ck_assert_double_eq(pes[0].busy_us, 250.0);
    ck_assert_double_eq(pes[1].busy_us, 160.0);
    ck_assert_int_eq(pes[0].tasks_done, 3);
    ck_assert_int_eq(pes[1].tasks_done, 2);
    ck_assert_int_eq(read.tasks_done, 5);
}
END_TEST

/* Job 0 is done at 10; job 1 runs from 5 on, and is given up at 100. */
START_TEST(the_window_of_utilization_lasts_until_the_last_job_is_given_up)
{
    const struct view_task aborted = {
        .pe = 1, .attempt = 1, .start_ps = 5 * TICK_PER_US, .finish_ps = 100 * TICK_PER_US};
    const struct observed_task observed = {.task = &aborted, .bind = &diamond};
    arrive(0, 0);
    arrive(1, 5);
    run_task(0, 0, 10, 1);
    finish_job(0, 0, 10);
    observer.on_task_aborted(observer.self, &observed);
    observer.on_task_failed(observer.self, 100 * TICK_PER_US, &observed);

    struct metrics_pe pes[2];
    struct metrics read;
    metrics_read(metrics, 100 * TICK_PER_US, NULL, &read, pes);
    ck_assert_double_eq_tol(pes[0].utilization, 0.10, 1e-12);
    ck_assert_double_eq_tol(pes[1].utilization, 0.95, 1e-12);
    ck_assert_double_eq_tol(read.utilization, 1.05 / 2.0, 1e-12);
    ck_assert_double_eq(read.makespan_us, 10.0);
}
END_TEST

START_TEST(makespan_is_from_the_first_arrival_to_the_last_finish)
{
    warm_up(1);
    arrive(0, 30);
    arrive(1, 50);
    run_task(0, 60, 500, 1);
    run_task(1, 60, 100, 1);
    struct metrics read = read_metrics(777);
    ck_assert_double_eq(read.makespan_us, 470.0);
    ck_assert_double_eq(read.sim_time_us, 777.0);
}
END_TEST

START_TEST(later_attempts_count_as_retries)
{
    arrive(0, 0);
    run_task(0, 0, 10, 1);
    run_task(0, 10, 20, 3);
    run_task(1, 10, 20, 2);
    ck_assert_int_eq(read_metrics(20).tasks_retried, 3);
}
END_TEST

START_TEST(a_job_without_work_has_no_slowdown_but_a_latency)
{
    static int64_t nothing_ps[4];
    const struct bind idle = {.app = &app, .min_cost_ps = nothing_ps};
    const struct observed_job done = {.id = 0, .bind = &idle, .finish_ps = 7 * TICK_PER_US};
    arrive(0, 0);
    arrive(1, 0);
    observer.on_job_done(observer.self, &done);
    finish_job(1, 0, 150); /* 150 / 75 = 2 */
    struct metrics read = read_metrics(150);
    ck_assert_double_eq(read.mean_latency_us, 78.5);
    ck_assert_double_eq(read.lower_bound_us, 37.5);
    ck_assert_double_eq(read.mean_slowdown, 2.0);
}
END_TEST

START_TEST(a_deadline_is_missed_by_finishing_after_it_and_not_at_it)
{
    const int64_t latencies_us[] = {50, 51, 20, 90};
    struct metrics figures;
    finish_job(0, 0, 1000); /* without a deadline */
    metrics_read(metrics, 0, NULL, &figures, NULL);
    ck_assert(isnan(figures.deadline_miss_rate) && isnan(figures.mean_tardiness_us));
    for (int32_t job = 0; job < 4; job++) {
        const struct observed_job done = {.id = job + 1,
                                          .bind = &urgent,
                                          .arrival_ps = 100 * TICK_PER_US,
                                          .finish_ps = (100 + latencies_us[job]) * TICK_PER_US};
        observer.on_job_done(observer.self, &done);
    }
    metrics_read(metrics, 0, NULL, &figures, NULL);
    ck_assert_double_eq(figures.deadline_miss_rate, 0.5);
    ck_assert_double_eq(figures.mean_tardiness_us, (1 + 40) / 4.0);
}
END_TEST

START_TEST(reading_twice_and_going_on_changes_nothing)
{
    struct metrics first, second;
    for (int32_t job = 0; job < 1000; job++) {
        arrive(job, job);
        finish_job(job, job, job + (job * 7919) % 1000);
        if (job == 500) {
            metrics_read(metrics, TICK_PER_US, NULL, &first, NULL);
        }
    }
    metrics_read(metrics, TICK_PER_US, NULL, &first, NULL);
    metrics_read(metrics, TICK_PER_US, NULL, &second, NULL);
    ck_assert_double_eq_tol(first.mean_latency_us, 499.5, 1e-9); /* a permutation of 0..999 */
    ck_assert_double_eq_tol(first.p50_latency_us, 499.5, 1e-9);
    ck_assert_double_eq_tol(first.p95_latency_us, 949.05, 1e-9);
    ck_assert_double_eq(first.max_latency_us, 999.0);
    ck_assert_double_eq(first.mean_latency_us, second.mean_latency_us);
    ck_assert_double_eq(first.p99_latency_us, second.p99_latency_us);
}
END_TEST

/* Two transfers to PE 1: asked for at 10, on their way from 10 to 14 and, after a wait, 14 to 20.
 */
START_TEST(transfers_and_their_waits_are_those_of_the_pe_that_receives)
{
    const struct view_task consumer = {.pe = 1};
    for (int64_t i = 0; i < 2; i++) {
        const struct observed_transfer moved = {.consumer = &consumer,
                                                .bytes = 1000,
                                                .asked_ps = 10 * TICK_PER_US,
                                                .start_ps = (10 + 4 * i) * TICK_PER_US,
                                                .finish_ps = (14 + 6 * i) * TICK_PER_US};
        observer.on_transfer_done(observer.self, &moved);
    }
    struct metrics read;
    struct metrics_pe pes[2];
    metrics_read(metrics, 0, NULL, &read, pes);
    ck_assert_int_eq(pes[0].transfers, 0);
    ck_assert_int_eq(pes[1].transfers, 2);
    ck_assert_double_eq(pes[1].received_bytes, 2000);
    ck_assert_double_eq(pes[1].transfer_us, 10);
    ck_assert_double_eq(pes[1].transfer_wait_us, 4);
}
END_TEST

/* The first waits for its data until 5 and for the PE until 9, the second for the PE from 6 on. */
START_TEST(tasks_queue_for_a_pe_from_when_they_have_it_and_their_data)
{
    static const struct view_task queued[] = {
        {.pe = 1,
         .attempt = 1,
         .assigned_ps = 2 * TICK_PER_US,
         .data_ps = 5 * TICK_PER_US,
         .start_ps = 9 * TICK_PER_US,
         .finish_ps = 10 * TICK_PER_US},
        {.pe = 1,
         .attempt = 1,
         .assigned_ps = 6 * TICK_PER_US,
         .start_ps = 10 * TICK_PER_US,
         .finish_ps = 12 * TICK_PER_US},
    };
    for (int i = 0; i < 2; i++)
        observer.on_task_done(observer.self, &(struct observed_task){.task = &queued[i]});
    struct metrics read;
    struct metrics_pe pes[2];
    metrics_read(metrics, 0, NULL, &read, pes);
    ck_assert_double_eq(pes[0].queue_us, 0);
    ck_assert_double_eq(pes[1].queue_us, 4 + 4);
}
END_TEST

/* 4400 jobs that wait 4400 s each, 2^64 ps together. */
START_TEST(sums_may_be_longer_than_any_date)
{
    const int64_t late_ps = INT64_C(4400) * 1000000 * TICK_PER_US;
    const struct view_task waiting = {.attempt = 1, .start_ps = late_ps, .finish_ps = late_ps};
    const struct observed_transfer moved = {
        .consumer = &waiting, .start_ps = late_ps, .finish_ps = 2 * late_ps};
    for (int32_t job = 0; job < 4400; job++) {
        const struct observed_job done = {.id = job, .bind = &urgent, .finish_ps = late_ps};
        observer.on_task_done(observer.self, &(struct observed_task){.task = &waiting});
        observer.on_transfer_done(observer.self, &moved);
        observer.on_job_done(observer.self, &done);
    }
    struct metrics read;
    struct metrics_pe pes[2];
    metrics_read(metrics, late_ps, NULL, &read, pes);
    ck_assert_double_eq_tol(read.mean_tardiness_us, 4400e6 - 50, 1e-3);
    ck_assert_double_eq(pes[0].queue_us, 4400 * 4400e6);
    ck_assert_double_eq(pes[0].transfer_us, 4400 * 4400e6);
    ck_assert_double_eq(pes[0].transfer_wait_us, 4400 * 4400e6);
}
END_TEST

START_TEST(the_energy_is_that_of_the_pes_and_of_the_rest_of_the_machine)
{
    static const struct soc powered = {.pe_count = 2, .base_mw = 100};
    metrics_destroy(metrics);
    metrics = metrics_create(&powered, &scenario, 0);
    observer = metrics_observer(metrics);
    finish_job(0, 0, 50);
    struct metrics read;
    struct metrics_pe pes[2];
    metrics_read(metrics, 200 * TICK_PER_US, (const double[]){3, 4}, &read, pes);
    ck_assert_double_eq(pes[1].energy_uj, 4);
    ck_assert_double_eq(read.energy_uj, 3 + 4 + 20); /* 100 mW for 200 us are 20 uJ */
    ck_assert_double_eq(read.edp_uj_us, 27 * 50);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tests = tcase_create("metrics");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, transfers_and_their_waits_are_those_of_the_pe_that_receives);
    tcase_add_test(tests, tasks_queue_for_a_pe_from_when_they_have_it_and_their_data);
    tcase_add_test(tests, sums_may_be_longer_than_any_date);
    tcase_add_test(tests, the_energy_is_that_of_the_pes_and_of_the_rest_of_the_machine);
    tcase_add_test(tests, the_bound_is_the_longest_path_with_realised_factors);
    tcase_add_test(tests, the_bound_rounds_every_task_half_up_as_the_world_does);
    tcase_add_test(tests, nothing_measured_is_not_a_number);
    tcase_add_test(tests, latency_and_slowdown_are_over_counted_jobs);
    tcase_add_test(tests, the_stream_of_latencies_is_in_order_of_arrival);
    tcase_add_test(tests, jobs_that_arrived_and_never_finished_are_failed);
    tcase_add_test(tests, utilization_starts_at_the_first_counted_arrival);
    tcase_add_test(tests, the_window_of_utilization_lasts_until_the_last_job_is_given_up);
    tcase_add_test(tests, makespan_is_from_the_first_arrival_to_the_last_finish);
    tcase_add_test(tests, later_attempts_count_as_retries);
    tcase_add_test(tests, a_job_without_work_has_no_slowdown_but_a_latency);
    tcase_add_test(tests, a_deadline_is_missed_by_finishing_after_it_and_not_at_it);
    tcase_add_test(tests, reading_twice_and_going_on_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
