/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What features need to know of apps and machine, worked out once per trial. */
#ifndef HETSOC_SCHED_FACTS_H
#define HETSOC_SCHED_FACTS_H

#include "sched/features.h"
#include "sim/policy.h"

/* A task of an app on this machine. */
struct task_facts {
    double min_us;         /* on the fastest kind */
    double path_us;        /* longest path of minimal times from here on, itself included */
    double rank_us;        /* upward rank */
    int32_t fastest;       /* the first kind that takes min_us */
    uint64_t kinds;        /* bit k % 64: kind k can run it */
    const double *cost_us; /* [kind] INFINITY where it cannot run */
    const float *exec;     /* [kind] FEATURE_EXEC and FEATURE_EXEC_RATIO, side by side */
    float rank, successors, next_ratio; /* the features */
};

struct facts {
    double unit_us;           /* mean minimal time of all tasks; > 0 */
    struct task_facts *tasks; /* of all apps, one after the other */
    int32_t *first;           /* [bind] where its tasks begin */
    int32_t *longest;         /* as tasks: those of an app, longest path first */
    double *path_us;          /* [bind] longest path of the whole job */
    float *kinds;             /* [kind * FEATURE_KIND_COUNT] what does not change */
    int32_t *pes_of;          /* [kind] */
    double *cost_us;
    float *exec;
};

/* Works everything out; facts_finish releases it. O(tasks x (kinds + log tasks) +
 * edges). */
void facts_init(struct facts *facts, const struct view *view);
void facts_finish(struct facts *facts);

/* FEATURE_EXEC and FEATURE_EXEC_RATIO of a task on a kind where it takes `cost_us`. */
void facts_exec(const struct facts *facts, double cost_us, double min_us, float exec[static 2]);

static inline const struct task_facts *facts_of(const struct facts *facts, const struct view *view,
                                                int32_t task)
{
    const struct view_task *what = &view->tasks[task];
    return &facts->tasks[facts->first[view->jobs[what->job].bind] + what->index];
}

#endif
