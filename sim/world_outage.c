/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PEs go down and come back; tasks lose their PE, and jobs that can no longer finish are given up
 * (docs/decisions/0024). */
#include <assert.h>
#include <stdio.h>

#include "sim/world_parts.h"

/* A task that has lost its PE so often is given up, and its job with it; and one that has lost the
 * data of an edge so often on average. */
#define ATTEMPTS_MAX 1000

static bool is_for_good(const struct outage *outage)
{
    return outage->end_ps >= TICK_LIMIT;
}

/* Asks for the next outage of a PE. */
static void fetch_outage(struct world *world, int32_t pe)
{
    const struct scenario *scenario = world->setup->scenario;
    struct outage *outage = &world->world_pes[pe].outage;
    if (!scenario->next_outage(scenario->source, pe, outage) || outage->start_ps >= TICK_LIMIT)
        return;
    assert(outage->start_ps >= 0 && outage->start_ps < outage->end_ps);
    world->has_outages = true;
    world_post(world, outage->start_ps, EVENT_OUTAGE, pe);
}

void world_init_outages(struct world *world)
{
    const struct soc *soc = world->setup->soc;
    size_t kinds = (size_t)soc->kind_count;
    world->up_of_kind = memory_zeroed(kinds, sizeof *world->up_of_kind);
    world->left_of_kind = memory_zeroed(kinds, sizeof *world->left_of_kind);
    world->view.up_of_kind = world->up_of_kind;
    for (int32_t pe = 0; pe < soc->pe_count; pe++) {
        world->up_of_kind[soc->pes[pe].kind]++;
        world->left_of_kind[soc->pes[pe].kind]++;
        if (world->setup->scenario->next_outage != NULL)
            fetch_outage(world, pe);
    }
}

void world_disturb(struct world *world)
{
    world->view.is_disturbed = true;
    world->is_epoch_due = true;
}

static void tell_pe(const struct world *world, int32_t pe)
{
    for (int32_t i = 0; i < world->setup->observer_count; i++) {
        const struct observer *observer = &world->setup->observers[i];
        if (observer->on_pe_changed != NULL)
            observer->on_pe_changed(observer->self, world->view.now_ps, pe, world->pes[pe].is_down);
    }
}

/* ---- jobs that can no longer finish ---- */

static void doom(struct world *world, int32_t task, enum world_reason reason)
{
    int32_t slot = world->tasks[task].job;
    if (world->dooms[slot].is_doomed)
        return;
    world->dooms[slot] = (struct world_doom){true, task, reason};
    world->doomed_jobs[world->doomed_count++] = slot;
}

/* Whether a PE of a kind that can run a task is up, or will be repaired. */
static bool has_pe(const struct world *world, int32_t task)
{
    const struct view_task *what = &world->tasks[task];
    int32_t kinds = world->setup->soc->kind_count;
    const int64_t *costs_ps = world->jobs[what->job].cost_ps + (int64_t)what->index * kinds;
    for (int32_t kind = 0; kind < kinds; kind++)
        if (world->left_of_kind[kind] > 0 && costs_ps[kind] != BIND_INCAPABLE)
            return true;
    return false;
}

/* Whether the data of a task that is there already will ever have a way to a PE. */
static bool will_reach(const struct world *world, int32_t task, int32_t pe)
{
    const struct app *app = view_bind(&world->view, task)->app;
    const struct app_task *what = &app->tasks[world->tasks[task].index];
    const struct view_task *siblings = &world->tasks[task - world->tasks[task].index];
    for (int32_t i = 0; i < what->pred_count; i++) {
        const struct view_task *producer = &siblings[app->preds[what->first_pred + i].task];
        if (producer->status == TASK_DONE &&
            links_find_way(world->setup->soc, world->link_states, LINKS_LOST, producer->pe, pe) ==
                LINKS_NO_WAY)
            return false;
    }
    return true;
}

static bool is_lost(const struct world *world, int32_t pe)
{
    return world->pes[pe].is_down && is_for_good(&world->world_pes[pe].outage);
}

/* Whether the data of a task will have a way to a PE that will be able to run it. What has a PE has
 * its data there, or on its way. */
static bool has_reached_pe(const struct world *world, int32_t task)
{
    if (world->lost_link_count == 0 || world->tasks[task].status == TASK_ASSIGNED)
        return true;
    for (int32_t pe = 0; pe < world->setup->soc->pe_count; pe++)
        if (!is_lost(world, pe) && view_cost_ps(&world->view, task, pe) != BIND_INCAPABLE &&
            will_reach(world, task, pe))
            return true;
    return false;
}

