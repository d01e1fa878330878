/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The semantics of docs/design.md, on both engines: epochs, queues, plans, slow-downs, faults. */
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "test/fixture.h"
#include "test/suite.h"

#define US TICK_PER_US

/* A policy made of the test's choices: fixed PEs per task, and a log of its calls. */
static struct {
    int32_t pe_of[64]; /* [task index of the job's app] */
    int32_t calls;
    int64_t call_ps[256];
    int32_t ready_seen[256];
    int32_t queued_seen[256]; /* on PE 0 */
    int32_t ready_order[64];  /* index of ready tasks in the last call that had more than one */
    int32_t ready_order_count;
    bool is_holding;
    int64_t wake_ps;
    struct decision extra; /* an additional decision in the first call */
    bool has_extra;
} script;

static void script_decide(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    script.call_ps[script.calls] = view->now_ps;
    script.queued_seen[script.calls] = view->pes[0].queued;
    script.ready_seen[script.calls++] = view->ready_count;
    if (view->ready_count > 1) {
        script.ready_order_count = view->ready_count;
        for (int32_t i = 0; i < view->ready_count; i++)
            script.ready_order[i] = view->tasks[view->ready[i]].index;
    }
    if (script.wake_ps > view->now_ps)
        decide_wake(decisions, script.wake_ps);
    if (script.is_holding && view->now_ps < script.wake_ps)
        return;
    for (int32_t i = 0; i < view->ready_count; i++)
        decide_assign(decisions, view->ready[i], script.pe_of[view->tasks[view->ready[i]].index]);
    if (script.has_extra) {
        script.has_extra = false;
        decisions->list[decisions->count++] = script.extra;
    }
}

static struct policy_kind scripted = {
    .contract = POLICY_CONTRACT,
    .name = "scripted",
    .discipline = POLICY_DATA_READY,
    .decide = script_decide,
};

/* A static plan: all tasks of an arriving job on their scripted PE, in the order of the app. */
static void plan_decide(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    if (view->arrived_count == 0)
        return;
    decide_plan_begin(decisions);
    for (int32_t job = 0; job < view->job_capacity; job++)
        for (int32_t i = 0; view->jobs[job].active && i < view->binds[0].app->task_count; i++) {
            int32_t task = view->jobs[job].first_task + i;
            if (view->tasks[task].status < TASK_RUNNING)
                decide_plan(decisions, task, script.pe_of[i]);
        }
}

static struct arena *arena;
static struct fixture_log report;
static struct world_result result;
static struct fault fault;

static void set_up(void)
{
    memset(&script, 0, sizeof script);
    script.wake_ps = 0;
    arena = arena_create();
    report = (struct fixture_log){0};
    fault = FAULT_NONE;
}

static void tear_down(void)
{
    fixture_log_finish(&report);
    arena_destroy(arena);
}

static bool run(const struct soc *soc, struct app *app, const struct fixture_scenario *source,
                const struct policy_kind *policy, int engine)
{
    struct scenario scenario = fixture_scenario(source);
    struct observer observer = fixture_observer(&report);
    struct world_setup setup = {
        .soc = soc,
        .binds = fixture_bind(arena, soc, &app, 1),
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_kinds[engine],
        .policy = policy,
        .observers = &observer,
        .observer_count = 1,
    };
    return world_run(&setup, &result, &fault);
}

static const struct arrival_row one_at_zero[] = {{0}};
static const struct fixture_scenario single = {.rows = one_at_zero, .row_count = 1};

static void expect(int32_t job, int32_t task, int32_t pe, double start_us, double finish_us)
{
    const struct fixture_row *row = fixture_find(&report, job, task);
    ck_assert_msg(row != NULL, "job %d task %d did not finish", job, task);
    ck_assert_int_eq(row->pe, pe);
    ck_assert_double_eq(tick_to_us(row->start_ps), start_us);
    ck_assert_double_eq(tick_to_us(row->finish_ps), finish_us);
}

