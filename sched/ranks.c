/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/ranks.h"

#include <stdlib.h>

#include "base/memory.h"
#include "sched/rank.h"

void ranks_init(struct ranks *ranks, const struct view *view)
{
    int32_t count = 0;
    ranks->first = memory_zeroed((size_t)view->bind_count, sizeof *ranks->first);
    for (int32_t bind = 0; bind < view->bind_count; bind++) {
        ranks->first[bind] = count;
        count += view->binds[bind].app->task_count;
    }
    ranks->list = memory_zeroed((size_t)count, sizeof *ranks->list);
    for (int32_t bind = 0; bind < view->bind_count; bind++)
        bind_upward_rank(&view->binds[bind], &ranks->list[ranks->first[bind]]);
    for (int32_t i = 0; i < count; i++)
        ranks->list[i] = rank_round(ranks->list[i]);
}

void ranks_finish(struct ranks *ranks)
{
    free(ranks->list);
    free(ranks->first);
    *ranks = (struct ranks){0};
}
