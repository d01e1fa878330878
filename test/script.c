/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test/script.h"

#include <check.h>

#include "base/tick.h"

struct script script;

void script_init(void)
{
    script = (struct script){.arena = arena_create()};
}

void script_finish(void)
{
    fixture_log_finish(&script.log);
    arena_destroy(script.arena);
}

static void note_call(const struct view *view)
{
    ck_assert_int_lt(script.call_count, SCRIPT_CALLS);
    script.calls[script.call_count++] =
        (struct script_call){view->now_ps, view->ready_count, view->pes[0].queued};
    if (view->ready_count < 2)
        return;
    ck_assert_int_le(view->ready_count, SCRIPT_TASKS);
    script.ready_order_count = view->ready_count;
    for (int32_t i = 0; i < view->ready_count; i++)
        script.ready_order[i] = view->tasks[view->ready[i]].index;
}

static void decide(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    note_call(view);
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t index = view->tasks[view->ready[i]].index;
        if (script.not_before_ps[index] <= view->now_ps)
            decide_assign(decisions, view->ready[i], script.pe_of[index]);
        else
            decide_wake(decisions, script.not_before_ps[index]);
    }
    if (script.has_extra) {
        script.has_extra = false;
        decisions->list[decisions->count++] = script.extra;
    }
}

/* When a job arrives, plans all that has not started. */
static void plan(void *self, const struct view *view, struct decisions *decisions)
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

const struct policy_kind script_policy = {
    .contract = POLICY_CONTRACT,
    .name = "scripted",
    .discipline = POLICY_DATA_READY,
    .decide = decide,
};

const struct policy_kind script_planner = {
    .contract = POLICY_CONTRACT,
    .name = "planner",
    .discipline = POLICY_PLAN,
    .decide = plan,
};

bool script_run(const struct soc *soc, struct app *app, const struct fixture_scenario *source,
                const struct policy_kind *policy, int engine)
{
    struct scenario scenario = fixture_scenario(source);
    const struct observer observers[] = {fixture_observer(&script.log), script.watcher};
    const struct world_setup setup = {
        .soc = soc,
        .binds = fixture_bind(script.arena, soc, &app, 1),
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_kinds[engine],
        .policy = policy,
        .observers = observers,
        .observer_count = 2,
        .compat_ds3 = script.compat_ds3,
    };
    return world_run(&setup, &script.result, &script.fault);
}

void script_expect(int32_t job, int32_t task, int32_t pe, double start_us, double finish_us)
{
    const struct fixture_row *row = fixture_find(&script.log, job, task);
    ck_assert_msg(row != NULL, "job %d task %d did not finish", job, task);
    ck_assert_int_eq(row->pe, pe);
    ck_assert_double_eq(tick_to_us(row->start_ps), start_us);
    ck_assert_double_eq(tick_to_us(row->finish_ps), finish_us);
}

static const struct arrival_row at_zero[] = {{0}};
const struct fixture_scenario script_single = {.rows = at_zero, .row_count = 1};
