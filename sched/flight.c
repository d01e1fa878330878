/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/flight.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- the graphs of the apps ---- */

static void describe_node(const struct facts *facts, const struct view *view, int32_t bind,
                          int32_t index, real *row)
{
    const struct task_facts *task = &facts->tasks[facts->first[bind] + index];
    double path_us = facts->path_us[bind];
    row[FEATURE_NODE_TIME] = (real)log1p(task->min_us / facts->unit_us);
    row[FEATURE_NODE_RANK] = task->rank;
    row[FEATURE_NODE_PATH] = path_us > 0 ? (real)(task->path_us / path_us) : 1;
    row[FEATURE_NODE_SUCCESSORS] = task->successors;
    row[FEATURE_NODE_NEXT_RATIO] = task->next_ratio;
    row[FEATURE_NODE_FASTEST_SIZE] = (real)(log1p(facts->pes_of[task->fastest]) / 2);
    row[FEATURE_NODE_FASTEST_IS_CPU] = view->soc->kinds[task->fastest].class == SOC_CPU;
    row[FEATURE_NODE_CHANCE] = (real)bind_chance(&view->binds[bind], index);
}

/* Fills the nodes of an app, whose arrays are where `graph` says; returns its number of edges. */
static int32_t fill_graph(const struct flight *flight, const struct view *view, int32_t bind,
                          real *features, int32_t *child_first, int32_t *child)
{
    const struct app *app = view->binds[bind].app;
    const int32_t tasks = app->task_count;
    const int32_t *place = &flight->place[flight->facts->first[bind]];
    int32_t edges = 0;
    for (int32_t node = 0; node < FLIGHT_STAGES * tasks; node++) {
        int32_t stage = node / tasks;
        int32_t index = app->order[tasks - 1 - node % tasks];
        const struct app_task *task = &app->tasks[index];
        real *row = &features[(int64_t)node * FEATURE_NODE_COUNT];
        describe_node(flight->facts, view, bind, index, row);
        row[FEATURE_NODE_IS_READY] = stage == FLIGHT_READY;
        row[FEATURE_NODE_IS_UNDER_WAY] = stage == FLIGHT_UNDER_WAY;
        child_first[node] = edges;
        for (int32_t i = 0; i < task->succ_count; i++)
            child[edges++] = place[app->succs[task->first_succ + i].task];
    }
    child_first[(int64_t)FLIGHT_STAGES * tasks] = edges;
    return edges;
}

static void make_graphs(struct flight *flight, const struct view *view)
{
    struct flight_graphs *graphs = &flight->graphs;
    size_t nodes = 0, edges = 0, binds = (size_t)view->bind_count;
    for (int32_t bind = 0; bind < view->bind_count; bind++) {
        const struct app *app = view->binds[bind].app;
        nodes += FLIGHT_STAGES * (size_t)app->task_count;
        edges += FLIGHT_STAGES * (size_t)app->edge_count;
        for (int32_t i = 0; i < app->task_count; i++)
            flight->place[flight->facts->first[bind] + app->order[i]] = app->task_count - 1 - i;
    }
    *graphs = (struct flight_graphs){
        .list = memory_zeroed(binds, sizeof *graphs->list),
        .count = view->bind_count,
        .features = memory_zeroed(nodes * FEATURE_NODE_COUNT, sizeof *graphs->features),
        .child_first = memory_zeroed(nodes + binds, sizeof *graphs->child_first),
        .child = memory_zeroed(edges + 1, sizeof *graphs->child),
    };
    real *features = graphs->features;
    int32_t *child_first = graphs->child_first, *child = graphs->child;
    for (int32_t bind = 0; bind < view->bind_count; bind++) {
        int32_t count = FLIGHT_STAGES * view->binds[bind].app->task_count;
        int32_t used = fill_graph(flight, view, bind, features, child_first, child);
        graphs->list[bind] = (struct network_graph){count, features, child_first, child};
        features += (ptrdiff_t)count * FEATURE_NODE_COUNT;
        child_first += count + 1;
        child += used;
    }
}

void flight_graphs_finish(struct flight_graphs *graphs)
{
    free(graphs->list);
    free(graphs->features);
    free(graphs->child_first);
    free(graphs->child);
    *graphs = (struct flight_graphs){0};
}

/* ---- life ---- */

void flight_init(struct flight *flight, const struct view *view, const struct facts *facts)
{
    int32_t last = view->bind_count - 1;
    size_t tasks = (size_t)facts->first[last] + (size_t)view->binds[last].app->task_count;
    *flight = (struct flight){.facts = facts, .place = memory_zeroed(tasks, sizeof *flight->place)};
    make_graphs(flight, view);
}

