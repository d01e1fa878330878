/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/tick.h"
#include "sched/order.h"
#include "sched/rank.h"

/* A planned task. The job's number tells whether the task index still means it. */
struct block {
    int64_t start_ps, finish_ps;
    int32_t task;
    int32_t job_id;
};

/* What is planned for a PE, in order; followed by room for every task of the open job. */
struct timeline {
    size_t first; /* index into the plan's blocks */
    int32_t count;
    int32_t timed;   /* while re-timing: so many have got their new dates */
    int64_t free_ps; /* when the running task is expected to end */
};

struct plan {
    struct timeline *timelines;
    struct block *blocks;
    struct block *old_blocks; /* scratch: where they were before the last plan_open */
    int64_t *finish_ps;       /* [planned task]; TICK_NEVER while it has no (new) date */
    int32_t *pe;              /* [planned task] */
    int32_t capacity;         /* tasks for which these have room */
    int32_t pe_count;
    enum plan_routes routes;
    struct inputs inputs;
    struct order order; /* scratch: of jobs */

    int32_t *tasks; /* plan_order of all binds, one after the other */
    int32_t *first; /* [bind] where in `tasks` */
    int32_t widest; /* tasks of the largest app */
};

/* ---- the order in which the tasks of an app are taken ---- */

/* Fills `first` and `widest`; returns the number of tasks of all apps. */
static int32_t find_places(struct plan *plan, const struct view *view)
{
    plan->first = memory_zeroed((size_t)view->bind_count, sizeof *plan->first);
    int32_t total = 0;
    for (int32_t i = 0; i < view->bind_count; i++) {
        int32_t count = view->binds[i].app->task_count;
        plan->first[i] = total;
        plan->widest = count > plan->widest ? count : plan->widest;
        total += count;
    }
    return total;
}

static void order_apps(struct plan *plan, const struct view *view, plan_rank *rank)
{
    int32_t total = find_places(plan, view);
    if (rank == NULL)
        return;
    plan->tasks = memory_zeroed((size_t)total, sizeof *plan->tasks);
    double *ranks_ps = memory_zeroed((size_t)plan->widest, sizeof *ranks_ps);
    for (int32_t i = 0; i < view->bind_count; i++) {
        rank(&view->binds[i], ranks_ps);
        rank_order(view->binds[i].app, ranks_ps, &plan->tasks[plan->first[i]]);
    }
    free(ranks_ps);
}

const int32_t *plan_order(const struct plan *plan, int32_t bind)
{
    return &plan->tasks[plan->first[bind]];
}

/* ---- memory ---- */

struct plan *plan_create(const struct view *view, plan_rank *rank, enum plan_routes routes)
{
    struct plan *plan = memory_zeroed(1, sizeof *plan);
    plan->routes = routes;
    plan->pe_count = view->soc->pe_count;
    plan->timelines = memory_zeroed((size_t)plan->pe_count, sizeof *plan->timelines);
    inputs_init(&plan->inputs, view);
    order_apps(plan, view, rank);
    return plan;
}

void plan_destroy(struct plan *plan)
{
    if (plan == NULL)
        return;
    inputs_finish(&plan->inputs);
    order_finish(&plan->order);
    free(plan->finish_ps);
    free(plan->pe);
    free(plan->timelines);
    free(plan->blocks);
    free(plan->old_blocks);
    free(plan->tasks);
    free(plan->first);
    free(plan);
}

static void make_room(struct plan *plan, const struct view *view)
{
    if (plan->capacity >= view->task_capacity)
        return;
    size_t count = (size_t)view->task_capacity;
    size_t spare = (size_t)plan->pe_count * (size_t)plan->widest;
    plan->finish_ps = memory_resize(plan->finish_ps, count, sizeof *plan->finish_ps);
    plan->pe = memory_resize(plan->pe, count, sizeof *plan->pe);
    plan->blocks = memory_resize(plan->blocks, count + spare, sizeof *plan->blocks);
    plan->old_blocks = memory_resize(plan->old_blocks, count + spare, sizeof *plan->old_blocks);
    plan->capacity = view->task_capacity;
}

/* ---- what is planned already, with what has happened ---- */

static bool is_unstarted(const struct view *view, const struct block *block)
{
    const struct view_task *what = &view->tasks[block->task];
    const struct view_job *job = &view->jobs[what->job];
    return job->active && job->id == block->job_id && what->status < TASK_RUNNING;
}

/* Whether a task may be planned for a PE, as far as that can run it. */
static bool is_open(const struct view *view, int32_t task, int32_t pe)
{
    if (view->tasks[task].status == TASK_ASSIGNED)
        return view->tasks[task].pe == pe;
    if (view->down_count == 0 && view->down_link_count == 0)
        return true;
    return (!view->pes[pe].is_down && view_reaches(view, task, pe)) || view_is_stranded(view, task);
}

