/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <math.h>

#include "sim/world_parts.h"

static int64_t deadline_of(const struct arrival *arrival, const struct bind *bind)
{
    return bind->deadline_ps == TICK_NEVER ? TICK_NEVER : arrival->at_ps + bind->deadline_ps;
}

void world_start_job(struct world *world, const struct arrival *arrival)
{
    if (world->free_count == 0)
        world_grow(world);
    int32_t slot = world->free_jobs[--world->free_count];
    const struct bind *bind = &world->setup->binds[arrival->app];
    const struct app *app = bind->app;
    struct view_job *job = &world->jobs[slot];
    *job = (struct view_job){
        .id = arrival->job,
        .bind = arrival->app,
        .first_task = slot * world->task_stride,
        .tasks_left = app->task_count,
        .priority = bind->priority,
        .arrival_ps = arrival->at_ps,
        .deadline_ps = deadline_of(arrival, bind),
        .active = true,
        .cost_ps = bind->cost_ps,
        .min_cost_ps = bind->min_cost_ps,
        .delay_ps = bind->delay_ps,
        .after_tick = arrival->after_tick,
        .after_completions = arrival->after_completions,
    };
    if (bind->chances != NULL)
        world_open_route(world, slot);
    world->job_start_ps[slot] = TICK_NEVER;
    world->job_energy_uj[slot] = world->power.pes == NULL ? (double)NAN : 0.0;
    world->arrived[world->view.arrived_count++] = slot;
    world->jobs_left++;
    world->unstarted_left += app->task_count;
    world->is_epoch_due = true;
    for (int32_t i = 0; i < app->task_count; i++) {
        int32_t task = job->first_task + i;
        if (world->has_precedence)
            world_forget_followers(world, task);
        world->tasks[task] = (struct view_task){
            .job = slot,
            .index = i,
            .pe = -1,
            .preds_left = app->tasks[i].pred_count,
            .status = TASK_WAITING,
            .attempt = 1,
            .after = -1,
            .data_ps = TICK_NEVER,
        };
        world->world_tasks[task].losses = 0;
        world->world_tasks[task].is_written = false;
        if (world->is_plan) {
            world->planned_pe[task] = -1;
            world->plan_epoch[task] = -1;
        }
        if (app->tasks[i].pred_count == 0)
            world_make_ready(world, task);
    }
    const struct observed_arrival observed = {
        .slot = slot,
        .job = job,
        .route = bind->chances != NULL ? &world->route : NULL,
        .drawn = &world->drawn_arrival,
    };
    for (int32_t i = 0; i < world->setup->observer_count; i++) {
        const struct observer *observer = &world->setup->observers[i];
        if (observer->on_job_arrival != NULL)
            observer->on_job_arrival(observer->self, world->view.now_ps, &observed);
    }
    if (world->lost_count > 0)
        world_doubt_job(world, slot);
}

struct observed_job world_describe_job(const struct world *world, int32_t slot, int64_t finish_ps)
{
    const struct view_job *job = &world->jobs[slot];
    return (struct observed_job){
        .id = job->id,
        .slot = slot,
        .bind = &world->setup->binds[job->bind],
        .arrival_ps = job->arrival_ps,
        .start_ps = world->job_start_ps[slot],
        .finish_ps = finish_ps,
        .energy_uj = world->job_energy_uj[slot],
    };
}

void world_leave_job(struct world *world, int32_t slot)
{
    world->jobs[slot].active = false;
    world->leaving_jobs[world->leaving_count++] = slot;
    world->jobs_left--;
}

/* When the last task of a job ended; DS3 may have seen an earlier end later. */
static int64_t last_finish_ps(const struct world *world, int32_t slot)
{
    const struct view_job *job = &world->jobs[slot];
    int32_t count = world->setup->binds[job->bind].app->task_count;
    int64_t last_ps = 0;
    for (int32_t task = job->first_task; task < job->first_task + count; task++)
        if (world->tasks[task].status == TASK_DONE && world->tasks[task].finish_ps > last_ps)
            last_ps = world->tasks[task].finish_ps;
    return last_ps;
}

__attribute__((noinline)) static void finish_job(struct world *world, int32_t slot,
                                                 int64_t finish_ps)
{
    if (world->setup->compat_ds3)
        finish_ps = last_finish_ps(world, slot);
    const struct observed_job observed = world_describe_job(world, slot, finish_ps);
    for (int32_t i = 0; i < world->setup->observer_count; i++) {
        const struct observer *observer = &world->setup->observers[i];
        if (observer->on_job_done != NULL)
            observer->on_job_done(observer->self, &observed);
    }
    world_leave_job(world, slot);
    world->result->jobs_done++;
}

/* Counts down what waits for a task of a job without branches, which is done. */
static void release_succs(struct world *world, int32_t task, const struct app *app)
{
    int32_t index = world->tasks[task].index;
    const struct app_task *shape = &app->tasks[index];
    const struct app_edge *succs = &app->succs[shape->first_succ];
    for (int32_t i = 0; i < shape->succ_count; i++) {
        int32_t succ = task - index + succs[i].task;
        if (--world->tasks[succ].preds_left == 0)
            world_release(world, succ);
    }
}

struct observed_task world_describe(const struct world *world, int32_t task, double energy_uj)
{
    const struct view_task *what = &world->tasks[task];
    int64_t load_ps = world->world_pes[what->pe].load_ps;
    return (struct observed_task){
        .task = what,
        .job_id = world_job_id(world, task),
        .bind = view_bind(&world->view, task),
        .exec_est_ps = world->world_tasks[task].cost_ps + load_ps,
        .load_ps = load_ps,
        .samples = world_samples(world, task),
        .energy_uj = energy_uj,
        .factor = world->world_pes[what->pe].factor,
    };
}

__attribute__((noinline)) static void tell_done(const struct world *world, int32_t task,
                                                double energy_uj)
{
    const struct observed_task observed = world_describe(world, task, energy_uj);
    for (int32_t i = 0; i < world->setup->observer_count; i++) {
        const struct observer *observer = &world->setup->observers[i];
        if (observer->on_task_done != NULL)
            observer->on_task_done(observer->self, &observed);
    }
}

/* The running task of a PE is done, as of `finish_ps`. */
void world_finish_task(struct world *world, int32_t pe, int64_t finish_ps)
{
    int32_t task = world->pes[pe].running;
    assert(task >= 0);
    struct view_task *what = &world->tasks[task];
    struct view_job *job = &world->jobs[what->job];
    const struct bind *bind = &world->view.binds[job->bind];
    what->status = TASK_DONE;
    what->finish_ps = finish_ps;
    world->pes[pe].running = -1;
    world->pes[pe].free_ps = world->view.now_ps;
    if (world->world_pes[pe].queue.count > 0)
        world_unsettle(world, pe);
    if (world->pes[pe].queued > 0)
        world_touch(world, pe);
    if (world->has_precedence)
        world_free_followers(world, task);
    world->is_epoch_due = true;
    world->result->tasks_done++;
    world->finished[world->view.finished_count++] = task;

    double energy_uj = world_end_work(world, pe, finish_ps);
    if (world->power.pes != NULL)
        world->job_energy_uj[what->job] += energy_uj;
    if (world->setup->observer_count > 0)
        tell_done(world, task, energy_uj);

    job->tasks_left--;
    if (bind->chances != NULL)
        world_follow_route(world, task);
    else
        release_succs(world, task, bind->app);
    if (job->tasks_left == 0)
        finish_job(world, what->job, finish_ps);
}
