/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ready tasks that matter most, however many there are: those of the job with the least
 * remaining work first (SRPT: the minimal costs of its tasks that are not done; the older job among
 * equals), inside a job those of the highest upward rank (the smaller number among equals).
 *
 * It follows the view by what has changed since the last call, so that neither jobs nor ready tasks
 * are ever gone through as a whole. */
#ifndef HETSOC_SCHED_SHORTLIST_H
#define HETSOC_SCHED_SHORTLIST_H

#include "base/bits.h"
#include "sched/upward.h"

struct shortlist_job {
    int64_t left_ps; /* expected minimal costs of the tasks that are neither done nor skipped */
    int32_t id;
    int32_t ready_count;
};

/* Slots of jobs, the first of them on top. */
struct shortlist_heap {
    int32_t *slots; /* [job_capacity] */
    int32_t *place; /* [job_capacity] of a slot, if it is in the heap */
    int32_t count;
};

struct shortlist {
    struct upward upward;
    int64_t *total_ps; /* [bind] minimal costs of all tasks, each x its probability */
    struct shortlist_job *jobs;
    struct shortlist_heap waiting;  /* jobs with ready tasks */
    struct shortlist_heap frontier; /* scratch of shortlist_top */
    int32_t *best, *place; /* as upward.list: the tasks of an app, best first, and their places */
    int32_t most_tasks;    /* of an app */
    size_t ready_words;    /* of a job */
    uint64_t *ready;       /* [job_capacity * ready_words] places of the ready tasks, as bits */
    int32_t *top;          /* [task_capacity] what shortlist_top returned */
    int32_t job_capacity, task_capacity;
    int32_t known; /* the first ready tasks of the view; what comes after them is new */
};

void shortlist_init(struct shortlist *shortlist, const struct view *view);
void shortlist_finish(struct shortlist *shortlist);

/* Takes in what was finished, arrived and became ready since the last epoch; to be called once in
 * every epoch. O(log jobs + log tasks of the job) for each; O(jobs) and what is ready once
 * more if PEs have gone down or come back. */
void shortlist_update(struct shortlist *shortlist, const struct view *view);

/* The first `limit` ready tasks or all there are, in order; borrowed until the next call.
 * O(limit log limit), and log tasks of the job for each. */
const int32_t *shortlist_top(struct shortlist *shortlist, const struct view *view, int32_t limit,
                             int32_t *count);

/* Forgets a task that the policy has assigned in this epoch. O(log jobs + log tasks of the job). */
void shortlist_remove(struct shortlist *shortlist, const struct view *view, int32_t task);

#endif
