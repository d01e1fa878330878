/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/clock.h"
#include "sim/world_parts.h"

/* So many decisions are taken out of the ready list one by one. */
#define FEW_DECISIONS 16

/* ---- what the policy sees ---- */

/* Whether to measure this call. The multiples of the golden ratio fall below 1/n once in n times
 * and keep step with nothing that jobs have. */
static bool is_timed(const struct world *world)
{
    const struct world_setup *setup = world->setup;
    if (setup->decision_cost.kind == DECISION_MEASURED)
        return true;
    uint32_t multiple = (uint32_t)world->result->epochs * UINT32_C(2654435769);
    return setup->time_one_in > 0 && multiple <= UINT32_MAX / (uint32_t)setup->time_one_in;
}

/* Returns the wall time that it took, if that is measured. */
static double ask_policy(struct world *world)
{
    const struct world_setup *setup = world->setup;
    world->decisions.count = 0;
    world->decisions.plan_count = 0;
    world->decisions.has_plan = false;
    world->decisions.precedence_count = 0;
    world->decisions.wake_ps = TICK_NEVER;
    double took_s = 0.0;
    if (is_timed(world)) {
        double start_s = clock_s();
        setup->policy->decide(world->policy, &world->view, &world->decisions);
        took_s = clock_s() - start_s;
        world->result->decide_s += took_s;
        world->result->timed_calls++;
    } else {
        setup->policy->decide(world->policy, &world->view, &world->decisions);
    }
    world->result->epochs++;
    world->view.arrived_count = 0;
    world->view.finished_count = 0;
    world->view.skipped_count = 0;
    world->view.is_disturbed = false;
    while (world->leaving_count > 0)
        world->free_jobs[world->free_count++] = world->leaving_jobs[--world->leaving_count];
    return took_s;
}

/* Tasks that the policy has assigned, or planned for the first time. */
static int64_t count_decided(const struct world *world)
{
    const struct decisions *decisions = &world->decisions;
    int64_t count = decisions->count;
    for (int32_t i = 0; i < decisions->plan_count; i++) {
        int32_t task = decisions->plan[i].task;
        count += task >= 0 && task < world->view.task_capacity && world->planned_pe[task] < 0;
    }
    return count;
}

/* How long the policy thinks about what it has said. */
static int64_t cost_ps(const struct world *world, double took_s)
{
    switch (world->setup->decision_cost.kind) {
    case DECISION_FIXED:
        return count_decided(world) * world->setup->decision_cost.fixed_ps;
    case DECISION_MEASURED:
        return tick_from_us(1e6 * took_s);
    case DECISION_FREE:
        break;
    }
    return 0;
}

/* ---- what the policy said ---- */

/* Records an illegal decision; `why` completes "... may not run on PE x: ". Returns false. */
__attribute__((noinline, cold)) static bool refuse(struct world *world, struct decision decision,
                                                   const char *why)
{
    const struct world_setup *setup = world->setup;
    if (decision.task < 0 || decision.task >= world->view.task_capacity ||
        !world->jobs[world->tasks[decision.task].job].active)
        return fault_set(world->fault, NULL, "tasks are named by their index in view.tasks",
                         "policy '%s' named task %d, which no job in flight has",
                         setup->policy->name, (int)decision.task);
    if (decision.pe < 0 || decision.pe >= setup->soc->pe_count)
        return fault_set(
            world->fault, NULL, "PEs are numbered from 0",
            "policy '%s' named PE %d for job %d task %s; %s has %d", setup->policy->name,
            (int)decision.pe, (int)world_job_id(world, decision.task),
            world_task_name(world, decision.task), setup->soc->name, (int)setup->soc->pe_count);
    return fault_set(world->fault, NULL, "see sim/policy.h for what a policy may decide",
                     "policy '%s': job %d task %s may not be given to PE %s: %s",
                     setup->policy->name, (int)world_job_id(world, decision.task),
                     world_task_name(world, decision.task), setup->soc->pes[decision.pe].name, why);
}

static inline bool is_below(int32_t index, int32_t count)
{
    return index >= 0 && index < count;
}

/* Whether a decision names a task of a job in flight and a PE that can run it. */
static inline bool is_possible(struct world *world, struct decision decision)
{
    if (!is_below(decision.task, world->view.task_capacity) ||
        !is_below(decision.pe, world->view.soc->pe_count) ||
        !world->jobs[world->tasks[decision.task].job].active)
        return refuse(world, decision, "");
    return world_cost_ps(world, decision.task, decision.pe) != BIND_INCAPABLE ||
           refuse(world, decision, "it cannot run there");
}

