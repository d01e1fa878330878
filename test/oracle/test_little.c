/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Little's law (1961) on every trial: the integral of the number of jobs in the system, summed up
 * from event to event, is the sum of their latencies, whatever the scheduler, the noise, the
 * arrivals and the interconnect, and while PEs and links fail and are repaired. */
#include <math.h>

#include "base/tick.h"
#include "lab/trial.h"
#include "sched/registry.h"
#include "test/race.h"
#include "test/suite.h"

/* What has been seen of a trial. */
struct count {
    int64_t since_ps, first_ps, last_ps;
    int64_t area_ps; /* of the jobs in the system over time */
    int64_t jobs, in_system, most;
};

static void go_to(struct count *count, int64_t now_ps)
{
    ck_assert_int_ge(now_ps, count->since_ps);
    count->area_ps += count->in_system * (now_ps - count->since_ps);
    count->since_ps = now_ps;
}

static void on_job_arrival(void *self, int64_t now_ps, const struct observed_arrival *arrival)
{
    struct count *count = self;
    go_to(count, now_ps);
    if (arrival->job->id == 0)
        count->first_ps = now_ps;
    count->in_system++;
    count->most = count->in_system > count->most ? count->in_system : count->most;
}

static void on_job_done(void *self, const struct observed_job *job)
{
    struct count *count = self;
    go_to(count, job->finish_ps);
    ck_assert_int_gt(count->in_system, 0);
    count->in_system--;
    count->jobs++;
    count->last_ps = job->finish_ps;
}

static const char *const workloads[] = {
    "{kind: poisson, mean_interarrival_us: 150}",
    "{kind: mmpp, mean_interarrival_us: 150, states: [{rate: 6, length: 6}, {rate: 1, length: 9}]}",
    "{kind: poisson, mean_interarrival_us: 20, max_in_flight: 5}",
    "{kind: periodic, mean_interarrival_us: 100}",
};

static const char *const noises[] = {
    "none",
    "{name: all, exec: {dist: gamma, cv: 0.7}, bandwidth: {dist: pareto, alpha: 3}, "
    "tables: {dist: lognormal, sigma: 0.3}, slowdown: {gap_us: 900, length_us: 300, factor: 2.5}, "
    "failure: {mtbf_us: 2000, repair_us: 100}",
};

/* How the last one goes on, on platforms without and with links to lose. */
static const char *const endings[] = {"}", ", link_failure: {mtbf_us: 2000, repair_us: 100}}"};

static const char *const platforms[] = {"study16", "study16_bus", "study16_mesh"};

enum {
    WORKLOADS = sizeof workloads / sizeof *workloads,
    NOISES = sizeof noises / sizeof *noises,
    PLATFORMS = sizeof platforms / sizeof *platforms,
    JOBS = 60,
};

static void play(const struct points *points, const struct experiment *experiment, int32_t number)
{
    const struct point *point = &points->list[number];
    struct count count = {0};
    const struct observer observer = {
        .self = &count, .on_job_arrival = on_job_arrival, .on_job_done = on_job_done};
    const struct trial_plan plan = {
        .experiment = experiment, .point = point, .trial = number, .observer = &observer};
    struct trial_row row;
    trial_play(&plan, &row);
    ck_assert_msg(row.status == TRIAL_DONE, "%s: %s", point->scheduler, row.fault.what);
    ck_assert_int_eq(count.jobs, JOBS);
    ck_assert_int_eq(count.in_system, 0);
    ck_assert_int_eq(row.metrics.jobs_done, JOBS);
    double span_us = tick_to_us(count.last_ps - count.first_ps);
    double mean_in_system = tick_to_us(count.area_ps) / span_us;
    double throughput = JOBS / span_us;
    ck_assert_double_eq_tol(mean_in_system, throughput * row.metrics.mean_latency_us,
                            1e-12 * mean_in_system);
    int32_t cap = point->arrivals.max_in_flight;
    ck_assert_msg(cap == 0 || count.most == cap, "%d in flight", (int)count.most);
}

START_TEST(the_mean_number_in_the_system_is_throughput_times_mean_latency)
{
    struct scratch scratch;
    scratch_init(&scratch);
    const char *schedulers = "";
    for (int i = 0; sched_registry[i] != NULL; i++)
        schedulers = arena_printf(scratch.arena, "%s%s%s", schedulers, i == 0 ? "" : ", ",
                                  sched_registry[i]->name);
    int noise = _i / PLATFORMS / WORKLOADS;
    const char *text = arena_printf(
        scratch.arena,
        "name: little\nplatform: %s\n"
        "workload:\n  apps: [study_wifi_tx, study_top, study_random]\n  arrivals: %s\n  jobs: %d\n"
        "schedulers: [%s]\nnoise: [%s%s]\nengine: heap\nseed: 3\n",
        platforms[_i % PLATFORMS], workloads[_i / PLATFORMS % WORKLOADS], JOBS, schedulers,
        noises[noise], noise > 0 ? endings[_i % PLATFORMS > 0] : "");
    struct experiment experiment;
    struct points points;
    race_load(&scratch, text, &experiment, &points);
    for (int32_t i = 0; i < points.count; i++)
        play(&points, &experiment, i);
    scratch_finish(&scratch);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("little");
    TCase *test = tcase_create("little");
    tcase_set_timeout(test, 120);
    tcase_add_loop_test(test, the_mean_number_in_the_system_is_throughput_times_mean_latency, 0,
                        PLATFORMS * WORKLOADS * NOISES);
    suite_add_tcase(suite, test);
    return suite;
}
