/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The simulator as a queue whose mean latency is known in closed form. Many short runs of M/M/1
 * (one PE, Poisson arrivals, exponential service): do the intervals cover 1 / (service rate -
 * arrival rate)? Long runs of M/M/c and M/G/1: is the mean wait inside the interval of the run
 * itself? */
#include <math.h>
#include <stdlib.h>

#include "analysis/bootstrap.h"
#include "analysis/metrics.h"
#include "sim/scenario_drawn.h"
#include "test/fixture.h"
#include "test/suite.h"

/* An experiment is REPLICATES trials; the load is low, so that the queue soon forgets that it was
 * empty at first, and means of JOBS latencies are close to normal. */
enum { REPLICATES = 8, WARMUP = 20, JOBS = 250 };

#define SERVICE_US 10.0
#define LOAD       0.3
#define LATENCY_US (SERVICE_US / (1.0 - LOAD))

/* 2000 experiments, fewer where HETSOC_CASES asks for less (the sanitizers are slow). */
static uint32_t experiments(void)
{
    const char *cases = getenv("HETSOC_CASES");
    return cases == NULL || atoi(cases) >= 300 ? 2000 : 500;
}

/* One queue for all PEs: an idle one gets the job that waits longest. */
static void decide(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    int32_t next = 0;
    for (int32_t pe = 0; pe < view->soc->pe_count && next < view->ready_count; pe++)
        if (view->pes[pe].running < 0)
            decide_assign(decisions, view->ready[next++], pe);
}

static const struct policy_kind one_queue = {
    .contract = POLICY_CONTRACT,
    .name = "one queue",
    .discipline = POLICY_FIFO,
    .decide = decide,
};

/* What a trial is. */
struct queue_case {
    struct noise_spread service;
    double load; /* of a PE */
    int32_t servers, jobs, warmup;
    uint32_t replicate;
};

