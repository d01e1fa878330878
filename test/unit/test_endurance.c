/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 10^5 failures and repairs, of PEs or of links, over a long stream of jobs: nothing is lost. */
#include "sched/registry.h"
#include "sim/scenario_drawn.h"
#include "test/fixture.h"
#include "test/suite.h"

static const char *const policies[] = {"etf", "heft", "srpt_lb", "heft_wc"};

static struct arena *arena;
static struct random_stream stream; /* of the app */
static struct world_result result;
static int64_t change_count, done_count, ended_count, lost_count;

static void set_up(void)
{
    arena = arena_create();
    change_count = done_count = ended_count = lost_count = 0;
}

static void tear_down(void)
{
    arena_destroy(arena);
}

static void count_change(void *self, int64_t now_ps, int32_t which, bool is_down)
{
    (void)self, (void)now_ps, (void)which, (void)is_down;
    change_count++;
}

static void count_done(void *self, const struct observed_task *observed)
{
    (void)self, (void)observed;
    done_count++;
}

static void count_end(void *self, int64_t now_ps, const struct observed_task *observed)
{
    (void)self, (void)now_ps, (void)observed;
    ended_count++;
}

static void count_lost(void *self, const struct observed_transfer *transfer)
{
    (void)self, (void)transfer;
    lost_count++;
}

/* Runs jobs of a random app, one in 200 us, and accounts for every one of their tasks. */
static void run(const struct soc *soc, const char *policy, int32_t jobs, const struct noise *noise)
{
    static const double shares[] = {1};
    static const struct observer observer = {.on_task_done = count_done,
                                             .on_task_skipped = count_end,
                                             .on_task_failed = count_end,
                                             .on_transfer_lost = count_lost,
                                             .on_pe_changed = count_change,
                                             .on_link_changed = count_change};
    struct app *app = fixture_random_app(arena, &stream, 2, 12, false);
    const struct arrivals arrivals = {.kind = arrivals_find("poisson"),
                                      .mean_interarrival_us = 200};
    const struct scenario_drawn drawn = {
        .seed = 9,
        .jobs = jobs,
        .arrivals = &arrivals,
        .app_share = shares,
        .app_count = 1,
        .noise = *noise,
    };
    const struct scenario scenario = scenario_drawn(&drawn);
    const struct world_setup setup = {
        .soc = soc,
        .binds = fixture_bind(arena, soc, &app, 1),
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find("heap"),
        .policy = sched_find(policy),
        .observers = &observer,
        .observer_count = 1,
    };
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s", fault.what);
    ck_assert_int_gt(change_count, 100000);
    ck_assert_int_eq(result.jobs_done, jobs);
    ck_assert_int_eq(result.jobs_failed, 0);
    ck_assert_int_eq(done_count, result.tasks_done);
    ck_assert_int_eq(done_count + ended_count, (int64_t)jobs * app->task_count);
}

START_TEST(a_hundred_thousand_failures_and_repairs_of_pes_lose_nothing)
{
    stream = random_open(3, 0, RANDOM_TEST, (uint32_t)_i, 0);
    struct soc *soc = fixture_soc(arena, 2, (int32_t[]){4, 3}, 50);
    if (_i % 2 == 0)
        fixture_connect(soc, SOC_BUS, 0.1, 1, 2);
    run(soc, policies[_i], 40000, &(struct noise){.failures = {.mtbf_us = 800, .repair_us = 100}});
    ck_assert_int_gt(result.tasks_aborted, 100);
}
END_TEST

START_TEST(a_hundred_thousand_failures_and_repairs_of_links_lose_nothing)
{
    stream = random_open(4, 0, RANDOM_TEST, (uint32_t)_i, 0);
    bool is_bus = _i % 2 == 0;
    struct soc *soc = fixture_soc(arena, 2, (int32_t[]){5, 4}, 10);
    fixture_connect(soc, is_bus ? SOC_BUS : SOC_MESH, 0.1, 3, 2);
    run(soc, policies[_i], is_bus ? 25000 : 20000,
        &(struct noise){
            .link_failures = {.mtbf_us = is_bus ? 80 : 800, .repair_us = is_bus ? 12 : 60}});
    ck_assert_int_gt(lost_count, 100);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("endurance");
    TCase *tests = tcase_create("streams");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_hundred_thousand_failures_and_repairs_of_pes_lose_nothing, 0, 4);
    tcase_add_loop_test(tests, a_hundred_thousand_failures_and_repairs_of_links_lose_nothing, 0, 4);
    suite_add_tcase(suite, tests);
    return suite;
}