/* The time on the kind of a PE. */
static int64_t kind_cost_ps(const struct plan *plan, const struct view *view, int32_t task,
                            int32_t pe)
{
    const struct view_task *what = &view->tasks[task];
    const struct bind *bind = view_bind(view, task);
    int64_t cost_ps = view_cost_ps(view, task, pe);
    if (bind->chances == NULL || what->status != TASK_WAITING || cost_ps == BIND_INCAPABLE)
        return cost_ps;
    if (plan->routes == PLAN_LIKELY)
        return bind->chances->is_likely[what->index] ? cost_ps : 0;
    return llround(bind->chances->task_chance[what->index] * (double)cost_ps);
}

int64_t plan_cost_ps(const struct plan *plan, const struct view *view, int32_t task, int32_t pe)
{
    return is_open(view, task, pe) ? kind_cost_ps(plan, view, task, pe) : BIND_INCAPABLE;
}

static int64_t expected_end_ps(const struct view *view, int32_t task)
{
    const struct view_task *what = &view->tasks[task];
    int64_t end_ps = what->start_ps + view_cost_ps(view, task, what->pe);
    return end_ps > view->now_ps ? end_ps : view->now_ps;
}

/* Drops what has started and lays the rest out anew, with room for `spare` more on each PE. */
static void lay_out(struct plan *plan, const struct view *view, int32_t spare)
{
    struct block *from = plan->blocks;
    struct block *to = plan->old_blocks;
    size_t first = 0;
    for (int32_t pe = 0; pe < plan->pe_count; pe++) {
        struct timeline *line = &plan->timelines[pe];
        int32_t kept = 0;
        for (size_t i = line->first; i < line->first + (size_t)line->count; i++) {
            if (!is_unstarted(view, &from[i]))
                continue;
            plan->finish_ps[from[i].task] = TICK_NEVER;
            to[first + (size_t)kept++] = from[i];
        }
        int32_t running = view->pes[pe].running;
        *line = (struct timeline){
            .first = first,
            .count = kept,
            .free_ps = running < 0 ? view->now_ps : expected_end_ps(view, running),
        };
        first += (size_t)kept + (size_t)spare;
    }
    plan->blocks = to;
    plan->old_blocks = from;
}

/* What producer_end_ps says of a task that was skipped. */
#define PLAN_NO_PRODUCER INT64_MIN

/* Where and when a producer ends: as it did, as it is expected to, or as planned. */
static int64_t producer_end_ps(const struct plan *plan, const struct view *view, int32_t task,
                               int32_t *pe)
{
    const struct view_task *what = &view->tasks[task];
    if (what->status == TASK_SKIPPED)
        return PLAN_NO_PRODUCER;
    if (what->status < TASK_RUNNING) {
        *pe = plan->pe[task];
        return plan->finish_ps[task];
    }
    *pe = what->pe;
    return what->status == TASK_DONE ? what->finish_ps : expected_end_ps(view, task);
}

/* When all data of a task would be at a PE; TICK_NEVER while a producer has no new date. */
static int64_t planned_data_ps(const struct plan *plan, const struct view *view, int32_t task,
                               int32_t pe)
{
    const struct bind *bind = view_bind(view, task);
    int32_t index = view->tasks[task].index;
    const struct app_task *what = &bind->app->tasks[index];
    int64_t data_ps = 0;
    for (int32_t i = 0; i < what->pred_count; i++) {
        const struct app_edge *pred = &bind->app->preds[what->first_pred + i];
        int32_t from = -1;
        int64_t at_ps = producer_end_ps(plan, view, task - index + pred->task, &from);
        if (at_ps == TICK_NEVER)
            return TICK_NEVER;
        if (at_ps == PLAN_NO_PRODUCER)
            continue;
        at_ps += view_delay_ps(view, view->tasks[task].job, pred->edge, from, pe);
        data_ps = at_ps > data_ps ? at_ps : data_ps;
    }
    return data_ps;
}

/* Gives the tasks of a PE their new dates, as far as their producers have theirs: the earliest that
 * inputs and order allow. Returns the number of tasks. */
static int32_t retime_pe(struct plan *plan, const struct view *view, int32_t pe)
{
    struct timeline *line = &plan->timelines[pe];
    struct block *blocks = &plan->blocks[line->first];
    int32_t before = line->timed;
    int64_t free_ps = before > 0 ? blocks[before - 1].finish_ps : line->free_ps;
    while (line->timed < line->count) {
        struct block *block = &blocks[line->timed];
        int64_t data_ps = planned_data_ps(plan, view, block->task, pe);
        if (data_ps == TICK_NEVER)
            break;
        block->start_ps = data_ps > free_ps ? data_ps : free_ps;
        block->finish_ps = block->start_ps + kind_cost_ps(plan, view, block->task, pe);
        plan->finish_ps[block->task] = free_ps = block->finish_ps;
        line->timed++;
    }
    return line->timed - before;
}

