/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/upward.h"

#include <stdlib.h>

#include "base/memory.h"
#include "sched/rank.h"

void upward_init(struct upward *upward, const struct view *view)
{
    int32_t count = 0;
    upward->first = memory_zeroed((size_t)view->bind_count, sizeof *upward->first);
    for (int32_t bind = 0; bind < view->bind_count; bind++) {
        upward->first[bind] = count;
        count += view->binds[bind].app->task_count;
    }
    upward->list = memory_zeroed((size_t)count, sizeof *upward->list);
    for (int32_t bind = 0; bind < view->bind_count; bind++)
        bind_upward_rank(&view->binds[bind], &upward->list[upward->first[bind]]);
    for (int32_t i = 0; i < count; i++)
        upward->list[i] = rank_round(upward->list[i]);
}

void upward_finish(struct upward *upward)
{
    free(upward->list);
    free(upward->first);
    *upward = (struct upward){0};
}