/* Dooms the job of a task that can never run. */
static bool doubt_task(struct world *world, int32_t task)
{
    if (!has_pe(world, task))
        doom(world, task, WORLD_NO_PE);
    else if (!has_reached_pe(world, task))
        doom(world, task, WORLD_NO_WAY);
    else
        return false;
    return true;
}

void world_doubt_job(struct world *world, int32_t slot)
{
    const struct view_job *job = &world->jobs[slot];
    int32_t count = world->setup->binds[job->bind].app->task_count;
    for (int32_t task = job->first_task; task < job->first_task + count; task++)
        if (world->tasks[task].status < TASK_RUNNING && view_chance(&world->view, task) == 1.0 &&
            doubt_task(world, task))
            return;
}

void world_doubt_jobs(struct world *world)
{
    for (int32_t slot = 0; slot < world->view.job_capacity; slot++)
        if (world->jobs[slot].active)
            world_doubt_job(world, slot);
}

void world_strand(struct world *world, int32_t task)
{
    world->stranded[world->stranded_count++] = task;
    doubt_task(world, task);
}

bool world_hinder(struct world *world, int32_t task)
{
    if (view_is_stranded(&world->view, task)) {
        world_strand(world, task);
        return true;
    }
    if (world->is_plan && world->planned_pe[task] >= 0 &&
        !view_reaches(&world->view, task, world->planned_pe[task]))
        world_disturb(world); /* or it would wait there, perhaps for ever */
    return false;
}

/* ---- tasks lose their PE ---- */

/* Ends the running task of a PE before it is done. */
static void abort_task(struct world *world, int32_t pe)
{
    int32_t task = world->pes[pe].running;
    struct view_task *what = &world->tasks[task];
    world->engine->kind->cancel(world->engine, pe);
    residency_abort(&world->residency, pe, world->view.now_ps);
    world->world_pes[pe].finish_sequence = -1;
    world->pes[pe].running = -1;
    world_unsettle(world, pe);
    what->finish_ps = world->view.now_ps;
    double energy_uj = world_end_work(world, pe, world->view.now_ps);
    world->job_energy_uj[what->job] += energy_uj;
    world->result->tasks_aborted++;
    struct observed_task observed = world_describe(world, task, energy_uj);
    for (int32_t i = 0; i < world->setup->observer_count; i++) {
        const struct observer *observer = &world->setup->observers[i];
        if (observer->on_task_aborted != NULL)
            observer->on_task_aborted(observer->self, &observed);
    }
}

static int32_t losses_max(const struct world *world, int32_t task)
{
    const struct app *app = view_bind(&world->view, task)->app;
    return ATTEMPTS_MAX * app->tasks[world->tasks[task].index].pred_count;
}

void world_lose_data(struct world *world, int32_t task)
{
    if (++world->world_tasks[task].losses == losses_max(world, task))
        doom(world, task, WORLD_LOSSES);
}

/* Whether data of an assigned task is on its way, and begins anew when it has another PE. */
static bool has_data_to_lose(const struct world *world, const struct view_task *task)
{
    const struct soc *soc = world->setup->soc;
    bool is_there = task->fetching == 0 && task->data_ps <= world->view.now_ps;
    bool is_kept = soc->interconnect == SOC_MATRIX && !soc->at_assign && task->attempt == 1;
    return task->status == TASK_ASSIGNED && !is_there && !is_kept;
}

/* In a plan it keeps its place. */
void world_give_back(struct world *world, int32_t task)
{
    struct view_task *what = &world->tasks[task];
    if (has_data_to_lose(world, what))
        world_lose_data(world, task);
    if (what->status == TASK_ASSIGNED)
        world_dequeue(world, task, what->pe);
    world_set_after(world, task, -1);
    world_release_followers(world, task); /* or two might wait for each other in the end */
    what->status = TASK_READY;
    what->fetching = 0;
    what->data_ps = TICK_NEVER;
    what->pe = -1;
    world_make_ready(world, task);
}

static void retry(struct world *world, int32_t task)
{
    world->unstarted_left++;
    if (world->is_plan)
        world->planned_pe[task] = -1;
    if (world->tasks[task].attempt == ATTEMPTS_MAX)
        doom(world, task, WORLD_ATTEMPTS);
    else
        world->tasks[task].attempt++;
    world_give_back(world, task);
}