START_TEST(the_policy_is_called_once_for_all_that_happened_at_a_date)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){2}, 1);
    /* a and b end together at 5; each frees one successor. */
    struct app *app = fixture_app(
        arena, "app", 1, (struct fixture_task[]){{"a", {5}}, {"b", {5}}, {"c", {1}}, {"d", {1}}}, 4,
        (struct fixture_edge[]){{0, 2, 0}, {1, 3, 0}}, 2);
    script.pe_of[1] = script.pe_of[3] = 1;
    ck_assert(run(soc, app, &single, &scripted, _i));
    ck_assert_int_eq(script.calls, 3);
    ck_assert_int_eq(script.call_ps[1], 5 * US);
    ck_assert_int_eq(script.ready_seen[1], 2);
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
    script_decide(self, view, decisions);
}

START_TEST(the_policy_is_told_once_what_has_ended_and_in_which_order)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){2}, 1);
    struct app *app = fixture_app(
        arena, "app", 1, (struct fixture_task[]){{"a", {5}}, {"b", {5}}, {"c", {0}}, {"d", {3}}}, 4,
        (struct fixture_edge[]){{0, 2, 0}, {2, 3, 0}}, 2);
    struct policy_kind policy = scripted;
    policy.decide = told_decide;
    memset(&told, 0, sizeof told);
    script.pe_of[1] = 1;
    ck_assert(run(soc, app, &single, &policy, _i));
    static const int64_t dates_us[] = {5, 5, 5, 8};
    ck_assert_int_eq(told.count, 4);
    for (int32_t i = 0; i < 4; i++) {
        ck_assert_int_eq(told.task[i], i);
        ck_assert_int_eq(told.call_ps[i], dates_us[i] * US);
    }
    ck_assert_int_eq(script.calls, 4); /* at 0, at 5 twice, at 8 */
}
END_TEST

START_TEST(a_job_that_has_ended_keeps_its_slot_until_the_policy_was_told)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1);
    struct app *app = fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {1}}}, 1, NULL, 0);
    /* Of DS3's clock: the end at 1 and the arrival at 1 are both seen at 2, in this order. */
    struct arrival_row rows[] = {{0}, {.at_ps = US, .after_tick = true, .after_completions = true}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    struct scenario scenario = fixture_scenario(&source);
    struct policy_kind policy = scripted;
    policy.decide = told_decide;
    memset(&told, 0, sizeof told);
    struct world_setup setup = {
        .soc = soc,
        .binds = fixture_bind(arena, soc, &app, 1),
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_kinds[_i],
        .policy = &policy,
        .compat_ds3 = true,
    };
    ck_assert(world_run(&setup, &result, &fault));
    ck_assert_int_eq(script.calls, 3);
    ck_assert_int_eq(script.call_ps[1], 2 * US);
    ck_assert_int_eq(script.ready_seen[1], 1); /* the second job is there */
    ck_assert_int_eq(told.count, 2);
    ck_assert_int_eq(told.job_id[0], 0);
    ck_assert_int_eq(told.job_id[1], 1);
}
END_TEST

/* Assigns a few of the ready tasks, now from the middle, now from the ends, sometimes nearly all;
 * the others must still be there in their order in the next call. */
static void picky_decide(void *self, const struct view *view, struct decisions *decisions)
{
    static int32_t left[1024], left_count;
    (void)self;
    if (script.calls++ == 0)
        left_count = 0;
    ck_assert_int_ge(view->ready_count, left_count);
    for (int32_t i = 0; i < left_count; i++)
        ck_assert_int_eq(view->ready[i], left[i]);
    left_count = 0;
    int32_t stride = 1 + script.calls % 7;
    for (int32_t i = 0; i < view->ready_count; i++) {
        if ((i + script.calls) % stride == 0)
            decide_assign(decisions, view->ready[i], i % view->soc->pe_count);
        else
            left[left_count++] = view->ready[i];
    }
    script.ready_seen[0] = left_count > script.ready_seen[0] ? left_count : script.ready_seen[0];
    decide_wake(decisions, view->now_ps + US / 2);
}

