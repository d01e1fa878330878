/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/ds3_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/tick.h"

/* comm_band_self of every SoC file of DS3. Transfers inside a PE take no time when they happen,
 * but DASH plans with this. */
#define SELF_BANDWIDTH_BYTES_PER_US 10000.0

/* ---- what does not change in a trial ---- */

void ds3_mean_cost(const struct bind *bind, double *mean_us)
{
    const struct soc *soc = bind->soc;
    for (int32_t task = 0; task < bind->app->task_count; task++) {
        double sum_us = 0.0;
        int32_t pes = 0;
        for (int32_t i = 0; i < soc->cluster_count; i++) {
            int64_t cost_ps = bind_cost_ps(bind, task, soc->clusters[i].first_pe);
            if (cost_ps == BIND_INCAPABLE)
                continue;
            sum_us += soc->clusters[i].pe_count * tick_to_us(cost_ps);
            pes += soc->clusters[i].pe_count;
        }
        mean_us[task] = sum_us / pes;
    }
}

static void fill_comm(const struct bind *bind, double *comm_us)
{
    const struct soc *soc = bind->soc;
    for (int32_t edge = 0; edge < bind->app->edge_count; edge++) {
        double bytes = bind_bytes(bind, edge);
        *comm_us++ = bytes / SELF_BANDWIDTH_BYTES_PER_US;
        for (int32_t lane = 1; lane < soc->lane_count; lane++)
            *comm_us++ =
                soc->lanes[lane].latency_us + bytes / soc->lanes[lane].bandwidth_bytes_per_us;
    }
}

static void fill_tables(struct ds3_plan *plan, const struct view *view, ds3_rank *rank)
{
    size_t binds = (size_t)view->bind_count;
    plan->first_task = memory_zeroed(binds, sizeof *plan->first_task);
    plan->first_edge = memory_zeroed(binds, sizeof *plan->first_edge);
    int32_t tasks = 0;
    int32_t edges = 0;
    for (int32_t i = 0; i < view->bind_count; i++) {
        plan->first_task[i] = tasks;
        plan->first_edge[i] = edges;
        tasks += view->binds[i].app->task_count;
        edges += view->binds[i].app->edge_count;
    }
    plan->lane_count = view->soc->lane_count;
    size_t ways = (size_t)edges * (size_t)plan->lane_count;
    plan->rank_us = memory_zeroed((size_t)tasks, sizeof *plan->rank_us);
    plan->comm_us = memory_zeroed(ways, sizeof *plan->comm_us);
    for (int32_t i = 0; i < view->bind_count; i++) {
        size_t first_way = (size_t)plan->first_edge[i] * (size_t)plan->lane_count;
        rank(&view->binds[i], &plan->rank_us[plan->first_task[i]]);
        fill_comm(&view->binds[i], &plan->comm_us[first_way]);
    }
}

void ds3_plan_init(struct ds3_plan *plan, const struct view *view, ds3_rank *rank)
{
    size_t pes = (size_t)view->soc->pe_count;
    *plan = (struct ds3_plan){
        .pe_count = view->soc->pe_count,
        .first = memory_zeroed(pes, sizeof *plan->first),
        .last = memory_zeroed(pes, sizeof *plan->last),
    };
    fill_tables(plan, view, rank);
}

void ds3_plan_finish(struct ds3_plan *plan)
{
    free(plan->events);
    free(plan->given);
    free(plan->nodes);
    free(plan->first);
    free(plan->last);
    free(plan->rank_us);
    free(plan->comm_us);
    free(plan->first_task);
    free(plan->first_edge);
}

void ds3_plan_grow(struct ds3_plan *plan, const struct view *view)
{
    if (plan->capacity >= view->task_capacity)
        return;
    size_t count = (size_t)view->task_capacity;
    plan->events = memory_resize(plan->events, count + 1, sizeof *plan->events);
    plan->given = memory_resize(plan->given, count, sizeof *plan->given);
    plan->nodes = memory_resize(plan->nodes, count, sizeof *plan->nodes);
    for (int32_t i = plan->capacity; i <= view->task_capacity; i++)
        plan->events[i].pe = -1;
    plan->capacity = view->task_capacity;
}

/* ---- what has happened ---- */

static bool is_same_job(const struct view *view, const struct ds3_task *what)
{
    return view->jobs[view->tasks[what->task].job].id == what->job_id;
}

static bool is_done(const struct view *view, const struct ds3_task *given,
                    struct ds3_instant instant)
{
    const struct view_task *what = &view->tasks[given->task];
    if (!is_same_job(view, given) || what->status < TASK_ASSIGNED)
        return true;
    return what->status >= TASK_DONE && (what->finish_ps < instant.at_ps ||
                                         (what->finish_ps == instant.at_ps && instant.ends_seen));
}

