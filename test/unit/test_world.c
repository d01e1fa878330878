/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When tasks run, by hand and on both engines: queues, plans, data, slow-downs, noise. */
#include "base/tick.h"
#include "test/script.h"
#include "test/suite.h"

#define US TICK_PER_US

START_TEST(data_moves_between_pes_and_not_within_one)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){2}, 4);
    struct app *app = fixture_app(script.arena, "app", 1,
                                  (struct fixture_task[]){{"a", {3}}, {"b", {2}}, {"c", {2}}}, 3,
                                  (struct fixture_edge[]){{0, 1, 10}, {0, 2, 10}}, 2);
    script.pe_of[2] = 1;
    ck_assert(script_run(soc, app, &script_single, &script_policy, _i));
    script_expect(0, 1, 0, 3, 5);
    script_expect(0, 2, 1, 5.5, 7.5);
    ck_assert_int_eq(script.call_count, 4); /* data that arrives is no reason to ask the policy */
}
END_TEST

START_TEST(an_older_job_goes_first_and_whoever_has_its_data_overtakes)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){2}, 1);
    /* PE 1 runs `a` of job 0 to 10; its `b` then waits for data until 15; job 1's `c` overtakes. */
    struct app *app = fixture_app(script.arena, "app", 1,
                                  (struct fixture_task[]){{"a", {10}}, {"b", {1}}, {"c", {3}}}, 3,
                                  (struct fixture_edge[]){{0, 1, 5}}, 1);
    struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 9 * US}};
    struct fixture_scenario two = {.rows = rows, .row_count = 2};
    script.pe_of[0] = 1;
    ck_assert(script_run(soc, app, &two, &script_policy, _i));
    script_expect(0, 2, 0, 0, 3);
    script_expect(1, 2, 0, 9, 12);
    script_expect(0, 1, 0, 15, 16);
    script_expect(1, 0, 1, 10, 20);
}
END_TEST

START_TEST(under_fifo_the_head_waits_for_its_data)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){2}, 1);
    struct app *app =
        fixture_app(script.arena, "app", 1,
                    (struct fixture_task[]){{"a", {10}}, {"b", {1}}, {"c", {3}}, {"d", {11}}}, 4,
                    (struct fixture_edge[]){{0, 1, 5}, {3, 2, 0}}, 2);
    struct policy_kind fifo = script_policy;
    fifo.discipline = POLICY_FIFO;
    script.pe_of[0] = 1;
    /* On PE 0: d runs 0..11; b is queued at 10 with data at 15; c is queued at 11. */
    ck_assert(script_run(soc, app, &script_single, &fifo, _i));
    script_expect(0, 1, 0, 15, 16);
    script_expect(0, 2, 0, 16, 19);
}
END_TEST

START_TEST(a_strict_plan_waits_and_a_work_conserving_one_does_not)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){2}, 1);
    /* Planned on PE 0: a, c, d; c waits for b on PE 1, d is free. */
    struct app *app =
        fixture_app(script.arena, "app", 1,
                    (struct fixture_task[]){{"a", {2}}, {"b", {9}}, {"c", {1}}, {"d", {3}}}, 4,
                    (struct fixture_edge[]){{1, 2, 0}}, 1);
    struct policy_kind planner = script_planner;
    planner.discipline = _i % 2 ? POLICY_PLAN_WC : POLICY_PLAN;
    script.pe_of[1] = 1;
    ck_assert(script_run(soc, app, &script_single, &planner, _i / 2));
    if (_i % 2) {
        script_expect(0, 3, 0, 2, 5);
        script_expect(0, 2, 0, 9, 10);
    } else {
        script_expect(0, 2, 0, 9, 10);
        script_expect(0, 3, 0, 10, 13);
    }
}
END_TEST

/* The task of job 1, to PE 1, comes after that of job 0 on PE 0. */
static void decide_one_after_the_other(void *self, const struct view *view,
                                       struct decisions *decisions)
{
    (void)self;
    if (view->ready_count == 0)
        return;
    int32_t task = view->ready[0], id = view->jobs[view->tasks[task].job].id;
    decide_assign(decisions, task, id);
    if (id == 1)
        decide_after(decisions, task, view->pes[0].running);
}

START_TEST(a_task_that_comes_after_another_waits_for_its_end)
{
    const struct policy_kind one_after = {.contract = POLICY_CONTRACT,
                                          .name = "one after the other",
                                          .discipline = POLICY_DATA_READY,
                                          .decide = decide_one_after_the_other};
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){2}, 1);
    struct app *app =
        fixture_app(script.arena, "app", 1, (struct fixture_task[]){{"a", {10}}}, 1, NULL, 0);
    struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 5 * US}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    ck_assert(script_run(soc, app, &source, &one_after, _i));
    script_expect(0, 0, 0, 0, 10);
    script_expect(1, 0, 1, 10, 20);
}
END_TEST

START_TEST(a_slow_down_is_integrated_over_the_running_task)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){1}, 1);
    struct app *app =
        fixture_app(script.arena, "app", 1, (struct fixture_task[]){{"a", {100}}}, 1, NULL, 0);
    /* Half speed in [40, 60), a fifth in [70, 75): 40 + 10 + 10 + 1, then 39 more at full speed. */
    struct episode episodes[] = {{.start_ps = 40 * US, .end_ps = 60 * US, .speed = 0.5},
                                 {.start_ps = 70 * US, .end_ps = 75 * US, .speed = 0.2}};
    struct fixture_scenario slow = {
        .rows = script_single.rows, .row_count = 1, .episodes = episodes, .episode_count = 2};
    ck_assert(script_run(soc, app, &slow, &script_policy, _i));
    script_expect(0, 0, 0, 0, 114);
}
END_TEST