START_TEST(what_a_policy_leaves_waiting_keeps_its_order)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){3}, 1);
    struct fixture_task tasks[60];
    struct fixture_edge edges[30];
    for (int32_t i = 0; i < 60; i++)
        tasks[i] = (struct fixture_task){"t", {1 + i % 5}};
    for (int32_t i = 0; i < 30; i++)
        edges[i] = (struct fixture_edge){i, 30 + i, 0};
    struct app *app = fixture_app(arena, "app", 1, tasks, 60, edges, 30);
    struct arrival_row rows[8] = {0};
    for (int32_t i = 0; i < 8; i++)
        rows[i].at_ps = i * US;
    struct fixture_scenario source = {.rows = rows, .row_count = 8};
    struct policy_kind picky = scripted;
    picky.decide = picky_decide;
    ck_assert_msg(run(soc, app, &source, &picky, _i), "%s", fault.what);
    ck_assert_int_eq(result.jobs_done, 8);
    ck_assert_int_gt(script.ready_seen[0], 20);
}
END_TEST

START_TEST(simultaneous_ends_are_applied_in_the_order_of_their_starts)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){3}, 1);
    /* c starts at 0, then a and b at 1 and 2 behind fillers; all end at 6. */
    struct app *app = fixture_app(
        arena, "app", 1,
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
    ck_assert(run(soc, app, &single, &scripted, _i));
    ck_assert_int_eq(script.ready_order_count, 3);
    ck_assert_int_eq(script.ready_order[0], 7);
    ck_assert_int_eq(script.ready_order[1], 6);
    ck_assert_int_eq(script.ready_order[2], 5);
}
END_TEST

START_TEST(an_arrival_is_applied_before_the_ends_of_its_date)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1);
    struct app *app = fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {5}}, {"b", {1}}},
                                  2, (struct fixture_edge[]){{0, 1, 0}}, 1);
    struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 5 * US}};
    struct fixture_scenario two = {.rows = rows, .row_count = 2};
    ck_assert(run(soc, app, &two, &scripted, _i));
    ck_assert_int_eq(script.ready_order[0], 0); /* the new job's entry ... */
    ck_assert_int_eq(script.ready_order[1], 1); /* ... then what the end made ready */
}
END_TEST

START_TEST(work_of_length_zero_ends_in_the_next_round_of_the_same_date)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1);
    struct app *app =
        fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {0}}, {"b", {0}}, {"c", {2}}}, 3,
                    (struct fixture_edge[]){{0, 1, 0}, {1, 2, 0}}, 2);
    ck_assert(run(soc, app, &single, &scripted, _i));
    ck_assert_int_eq(script.calls, 4);
    ck_assert_int_eq(script.call_ps[2], 0);
    expect(0, 2, 0, 0, 2);
}
END_TEST

START_TEST(data_moves_between_pes_and_not_within_one)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){2}, 4);
    struct app *app =
        fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {3}}, {"b", {2}}, {"c", {2}}}, 3,
                    (struct fixture_edge[]){{0, 1, 10}, {0, 2, 10}}, 2);
    script.pe_of[2] = 1;
    ck_assert(run(soc, app, &single, &scripted, _i));
    expect(0, 1, 0, 3, 5);
    expect(0, 2, 1, 5.5, 7.5);
    ck_assert_int_eq(script.calls, 4); /* data that arrives is no reason to ask the policy */
}
END_TEST

START_TEST(an_older_job_goes_first_and_whoever_has_its_data_overtakes)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){2}, 1);
    /* PE 1 runs `a` of job 0 to 10; its `b` then waits for data until 15; job 1's `c` overtakes. */
    struct app *app =
        fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {10}}, {"b", {1}}, {"c", {3}}},
                    3, (struct fixture_edge[]){{0, 1, 5}}, 1);
    struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 9 * US}};
    struct fixture_scenario two = {.rows = rows, .row_count = 2};
    script.pe_of[0] = 1;
    ck_assert(run(soc, app, &two, &scripted, _i));
    expect(0, 2, 0, 0, 3);
    expect(1, 2, 0, 9, 12);
    expect(0, 1, 0, 15, 16);
    expect(1, 0, 1, 10, 20);
}
END_TEST

