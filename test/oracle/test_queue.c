/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The simulator as a queue whose mean latency is known in closed form: one PE, Poisson arrivals,
 * exponential service (M/M/1), 1 / (service rate - arrival rate). */
#include <math.h>
#include <stdlib.h>

#include "analysis/bootstrap.h"
#include "analysis/metrics.h"
#include "sched/registry.h"
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

static struct metrics run_trial(const struct soc *soc, const struct bind *bind, uint32_t replicate)
{
    const double share = 1.0;
    const struct arrivals arrivals = {.kind = arrivals_find("poisson"),
                                      .mean_interarrival_us = SERVICE_US / LOAD};
    const struct scenario_drawn drawn = {
        .seed = 1,
        .replicate = replicate,
        .jobs = JOBS,
        .arrivals = &arrivals,
        .app_share = &share,
        .app_count = 1,
        .noise = {.name = "exponential", .exec = {.dist = NOISE_EXPONENTIAL}, .slow_factor = 1},
    };
    const struct scenario scenario = scenario_drawn(&drawn);
    struct metrics_observer *gatherer = metrics_create(soc, &scenario, WARMUP);
    struct observer observer = metrics_observer(gatherer);
    const struct world_setup setup = {
        .soc = soc,
        .binds = bind,
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find("heap"),
        .policy = sched_find("met"),
        .observers = &observer,
        .observer_count = 1,
        .seed = drawn.seed,
        .replicate = replicate,
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
            latencies_us[r] = run_trial(soc, bind, e * REPLICATES + r).mean_latency_us;
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

Suite *test_suite(void)
{
    Suite *suite = suite_create("queue");
    TCase *tests = tcase_create("queue");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, intervals_from_the_simulator_cover_the_mean_latency_of_m_m_1);
    suite_add_tcase(suite, tests);
    return suite;
}
