/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What PEs were given and have not started: which of it may start, and when all of it will be done.
 * Nothing here goes through a queue, but where weights are loaded. */
#include "sim/world_parts.h"

/* How a task is named in the queue of its PE. */
static struct queue_entry name_of(const struct world *world, int32_t task)
{
    return (struct queue_entry){
        .job_id =
            world->setup->policy->discipline == POLICY_DATA_READY ? world_job_id(world, task) : 0,
        .task = task,
        .sequence = world->world_tasks[task].sequence,
    };
}

/* The same, and what is known of it. Plans need no estimates. */
static struct queue_entry describe(const struct world *world, int32_t task)
{
    struct queue_entry entry = name_of(world, task);
    entry.start_ps = world_start_ps(world, task);
    if (!world->is_plan) {
        entry.cost_ps = world->world_tasks[task].cost_ps;
        entry.least_end_ps = world->tasks[task].data_ps + entry.cost_ps;
    }
    return entry;
}

static void insert(struct world *world, int32_t task, int32_t pe)
{
    const struct queue_entry entry = describe(world, task);
    queue_insert(&world->world_pes[pe].queue, &entry);
    world_unsettle(world, pe);
}

/* Puts the task that is held, if there is one, into the queue. */
static void let_go(struct world *world, int32_t pe)
{
    int32_t held = world->world_pes[pe].held;
    world->world_pes[pe].held = -1;
    if (held >= 0)
        insert(world, held, pe);
}

void world_insert(struct world *world, int32_t task, int32_t pe)
{
    let_go(world, pe);
    insert(world, task, pe);
}

void world_take_out(struct world *world, int32_t task, int32_t pe)
{
    const struct queue_entry name = name_of(world, task);
    queue_remove(&world->world_pes[pe].queue, &name);
    world_unsettle(world, pe);
}

void world_requeue(struct world *world, int32_t task)
{
    int32_t pe = world->tasks[task].pe;
    struct queue_entry entry = describe(world, task);
    queue_update(&world->world_pes[pe].queue, &entry);
    world_unsettle(world, pe);
    world_touch(world, pe);
}

/* ---- plans: a queue has what is assigned; strict plans are lines of all that is planned ---- */

void world_clear_plan(struct world *world)
{
    world->plan_sequence = world->sequence;
    for (int32_t pe = 0; pe < world->setup->soc->pe_count; pe++) {
        struct world_pe *what = &world->world_pes[pe];
        queue_clear(&what->queue);
        what->held = -1;
        what->first_planned = what->last_planned = -1;
        world_touch(world, pe);
    }
}

void world_plan(struct world *world, int32_t task, int32_t pe)
{
    struct world_pe *what = &world->world_pes[pe];
    world->planned_pe[task] = pe;
    world->world_tasks[task].sequence = world->sequence++;
    if (world->setup->policy->discipline == POLICY_PLAN) {
        int32_t last = what->last_planned;
        world->prev_planned[task] = last;
        world->next_planned[task] = -1;
        *(last < 0 ? &what->first_planned : &world->next_planned[last]) = task;
        what->last_planned = task;
    } else if (world->tasks[task].status == TASK_ASSIGNED) {
        world_enqueue(world, task, pe);
    }
}

void world_leave_plan(struct world *world, int32_t task)
{
    if (world->setup->policy->discipline != POLICY_PLAN || world->planned_pe[task] < 0 ||
        world->world_tasks[task].sequence < world->plan_sequence)
        return;
    struct world_pe *pe = &world->world_pes[world->planned_pe[task]];
    int32_t prev = world->prev_planned[task], next = world->next_planned[task];
    *(prev < 0 ? &pe->first_planned : &world->next_planned[prev]) = next;
    *(next < 0 ? &pe->last_planned : &world->prev_planned[next]) = prev;
    world_touch(world, world->planned_pe[task]);
}

/* ---- what may start ---- */

/* The head of a strict plan; true if it may start. */
static bool pick_planned(const struct world *world, int32_t pe, int32_t *task, int64_t *next_ps)
{
    *task = world->world_pes[pe].first_planned;
    *next_ps = *task < 0 ? TICK_NEVER : world_start_ps(world, *task);
    return *next_ps <= world->view.now_ps;
}

