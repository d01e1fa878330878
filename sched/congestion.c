/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/congestion.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/tick.h"

#define LEVEL_MIN (-0.7)
#define LEVEL_MAX 3.0

void congestion_init(struct congestion *congestion, int32_t most, double decay_us, double weight)
{
    *congestion = (struct congestion){
        .list = memory_zeroed((size_t)most, sizeof *congestion->list),
        .capacity = most,
        .decay_ps = decay_us * TICK_PER_US,
        .weight = weight,
    };
}

void congestion_finish(struct congestion *congestion)
{
    free(congestion->list);
    *congestion = (struct congestion){0};
}

void congestion_add(struct congestion *congestion, int32_t task, int32_t pe, double expected_us)
{
    assert(congestion->count < congestion->capacity && expected_us > 0);
    congestion->list[congestion->count++] = (struct congestion_task){task, pe, expected_us};
}

static double decayed(const struct congestion *congestion, int64_t now_ps)
{
    return congestion->level * exp(-(double)(now_ps - congestion->at_ps) / congestion->decay_ps);
}

static void observe(struct congestion *congestion, const struct view_task *task, double expected_us)
{
    double took_us = (double)(task->data_ps - task->assigned_ps) / TICK_PER_US;
    if (took_us <= 0)
        return;
    int64_t at_ps = task->data_ps > congestion->at_ps ? task->data_ps : congestion->at_ps;
    double level = decayed(congestion, at_ps);
    congestion->level = level + congestion->weight * (log(took_us / expected_us) - level);
    congestion->at_ps = at_ps;
}

void congestion_update(struct congestion *congestion, const struct view *view)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < congestion->count; i++) {
        const struct congestion_task *followed = &congestion->list[i];
        const struct view_task *task = &view->tasks[followed->task];
        bool is_lost =
            task->pe != followed->pe || task->status < TASK_ASSIGNED || task->status > TASK_DONE;
        if (is_lost)
            continue;
        if (task->status == TASK_ASSIGNED && task->fetching > 0)
            congestion->list[kept++] = *followed;
        else
            observe(congestion, task, followed->expected_us);
    }
    congestion->count = kept;
}

double congestion_level(const struct congestion *congestion, const struct view *view)
{
    double level = congestion->level == 0 ? 0 : decayed(congestion, view->now_ps);
    return fmin(fmax(level, LEVEL_MIN), LEVEL_MAX);
}