void ds3_plan_forget(struct ds3_plan *plan, const struct view *view, struct ds3_instant instant)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < plan->given_count; i++) {
        if (is_done(view, &plan->given[i], instant))
            plan->events[plan->given[i].task].pe = -1;
        else
            plan->given[kept++] = plan->given[i];
    }
    plan->given_count = kept;
}

/* ---- a plan ---- */

void ds3_plan_add(struct ds3_plan *plan, const struct view *view, int32_t task)
{
    const struct view_job *job = &view->jobs[view->tasks[task].job];
    double rank_us = plan->rank_us[plan->first_task[job->bind] + view->tasks[task].index];
    int32_t place = plan->node_count++;
    for (; place > 0 && plan->nodes[place - 1].rank_us < rank_us; place--)
        plan->nodes[place] = plan->nodes[place - 1];
    plan->nodes[place] = (struct ds3_task){.rank_us = rank_us, .task = task, .job_id = job->id};
}

/* Puts an event behind another of its PE, -1: in front; further back while it ends, or at the same
 * end starts, later than what stands there. */
static void put(struct ds3_plan *plan, int32_t event, int32_t behind)
{
    struct ds3_event *what = &plan->events[event];
    int32_t *link = behind < 0 ? &plan->first[what->pe] : &plan->events[behind].next;
    while (*link >= 0) {
        const struct ds3_event *there = &plan->events[*link];
        if (there->end_us > what->end_us ||
            (there->end_us == what->end_us && there->start_us > what->start_us))
            break;
        link = &plan->events[*link].next;
    }
    what->next = *link;
    *link = event;
}

/* Puts a given task at the end of what its PE has. */
static void put_given(struct ds3_plan *plan, const struct view *view, int32_t task, double start_us)
{
    int32_t pe = view->tasks[task].pe;
    plan->events[task] = (struct ds3_event){
        .start_us = start_us,
        .end_us = start_us + tick_to_us(view_cost_ps(view, task, pe)),
        .pe = pe,
        .next = -1,
    };
    if (plan->first[pe] < 0)
        plan->first[pe] = task;
    else
        plan->events[plan->last[pe]].next = task;
    plan->last[pe] = task;
}

void ds3_plan_open(struct ds3_plan *plan, const struct view *view, struct ds3_instant instant)
{
    plan->now_us = tick_to_us(instant.at_ps);
    for (int32_t pe = 0; pe < plan->pe_count; pe++)
        plan->first[pe] = -1;
    for (int32_t i = 0; i < plan->node_count; i++)
        plan->events[plan->nodes[i].task].pe = -1;
    for (int32_t i = 0; i < plan->given_count; i++) {
        const struct view_task *what = &view->tasks[plan->given[i].task];
        if (what->status >= TASK_RUNNING && (what->start_ps < instant.at_ps || instant.starts_seen))
            put_given(plan, view, plan->given[i].task, tick_to_us(what->start_ps));
    }
    for (int32_t i = 0; i < plan->given_count; i++) {
        int32_t task = plan->given[i].task;
        int32_t pe = view->tasks[task].pe;
        if (view->tasks[task].status == TASK_ASSIGNED)
            put_given(plan, view, task,
                      plan->first[pe] < 0 ? plan->now_us : plan->events[plan->last[pe]].end_us);
    }
}

/* A place for an event: when, and behind what. */
struct slot {
    double start_us, end_us;
    int32_t pe;
    int32_t behind;
};

/* The first slot of a length on a PE from a date on; the old one if that ends no later. */
static struct slot better_slot(const struct ds3_plan *plan, struct slot old, int32_t pe,
                               double ready_us, double length_us)
{
    const struct ds3_event *events = plan->events;
    int32_t behind = -1;
    double start_us = ready_us;
    int32_t next = plan->first[pe];
    if (next >= 0 && !(events[next].start_us - length_us - ready_us > 0)) {
        do {
            behind = next;
            next = events[behind].next;
            start_us = events[behind].end_us > ready_us ? events[behind].end_us : ready_us;
        } while (start_us + length_us < old.end_us && next >= 0 &&
                 !(events[next].start_us - length_us - start_us >= 0));
    }
    struct slot found = {start_us, start_us + length_us, pe, behind};
    return found.end_us < old.end_us ? found : old;
}

static void put_slot(struct ds3_plan *plan, int32_t event, struct slot slot)
{
    plan->events[event] =
        (struct ds3_event){.start_us = slot.start_us, .end_us = slot.end_us, .pe = slot.pe};
    put(plan, event, slot.behind);
}

/* Puts DASH's dummy entry on the first PE that is free now. If there is none it goes to the
 * memory, which is a PE there that nothing else can run on. */
