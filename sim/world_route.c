/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sim/world_parts.h"

/* Memory for any job with branches; a slot keeps it for its next one. */
static void make_room(const struct world *world, struct world_route *route)
{
    size_t tasks = (size_t)world->task_stride;
    size_t edges = (size_t)world->edge_stride;
    route->task_samples = memory_zeroed(3 * tasks + 3 * edges, sizeof(int32_t));
    route->known_task_samples = route->task_samples + tasks;
    route->doors_left = route->known_task_samples + tasks;
    route->edge_live = route->doors_left + tasks;
    route->known_edge_live = route->edge_live + edges;
    route->edge_samples = route->known_edge_live + edges;
    size_t kinds = (size_t)world->setup->soc->kind_count;
    size_t lanes = (size_t)world->setup->soc->lane_count;
    route->cost_ps = memory_zeroed(tasks * (kinds + 1) + edges * lanes, sizeof(int64_t));
    route->min_cost_ps = route->cost_ps + tasks * kinds;
    route->delay_ps = route->min_cost_ps + tasks;
}

void world_finish_routes(struct world *world)
{
    for (int32_t job = 0; job < world->view.job_capacity; job++) {
        free(world->routes[job].task_samples);
        free(world->routes[job].cost_ps);
    }
    free(world->routes);
    route_finish(&world->route);
}

static bool is_gate(const struct app *app, int32_t edge)
{
    return app->when[edge] >= 0;
}

/* How many of a task's edges have to be found dead until it is skipped, if none of them has to be
 * live by itself. */
static int32_t count_doors(const struct app *app, const struct app_task *task)
{
    int32_t count = 0;
    for (int32_t i = 0; i < task->pred_count; i++)
        if (task->join_any || !is_gate(app, app->preds[task->first_pred + i].edge))
            count++;
    return count;
}

/* Shows the samples of a task whose predecessors are all done or skipped: exact times. */
static void show_task(struct world *world, int32_t slot, int32_t index)
{
    struct world_route *route = &world->routes[slot];
    const struct bind *bind = &world->setup->binds[world->jobs[slot].bind];
    const struct app_task *task = &bind->app->tasks[index];
    int32_t kinds = bind->soc->kind_count, lanes = bind->soc->lane_count;
    int32_t samples = route->known_task_samples[index] = route->task_samples[index];
    for (int32_t kind = 0; kind < kinds; kind++)
        route->cost_ps[index * kinds + kind] = bind_sized_cost_ps(bind, index, kind, samples);
    route->min_cost_ps[index] = bind_sized_min_cost_ps(bind, index, samples);
    for (int32_t i = 0; i < task->pred_count; i++) {
        int32_t edge = bind->app->preds[task->first_pred + i].edge;
        for (int32_t lane = 0; lane < lanes; lane++)
            route->delay_ps[edge * lanes + lane] =
                bind_sized_delay_ps(bind, edge, lane, route->edge_samples[edge]);
    }
}

void world_open_route(struct world *world, int32_t slot)
{
    struct view_job *job = &world->jobs[slot];
    struct world_route *route = &world->routes[slot];
    const struct bind *bind = &world->setup->binds[job->bind];
    const struct app *app = bind->app;
    const struct scenario *scenario = world->setup->scenario;
    size_t tasks = (size_t)app->task_count, edges = (size_t)app->edge_count;
    size_t kinds = (size_t)bind->soc->kind_count, lanes = (size_t)bind->soc->lane_count;
    if (route->task_samples == NULL)
        make_room(world, route);
    scenario->route(scenario->source, job->id, app, &world->route);
    memcpy(route->task_samples, world->route.task_samples, tasks * sizeof(int32_t));
    memcpy(route->edge_live, world->route.edge_live, edges * sizeof(int32_t));
    memcpy(route->edge_samples, world->route.edge_samples, edges * sizeof(int32_t));
    memset(route->known_task_samples, -1, tasks * sizeof(int32_t));
    memset(route->known_edge_live, -1, edges * sizeof(int32_t));
    memcpy(route->cost_ps, bind->cost_ps, tasks * kinds * sizeof(int64_t));
    memcpy(route->min_cost_ps, bind->min_cost_ps, tasks * sizeof(int64_t));
    memcpy(route->delay_ps, bind->delay_ps, edges * lanes * sizeof(int64_t));
    for (int32_t task = 0; task < app->task_count; task++) {
        route->doors_left[task] = count_doors(app, &app->tasks[task]);
        if (app->tasks[task].pred_count == 0)
            show_task(world, slot, task);
    }
    job->cost_ps = route->cost_ps;
    job->min_cost_ps = route->min_cost_ps;
    job->delay_ps = route->delay_ps;
    job->task_samples = route->known_task_samples;
    job->edge_live = route->known_edge_live;
}

/* Takes a task out of everything; its successors do not know yet. */
static void skip(struct world *world, int32_t task)
{
    struct view_task *what = &world->tasks[task];
    assert(what->status == TASK_WAITING);
    what->status = TASK_SKIPPED;
    world->routes[what->job].known_task_samples[what->index] = 0;
    world->jobs[what->job].tasks_left--;
    world->unstarted_left--;
    world->result->tasks_skipped++;
    world->skipped[world->view.skipped_count++] = task;
    residency_cancel(&world->residency, task, world->view.now_ps);
    world_unplan(world, task);
    if (world->has_precedence)
        world_free_followers(world, task);
    struct observed_task observed = {
        .task = what,
        .job_id = world_job_id(world, task),
        .bind = view_bind(&world->view, task),
    };
    for (int32_t i = 0; i < world->setup->observer_count; i++) {
        const struct observer *observer = &world->setup->observers[i];
        if (observer->on_task_skipped != NULL)
            observer->on_task_skipped(observer->self, world->view.now_ps, &observed);
    }
}

/* Whether a dead edge decides that its consumer is skipped. */
static bool closes(struct world_route *route, const struct app *app, int32_t consumer, int32_t edge)
{
    if (is_gate(app, edge) && !app->tasks[consumer].join_any)
        return true;
    return --route->doors_left[consumer] == 0;
}

/* Tells the successors of a task that is done or skipped; those that are skipped by it join the
 * view's list. */
static void tell_succs(struct world *world, int32_t task)
{
    const struct view_task *what = &world->tasks[task];
    struct world_route *route = &world->routes[what->job];
    const struct app *app = view_bind(&world->view, task)->app;
    const struct app_task *shape = &app->tasks[what->index];
    for (int32_t i = 0; i < shape->succ_count; i++) {
        const struct app_edge *edge = &app->succs[shape->first_succ + i];
        int32_t succ = task - what->index + edge->task;
        bool is_last = --world->tasks[succ].preds_left == 0;
        int32_t live = route->known_edge_live[edge->edge] = route->edge_live[edge->edge];
        if (world->tasks[succ].status == TASK_SKIPPED)
            continue;
        if ((live == 0 && closes(route, app, edge->task, edge->edge)) ||
            (is_last && route->task_samples[edge->task] == 0)) {
            skip(world, succ);
        } else if (is_last) {
            show_task(world, what->job, edge->task);
            world_release(world, succ);
        }
    }
}

void world_follow_route(struct world *world, int32_t task)
{
    int32_t told = world->view.skipped_count;
    tell_succs(world, task);
    while (told < world->view.skipped_count)
        tell_succs(world, world->skipped[told++]);
}