void flight_finish(struct flight *flight)
{
    flight_graphs_finish(&flight->graphs);
    free(flight->place);
    free(flight->jobs);
    free(flight->nodes);
    free(flight->stage);
    free(flight->order);
    *flight = (struct flight){0};
}

static void make_room(struct flight *flight, const struct view *view)
{
    if (flight->job_capacity < view->job_capacity) {
        flight->job_capacity = view->job_capacity;
        size_t jobs = (size_t)view->job_capacity;
        flight->jobs = memory_resize(flight->jobs, jobs, sizeof *flight->jobs);
        flight->order = memory_resize(flight->order, jobs, sizeof *flight->order);
    }
    if (flight->task_capacity < view->task_capacity) {
        flight->task_capacity = view->task_capacity;
        size_t tasks = (size_t)view->task_capacity;
        flight->nodes = memory_resize(flight->nodes, tasks, sizeof *flight->nodes);
        flight->stage = memory_resize(flight->stage, tasks, sizeof *flight->stage);
    }
}

/* ---- what changes ---- */

static void arrive(struct flight *flight, const struct view *view, int32_t slot)
{
    const struct view_job *what = &view->jobs[slot];
    int32_t tasks = view->binds[what->bind].app->task_count;
    flight->jobs[slot] =
        (struct flight_job){.graph = what->bind, .count = tasks, .is_changed = true};
    for (int32_t i = 0; i < tasks; i++)
        flight->nodes[what->first_task + i] = i;
    memset(&flight->stage[what->first_task], FLIGHT_WAITING, (size_t)tasks);
    flight->order[flight->count++] = slot;
}

/* Where the node of a task is in the list of its job, which is marked as changed. */
static int32_t *touch(struct flight *flight, const struct view *view, int32_t task)
{
    int32_t slot = view->tasks[task].job;
    int32_t node = flight_node(flight, view, task);
    int32_t *at = &flight->nodes[view->jobs[slot].first_task];
    flight->jobs[slot].is_changed = true;
    while (*at != node)
        at++;
    return at;
}

static void enter(struct flight *flight, const struct view *view, int32_t task,
                  enum flight_stage stage)
{
    int32_t *at = touch(flight, view, task);
    flight->stage[task] = (uint8_t)stage;
    *at = flight_node(flight, view, task);
}

/* A task is done or skipped; with the last one its job leaves. */
static void leave(struct flight *flight, const struct view *view, int32_t task)
{
    int32_t slot = view->tasks[task].job;
    struct flight_job *job = &flight->jobs[slot];
    int32_t *at = touch(flight, view, task);
    int32_t behind = --job->count - (int32_t)(at - flight_nodes(flight, view, slot));
    memmove(at, at + 1, (size_t)behind * sizeof *at);
    if (job->count > 0)
        return;
    int32_t place = 0;
    while (flight->order[place] != slot)
        place++;
    flight->count--;
    memmove(&flight->order[place], &flight->order[place + 1],
            (size_t)(flight->count - place) * sizeof *flight->order);
}

/* Brings jobs that have failed and tasks that have lost their PE up to date. */
static void start_over(struct flight *flight, const struct view *view)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < flight->count; i++) {
        const struct view_job *job = &view->jobs[flight->order[i]];
        if (!job->active)
            continue;
        flight->order[kept++] = flight->order[i];
        for (int32_t k = 0; k < view->binds[job->bind].app->task_count; k++) {
            int32_t task = job->first_task + k;
            uint8_t status = view->tasks[task].status;
            if (status < TASK_DONE)
                enter(flight, view, task,
                      status == TASK_WAITING ? FLIGHT_WAITING
                      : status == TASK_READY ? FLIGHT_READY
                                             : FLIGHT_UNDER_WAY);
        }
    }
    flight->count = kept;
}

void flight_update(struct flight *flight, const struct view *view, int32_t known)
{
    make_room(flight, view);
    for (int32_t i = 0; i < view->finished_count; i++)
        leave(flight, view, view->finished[i]);
    for (int32_t i = 0; i < view->arrived_count; i++)
        arrive(flight, view, view->arrived[i]);
    for (int32_t i = 0; i < view->skipped_count; i++)
        leave(flight, view, view->skipped[i]);
    if (view->is_disturbed)
        start_over(flight, view);
    for (int32_t i = known; i < view->ready_count; i++)
        enter(flight, view, view->ready[i], FLIGHT_READY);
}

void flight_assign(struct flight *flight, const struct view *view, int32_t task)
{
    enter(flight, view, task, FLIGHT_UNDER_WAY);
}