START_TEST(under_fifo_the_head_waits_for_its_data)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){2}, 1);
    struct app *app = fixture_app(
        arena, "app", 1, (struct fixture_task[]){{"a", {10}}, {"b", {1}}, {"c", {3}}, {"d", {11}}},
        4, (struct fixture_edge[]){{0, 1, 5}, {3, 2, 0}}, 2);
    struct policy_kind fifo = scripted;
    fifo.discipline = POLICY_FIFO;
    script.pe_of[0] = 1;
    /* On PE 0: d runs 0..11; b is queued at 10 with data at 15; c is queued at 11. */
    ck_assert(run(soc, app, &single, &fifo, _i));
    expect(0, 1, 0, 15, 16);
    expect(0, 2, 0, 16, 19);
}
END_TEST

START_TEST(a_strict_plan_waits_and_a_work_conserving_one_does_not)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){2}, 1);
    /* Planned on PE 0: a, c, d; c waits for b on PE 1, d is free. */
    struct app *app = fixture_app(
        arena, "app", 1, (struct fixture_task[]){{"a", {2}}, {"b", {9}}, {"c", {1}}, {"d", {3}}}, 4,
        (struct fixture_edge[]){{1, 2, 0}}, 1);
    struct policy_kind planner = {.name = "planner",
                                  .discipline = _i % 2 ? POLICY_PLAN_WC : POLICY_PLAN,
                                  .decide = plan_decide};
    script.pe_of[1] = 1;
    ck_assert(run(soc, app, &single, &planner, _i / 2));
    if (_i % 2) {
        expect(0, 3, 0, 2, 5);
        expect(0, 2, 0, 9, 10);
    } else {
        expect(0, 2, 0, 9, 10);
        expect(0, 3, 0, 10, 13);
    }
}
END_TEST

START_TEST(a_slow_down_is_integrated_over_the_running_task)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1);
    struct app *app =
        fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {100}}}, 1, NULL, 0);
    /* Half speed in [40, 60), a fifth in [70, 75): 40 + 10 + 10 + 1, then 39 more at full speed. */
    struct episode episodes[] = {{.start_ps = 40 * US, .end_ps = 60 * US, .speed = 0.5},
                                 {.start_ps = 70 * US, .end_ps = 75 * US, .speed = 0.2}};
    struct fixture_scenario slow = {
        .rows = one_at_zero, .row_count = 1, .episodes = episodes, .episode_count = 2};
    ck_assert(run(soc, app, &slow, &scripted, _i));
    expect(0, 0, 0, 0, 114);
}
END_TEST

START_TEST(a_task_that_starts_in_a_slow_down_is_slow_from_the_start)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1);
    struct app *app =
        fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {10}}}, 1, NULL, 0);
    struct arrival_row rows[] = {{.at_ps = 10 * US}, {.at_ps = 100 * US}};
    struct episode episodes[] = {{.start_ps = 5 * US, .end_ps = 50 * US, .speed = 1.0 / 3.0}};
    struct fixture_scenario slow = {
        .rows = rows, .row_count = 2, .episodes = episodes, .episode_count = 1};
    ck_assert(run(soc, app, &slow, &scripted, _i));
    expect(0, 0, 0, 10, 40);
    expect(1, 0, 0, 100, 110);
}
END_TEST

static double third(int32_t job, int32_t task)
{
    (void)job, (void)task;
    return 1.0 / 3.0;
}

START_TEST(a_noisy_duration_is_rounded_once_to_a_tick)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1);
    struct app *app = fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {2}}}, 1, NULL, 0);
    struct fixture_scenario noisy = {.rows = one_at_zero, .row_count = 1, .factor = third};
    ck_assert(run(soc, app, &noisy, &scripted, _i));
    ck_assert_int_eq(fixture_find(&report, 0, 0)->finish_ps, 666667);
}
END_TEST

START_TEST(a_policy_can_hold_everything_and_ask_to_be_woken)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1);
    struct app *app = fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {1}}}, 1, NULL, 0);
    script.is_holding = true;
    script.wake_ps = 7 * US;
    ck_assert(run(soc, app, &single, &scripted, _i));
    ck_assert_int_eq(script.calls, 3);
    expect(0, 0, 0, 7, 8);
}
END_TEST

static void do_nothing(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self, (void)view, (void)decisions;
}