/* The same while PEs or links are down; apart, because it rarely has to be asked. */
__attribute__((noinline, cold)) static bool is_open(struct world *world, struct decision decision)
{
    if (world->pes[decision.pe].is_down)
        return refuse(world, decision, "it is down");
    if (!view_reaches(&world->view, decision.task, decision.pe))
        return refuse(world, decision, "links are down, and its data has no way there");
    return true;
}

__attribute__((noinline)) static void tell_assigned(const struct world *world, int32_t task)
{
    for (int32_t i = 0; i < world->setup->observer_count; i++) {
        const struct observer *observer = &world->setup->observers[i];
        if (observer->on_task_assigned != NULL)
            observer->on_task_assigned(observer->self, world->view.now_ps,
                                       world->result->epochs - 1, &world->tasks[task]);
    }
}

static inline void assign(struct world *world, int32_t task, int32_t pe)
{
    struct view_task *what = &world->tasks[task];
    what->status = TASK_ASSIGNED;
    what->pe = pe;
    what->assigned_ps = world->view.now_ps;
    world->world_tasks[task].cost_ps = world_cost_ps(world, task, pe);
    world_fetch(world, task, pe);
    world->pes[pe].queued++;
    world->result->decisions++;
    world_touch(world, pe);
    if (world->tells_assigned)
        tell_assigned(world, task);
    world_enqueue(world, task, pe);
}

/* Whether a decision has been overtaken by an outage while the policy was thinking; the view is
 * disturbed. */
__attribute__((noinline, cold)) static bool is_void(const struct world *world,
                                                    struct decision decision)
{
    if (decision.task < 0 || decision.pe < 0 || decision.task >= world->view.task_capacity ||
        decision.pe >= world->setup->soc->pe_count)
        return false;
    return world->tasks[decision.task].status != TASK_READY || world->pes[decision.pe].is_down ||
           !view_reaches(&world->view, decision.task, decision.pe);
}

static bool take_decision(struct world *world, struct decision decision)
{
    if (world->view.is_disturbed && is_void(world, decision))
        return true;
    if (!is_possible(world, decision))
        return false;
    if (world->tasks[decision.task].status != TASK_READY)
        return refuse(world, decision, "it is not ready, or was assigned already");
    if (world->is_plan)
        return refuse(world, decision, "a policy with a plan discipline has to plan it");
    if (!world_is_whole(world) && !is_open(world, decision))
        return false;
    assign(world, decision.task, decision.pe);
    return true;
}

static bool has_started(const struct view_task *task)
{
    return task->status == TASK_RUNNING || task->status == TASK_DONE;
}

/* Whether a planned task has started, been skipped or failed while the policy was thinking. */
static bool is_overtaken(const struct world *world, int32_t task)
{
    return world->is_late && task >= 0 && task < world->view.task_capacity &&
           world->tasks[task].status >= TASK_RUNNING;
}

static bool take_planned(struct world *world, struct decision decision)
{
    if (is_overtaken(world, decision.task))
        return true;
    if (!is_possible(world, decision))
        return false;
    const struct view_task *what = &world->tasks[decision.task];
    if (has_started(what))
        return refuse(world, decision, "it has started already");
    if (what->status == TASK_SKIPPED)
        return refuse(world, decision, "it was skipped");
    if (what->status == TASK_ASSIGNED && world->is_late)
        decision.pe = what->pe;
    if (what->status == TASK_ASSIGNED && what->pe != decision.pe)
        return refuse(world, decision, "it was given to another PE already");
    if (world->plan_epoch[decision.task] == world->result->epochs)
        return refuse(world, decision, "the plan names it twice");
    world->plan_epoch[decision.task] = world->result->epochs;
    world_plan(world, decision.task, decision.pe);
    return true;
}

static void tell_plan(const struct world *world)
{
    for (int32_t i = 0; i < world->setup->observer_count; i++) {
        const struct observer *observer = &world->setup->observers[i];
        if (observer->on_plan != NULL)
            observer->on_plan(observer->self, world->view.now_ps, world->result->epochs - 1,
                              &world->view, world->decisions.plan, world->decisions.plan_count);
    }
}

__attribute__((noinline)) static bool take_plan(struct world *world)
{
    world_clear_plan(world);
    for (int32_t i = 0; i < world->decisions.plan_count; i++)
        if (!take_planned(world, world->decisions.plan[i]))
            return false;
    tell_plan(world);
    return world->is_late || world->decisions.plan_count == world->unstarted_left ||
           fault_set(world->fault, NULL,
                     "a plan names every task that has neither started nor been skipped, once",
                     "policy '%s' planned %d tasks, but %d are left to start",
                     world->setup->policy->name, (int)world->decisions.plan_count,
                     (int)world->unstarted_left);
}

