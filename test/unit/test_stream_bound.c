/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bound on a stream: by hand where it is known, and below every scheduler on generated cases.
 */
#include "analysis/stream_bound.h"
#include "base/tick.h"
#include "sched/registry.h"
#include "sim/scenario_drawn.h"
#include "sim/world.h"
#include "test/fixture.h"
#include "test/suite.h"

enum { APPS = 3, JOBS = 25, WARMUP = 3, CASES = 40 };

START_TEST(on_one_pe_it_is_shortest_remaining_time_first)
{
    struct arena *arena = arena_create();
    int32_t pes_of[] = {1};
    const struct fixture_task tasks[] = {{"long", {10}}, {"short", {1}}};
    struct app *apps[] = {fixture_app(arena, "long", 1, &tasks[0], 1, NULL, 0),
                          fixture_app(arena, "short", 1, &tasks[1], 1, NULL, 0)};
    struct bind *binds = fixture_bind(arena, fixture_soc(arena, 1, pes_of, 1), apps, 2);
    const struct arrival_row rows[] = {{.app = 0, .at_ps = 0},
                                       {.app = 1, .at_ps = 2 * TICK_PER_US}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    struct scenario scenario = fixture_scenario(&source);
    /* the long job ends at 11, the short one 1 after its arrival */
    ck_assert_double_eq_tol(stream_bound_us(binds, 2, &scenario, 0), 6.0, 1e-6);
    ck_assert_double_eq_tol(stream_bound_us(binds, 2, &scenario, 1), 1.0, 1e-6);
    arena_destroy(arena);
}
END_TEST

START_TEST(a_wide_job_is_bounded_by_its_work)
{
    struct arena *arena = arena_create();
    int32_t pes_of[] = {1, 1};
    /* two tasks run on one PE only: that PE alone is loaded, and prices find out */
    const struct fixture_task tasks[] = {{"a", {5, -1}}, {"b", {5, -1}}, {"c", {1, 1}}};
    struct app *app = fixture_app(arena, "wide", 2, tasks, 3, NULL, 0);
    struct bind *bind = fixture_bind(arena, fixture_soc(arena, 2, pes_of, 1), &app, 1);
    const struct arrival_row rows[] = {{.app = 0, .at_ps = 0}};
    struct fixture_scenario source = {.rows = rows, .row_count = 1};
    struct scenario scenario = fixture_scenario(&source);
    double bound_us = stream_bound_us(bind, 1, &scenario, 0);
    ck_assert_double_gt(bound_us, 9.0);
    ck_assert_double_le(bound_us, 10.0);
    arena_destroy(arena);
}
END_TEST

/* Mean latency of the counted jobs. */
struct latencies {
    double sum_us;
    int count;
};

static void count_job(void *self, const struct observed_job *job)
{
    struct latencies *latencies = self;
    if (job->id < WARMUP)
        return;
    latencies->sum_us += tick_to_us(job->finish_ps - job->arrival_ps);
    latencies->count++;
}

START_TEST(no_scheduler_is_below_it)
{
    const struct policy_kind *policy = sched_registry[_i];
    static const double shares[APPS] = {0.5, 0.75, 1};
    for (uint32_t number = 0; number < CASES; number++) {
        struct random_stream stream = random_open(12, 0, RANDOM_TEST, number, 0);
        struct arena *arena = arena_create();
        int32_t pes_of[] = {1 + (int32_t)random_below(&stream, 3),
                            1 + (int32_t)random_below(&stream, 3)};
        struct soc *soc = fixture_soc(arena, 2, pes_of, number % 3 == 0 ? 1e9 : 5);
        struct app *apps[APPS];
        for (int32_t i = 0; i < APPS; i++)
            apps[i] = fixture_random_app(arena, &stream, 2, 12, number % 2 == 0);
        fixture_add_branches(arena, &stream, apps[1]);
        struct bind *binds = fixture_bind(arena, soc, apps, APPS);
        struct arrivals arrivals = {.kind = arrivals_find("poisson"),
                                    .mean_interarrival_us = 5 + 100 * random_uniform(&stream)};
        struct scenario_drawn drawn = {
            .seed = number,
            .jobs = JOBS,
            .arrivals = &arrivals,
            .app_share = shares,
            .app_count = APPS,
            .noise = {.exec = {.dist = NOISE_LOGNORMAL, .sigma = 0.4}},
        };
        struct scenario scenario = scenario_drawn(&drawn);
        struct latencies latencies = {0};
        struct observer observer = {.self = &latencies, .on_job_done = count_job};
        struct world_setup setup = {.soc = soc,
                                    .binds = binds,
                                    .bind_count = APPS,
                                    .scenario = &scenario,
                                    .engine = engine_find("heap"),
                                    .policy = policy,
                                    .file = fixture_policy_file(arena, policy),
                                    .observers = &observer,
                                    .observer_count = 1};
        struct world_result result;
        struct fault fault = FAULT_NONE;
        ck_assert_msg(world_run(&setup, &result, &fault), "%s: %s", policy->name, fault.what);
        double bound_us = stream_bound_us(binds, APPS, &scenario, WARMUP);
        ck_assert_int_eq(latencies.count, JOBS - WARMUP);
        ck_assert_msg(latencies.sum_us / latencies.count >= bound_us, "%s, case %u: %f < %f",
                      policy->name, (unsigned)number, latencies.sum_us / latencies.count, bound_us);
        arena_destroy(arena);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("stream_bound");
    TCase *tcase = tcase_create("stream_bound");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, on_one_pe_it_is_shortest_remaining_time_first);
    tcase_add_test(tcase, a_wide_job_is_bounded_by_its_work);
    tcase_add_loop_test(tcase, no_scheduler_is_below_it, 0, fixture_policy_count());
    suite_add_tcase(suite, tcase);
    return suite;
}
