/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/slowness.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/tick.h"

/* Half and four times as long as estimated; a few bad tasks must not condemn a PE. */
#define LEVEL_MIN (-0.7)
#define LEVEL_MAX 1.4

void slowness_init(struct slowness *slowness, const struct view *view, double decay_us,
                   double weight)
{
    size_t pe_count = (size_t)view->soc->pe_count;
    *slowness = (struct slowness){
        .level = memory_zeroed(pe_count, sizeof *slowness->level),
        .at_ps = memory_zeroed(pe_count, sizeof *slowness->at_ps),
        .decay_ps = decay_us * TICK_PER_US,
        .weight = weight,
    };
}

void slowness_finish(struct slowness *slowness)
{
    free(slowness->level);
    free(slowness->at_ps);
    *slowness = (struct slowness){0};
}

static double decayed(const struct slowness *slowness, int32_t pe, int64_t now_ps)
{
    return slowness->level[pe] * exp(-(double)(now_ps - slowness->at_ps[pe]) / slowness->decay_ps);
}

void slowness_update(struct slowness *slowness, const struct view *view)
{
    for (int32_t i = 0; i < view->finished_count; i++) {
        const struct view_task *task = &view->tasks[view->finished[i]];
        int64_t cost_ps = view_cost_ps(view, view->finished[i], task->pe);
        int64_t took_ps = task->finish_ps - task->start_ps;
        if (cost_ps == 0 || took_ps == 0)
            continue;
        double level = decayed(slowness, task->pe, task->finish_ps);
        double observed = log((double)took_ps / (double)cost_ps);
        slowness->level[task->pe] = level + slowness->weight * (observed - level);
        slowness->at_ps[task->pe] = task->finish_ps;
    }
}

double slowness_level(const struct slowness *slowness, const struct view *view, int32_t pe)
{
    double level = slowness->level[pe] == 0 ? 0 : decayed(slowness, pe, view->now_ps);
    int32_t running = view->pes[pe].running;
    if (running >= 0) {
        int64_t cost_ps = view_cost_ps(view, running, pe);
        int64_t elapsed_ps = view->now_ps - view->tasks[running].start_ps;
        if (cost_ps > 0 && elapsed_ps > 0)
            level = fmax(level, log((double)elapsed_ps / (double)cost_ps));
    }
    return fmin(fmax(level, LEVEL_MIN), LEVEL_MAX);
}

double slowness_factor(const struct slowness *slowness, const struct view *view, int32_t pe)
{
    return exp(slowness_level(slowness, view, pe));
}