void plan_open(struct plan *plan, const struct view *view, int32_t job)
{
    make_room(plan, view);
    lay_out(plan, view, view->binds[view->jobs[job].bind].app->task_count);
    int32_t left = 0;
    for (int32_t pe = 0; pe < plan->pe_count; pe++)
        left += plan->timelines[pe].count;
    const struct view_job *what = &view->jobs[job];
    for (int32_t i = 0; i < view->binds[what->bind].app->task_count; i++)
        plan->finish_ps[what->first_task + i] = TICK_NEVER;
    while (left > 0) {
        int32_t before = left;
        for (int32_t pe = 0; pe < plan->pe_count; pe++)
            left -= retime_pe(plan, view, pe);
        assert(left < before);
    }
}

/* ---- a new job ---- */

const struct inputs *plan_inputs(struct plan *plan, const struct view *view, int32_t task)
{
    const struct bind *bind = view_bind(view, task);
    int32_t index = view->tasks[task].index;
    const struct app_task *what = &bind->app->tasks[index];
    plan->inputs.count = 0;
    for (int32_t i = 0; i < what->pred_count; i++) {
        const struct app_edge *pred = &bind->app->preds[what->first_pred + i];
        int32_t from = -1;
        int64_t end_ps = producer_end_ps(plan, view, task - index + pred->task, &from);
        if (end_ps != TICK_NEVER && end_ps != PLAN_NO_PRODUCER)
            inputs_add(&plan->inputs, view, view->tasks[task].job, pred->edge, from, end_ps);
    }
    return &plan->inputs;
}