/* Hands back what a PE was given. */
static void empty_queue(struct world *world, int32_t pe)
{
    int32_t planned = world->world_pes[pe].first_planned;
    for (; planned >= 0; planned = world->next_planned[planned])
        if (world->tasks[planned].status == TASK_ASSIGNED)
            world_give_back(world, planned);
    const struct queue *queue = &world->world_pes[pe].queue;
    const struct queue_entry *next = queue_first(queue);
    while (next != NULL) {
        const struct queue_entry entry = *next;
        world_give_back(world, entry.task);
        next = queue_after(queue, &entry);
    }
    world->pes[pe].queued = 0;
}

void world_withdraw(struct world *world)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < world->view.ready_count; i++) {
        int32_t task = world->ready[i];
        if (view_is_stranded(&world->view, task))
            world_strand(world, task);
        else
            world->ready[kept++] = task;
    }
    world->view.ready_count = kept;
}

void world_offer_again(struct world *world)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < world->stranded_count; i++) {
        int32_t task = world->stranded[i];
        if (view_is_stranded(&world->view, task))
            world->stranded[kept++] = task;
        else
            world_make_ready(world, task);
    }
    world->stranded_count = kept;
}

/* ---- PEs go down and come back ---- */

static void lose_pe(struct world *world, int32_t pe)
{
    struct view_pe *what = &world->pes[pe];
    const struct outage *outage = &world->world_pes[pe].outage;
    int32_t kind = world->setup->soc->pes[pe].kind, running = what->running;
    what->is_down = true;
    world->view.down_count++;
    world->up_of_kind[kind]--;
    if (is_for_good(outage))
        world->left_of_kind[kind]--, world->lost_count++;
    else
        world_post(world, outage->end_ps, EVENT_OUTAGE, pe);
    world_withdraw(world);
    if (running >= 0) {
        abort_task(world, pe);
        retry(world, running);
    }
    empty_queue(world, pe);
    world_drop_transfers(world, (struct transfer_match){.to_pe = pe, .job = -1, .consumer = -1});
    world_settle_transfers(world);
    residency_lose(&world->residency, pe, world->view.now_ps);
    world_switch(world, pe);
    world_unsettle(world, pe);
    if (is_for_good(outage))
        world_doubt_jobs(world);
}

static void repair_pe(struct world *world, int32_t pe)
{
    world->pes[pe].is_down = false;
    world->view.down_count--;
    world->up_of_kind[world->setup->soc->pes[pe].kind]++;
    world_unsettle(world, pe);
    world_switch(world, pe);
    world_touch(world, pe);
    world_offer_again(world);
    fetch_outage(world, pe);
}

void world_change_pe(struct world *world, int32_t pe)
{
    if (world->pes[pe].is_down)
        repair_pe(world, pe);
    else
        lose_pe(world, pe);
    world_disturb(world);
    tell_pe(world, pe);
}

/* ---- jobs fail ---- */

/* Takes a task of a job that fails out of everything but the lists of tasks. */
static void fail_task(struct world *world, int32_t task)
{
    struct view_task *what = &world->tasks[task];
    int32_t queue_pe = what->status == TASK_ASSIGNED ? what->pe : -1;
    if (world->is_plan && what->status < TASK_RUNNING)
        queue_pe = world->planned_pe[task];
    if (what->status == TASK_RUNNING) {
        world_touch(world, what->pe);
        abort_task(world, what->pe);
    } else {
        world->unstarted_left--;
    }
    if (queue_pe >= 0) {
        world_unplan(world, task);
        world_unsettle(world, queue_pe);
        world_touch(world, queue_pe);
    }
    if (what->status == TASK_ASSIGNED) {
        world_dequeue(world, task, what->pe);
        world->pes[what->pe].queued--;
    }
    residency_cancel(&world->residency, task, world->view.now_ps);
    world_set_after(world, task, -1);
    what->status = TASK_FAILED;
    what->finish_ps = world->view.now_ps;
    if (world->has_precedence)
        world_free_followers(world, task);
    world->result->tasks_failed++;
    const struct observed_task observed = {
        .task = what, .job_id = world_job_id(world, task), .bind = view_bind(&world->view, task)};
    for (int32_t i = 0; i < world->setup->observer_count; i++) {
        const struct observer *observer = &world->setup->observers[i];
        if (observer->on_task_failed != NULL)
            observer->on_task_failed(observer->self, world->view.now_ps, &observed);
    }
}

