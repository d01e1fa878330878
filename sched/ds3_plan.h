/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The planner that DASH's HEFT and HEFT_RT share (rules 15 and 16 of the decoded semantics).
 *
 * Unlike plan.h it plans from nothing every time, around what has been given to PEs: running tasks
 * from their start, then queued ones back to back in the order in which they were given, all at
 * their estimates, even where these are past. The tasks to plan are taken by descending rank and
 * put where they finish first, with insertion. From the result a task learns its PE, its number
 * there, and which task has to be done first: the one before it on that PE.
 *
 * Kept from DASH as it is: a dummy entry task, put first, which takes up a number on the first PE
 * that is free now; the first task of those of highest rank goes behind these (the entry takes its
 * place in the sorted list); nothing starts in front of the first task of a PE unless a gap
 * remains; data of the PE's own comes at 10000 bytes/us; edges without data are forgotten, and so
 * are tasks that are done. The dummy exit task of DASH comes last and changes nothing.
 *
 * Dates are doubles in microseconds because DASH's are: ties have to fall as they fall there. */
#ifndef HETSOC_SCHED_DS3_PLAN_H
#define HETSOC_SCHED_DS3_PLAN_H

#include "sim/policy.h"

/* A task in the plan. */
struct ds3_event {
    double start_us, end_us;
    int32_t pe;    /* -1: not in the plan */
    int32_t next;  /* what comes behind it on the PE; -1 nothing */
    int32_t place; /* its number on the PE, from 0 */
    int32_t after; /* the task that has to be done first; -1 none */
};

/* A task and whose it was: its index may have passed to another job since. */
struct ds3_task {
    double rank_us; /* of a task to be planned */
    int32_t task;
    int32_t job_id;
};

/* What a plan knows of: everything before a date, and what of that date itself. */
struct ds3_instant {
    int64_t at_ps;
    bool ends_seen;   /* tasks that end at `at_ps` are done */
    bool starts_seen; /* tasks that start at `at_ps` are running */
};

/* Fills the ranks of an app's tasks in microseconds, [task_count], higher first. */
typedef void ds3_rank(const struct bind *bind, double *rank_us);

struct ds3_plan {
    struct ds3_event *events; /* [capacity + 1]; the last is the dummy entry */
    struct ds3_task *given;   /* tasks given to PEs and not seen done, in that order */
    struct ds3_task *nodes;   /* tasks to plan, by descending rank */
    int32_t given_count, node_count;
    int32_t capacity; /* tasks for which there is room */

    int32_t pe_count;
    int32_t *first; /* [pe] first task of the plan, -1 none */
    int32_t *last;  /* [pe] undefined if there is none */
    double now_us;

    double *rank_us;                  /* [task] of all apps, one after the other */
    double *comm_us;                  /* [edge * lane_count + lane] of all apps */
    int32_t *first_task, *first_edge; /* [bind] where in these */
    int32_t lane_count;
};

/* Fills the mean cost of each task over the PEs that can run it: the rank of HEFT_RT. */
void ds3_mean_cost(const struct bind *bind, double *mean_us);

/* Memory for a trial with the view's machine and apps; ds3_plan_finish releases it. */
void ds3_plan_init(struct ds3_plan *plan, const struct view *view, ds3_rank *rank);
void ds3_plan_finish(struct ds3_plan *plan);

/* Makes room for what the view may hold; call it first in every epoch. */
void ds3_plan_grow(struct ds3_plan *plan, const struct view *view);

/* Forgets given tasks that are done as of an instant. O(given). */
void ds3_plan_forget(struct ds3_plan *plan, const struct view *view, struct ds3_instant instant);

/* Adds a task to those that are to be planned, behind those of equal rank. O(tasks). */
void ds3_plan_add(struct ds3_plan *plan, const struct view *view, int32_t task);

/* Begins a plan with what is given, except that a task whose start has not been seen is planned
 * anew. O(given + tasks + PEs). */
void ds3_plan_open(struct ds3_plan *plan, const struct view *view, struct ds3_instant instant);

/* Plans the added tasks that are not given. `twin` is a given task that DASH takes for the dummy
 * entry, whose number it has: no entry is put, and nothing starts before its end; -1: none.
 * O(tasks (P + given + tasks)) for P PEs at worst. */
void ds3_plan_fill(struct ds3_plan *plan, const struct view *view, int32_t twin);

/* Gives a ready task to its PE, as planned; `after` < 0 or done: it waits for nothing. */
void ds3_plan_give(struct ds3_plan *plan, const struct view *view, struct decisions *decisions,
                   int32_t task, int32_t after);

#endif