/* The first of these blocks that starts at `from_ps` or later. */
static int32_t find_start(const struct block *blocks, int32_t count, int64_t from_ps)
{
    int32_t low = 0;
    int32_t high = count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (blocks[middle].start_ps < from_ps)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Whether something new of this length at `start_ps` stands before a block in the plan's order. */
static bool is_before(const struct block *block, int64_t start_ps, int64_t cost_ps)
{
    int64_t finish_ps = start_ps + cost_ps;
    return finish_ps <= block->start_ps &&
           (start_ps < block->start_ps || finish_ps < block->finish_ps);
}

struct plan_slot plan_find(const struct plan *plan, int32_t pe, int64_t data_ps, int64_t cost_ps,
                           int64_t limit_ps)
{
    const struct timeline *line = &plan->timelines[pe];
    const struct block *blocks = &plan->blocks[line->first];
    int64_t start_ps = data_ps > line->free_ps ? data_ps : line->free_ps;
    if (start_ps + cost_ps >= limit_ps)
        return (struct plan_slot){.finish_ps = TICK_NEVER, .pe = -1};
    int32_t place = find_start(blocks, line->count, start_ps + cost_ps);
    if (place > 0 && blocks[place - 1].finish_ps > start_ps)
        start_ps = blocks[place - 1].finish_ps;
    while (start_ps + cost_ps < limit_ps && place < line->count &&
           !is_before(&blocks[place], start_ps, cost_ps)) {
        if (blocks[place].finish_ps > start_ps)
            start_ps = blocks[place].finish_ps;
        place++;
    }
    if (start_ps + cost_ps >= limit_ps)
        return (struct plan_slot){.finish_ps = TICK_NEVER, .pe = -1};
    return (struct plan_slot){start_ps, start_ps + cost_ps, pe, place};
}

struct plan_slot plan_find_on(struct plan *plan, const struct view *view, int32_t task, int32_t pe,
                              int64_t limit_ps)
{
    const struct inputs *inputs = plan_inputs(plan, view, task);
    struct reach reach = inputs_reach(inputs, view->soc, view->soc->pes[pe].cluster);
    return plan_find(plan, pe, reach_ps(&reach, pe), kind_cost_ps(plan, view, task, pe), limit_ps);
}

/* When the inputs of a task are taken to be where they have no way to, at the earliest: so late
 * that any other PE is better, but a date. */
#define PLAN_NO_WAY_PS (INT64_C(1) << 60)

struct plan_slot plan_find_in(struct plan *plan, const struct view *view, int32_t task,
                              const struct inputs *inputs, int32_t cluster, int64_t limit_ps)
{
    const struct soc_cluster *what = &view->soc->clusters[cluster];
    int64_t cost_ps = kind_cost_ps(plan, view, task, what->first_pe);
    bool is_free = view->down_count == 0 && view->down_link_count == 0 &&
                   view->tasks[task].status != TASK_ASSIGNED;
    struct plan_slot best = {.finish_ps = TICK_NEVER, .pe = -1};
    if (cost_ps == BIND_INCAPABLE)
        return best;
    struct reach reach = inputs_reach(inputs, view->soc, cluster);
    int64_t least_ps =
        (reach.cluster_ps > view->now_ps ? reach.cluster_ps : view->now_ps) + cost_ps;
    int32_t end = what->first_pe + what->pe_count;
    for (int32_t pe = what->first_pe; pe < end; pe++) {
        if (!is_free && !is_open(view, task, pe))
            continue;
        int64_t data_ps = reach_ps(&reach, pe);
        if (!is_free && data_ps < PLAN_NO_WAY_PS && !inputs_have_way(inputs, view, pe))
            data_ps = PLAN_NO_WAY_PS;
        struct plan_slot slot = plan_find(plan, pe, data_ps, cost_ps, limit_ps);
        if (slot.finish_ps == TICK_NEVER)
            continue;
        best = slot;
        limit_ps = slot.finish_ps;
        if (limit_ps > least_ps)
            continue;
        /* none but the producer's own PE could be better */
        if (reach.host <= pe)
            break;
        pe = reach.host - 1;
        end = reach.host + 1;
    }
    return best;
}

struct plan_slot plan_find_best(struct plan *plan, const struct view *view, int32_t task,
                                const int64_t *later_ps)
{
    const struct inputs *inputs = plan_inputs(plan, view, task);
    struct plan_slot best = {.finish_ps = TICK_NEVER, .pe = -1};
    int64_t least_ps = TICK_NEVER;
    for (int32_t i = 0; i < view->soc->cluster_count; i++) {
        int64_t rest_ps = later_ps == NULL ? 0 : later_ps[view->soc->clusters[i].kind];
        struct plan_slot slot = plan_find_in(plan, view, task, inputs, i, least_ps - rest_ps);
        if (slot.finish_ps == TICK_NEVER)
            continue;
        best = slot;
        least_ps = slot.finish_ps + rest_ps;
    }
    assert(best.pe >= 0);
    return best;
}

int64_t plan_end_ps(const struct plan *plan, int32_t pe)
{
    const struct timeline *line = &plan->timelines[pe];
    const struct block *blocks = &plan->blocks[line->first];
    return line->count > 0 ? blocks[line->count - 1].finish_ps : line->free_ps;
}

void plan_put(struct plan *plan, const struct view *view, int32_t task, struct plan_slot slot)
{
    struct timeline *line = &plan->timelines[slot.pe];
    struct block *block = &plan->blocks[line->first + (size_t)slot.place];
    memmove(block + 1, block, (size_t)(line->count - slot.place) * sizeof *block);
    *block =
        (struct block){slot.start_ps, slot.finish_ps, task, view->jobs[view->tasks[task].job].id};
    line->count++;
    plan->finish_ps[task] = slot.finish_ps;
    plan->pe[task] = slot.pe;
}

void plan_take_back(struct plan *plan, struct plan_slot slot)
{
    struct timeline *line = &plan->timelines[slot.pe];
    struct block *block = &plan->blocks[line->first + (size_t)slot.place];
    plan->finish_ps[block->task] = TICK_NEVER;
    line->count--;
    memmove(block, block + 1, (size_t)(line->count - slot.place) * sizeof *block);
}

/* ---- the result ---- */

/* Gives out the whole plan, PE by PE. O(planned tasks). */
static void emit(const struct plan *plan, struct decisions *decisions)
{
    decide_plan_begin(decisions);
    for (int32_t pe = 0; pe < plan->pe_count; pe++) {
        const struct timeline *line = &plan->timelines[pe];
        for (int32_t i = 0; i < line->count; i++)
            decide_plan(decisions, plan->blocks[line->first + (size_t)i].task, pe);
    }
}

/* Drops the plan and makes it anew. */
static void plan_again(struct plan *plan, const struct view *view, plan_job *job, void *self)
{
    struct order *order = &plan->order;
    for (int32_t pe = 0; pe < plan->pe_count; pe++)
        plan->timelines[pe].count = 0;
    order_begin(order, view);
    for (int32_t slot = 0; slot < view->job_capacity; slot++)
        if (view->jobs[slot].active)
            order_add(order, slot, view->jobs[slot].id);
    order_sort(order);
    for (int32_t i = 0; i < order->count; i++)
        job(self, view, order->items[i].task);
}

void plan_decide(struct plan *plan, const struct view *view, plan_job *job, void *self,
                 struct decisions *decisions)
{
    if (view->is_disturbed)
        plan_again(plan, view, job, self);
    else if (view->arrived_count == 0)
        return;
    else
        for (int32_t i = 0; i < view->arrived_count; i++)
            job(self, view, view->arrived[i]);
    emit(plan, decisions);
}