/* Keeps the tasks of a list that have a status. */
static int32_t keep(const struct world *world, int32_t *list, int32_t count,
                    enum task_status status)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < count; i++)
        if (world->tasks[list[i]].status == status)
            list[kept++] = list[i];
    return kept;
}

/* Takes the tasks of a job that has failed out of the lists of tasks, and the job out of those that
 * have arrived. */
static void leave_lists(struct world *world, int32_t slot)
{
    world->view.ready_count = keep(world, world->ready, world->view.ready_count, TASK_READY);
    world->stranded_count = keep(world, world->stranded, world->stranded_count, TASK_READY);
    size_t writing = 0;
    for (size_t i = 0; i < world->writing_count; i++)
        if (world->tasks[world->writing[i].task].status != TASK_FAILED)
            world->writing[writing++] = world->writing[i];
    world->writing_count = writing;
    int32_t arrived = 0;
    for (int32_t i = 0; i < world->view.arrived_count; i++)
        if (world->arrived[i] != slot)
            world->arrived[arrived++] = world->arrived[i];
    world->view.arrived_count = arrived;
}

static void tell_failed(const struct world *world, int32_t slot, const char *reason)
{
    const struct observed_job observed = world_describe_job(world, slot, world->view.now_ps);
    for (int32_t i = 0; i < world->setup->observer_count; i++) {
        const struct observer *observer = &world->setup->observers[i];
        if (observer->on_job_failed != NULL)
            observer->on_job_failed(observer->self, &observed, reason);
    }
}

static void fail_job(struct world *world, int32_t slot)
{
    const struct view_job *job = &world->jobs[slot];
    const struct world_doom *doom = &world->dooms[slot];
    int32_t count = world->setup->binds[job->bind].app->task_count;
    char reason[160];
    switch (doom->reason) {
    case WORLD_NO_PE:
        snprintf(reason, sizeof reason, "no PE is left that can run %.100s",
                 world_task_name(world, doom->task));
        break;
    case WORLD_NO_WAY:
        snprintf(reason, sizeof reason,
                 "no way is left for the data of %.90s to a PE that can run it",
                 world_task_name(world, doom->task));
        break;
    case WORLD_ATTEMPTS:
        snprintf(reason, sizeof reason, "PEs went down under %.100s %d times",
                 world_task_name(world, doom->task), ATTEMPTS_MAX);
        break;
    case WORLD_LOSSES:
        snprintf(reason, sizeof reason, "data of %.100s was lost on its way %d times",
                 world_task_name(world, doom->task), (int)losses_max(world, doom->task));
        break;
    }
    for (int32_t task = job->first_task; task < job->first_task + count; task++)
        if (world->tasks[task].status < TASK_DONE)
            fail_task(world, task);
    world_drop_transfers(world, (struct transfer_match){.to_pe = -1, .job = slot, .consumer = -1});
    world_settle_transfers(world);
    leave_lists(world, slot);
    tell_failed(world, slot, reason);
    world->result->jobs_failed++;
    world_leave_job(world, slot);
    world_disturb(world);
}

void world_fail_jobs(struct world *world)
{
    for (int32_t i = 0; i < world->doomed_count; i++) {
        fail_job(world, world->doomed_jobs[i]);
        world->dooms[world->doomed_jobs[i]].is_doomed = false;
    }
    world->doomed_count = 0;
}

/* ---- nothing but outages, or looks at the gate, can happen ---- */

/* Whether something else is on its way. */
static bool is_under_way(const struct world *world)
{
    bool is_arriving = world->has_next_arrival && world_is_gate_open(world);
    if (is_arriving || world->wake_ps != TICK_NEVER || world->decided_ps != TICK_NEVER ||
        world->writing_count > 0 || world->transfers.count > 0)
        return true;
    for (int32_t pe = 0; pe < world->setup->soc->pe_count; pe++)
        if (world->pes[pe].running >= 0 || world->world_pes[pe].data_timer_ps != TICK_NEVER)
            return true;
    return false;
}

bool world_is_dead(const struct world *world)
{
    bool is_repairing = world->view.down_count > world->lost_count ||
                        world->view.down_link_count > world->lost_link_count;
    bool is_declined = world->view.ready_count > 0 && !world->is_plan;
    return (is_declined || !is_repairing) && !is_under_way(world);
}