START_TEST(a_policy_that_does_nothing_ends_in_a_named_deadlock)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1);
    struct app *app = fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {1}}}, 1, NULL, 0);
    struct policy_kind idle = {.name = "do_nothing", .decide = do_nothing};
    ck_assert(!run(soc, app, &single, &idle, _i));
    ck_assert_int_eq(result.status, WORLD_DEADLOCK);
    assert_holds(fault.what, "do_nothing");
    assert_holds(fault.what, "job 0 a (ready)");
}
END_TEST

static void expect_refused(struct decision decision, const char *why)
{
    struct soc *soc = fixture_soc(arena, 2, (int32_t[]){1, 1}, 1);
    struct app *app =
        fixture_app(arena, "app", 2, (struct fixture_task[]){{"a", {1, -1}}, {"b", {1, 1}}}, 2,
                    (struct fixture_edge[]){{0, 1, 0}}, 1);
    script.extra = decision;
    script.has_extra = true;
    ck_assert(!run(soc, app, &single, &scripted, 1));
    ck_assert_int_eq(result.status, WORLD_FAILED);
    assert_holds(fault.what, "scripted");
    assert_holds(fault.what, why);
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
    struct soc *soc = fixture_soc(arena, 2, (int32_t[]){1, 1}, 1);
    struct app *app =
        fixture_app(arena, "app", 2, (struct fixture_task[]){{"a", {1, -1}}}, 1, NULL, 0);
    script.pe_of[0] = 1;
    ck_assert(!run(soc, app, &single, &scripted, 1));
    assert_holds(fault.what, "cannot run there");
}
END_TEST

START_TEST(what_a_pe_runs_is_not_in_its_queue)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1);
    struct app *app =
        fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {10}}, {"b", {10}}, {"c", {10}}},
                    3, NULL, 0);
    struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 5 * US}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    ck_assert(run(soc, app, &source, &scripted, _i));
    ck_assert_int_eq(script.call_ps[1], 5 * US);
    ck_assert_int_eq(script.queued_seen[1], 2);
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
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){2}, 1);
    struct app *app =
        fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {10}}}, 1, NULL, 0);
    struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 5 * US}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    ck_assert(run(soc, app, &source, &one_after, _i));
    expect(0, 0, 0, 0, 10);
    expect(1, 0, 1, 10, 20);
}
END_TEST

/* The plan of the second call, when a runs on PE 0 (the first is plan_decide's). */
static struct decision second_plan[4];
static int32_t second_count;

static void plan_twice(void *self, const struct view *view, struct decisions *decisions)
{
    if (script.calls++ == 0) {
        plan_decide(self, view, decisions);
        return;
    }
    decide_plan_begin(decisions);
    for (int32_t i = 0; i < second_count; i++)
        decide_plan(decisions, second_plan[i].task, second_plan[i].pe);
}

/* Two jobs of a and then b, at 0 and 5; tasks 0 and 1 are those of the first. */
static void expect_plan_refused(const struct decision *plan, int32_t count, const char *why)
{
    const struct policy_kind planner = {.contract = POLICY_CONTRACT,
                                        .name = "planner",
                                        .discipline = POLICY_PLAN,
                                        .decide = plan_twice};
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){2}, 1);
    struct app *app = fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {10}}, {"b", {5}}},
                                  2, (struct fixture_edge[]){{0, 1, 0}}, 1);
    struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 5 * US}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    memcpy(second_plan, plan, (size_t)count * sizeof *plan);
    second_count = count;
    ck_assert(!run(soc, app, &source, &planner, 1));
    ck_assert_int_eq(result.status, WORLD_FAILED);
    assert_holds(fault.what, why);
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
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){2}, 1);
    struct app *app = fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {10}}, {"b", {5}}},
                                  2, (struct fixture_edge[]){{0, 1, 0}}, 1);
    struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 0}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    ck_assert(run(soc, app, &source, &reverse, _i));
    ck_assert_int_eq(job_order[0], 0); /* their ends are applied in the order of their starts */
    ck_assert_int_eq(job_order[1], 1);
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
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1);
    struct app *app =
        fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {10}}}, 1, NULL, 0);
    struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 0}, {.at_ps = 0}};
    struct fixture_scenario source = {.rows = rows, .row_count = 3};
    ck_assert(run(soc, app, &source, &last_first, _i));
    expect(0, 0, 0, 0, 10);
    expect(1, 0, 0, 10, 20);
    expect(2, 0, 0, 20, 30);
}
END_TEST