bool world_pick_queued(struct world *world, int32_t pe, int32_t *task, int64_t *next_ps)
{
    enum policy_discipline discipline = world->setup->policy->discipline;
    if (discipline == POLICY_PLAN)
        return pick_planned(world, pe, task, next_ps);
    const struct queue *queue = &world->world_pes[pe].queue;
    int64_t now_ps = world->view.now_ps;
    let_go(world, pe);
    const struct queue_entry *entry =
        discipline == POLICY_FIFO ? queue_first(queue) : queue_pick(queue, now_ps);
    *next_ps = entry == NULL ? queue_next_ps(queue) : entry->start_ps;
    if (entry == NULL || *next_ps > now_ps)
        return false;
    *task = entry->task;
    return true;
}

/* ---- expected availability ---- */

/* When a PE will have done all that is in its queue, loads of weights included, which change with
 * everything that its memory takes in. O(queue). */
static int64_t expect_with_loads(const struct world *world, int32_t pe, int64_t free_ps)
{
    const struct queue *queue = &world->world_pes[pe].queue;
    const struct queue_entry *entry = queue_first(queue);
    for (; entry != NULL; entry = queue_after(queue, entry)) {
        int64_t data_ps = world->tasks[entry->task].data_ps;
        free_ps = (data_ps > free_ps ? data_ps : free_ps) + entry->cost_ps +
                  view_load_ps(&world->view, entry->task, pe);
    }
    return free_ps;
}

/* Computes anew when a PE with a queue will have done all it was given. What waits for data on an
 * idle PE is expected as of now. */
static inline void expect_available(struct world *world, int32_t pe)
{
    const struct world_pe *what = &world->world_pes[pe];
    struct view_pe *shown = &world->pes[pe];
    bool is_running = shown->running >= 0;
    shown->free_ps = is_running ? what->expected_end_ps : world->view.now_ps;
    shown->queued_ps = shown->queue_end_ps = 0;
    if (shown->is_down)
        shown->free_ps = TICK_NEVER;
    else if (what->queue.count == 0 || world->is_plan)
        return;
    else if (world->residency.is_there != NULL)
        shown->free_ps = expect_with_loads(world, pe, view_available_ps(&world->view, pe));
    else if (is_running)
        queue_total(&what->queue, &shown->queued_ps, &shown->queue_end_ps);
    else
        shown->free_ps = queue_expect_ps(&what->queue, shown->free_ps);
}

void world_refresh_available(struct world *world)
{
    bool has_loads = world->residency.is_there != NULL;
    for (int32_t pe = 0; has_loads && pe < world->setup->soc->pe_count; pe++)
        if (world->pes[pe].running >= 0 &&
            world->world_pes[pe].expected_end_ps < world->view.now_ps)
            world_unsettle(world, pe); /* its load may be over by now, or it is late */
    for (int32_t i = 0; i < world->unsettled_count; i++) {
        world->world_pes[world->unsettled[i]].is_unsettled = false;
        expect_available(world, world->unsettled[i]);
    }
    world->unsettled_count = 0;
}

/* ---- precedences ---- */

void world_follow(struct world *world, int32_t task, int32_t after)
{
    struct world_task *tasks = world->world_tasks;
    int32_t old = world->tasks[task].after;
    if (old >= 0) {
        int32_t *link = &tasks[old].first_follower;
        while (*link != task)
            link = &tasks[*link].next_follower;
        *link = tasks[task].next_follower;
    }
    world->tasks[task].after = after;
    if (after >= 0) {
        world->has_precedence = true;
        tasks[task].next_follower = tasks[after].first_follower;
        tasks[after].first_follower = task;
    }
}

void world_free_followers(struct world *world, int32_t task)
{
    int32_t follower = world->world_tasks[task].first_follower;
    for (; follower >= 0; follower = world->world_tasks[follower].next_follower)
        world_requeue(world, follower);
}

void world_release_followers(struct world *world, int32_t task)
{
    while (world->has_precedence && world->world_tasks[task].first_follower >= 0) {
        int32_t follower = world->world_tasks[task].first_follower;
        world_set_after(world, follower, -1);
        world_requeue(world, follower);
    }
}

void world_forget_followers(struct world *world, int32_t task)
{
    while (world->world_tasks[task].first_follower >= 0)
        world_set_after(world, world->world_tasks[task].first_follower, -1);
}