static void put_entry(struct ds3_plan *plan)
{
    struct slot slot = {.end_us = INFINITY, .pe = -1};
    for (int32_t pe = 0; pe < plan->pe_count && slot.end_us > plan->now_us; pe++)
        slot = better_slot(plan, slot, pe, plan->now_us, 0.0);
    if (slot.end_us <= plan->now_us)
        put_slot(plan, plan->capacity, slot);
}

/* When the planned inputs of a task are at a PE, but not before `ready_us`. */
static double inputs_at_us(const struct ds3_plan *plan, const struct view *view, int32_t task,
                           int32_t pe, double ready_us)
{
    const struct view_task *self = &view->tasks[task];
    const struct bind *bind = view_bind(view, task);
    const struct app_task *what = &bind->app->tasks[self->index];
    int32_t first_edge = plan->first_edge[view->jobs[self->job].bind];
    for (int32_t i = 0; i < what->pred_count; i++) {
        const struct app_edge *pred = &bind->app->preds[what->first_pred + i];
        const struct ds3_event *producer = &plan->events[task - self->index + pred->task];
        if (producer->pe < 0 || bind->app->bytes[pred->edge] == 0.0)
            continue;
        int64_t way = (int64_t)(first_edge + pred->edge) * plan->lane_count +
                      soc_lane(view->soc, producer->pe, pe);
        double at_us = producer->end_us + plan->comm_us[way];
        ready_us = at_us > ready_us ? at_us : ready_us;
    }
    return ready_us;
}

/* Puts a task where it finishes first, on the first PE of equal ones. */
static void put_first_finish(struct ds3_plan *plan, const struct view *view, int32_t task,
                             double ready_us)
{
    struct slot best = {.end_us = INFINITY, .pe = -1};
    bool is_stranded = view_is_stranded(view, task);
    for (int32_t i = 0; i < view->soc->cluster_count; i++) {
        const struct soc_cluster *cluster = &view->soc->clusters[i];
        int64_t cost_ps = view_cost_ps(view, task, cluster->first_pe);
        if (cost_ps == BIND_INCAPABLE)
            continue;
        double cost_us = tick_to_us(cost_ps);
        for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++)
            if (is_stranded || view_can(view, task, pe))
                best = better_slot(plan, best, pe, inputs_at_us(plan, view, task, pe, ready_us),
                                   cost_us);
    }
    assert(best.pe >= 0);
    put_slot(plan, task, best);
}

/* Numbers the tasks of each PE and tells them what they come after. Only an event that takes time
 * is waited for. */
static void number_places(struct ds3_plan *plan)
{
    for (int32_t pe = 0; pe < plan->pe_count; pe++) {
        int32_t place = 0;
        int32_t before = -1;
        for (int32_t i = plan->first[pe]; i >= 0; i = plan->events[i].next) {
            struct ds3_event *event = &plan->events[i];
            event->place = place++;
            event->after = before;
            before = event->end_us - event->start_us > 0 ? i : -1;
        }
    }
}

void ds3_plan_fill(struct ds3_plan *plan, const struct view *view, int32_t twin)
{
    double ready_us = plan->now_us;
    if (twin < 0)
        put_entry(plan);
    else if (plan->events[twin].end_us > ready_us)
        ready_us = plan->events[twin].end_us;
    int32_t tied = 0;
    while (tied < plan->node_count && plan->nodes[tied].rank_us == plan->nodes[0].rank_us)
        tied++;
    for (int32_t i = 0; i < plan->node_count; i++) {
        int32_t turn = i >= tied ? i : i + 1 < tied ? i + 1 : 0;
        int32_t task = plan->nodes[turn].task;
        if (plan->events[task].pe < 0)
            put_first_finish(plan, view, task, ready_us);
    }
    number_places(plan);
}

/* The first PE of least cost that can be given a task. */
static int32_t find_pe(const struct view *view, int32_t task)
{
    int64_t least_ps = view_least_cost_ps(view, task);
    int32_t pe = 0;
    for (; view_cost_ps(view, task, pe) != least_ps || !view_can(view, task, pe); pe++)
        assert(pe + 1 < view->soc->pe_count);
    return pe;
}

void ds3_plan_give(struct ds3_plan *plan, const struct view *view, struct decisions *decisions,
                   int32_t task, int32_t after)
{
    bool is_cut_off = !view_reaches(view, task, plan->events[task].pe);
    plan->given[plan->given_count++] =
        (struct ds3_task){.task = task, .job_id = view->jobs[view->tasks[task].job].id};
    decide_assign(decisions, task, is_cut_off ? find_pe(view, task) : plan->events[task].pe);
    if (!is_cut_off && after >= 0 && view->tasks[after].status < TASK_DONE)
        decide_after(decisions, task, after);
}
