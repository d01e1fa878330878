/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inputs of one task: where and when each producer ends, and when all of it would be where.
 *
 * A delay depends on the lane, and every PE of a cluster is reached over the same lanes, except
 * that a producer's own PE needs no transfer at all. Only the producer whose data comes last can
 * make a difference there, so a cluster needs two dates and not one per PE. */
#ifndef HETSOC_SCHED_INPUTS_H
#define HETSOC_SCHED_INPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/policy.h"

struct input {
    int64_t sent_ps;         /* date from which the delay counts */
    const int64_t *delay_ps; /* [lane] */
    int32_t pe;
    int32_t cluster;
};

struct inputs {
    struct input *list;
    int32_t count;
};

/* When all inputs would be at a PE of one cluster. */
struct reach {
    int64_t cluster_ps; /* at any PE but `host` */
    int64_t host_ps;
    int32_t host; /* the PE of the last producer if that is in this cluster, else -1 */
};

#define REACH_ANYWHERE ((struct reach){.host = -1}) /* without inputs */

/* Room for the inputs of any task that may arrive; inputs_finish releases it. */
void inputs_init(struct inputs *inputs, const struct view *view);
void inputs_finish(struct inputs *inputs);

/* Adds the data of an edge of a job, produced on `pe` and sent at `sent_ps`. O(1). */
static inline void inputs_add(struct inputs *inputs, const struct view *view, int32_t job,
                              int32_t edge, int32_t pe, int64_t sent_ps)
{
    inputs->list[inputs->count++] = (struct input){
        .sent_ps = sent_ps,
        .delay_ps = &view->jobs[job].delay_ps[(int64_t)edge * view->soc->lane_count],
        .pe = pe,
        .cluster = view->soc->pes[pe].cluster,
    };
}

/* Replaces the inputs by those of a ready task that some PE would have to wait for: neither those
 * of predecessors that were skipped, nor those which could be everywhere by now. O(predecessors).
 */
void inputs_gather_some(struct inputs *inputs, const struct view *view, int32_t task,
                        bool is_table); /* delays are those of the bind's table */
static inline void inputs_gather(struct inputs *inputs, const struct view *view, int32_t task)
{
    const struct view_task *what = &view->tasks[task];
    const struct view_job *job = &view->jobs[what->job];
    const struct bind *bind = &view->binds[job->bind];
    bool is_table = job->delay_ps == bind->delay_ps;
    inputs->count = 0;
    if (!is_table || bind->most_input_ps[what->index] > 0)
        inputs_gather_some(inputs, view, task, is_table);
}

/* Whether all inputs have a way to a PE now. O(1) while no link is down. */
bool inputs_have_way(const struct inputs *inputs, const struct view *view, int32_t pe);

struct reach inputs_reach_some(const struct inputs *inputs, const struct soc *soc, int32_t cluster);

/* When the inputs would be at the PEs of a cluster; date 0 without inputs. O(inputs). */
static inline struct reach inputs_reach(const struct inputs *inputs, const struct soc *soc,
                                        int32_t cluster)
{
    return inputs->count == 0 ? REACH_ANYWHERE : inputs_reach_some(inputs, soc, cluster);
}

static inline int64_t reach_ps(const struct reach *reach, int32_t pe)
{
    return pe == reach->host ? reach->host_ps : reach->cluster_ps;
}

#endif