START_TEST(a_task_that_starts_in_a_slow_down_is_slow_from_the_start)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){1}, 1);
    struct app *app =
        fixture_app(script.arena, "app", 1, (struct fixture_task[]){{"a", {10}}}, 1, NULL, 0);
    struct arrival_row rows[] = {{.at_ps = 10 * US}, {.at_ps = 100 * US}};
    struct episode episodes[] = {{.start_ps = 5 * US, .end_ps = 50 * US, .speed = 1.0 / 3.0}};
    struct fixture_scenario slow = {
        .rows = rows, .row_count = 2, .episodes = episodes, .episode_count = 1};
    ck_assert(script_run(soc, app, &slow, &script_policy, _i));
    script_expect(0, 0, 0, 10, 40);
    script_expect(1, 0, 0, 100, 110);
}
END_TEST

static double third(int32_t job, int32_t task)
{
    (void)job, (void)task;
    return 1.0 / 3.0;
}

START_TEST(a_noisy_duration_is_rounded_once_to_a_tick)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){1}, 1);
    struct app *app =
        fixture_app(script.arena, "app", 1, (struct fixture_task[]){{"a", {2}}}, 1, NULL, 0);
    struct fixture_scenario noisy = {.rows = script_single.rows, .row_count = 1, .factor = third};
    ck_assert(script_run(soc, app, &noisy, &script_policy, _i));
    ck_assert_int_eq(fixture_find(&script.log, 0, 0)->finish_ps, 666667);
}
END_TEST

/* Gives PE 0 everything that is ready, the last first. */
static void decide_last_first(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    for (int32_t i = view->ready_count - 1; i >= 0; i--)
        decide_assign(decisions, view->ready[i], 0);
}

START_TEST(an_idle_pe_that_is_given_several_tasks_begins_with_the_oldest_job)
{
    const struct policy_kind last_first = {.contract = POLICY_CONTRACT,
                                           .name = "last_first",
                                           .discipline = POLICY_DATA_READY,
                                           .decide = decide_last_first};
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){1}, 1);
    struct app *app =
        fixture_app(script.arena, "app", 1, (struct fixture_task[]){{"a", {10}}}, 1, NULL, 0);
    struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 0}, {.at_ps = 0}};
    struct fixture_scenario source = {.rows = rows, .row_count = 3};
    ck_assert(script_run(soc, app, &source, &last_first, _i));
    script_expect(0, 0, 0, 0, 10);
    script_expect(1, 0, 0, 10, 20);
    script_expect(2, 0, 0, 20, 30);
}
END_TEST

START_TEST(late_ends_and_late_arrivals_are_seen_one_microsecond_later_under_compat_ds3)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){1}, 1);
    struct app *app = fixture_app(script.arena, "app", 1,
                                  (struct fixture_task[]){{"a", {1}}, {"b", {2}}, {"c", {2}}}, 3,
                                  (struct fixture_edge[]){{0, 1, 0}, {1, 2, 0}}, 2);
    struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 20 * US, .after_tick = true}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    script.compat_ds3 = true;
    ck_assert(script_run(soc, app, &source, &script_policy, _i));
    script_expect(0, 0, 0, 0, 1); /* ends at 1, seen at 2 */
    script_expect(0, 1, 0, 2, 4);
    script_expect(0, 2, 0, 4, 6);
    script_expect(1, 0, 0, 21, 22);
    script_expect(1, 1, 0, 23, 25);
}
END_TEST

static int64_t job_finish_ps;

static void note_job(void *self, const struct observed_job *job)
{
    (void)self;
    job_finish_ps = job->finish_ps;
}

START_TEST(a_job_ends_with_its_last_task_also_if_compat_ds3_sees_another_one_later)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){2}, 1);
    struct app *app = fixture_app(script.arena, "app", 1,
                                  (struct fixture_task[]){{"a", {1}}, {"b", {1.5}}}, 2, NULL, 0);
    script.compat_ds3 = true;
    script.pe_of[1] = 1;
    script.watcher.on_job_done = note_job;
    ck_assert(script_run(soc, app, &script_single, &script_policy, _i));
    script_expect(0, 0, 0, 0, 1); /* seen at 2 */
    script_expect(0, 1, 1, 0, 1.5);
    ck_assert_int_eq(job_finish_ps, 1500000);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("world");
    TCase *both = tcase_create("on both engines");
    tcase_add_checked_fixture(both, script_init, script_finish);
    tcase_add_loop_test(both, an_idle_pe_that_is_given_several_tasks_begins_with_the_oldest_job, 0,
                        2);
    tcase_add_loop_test(both, data_moves_between_pes_and_not_within_one, 0, 2);
    tcase_add_loop_test(both, an_older_job_goes_first_and_whoever_has_its_data_overtakes, 0, 2);
    tcase_add_loop_test(both, under_fifo_the_head_waits_for_its_data, 0, 2);
    tcase_add_loop_test(both, a_strict_plan_waits_and_a_work_conserving_one_does_not, 0, 4);
    tcase_add_loop_test(both, a_task_that_comes_after_another_waits_for_its_end, 0, 2);
    tcase_add_loop_test(both, a_slow_down_is_integrated_over_the_running_task, 0, 2);
    tcase_add_loop_test(both, a_task_that_starts_in_a_slow_down_is_slow_from_the_start, 0, 2);
    tcase_add_loop_test(both, a_noisy_duration_is_rounded_once_to_a_tick, 0, 2);
    tcase_add_loop_test(
        both, late_ends_and_late_arrivals_are_seen_one_microsecond_later_under_compat_ds3, 0, 2);
    tcase_add_loop_test(
        both, a_job_ends_with_its_last_task_also_if_compat_ds3_sees_another_one_later, 0, 2);
    suite_add_tcase(suite, both);
    return suite;
}
