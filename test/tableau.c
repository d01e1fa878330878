/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test/tableau.h"

#include <check.h>

void tableau_init(struct tableau *tableau, int32_t k0_count, int32_t k1_count)
{
    ck_assert_int_le(k0_count + k1_count, TABLEAU_PES);
    *tableau = (struct tableau){.arena = arena_create()};
    tableau->view = (struct view){
        .soc = fixture_soc(tableau->arena, 2, (int32_t[]){k0_count, k1_count}, 1.0),
        .pes = tableau->pes,
        .tasks = tableau->tasks,
        .jobs = tableau->jobs,
        .task_capacity = TABLEAU_JOBS * TABLEAU_TASKS,
        .job_capacity = TABLEAU_JOBS,
        .ready = tableau->ready,
        .arrived = tableau->arrived,
        .finished = tableau->finished,
        .params = tableau->params,
        .seed = 1,
    };
    for (int32_t pe = 0; pe < TABLEAU_PES; pe++)
        tableau->pes[pe].running = -1;
    tableau->decisions =
        (struct decisions){.list = tableau->list, .capacity = TABLEAU_JOBS * TABLEAU_TASKS};
}

static void stop_policy(struct tableau *tableau)
{
    if (tableau->policy != NULL && tableau->policy->destroy != NULL)
        tableau->policy->destroy(tableau->self);
}

void tableau_finish(struct tableau *tableau)
{
    stop_policy(tableau);
    arena_destroy(tableau->arena);
}

void tableau_expect_apps(struct tableau *tableau, struct app *const *apps, int32_t app_count)
{
    tableau->view.binds = fixture_bind(tableau->arena, tableau->view.soc, apps, app_count);
    tableau->view.bind_count = app_count;
}

void tableau_start(struct tableau *tableau, const struct policy_kind *policy)
{
    ck_assert_ptr_null(tableau->policy);
    tableau->policy = policy;
    for (int32_t i = 0; i < policy->param_count; i++)
        tableau->params[i] = policy->params[i].fallback;
    tableau->self = policy->create == NULL ? NULL : policy->create(&tableau->view);
}

void tableau_restart(struct tableau *tableau)
{
    stop_policy(tableau);
    if (tableau->policy->create != NULL)
        tableau->self = tableau->policy->create(&tableau->view);
}

void tableau_arrive(struct tableau *tableau, int32_t job)
{
    const struct bind *bind = &tableau->view.binds[job];
    const struct app *app = bind->app;
    ck_assert_int_le(app->task_count, TABLEAU_TASKS);
    tableau->jobs[job] = (struct view_job){.id = job,
                                           .bind = job,
                                           .first_task = TABLEAU_TASKS * job,
                                           .tasks_left = app->task_count,
                                           .active = true,
                                           .cost_ps = bind->cost_ps,
                                           .min_cost_ps = bind->min_cost_ps,
                                           .delay_ps = bind->delay_ps};
    tableau->arrived[tableau->view.arrived_count++] = job;
    for (int32_t i = 0; i < app->task_count; i++) {
        bool is_ready = app->tasks[i].pred_count == 0;
        tableau->tasks[TABLEAU_TASKS * job + i] =
            (struct view_task){.job = job,
                               .index = i,
                               .pe = -1,
                               .status = is_ready ? TASK_READY : TASK_WAITING,
                               .attempt = 1};
        if (is_ready)
            tableau->ready[tableau->view.ready_count++] = TABLEAU_TASKS * job + i;
    }
}

void tableau_play(struct tableau *tableau, const struct policy_kind *policy,
                  const struct fixture_task *tasks, int32_t task_count,
                  const struct fixture_edge *edges, int32_t edge_count)
{
    struct app *app = fixture_app(tableau->arena, "app", 2, tasks, task_count, edges, edge_count);
    tableau_expect_apps(tableau, &app, 1);
    tableau_start(tableau, policy);
    tableau_arrive(tableau, 0);
}

void tableau_ask(struct tableau *tableau)
{
    tableau->decisions.count = 0;
    tableau->policy->decide(tableau->self, &tableau->view, &tableau->decisions);
}

void tableau_decide(struct tableau *tableau)
{
    tableau_ask(tableau);
    for (int32_t i = 0; i < tableau->decisions.count; i++) {
        struct view_task *task = &tableau->tasks[tableau->list[i].task];
        task->status = TASK_ASSIGNED;
        task->pe = tableau->list[i].pe;
        task->data_ps = view_data_ps(&tableau->view, tableau->list[i].task, task->pe);
        tableau->pes[task->pe].queued++;
    }
    int32_t kept = 0;
    for (int32_t i = 0; i < tableau->view.ready_count; i++)
        if (tableau->tasks[tableau->ready[i]].status == TASK_READY)
            tableau->ready[kept++] = tableau->ready[i];
    tableau->view.ready_count = kept;
    tableau->view.arrived_count = tableau->view.finished_count = 0;
}

void tableau_check(const struct tableau *tableau, int32_t count, const struct decision *expected)
{
    ck_assert_int_eq(tableau->decisions.count, count);
    for (int32_t i = 0; i < count; i++) {
        ck_assert_int_eq(tableau->list[i].task, expected[i].task);
        ck_assert_int_eq(tableau->list[i].pe, expected[i].pe);
    }
}
