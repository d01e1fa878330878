/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Epochs, on both engines: when a policy is asked, what it is told, and what it may not decide. */
#include <string.h>

#include "base/tick.h"
#include "test/script.h"
#include "test/suite.h"

#define US TICK_PER_US

START_TEST(the_policy_is_called_once_for_all_that_happened_at_a_date)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){2}, 1);
    /* a and b end together at 5; each frees one successor. */
    struct app *app =
        fixture_app(script.arena, "app", 1,
                    (struct fixture_task[]){{"a", {5}}, {"b", {5}}, {"c", {1}}, {"d", {1}}}, 4,
                    (struct fixture_edge[]){{0, 2, 0}, {1, 3, 0}}, 2);
    script.pe_of[1] = script.pe_of[3] = 1;
    ck_assert(script_run(soc, app, &script_single, &script_policy, _i));
    ck_assert_int_eq(script.call_count, 3);
    ck_assert_int_eq(script.calls[1].now_ps, 5 * US);
    ck_assert_int_eq(script.calls[1].ready, 2);
}
END_TEST

/* Runs everything on PE 0 or as scripted, and writes down what it is told has ended. */
static struct {
    int32_t job_id[64], task[64];
    int64_t call_ps[64];
    int32_t count;
} told;

static void told_decide(void *self, const struct view *view, struct decisions *decisions)
{
    for (int32_t i = 0; i < view->finished_count; i++) {
        const struct view_task *task = &view->tasks[view->finished[i]];
        ck_assert_int_eq(task->status, TASK_DONE);
        ck_assert_int_le(task->finish_ps, view->now_ps);
        told.job_id[told.count] = view->jobs[task->job].id;
        told.task[told.count] = task->index;
        told.call_ps[told.count++] = view->now_ps;
    }
    script_policy.decide(self, view, decisions);
}

START_TEST(the_policy_is_told_once_what_has_ended_and_in_which_order)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){2}, 1);
    struct app *app =
        fixture_app(script.arena, "app", 1,
                    (struct fixture_task[]){{"a", {5}}, {"b", {5}}, {"c", {0}}, {"d", {3}}}, 4,
                    (struct fixture_edge[]){{0, 2, 0}, {2, 3, 0}}, 2);
    struct policy_kind policy = script_policy;
    policy.decide = told_decide;
    memset(&told, 0, sizeof told);
    script.pe_of[1] = 1;
    ck_assert(script_run(soc, app, &script_single, &policy, _i));
    static const int64_t dates_us[] = {5, 5, 5, 8};
    ck_assert_int_eq(told.count, 4);
    for (int32_t i = 0; i < 4; i++) {
        ck_assert_int_eq(told.task[i], i);
        ck_assert_int_eq(told.call_ps[i], dates_us[i] * US);
    }
    ck_assert_int_eq(script.call_count, 4); /* at 0, at 5 twice, at 8 */
}
END_TEST

START_TEST(a_job_that_has_ended_keeps_its_slot_until_the_policy_was_told)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){1}, 1);
    struct app *app =
        fixture_app(script.arena, "app", 1, (struct fixture_task[]){{"a", {1}}}, 1, NULL, 0);
    /* Of DS3's clock: the end at 1 and the arrival at 1 are both seen at 2, in this order. */
    struct arrival_row rows[] = {{0}, {.at_ps = US, .after_tick = true, .after_completions = true}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    struct policy_kind policy = script_policy;
    policy.decide = told_decide;
    memset(&told, 0, sizeof told);
    script.compat_ds3 = true;
    ck_assert(script_run(soc, app, &source, &policy, _i));
    ck_assert_int_eq(script.call_count, 3);
    ck_assert_int_eq(script.calls[1].now_ps, 2 * US);
    ck_assert_int_eq(script.calls[1].ready, 1); /* the second job is there */
    ck_assert_int_eq(told.count, 2);
    ck_assert_int_eq(told.job_id[0], 0);
    ck_assert_int_eq(told.job_id[1], 1);
}
END_TEST

static int32_t most_left; /* ready tasks that a call did not assign */

/* Assigns a few of the ready tasks, now from the middle, now from the ends, sometimes nearly all;
 * the others must still be there in their order in the next call. */
