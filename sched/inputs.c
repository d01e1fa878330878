/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/inputs.h"

#include <stdlib.h>

#include "base/memory.h"

void inputs_init(struct inputs *inputs, const struct view *view)
{
    int32_t most = 1;
    for (int32_t i = 0; i < view->bind_count; i++) {
        const struct app *app = view->binds[i].app;
        for (int32_t task = 0; task < app->task_count; task++)
            if (app->tasks[task].pred_count > most)
                most = app->tasks[task].pred_count;
    }
    *inputs = (struct inputs){.list = memory_zeroed((size_t)most, sizeof *inputs->list)};
}

void inputs_finish(struct inputs *inputs)
{
    free(inputs->list);
    *inputs = (struct inputs){0};
}

void inputs_gather_some(struct inputs *inputs, const struct view *view, int32_t task, bool is_table)
{
    const struct bind *bind = view_bind(view, task);
    int32_t index = view->tasks[task].index;
    const struct app_task *what = &bind->app->tasks[index];
    const struct view_task *siblings = &view->tasks[task - index];
    int32_t job = view->tasks[task].job;
    for (int32_t i = 0; i < what->pred_count; i++) {
        const struct app_edge *pred = &bind->app->preds[what->first_pred + i];
        const struct view_task *producer = &siblings[pred->task];
        if (producer->status == TASK_SKIPPED)
            continue;
        int64_t sent_ps = view_sent_ps(view, task, pred->edge, producer->finish_ps);
        if (!is_table || sent_ps + bind->most_delay_ps[pred->edge] > view->now_ps)
            inputs_add(inputs, view, job, pred->edge, producer->pe, sent_ps);
    }
}

bool inputs_have_way(const struct inputs *inputs, const struct view *view, int32_t pe)
{
    if (view->down_link_count == 0)
        return true;
    for (int32_t i = 0; i < inputs->count; i++)
        if (!view_has_way(view, inputs->list[i].pe, pe))
            return false;
    return true;
}

/* When the inputs would be at the PE of one of their producers. */
static int64_t reach_host(const struct inputs *inputs, const struct soc *soc, int32_t host)
{
    int64_t last_ps = 0;
    for (int32_t i = 0; i < inputs->count; i++) {
        const struct input *input = &inputs->list[i];
        int64_t at_ps = input->sent_ps + input->delay_ps[soc_lane(soc, input->pe, host)];
        last_ps = at_ps > last_ps ? at_ps : last_ps;
    }
    return last_ps;
}

struct reach inputs_reach_some(const struct inputs *inputs, const struct soc *soc, int32_t cluster)
{
    struct reach reach = REACH_ANYWHERE;
    const struct input *last = NULL;
    for (int32_t i = 0; i < inputs->count; i++) {
        const struct input *input = &inputs->list[i];
        int32_t lane = soc->cluster_lane[input->cluster * soc->cluster_count + cluster];
        int64_t at_ps = input->sent_ps + input->delay_ps[lane];
        if (last == NULL || at_ps > reach.cluster_ps) {
            reach.cluster_ps = at_ps;
            last = input;
        }
    }
    if (last != NULL && last->cluster == cluster) {
        reach.host = last->pe;
        reach.host_ps = reach_host(inputs, soc, last->pe);
    }
    return reach;
}