__attribute__((noinline)) static bool take_precedence(struct world *world,
                                                      struct precedence precedence)
{
    int32_t capacity = world->view.task_capacity;
    bool is_known = precedence.task >= 0 && precedence.task < capacity;
    if (world->is_late && is_known && world->tasks[precedence.task].status != TASK_ASSIGNED)
        return true; /* it has started meanwhile */
    if (precedence.task < 0 || precedence.task >= capacity || precedence.after >= capacity ||
        world->tasks[precedence.task].status != TASK_ASSIGNED)
        return fault_set(world->fault, NULL, "see decide_after in sim/policy.h",
                         "policy '%s' ordered task %d after %d, but it is not assigned",
                         world->setup->policy->name, (int)precedence.task, (int)precedence.after);
    bool has_returned = world->view.is_disturbed && precedence.after >= 0 &&
                        world->tasks[precedence.after].status < TASK_ASSIGNED;
    world_set_after(world, precedence.task, has_returned ? -1 : precedence.after);
    world_requeue(world, precedence.task);
    return true;
}

/* Takes one task out of the ready list, which is in the order of ready_ps, and keeps that order. */
static void remove_ready(struct world *world, int32_t task)
{
    int32_t *ready = world->ready;
    int64_t ready_ps = world->tasks[task].ready_ps;
    int32_t place = 0;
    for (int32_t end = world->view.ready_count; place < end;) {
        int32_t middle = place + (end - place) / 2;
        if (world->tasks[ready[middle]].ready_ps < ready_ps)
            place = middle + 1;
        else
            end = middle;
    }
    while (ready[place] != task)
        place++;
    world->view.ready_count--;
    memmove(&ready[place], &ready[place + 1],
            (size_t)(world->view.ready_count - place) * sizeof *ready);
}

static void remove_decided(struct world *world)
{
    for (int32_t i = 0; i < world->decisions.count; i++)
        remove_ready(world, world->decisions.list[i].task);
}

/* Keeps what is still ready. */
static void keep_ready(struct world *world)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < world->view.ready_count; i++)
        if (world->tasks[world->ready[i]].status == TASK_READY)
            world->ready[kept++] = world->ready[i];
    world->view.ready_count = kept;
}

/* Drops assigned tasks from the ready list, keeping the order. Where a policy leaves thousands
 * waiting and assigns one, it pays not to look at all of them. */
static inline void compact_ready(struct world *world)
{
    const struct decisions *decisions = &world->decisions;
    bool is_sure = !world->is_plan && !world->view.is_disturbed; /* all decisions were taken */
    if (is_sure && decisions->count == world->view.ready_count)
        world->view.ready_count = 0;
    else if (is_sure && decisions->count < FEW_DECISIONS)
        remove_decided(world);
    else
        keep_ready(world);
}
__attribute__((noinline)) static void assign_planned(struct world *world)
{
    for (int32_t i = 0; i < world->view.ready_count; i++) {
        int32_t task = world->ready[i];
        int32_t pe = world->planned_pe[task];
        if (pe < 0 || world->pes[pe].is_down || !view_reaches(&world->view, task, pe))
            continue;
        assign(world, task, pe);
    }
}

void world_follow_plan(struct world *world)
{
    assign_planned(world);
    compact_ready(world);
}

static void take_wake(struct world *world)
{
    int64_t wake_ps = world->decisions.wake_ps;
    if (wake_ps < world->view.now_ps)
        wake_ps = world->view.now_ps;
    if (wake_ps != TICK_NEVER && wake_ps != world->wake_ps)
        world_post(world, wake_ps, EVENT_WAKE, -1);
    world->wake_ps = wake_ps;
}

bool world_obey(struct world *world)
{
    world->is_late = world->decided_ps != TICK_NEVER;
    world->decided_ps = TICK_NEVER;
    if (world->decisions.has_plan && !take_plan(world))
        return false;
    for (int32_t i = 0; i < world->decisions.count; i++)
        if (!take_decision(world, world->decisions.list[i]))
            return false;
    if (world->is_plan)
        assign_planned(world);
    for (int32_t i = 0; i < world->decisions.precedence_count; i++)
        if (!take_precedence(world, world->decisions.precedences[i]))
            return false;
    compact_ready(world);
    take_wake(world);
    return true;
}

bool world_epoch(struct world *world)
{
    world->is_epoch_due = false;
    if (world->residency.fetch_count > 0)
        residency_settle(&world->residency, world->view.now_ps);
    if (world->unsettled_count > 0 || world->residency.is_there != NULL)
        world_refresh_available(world);
    int64_t thinking_ps = cost_ps(world, ask_policy(world));
    if (thinking_ps == 0)
        return world_obey(world);
    world->decided_ps = world->view.now_ps + thinking_ps;
    world_post(world, world->decided_ps, EVENT_DECIDED, -1);
    return true;
}