static void picky_decide(void *self, const struct view *view, struct decisions *decisions)
{
    static int32_t left[1024], left_count;
    (void)self;
    script.call_count++;
    ck_assert_int_ge(view->ready_count, left_count);
    for (int32_t i = 0; i < left_count; i++)
        ck_assert_int_eq(view->ready[i], left[i]);
    left_count = 0;
    int32_t stride = 1 + script.call_count % 7;
    for (int32_t i = 0; i < view->ready_count; i++) {
        if ((i + script.call_count) % stride == 0)
            decide_assign(decisions, view->ready[i], i % view->soc->pe_count);
        else
            left[left_count++] = view->ready[i];
    }
    most_left = left_count > most_left ? left_count : most_left;
    decide_wake(decisions, view->now_ps + US / 2);
}

START_TEST(what_a_policy_leaves_waiting_keeps_its_order)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){3}, 1);
    struct fixture_task tasks[60];
    struct fixture_edge edges[30];
    for (int32_t i = 0; i < 60; i++)
        tasks[i] = (struct fixture_task){"t", {1 + i % 5}};
    for (int32_t i = 0; i < 30; i++)
        edges[i] = (struct fixture_edge){i, 30 + i, 0};
    struct app *app = fixture_app(script.arena, "app", 1, tasks, 60, edges, 30);
    struct arrival_row rows[8] = {0};
    for (int32_t i = 0; i < 8; i++)
        rows[i].at_ps = i * US;
    struct fixture_scenario source = {.rows = rows, .row_count = 8};
    struct policy_kind picky = script_policy;
    picky.decide = picky_decide;
    ck_assert_msg(script_run(soc, app, &source, &picky, _i), "%s", script.fault.what);
    ck_assert_int_eq(script.result.jobs_done, 8);
    ck_assert_int_gt(most_left, 20);
}
END_TEST

START_TEST(simultaneous_ends_are_applied_in_the_order_of_their_starts)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){3}, 1);
    /* c starts at 0, then a and b at 1 and 2 behind fillers; all end at 6. */
    struct app *app = fixture_app(
        script.arena, "app", 1,
        (struct fixture_task[]){{"f1", {1}},
                                {"f2", {2}},
                                {"c", {6}},
                                {"b", {5}},
                                {"a", {4}},
                                {"after a", {1}},
                                {"after b", {1}},
                                {"after c", {1}}},
        8, (struct fixture_edge[]){{0, 3, 0}, {1, 4, 0}, {4, 5, 0}, {3, 6, 0}, {2, 7, 0}}, 5);
    int32_t pe_of[] = {0, 1, 2, 0, 1, 0, 0, 0};
    memcpy(script.pe_of, pe_of, sizeof pe_of);
    ck_assert(script_run(soc, app, &script_single, &script_policy, _i));
    ck_assert_int_eq(script.ready_order_count, 3);
    ck_assert_int_eq(script.ready_order[0], 7);
    ck_assert_int_eq(script.ready_order[1], 6);
    ck_assert_int_eq(script.ready_order[2], 5);
}
END_TEST

static int32_t job_order[2]; /* of the ready tasks in the last call that had two */

/* Assigns in the reverse order, tasks of job 0 to PE 0 and of job 1 to PE 1. */
static void decide_in_reverse(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    for (int32_t i = view->ready_count - 1; i >= 0; i--) {
        int32_t id = view->jobs[view->tasks[view->ready[i]].job].id;
        if (view->ready_count == 2)
            job_order[i] = id;
        decide_assign(decisions, view->ready[i], id);
    }
}

START_TEST(of_tasks_that_start_together_those_of_older_jobs_are_first)
{
    const struct policy_kind reverse = {.contract = POLICY_CONTRACT,
                                        .name = "reverse",
                                        .discipline = POLICY_DATA_READY,
                                        .decide = decide_in_reverse};
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){2}, 1);
    struct app *app =
        fixture_app(script.arena, "app", 1, (struct fixture_task[]){{"a", {10}}, {"b", {5}}}, 2,
                    (struct fixture_edge[]){{0, 1, 0}}, 1);
    struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 0}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    ck_assert(script_run(soc, app, &source, &reverse, _i));
    ck_assert_int_eq(job_order[0], 0); /* their ends are applied in the order of their starts */
    ck_assert_int_eq(job_order[1], 1);
}
END_TEST

START_TEST(an_arrival_is_applied_before_the_ends_of_its_date)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){1}, 1);
    struct app *app =
        fixture_app(script.arena, "app", 1, (struct fixture_task[]){{"a", {5}}, {"b", {1}}}, 2,
                    (struct fixture_edge[]){{0, 1, 0}}, 1);
    struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 5 * US}};
    struct fixture_scenario two = {.rows = rows, .row_count = 2};
    ck_assert(script_run(soc, app, &two, &script_policy, _i));
    ck_assert_int_eq(script.ready_order[0], 0); /* the new job's entry ... */
    ck_assert_int_eq(script.ready_order[1], 1); /* ... then what the end made ready */
}
END_TEST

