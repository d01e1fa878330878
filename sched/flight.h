/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The jobs in flight, as a network with embedding reads them (agents/network.h).
 *
 * Every app is one graph, in which each of its tasks is three nodes: waiting, ready, under way. A
 * job is the nodes of its tasks that are neither done nor skipped, each by how far it is. The
 * children of all three are the task's successors, waiting: nothing below a task is ready before it
 * is done. (A task that was skipped counts still for those of its predecessors that are not done.)
 * So what a network tells of a node is worked out once per trial, and of a job only what it sums up
 * to, when one of its tasks has come further. */
#ifndef HETSOC_SCHED_FLIGHT_H
#define HETSOC_SCHED_FLIGHT_H

#include "agents/network.h"
#include "sched/facts.h"

/* Jobs in flight that are looked at: those that arrived first. */
#define FLIGHT_SEEN 64

/* The graphs of all apps. */
struct flight_graphs {
    struct network_graph *list; /* [count] one per bind */
    int32_t count;
    real *features;
    int32_t *child_first, *child;
};

/* How far a task is. */
enum flight_stage { FLIGHT_WAITING, FLIGHT_READY, FLIGHT_UNDER_WAY, FLIGHT_STAGES };

struct flight_job {
    int32_t graph;
    int32_t count;   /* nodes */
    bool is_changed; /* set here, cleared by who has taken it in */
};

struct flight {
    struct flight_graphs graphs;
    const struct facts *facts; /* borrowed */
    int32_t *place;            /* [facts->first[bind] + task] its waiting node */
    struct flight_job *jobs;   /* [job_capacity] by slot */
    int32_t *nodes;            /* [task_capacity] a job's from its first_task on */
    uint8_t *stage;            /* [task_capacity] of tasks that are neither done nor skipped */
    int32_t *order;            /* [job_capacity] slots of the jobs in flight, the oldest first */
    int32_t count;
    int32_t job_capacity, task_capacity;
};

/* Nothing in flight. `facts` outlives it. O(tasks + edges of all apps). */
void flight_init(struct flight *flight, const struct view *view, const struct facts *facts);
void flight_finish(struct flight *flight);

/* Takes in what was finished, skipped, arrived and became ready since the last epoch; the ready
 * tasks from `known` on are new. To be called once in every epoch. O(tasks of the job) for each. */
void flight_update(struct flight *flight, const struct view *view, int32_t known);

/* A task is given to a PE in this epoch. O(tasks of the job). */
void flight_assign(struct flight *flight, const struct view *view, int32_t task);

/* The node of a task that is neither done nor skipped. O(1). */
static inline int32_t flight_node(const struct flight *flight, const struct view *view,
                                  int32_t task)
{
    const struct view_task *what = &view->tasks[task];
    int32_t bind = view->jobs[what->job].bind;
    int32_t tasks = view->binds[bind].app->task_count;
    return flight->place[flight->facts->first[bind] + what->index] +
           (int32_t)flight->stage[task] * tasks;
}

/* Nodes [flight->jobs[slot].count] of a job. */
static inline const int32_t *flight_nodes(const struct flight *flight, const struct view *view,
                                          int32_t slot)
{
    return &flight->nodes[view->jobs[slot].first_task];
}

void flight_graphs_finish(struct flight_graphs *graphs);

#endif
