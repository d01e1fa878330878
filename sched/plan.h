/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The planner under the static list schedulers: one timeline per PE with every task of every job
 * in flight that has not started.
 *
 * A job is planned when it arrives: plan_open re-times what is planned already with what has
 * really happened, the policy puts each task of the job into a slot, and when all jobs that arrived
 * are planned plan_emit hands everything out. How tasks are ranked and which slot is best is the
 * policy's; everything else is the same for HEFT, PEFT, CPOP and their like.
 *
 * What has been given to a PE stays there. When a PE goes down or comes back, all plans are made
 * anew from what is left to start, and tasks that only PEs can run which are down are planned
 * there.
 *
 * A strict plan cannot deadlock. By (planned start, planned finish, date of planning) all planned
 * tasks have one order. The order on each PE is part of it, and it agrees with precedence even
 * where costs and delays are zero, because producers are planned before their consumers and end
 * before these start. Re-timing keeps that. So the first task of this order is the first of its PE
 * and waits for nothing but tasks that have started. */
#ifndef HETSOC_SCHED_PLAN_H
#define HETSOC_SCHED_PLAN_H

#include "sched/inputs.h"

/* What ranks the tasks of an app, [task_count], higher first: bind_upward_rank is one. */
typedef void plan_rank(const struct bind *bind, double *rank);

/* How a task is planned of which nobody knows yet whether it will run. */
enum plan_routes {
    PLAN_MEAN, /* every alternative is reserved, at probability x estimate */
    /* the likeliest alternatives, and what runs more often than not, are reserved in full; the
     * others take no time */
    PLAN_LIKELY,
};

/* The first parameter of every planner. */
#define PLAN_ROUTES                                                                                \
    {                                                                                              \
        .name = "routes", .max = 1, .choices = "mean|likely", .is_whole = true,                    \
        .help = "How to plan tasks that may be skipped. mean: reserve every alternative at "       \
                "probability x estimate; likely: in full the likeliest ones and those that run "   \
                "more often than not, the others without time."                                    \
    }

static inline enum plan_routes plan_routes_of(const struct view *view)
{
    return view->params[0] == 0.0 ? PLAN_MEAN : PLAN_LIKELY;
}

struct plan;

/* An empty plan for a trial with the view's machine and apps; plan_destroy releases it. Without
 * `rank` (NULL) there is no plan_order. */
struct plan *plan_create(const struct view *view, plan_rank *rank, enum plan_routes routes);
void plan_destroy(struct plan *plan); /* NULL is fine */

/* The tasks of an app (index into view.binds), [task_count], in the order in which a list
 * scheduler takes them: by rank, smaller number first among equals, never before a predecessor. */
const int32_t *plan_order(const struct plan *plan, int32_t bind);

/* The time that a task is planned with on a PE; BIND_INCAPABLE if that cannot run it, is down
 * though another one that can run it is up, or is not the one that the task was given to. */
int64_t plan_cost_ps(const struct plan *plan, const struct view *view, int32_t task, int32_t pe);

/* Whether a task of the open job is to be planned: it has neither started nor been skipped. Of a
 * job that has just arrived all are. */
static inline bool plan_needs(const struct view *view, int32_t task)
{
    return view->tasks[task].status < TASK_RUNNING;
}

/* Plans a job: opens it and puts all its tasks that plan_needs. */
typedef void plan_job(void *self, const struct view *view, int32_t job);

/* An epoch of a planner: plans the jobs that have arrived, the first one first; if PEs have gone
 * down or come back, everything in flight anew, the oldest job first. Then gives out the plan. */
void plan_decide(struct plan *plan, const struct view *view, plan_job *job, void *self,
                 struct decisions *decisions);

/* Starts planning a job. What has started or belongs to a finished job leaves the
 * plan; the rest keeps its PE and its order and gets new dates: no PE before its running task's
 * estimated end (now if that is past), no task before its inputs, with real dates where there are
 * any. O(planned tasks and their predecessors) as a rule, times the number of PEs at worst. */
void plan_open(struct plan *plan, const struct view *view, int32_t job);

/* The inputs of a task of the open job at their planned dates. A predecessor that has not been put
 * is left out. Borrowed until the next call of a function that takes a task. O(predecessors). */
const struct inputs *plan_inputs(struct plan *plan, const struct view *view, int32_t task);

/* A place for a task in a timeline. */
struct plan_slot {
    int64_t start_ps, finish_ps; /* finish_ps is TICK_NEVER: no place */
    int32_t pe;
    int32_t place;
};

/* The earliest slot of a length on a PE from a date on: in the first gap that is long enough, or
 * at the end (insertion: Topcuoglu et al. 2002, section 4.1). No place if it would not finish
 * before `limit_ps`. O(tasks on the PE), but tasks that start too early are skipped in O(log). */
struct plan_slot plan_find(const struct plan *plan, int32_t pe, int64_t data_ps, int64_t cost_ps,
                           int64_t limit_ps);

/* The earliest slot for a task of the open job on one PE, which can run it. No place if it would
 * not finish before `limit_ps`. As plan_inputs + plan_find. */
struct plan_slot plan_find_on(struct plan *plan, const struct view *view, int32_t task, int32_t pe,
                              int64_t limit_ps);

/* The slot in which a task with these inputs finishes first in one cluster; the first PE among
 * equals. No place if the cluster cannot run it or it would not finish before `limit_ps`.
 * O(inputs) + PEs x plan_find. */
struct plan_slot plan_find_in(struct plan *plan, const struct view *view, int32_t task,
                              const struct inputs *inputs, int32_t cluster, int64_t limit_ps);

/* The slot in which finish + later_ps[PE kind] of a task of the open job is least; the first PE
 * among equals. NULL counts as zeros: the earliest finish (Topcuoglu et al. 2002, eqs. 5-6).
 * plan_find_in for all clusters. */
struct plan_slot plan_find_best(struct plan *plan, const struct view *view, int32_t task,
                                const int64_t *later_ps);

/* When a PE has done all that is planned for it; never before now. O(1). */
int64_t plan_end_ps(const struct plan *plan, int32_t pe);

/* Puts a task of the open job into a slot; other slots found on the same PE become void. */
void plan_put(struct plan *plan, const struct view *view, int32_t task, struct plan_slot slot);

/* Undoes the latest plan_put that has not been undone, which used this slot; then the slots that
 * were valid before it are valid again. */
void plan_take_back(struct plan *plan, struct plan_slot slot);

#endif