START_TEST(work_of_length_zero_ends_in_the_next_round_of_the_same_date)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){1}, 1);
    struct app *app = fixture_app(script.arena, "app", 1,
                                  (struct fixture_task[]){{"a", {0}}, {"b", {0}}, {"c", {2}}}, 3,
                                  (struct fixture_edge[]){{0, 1, 0}, {1, 2, 0}}, 2);
    ck_assert(script_run(soc, app, &script_single, &script_policy, _i));
    ck_assert_int_eq(script.call_count, 4);
    ck_assert_int_eq(script.calls[2].now_ps, 0);
    script_expect(0, 2, 0, 0, 2);
}
END_TEST

START_TEST(what_a_pe_runs_is_not_in_its_queue)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){1}, 1);
    struct app *app =
        fixture_app(script.arena, "app", 1,
                    (struct fixture_task[]){{"a", {10}}, {"b", {10}}, {"c", {10}}}, 3, NULL, 0);
    struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 5 * US}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    ck_assert(script_run(soc, app, &source, &script_policy, _i));
    ck_assert_int_eq(script.calls[1].now_ps, 5 * US);
    ck_assert_int_eq(script.calls[1].queued, 2);
}
END_TEST

START_TEST(a_policy_can_hold_everything_and_ask_to_be_woken)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){1}, 1);
    struct app *app =
        fixture_app(script.arena, "app", 1, (struct fixture_task[]){{"a", {1}}}, 1, NULL, 0);
    script.not_before_ps[0] = 7 * US;
    ck_assert(script_run(soc, app, &script_single, &script_policy, _i));
    ck_assert_int_eq(script.call_count, 3);
    script_expect(0, 0, 0, 7, 8);
}
END_TEST

static void do_nothing(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self, (void)view, (void)decisions;
}

START_TEST(a_policy_that_does_nothing_ends_in_a_named_deadlock)
{
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){1}, 1);
    struct app *app =
        fixture_app(script.arena, "app", 1, (struct fixture_task[]){{"a", {1}}}, 1, NULL, 0);
    struct policy_kind idle = {.name = "do_nothing", .decide = do_nothing};
    ck_assert(!script_run(soc, app, &script_single, &idle, _i));
    ck_assert_int_eq(script.result.status, WORLD_DEADLOCK);
    assert_holds(script.fault.what, "do_nothing");
    assert_holds(script.fault.what, "job 0 a (ready)");
}
END_TEST

static void expect_refused(struct decision decision, const char *why)
{
    struct soc *soc = fixture_soc(script.arena, 2, (int32_t[]){1, 1}, 1);
    struct app *app =
        fixture_app(script.arena, "app", 2, (struct fixture_task[]){{"a", {1, -1}}, {"b", {1, 1}}},
                    2, (struct fixture_edge[]){{0, 1, 0}}, 1);
    script.extra = decision;
    script.has_extra = true;
    ck_assert(!script_run(soc, app, &script_single, &script_policy, 1));
    ck_assert_int_eq(script.result.status, WORLD_FAILED);
    assert_holds(script.fault.what, "scripted");
    assert_holds(script.fault.what, why);
}

START_TEST(a_task_assigned_twice_is_refused)
{
    expect_refused((struct decision){0, 0}, "job 0 task a may not be given to PE K0_0");
}
END_TEST

START_TEST(a_task_that_waits_is_refused)
{
    expect_refused((struct decision){1, 0}, "not ready");
}
END_TEST

START_TEST(a_task_of_no_job_is_refused)
{
    expect_refused((struct decision){1 << 20, 0}, "no job in flight");
}
END_TEST

START_TEST(a_pe_that_does_not_exist_is_refused)
{
    expect_refused((struct decision){1, 2}, "PE 2");
}
END_TEST

START_TEST(a_pe_that_cannot_run_the_task_is_refused)
{
    struct soc *soc = fixture_soc(script.arena, 2, (int32_t[]){1, 1}, 1);
    struct app *app =
        fixture_app(script.arena, "app", 2, (struct fixture_task[]){{"a", {1, -1}}}, 1, NULL, 0);
    script.pe_of[0] = 1;
    ck_assert(!script_run(soc, app, &script_single, &script_policy, 1));
    assert_holds(script.fault.what, "cannot run there");
}
END_TEST