static struct metrics run_trial(const struct soc *soc, const struct bind *bind,
                                const struct queue_case *what)
{
    const double share = 1.0;
    const struct arrivals arrivals = {.kind = arrivals_find("poisson"),
                                      .mean_interarrival_us =
                                          SERVICE_US / (what->load * what->servers)};
    const struct scenario_drawn drawn = {
        .seed = 1,
        .replicate = what->replicate,
        .jobs = what->jobs,
        .arrivals = &arrivals,
        .app_share = &share,
        .app_count = 1,
        .noise = {.name = "service", .exec = what->service, .slow_factor = 1},
    };
    const struct scenario scenario = scenario_drawn(&drawn);
    struct metrics_observer *gatherer = metrics_create(soc, &scenario, what->warmup);
    struct observer observer = metrics_observer(gatherer);
    const struct world_setup setup = {
        .soc = soc,
        .binds = bind,
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find("heap"),
        .policy = &one_queue,
        .observers = &observer,
        .observer_count = 1,
        .seed = drawn.seed,
        .replicate = what->replicate,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    struct metrics metrics;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s", fault.what);
    metrics_read(gatherer, result.end_ps, NULL, &metrics, NULL);
    metrics_destroy(gatherer);
    return metrics;
}

START_TEST(intervals_from_the_simulator_cover_the_mean_latency_of_m_m_1)
{
    struct arena *arena = arena_create();
    const struct fixture_task task = {"serve", {SERVICE_US}};
    const struct soc *soc = fixture_soc(arena, 1, (const int32_t[]){1}, 1.0);
    struct app *app = fixture_app(arena, "serve", 1, &task, 1, NULL, 0);
    const struct bind *bind = fixture_bind(arena, soc, &app, 1);
    struct bootstrap *bootstrap = bootstrap_create(REPLICATES);
    uint32_t count = experiments(), by_t = 0, by_bootstrap = 0;
    double sum_us = 0.0;
    for (uint32_t e = 0; e < count; e++) {
        double latencies_us[REPLICATES];
        for (uint32_t r = 0; r < REPLICATES; r++) {
            const struct queue_case what = {.service = {.dist = NOISE_EXPONENTIAL},
                                            .load = LOAD,
                                            .servers = 1,
                                            .jobs = JOBS,
                                            .warmup = WARMUP,
                                            .replicate = e * REPLICATES + r};
            latencies_us[r] = run_trial(soc, bind, &what).mean_latency_us;
        }
        struct estimate t = statistics_mean(latencies_us, REPLICATES);
        struct estimate resampled = bootstrap_mean(bootstrap, latencies_us);
        by_t += t.ci_low <= LATENCY_US && LATENCY_US <= t.ci_high;
        by_bootstrap += resampled.ci_low <= LATENCY_US && LATENCY_US <= resampled.ci_high;
        sum_us += t.mean;
    }
    bootstrap_destroy(bootstrap);
    arena_destroy(arena);
    ck_assert_double_eq_tol(sum_us / count, LATENCY_US, 0.01 * LATENCY_US);
    ck_assert_msg(by_t >= 0.93 * count && by_t <= 0.97 * count, "t: %u of %u", by_t, count);
    ck_assert_msg(by_bootstrap >= 0.93 * count && by_bootstrap <= 0.97 * count,
                  "bootstrap: %u of %u", by_bootstrap, count);
}
END_TEST

/* Probability that an arrival has to wait in M/M/c (Erlang 1917), from that of loss with one server
 * more each time. */
static double erlang_c(int32_t servers, double load)
{
    double offered = load * servers, loss = 1.0;
    for (int32_t c = 1; c <= servers; c++)
        loss = offered * loss / (c + offered * loss);
    return loss / (1.0 - load * (1.0 - loss));
}

/* Mean wait: Erlang's for exponential service, and for one server Pollaczek's and Khinchine's,
 * which knows the service by its variance, here in squared means. */
static double mean_wait_us(const struct queue_case *what, double variance)
{
    if (what->servers > 1)
        return erlang_c(what->servers, what->load) * SERVICE_US /
               (what->servers * (1.0 - what->load));
    return what->load * (1.0 + variance) / (2.0 * (1.0 - what->load)) * SERVICE_US;
}

static const struct {
    struct queue_case what;
    double variance; /* of the service */
} queues[] = {
    {{.service = {.dist = NOISE_EXPONENTIAL}, .load = 0.5, .servers = 1}, 1.0},
    {{.service = {.dist = NOISE_EXPONENTIAL}, .load = 0.8, .servers = 1}, 1.0},
    {{.service = {.dist = NOISE_EXPONENTIAL}, .load = 0.7, .servers = 2}, 1.0},
    {{.service = {.dist = NOISE_EXPONENTIAL}, .load = 0.8, .servers = 5}, 1.0},
    {{.service = {.dist = NOISE_EXPONENTIAL}, .load = 0.9, .servers = 16}, 1.0},
    {{.service = {.dist = NOISE_NONE}, .load = 0.8, .servers = 1}, 0.0},
    {{.service = {.dist = NOISE_GAMMA, .shape = 2}, .load = 0.7, .servers = 1}, 0.5},
    {{.service = {.dist = NOISE_GAMMA, .shape = 0.4}, .load = 0.6, .servers = 1}, 2.5},
    {{.service = {.dist = NOISE_LOGNORMAL, .sigma = 0.8}, .load = 0.7, .servers = 1},
     0.8964808793049515 /* exp(0.64) - 1 */},
    {{.service = {.dist = NOISE_PARETO, .shape = 5}, .load = 0.8, .servers = 1}, 1.0 / 15.0},
};

START_TEST(the_mean_wait_of_a_long_run_lies_in_its_interval)
{
    struct queue_case what = queues[_i].what;
    struct arena *arena = arena_create();
    const struct fixture_task task = {"serve", {SERVICE_US}};
    const struct soc *soc = fixture_soc(arena, 1, &what.servers, 1.0);
    struct app *app = fixture_app(arena, "serve", 1, &task, 1, NULL, 0);
    const struct bind *bind = fixture_bind(arena, soc, &app, 1);
    what.jobs = experiments() < 2000 ? 100000 : 1000000;
    what.warmup = 1000;
    what.replicate = (uint32_t)_i;
    struct metrics metrics = run_trial(soc, bind, &what);
    double wait_us = mean_wait_us(&what, queues[_i].variance);
    double seen_us = metrics.mean_latency_us - SERVICE_US;
    double half_us = 3.29 / 1.96 * metrics.mean_latency_half_us; /* 99.9 % instead of 95 % */
    ck_assert_msg(fabs(seen_us - wait_us) <= half_us, "wait %g us, seen %g +- %g", wait_us, seen_us,
                  half_us);
    ck_assert_double_lt(half_us, (what.jobs == 1000000 ? 0.1 : 0.4) * wait_us);
    ck_assert_double_eq_tol(metrics.utilization, what.load, 0.02);
    arena_destroy(arena);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("queue");
    TCase *tests = tcase_create("queue");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, intervals_from_the_simulator_cover_the_mean_latency_of_m_m_1);
    tcase_add_loop_test(tests, the_mean_wait_of_a_long_run_lies_in_its_interval, 0,
                        sizeof queues / sizeof *queues);
    suite_add_tcase(suite, tests);
    return suite;
}