START_TEST(late_ends_and_late_arrivals_are_seen_one_microsecond_later_under_compat_ds3)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1);
    struct app *app =
        fixture_app(arena, "app", 1, (struct fixture_task[]){{"a", {1}}, {"b", {2}}, {"c", {2}}}, 3,
                    (struct fixture_edge[]){{0, 1, 0}, {1, 2, 0}}, 2);
    struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 20 * US, .after_tick = true}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    struct scenario scenario = fixture_scenario(&source);
    struct observer observer = fixture_observer(&report);
    struct world_setup setup = {
        .soc = soc,
        .binds = fixture_bind(arena, soc, &app, 1),
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_kinds[_i],
        .policy = &scripted,
        .observers = &observer,
        .observer_count = 1,
        .compat_ds3 = true,
    };
    ck_assert(world_run(&setup, &result, &fault));
    expect(0, 0, 0, 0, 1); /* ends at 1, seen at 2 */
    expect(0, 1, 0, 2, 4);
    expect(0, 2, 0, 4, 6);
    expect(1, 0, 0, 21, 22);
    expect(1, 1, 0, 23, 25);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("world");
    TCase *both = tcase_create("on both engines");
    tcase_add_checked_fixture(both, set_up, tear_down);
    tcase_add_loop_test(both, the_policy_is_called_once_for_all_that_happened_at_a_date, 0, 2);
    tcase_add_loop_test(both, the_policy_is_told_once_what_has_ended_and_in_which_order, 0, 2);
    tcase_add_loop_test(both, a_job_that_has_ended_keeps_its_slot_until_the_policy_was_told, 0, 2);
    tcase_add_loop_test(both, what_a_policy_leaves_waiting_keeps_its_order, 0, 2);
    tcase_add_loop_test(both, simultaneous_ends_are_applied_in_the_order_of_their_starts, 0, 2);
    tcase_add_loop_test(both, of_tasks_that_start_together_those_of_older_jobs_are_first, 0, 2);
    tcase_add_loop_test(both, an_idle_pe_that_is_given_several_tasks_begins_with_the_oldest_job, 0,
                        2);
    tcase_add_loop_test(both, what_a_pe_runs_is_not_in_its_queue, 0, 2);
    tcase_add_loop_test(both, a_task_that_comes_after_another_waits_for_its_end, 0, 2);
    tcase_add_loop_test(both, an_arrival_is_applied_before_the_ends_of_its_date, 0, 2);
    tcase_add_loop_test(both, work_of_length_zero_ends_in_the_next_round_of_the_same_date, 0, 2);
    tcase_add_loop_test(both, data_moves_between_pes_and_not_within_one, 0, 2);
    tcase_add_loop_test(both, an_older_job_goes_first_and_whoever_has_its_data_overtakes, 0, 2);
    tcase_add_loop_test(both, under_fifo_the_head_waits_for_its_data, 0, 2);
    tcase_add_loop_test(both, a_strict_plan_waits_and_a_work_conserving_one_does_not, 0, 4);
    tcase_add_loop_test(both, a_slow_down_is_integrated_over_the_running_task, 0, 2);
    tcase_add_loop_test(both, a_task_that_starts_in_a_slow_down_is_slow_from_the_start, 0, 2);
    tcase_add_loop_test(both, a_noisy_duration_is_rounded_once_to_a_tick, 0, 2);
    tcase_add_loop_test(both, a_policy_can_hold_everything_and_ask_to_be_woken, 0, 2);
    tcase_add_loop_test(both, a_policy_that_does_nothing_ends_in_a_named_deadlock, 0, 2);
    tcase_add_loop_test(
        both, late_ends_and_late_arrivals_are_seen_one_microsecond_later_under_compat_ds3, 0, 2);
    suite_add_tcase(suite, both);
    TCase *refused = tcase_create("illegal decisions");
    tcase_add_checked_fixture(refused, set_up, tear_down);
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