/* The plan of the second call, when a runs on PE 0 (the first is script_planner's). */
static struct decision second_plan[4];
static int32_t second_count;

static void plan_twice(void *self, const struct view *view, struct decisions *decisions)
{
    if (script.call_count++ == 0) {
        script_planner.decide(self, view, decisions);
        return;
    }
    decide_plan_begin(decisions);
    for (int32_t i = 0; i < second_count; i++)
        decide_plan(decisions, second_plan[i].task, second_plan[i].pe);
}

/* Two jobs of a and then b, at 0 and 5; tasks 0 and 1 are those of the first. */
static void expect_plan_refused(const struct decision *plan, int32_t count, const char *why)
{
    struct policy_kind planner = script_planner;
    planner.decide = plan_twice;
    struct soc *soc = fixture_soc(script.arena, 1, (int32_t[]){2}, 1);
    struct app *app =
        fixture_app(script.arena, "app", 1, (struct fixture_task[]){{"a", {10}}, {"b", {5}}}, 2,
                    (struct fixture_edge[]){{0, 1, 0}}, 1);
    struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 5 * US}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    memcpy(second_plan, plan, (size_t)count * sizeof *plan);
    second_count = count;
    ck_assert(!script_run(soc, app, &source, &planner, 1));
    ck_assert_int_eq(script.result.status, WORLD_FAILED);
    assert_holds(script.fault.what, why);
}

START_TEST(a_plan_that_names_what_runs_is_refused)
{
    expect_plan_refused((struct decision[]){{0, 0}, {1, 0}, {2, 1}, {3, 1}}, 4,
                        "it has started already");
}
END_TEST

START_TEST(a_plan_that_names_a_task_twice_is_refused)
{
    expect_plan_refused((struct decision[]){{1, 0}, {2, 1}, {2, 1}}, 3, "names it twice");
}
END_TEST

START_TEST(a_plan_that_leaves_a_task_out_is_refused)
{
    expect_plan_refused((struct decision[]){{1, 0}, {2, 1}}, 2, "planned 2 tasks, but 3 are left");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("epochs");
    TCase *both = tcase_create("on both engines");
    tcase_add_checked_fixture(both, script_init, script_finish);
    tcase_add_loop_test(both, the_policy_is_called_once_for_all_that_happened_at_a_date, 0, 2);
    tcase_add_loop_test(both, the_policy_is_told_once_what_has_ended_and_in_which_order, 0, 2);
    tcase_add_loop_test(both, a_job_that_has_ended_keeps_its_slot_until_the_policy_was_told, 0, 2);
    tcase_add_loop_test(both, what_a_policy_leaves_waiting_keeps_its_order, 0, 2);
    tcase_add_loop_test(both, simultaneous_ends_are_applied_in_the_order_of_their_starts, 0, 2);
    tcase_add_loop_test(both, of_tasks_that_start_together_those_of_older_jobs_are_first, 0, 2);
    tcase_add_loop_test(both, an_arrival_is_applied_before_the_ends_of_its_date, 0, 2);
    tcase_add_loop_test(both, work_of_length_zero_ends_in_the_next_round_of_the_same_date, 0, 2);
    tcase_add_loop_test(both, what_a_pe_runs_is_not_in_its_queue, 0, 2);
    tcase_add_loop_test(both, a_policy_can_hold_everything_and_ask_to_be_woken, 0, 2);
    tcase_add_loop_test(both, a_policy_that_does_nothing_ends_in_a_named_deadlock, 0, 2);
    suite_add_tcase(suite, both);
    TCase *refused = tcase_create("illegal decisions");
    tcase_add_checked_fixture(refused, script_init, script_finish);
    tcase_add_test(refused, a_task_assigned_twice_is_refused);
    tcase_add_test(refused, a_task_that_waits_is_refused);
    tcase_add_test(refused, a_task_of_no_job_is_refused);
    tcase_add_test(refused, a_pe_that_does_not_exist_is_refused);
    tcase_add_test(refused, a_pe_that_cannot_run_the_task_is_refused);
    tcase_add_test(refused, a_plan_that_names_what_runs_is_refused);
    tcase_add_test(refused, a_plan_that_names_a_task_twice_is_refused);
    tcase_add_test(refused, a_plan_that_leaves_a_task_out_is_refused);
    suite_add_tcase(suite, refused);
    return suite;
}
