/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random: each ready task to one of the PEs that can run it, all equally likely. The draw is keyed
 * by (job, task), so that it does not depend on when or in which order tasks become ready. The
 * baseline that any scheduler has to beat. O(C) per task. */
#include "base/random.h"
#include "sched/registry.h"

/* PEs of a cluster that can be given a task. O(1) while nothing is down. */
static int32_t capable_in(const struct view *view, int32_t task, int32_t cluster)
{
    const struct soc_cluster *what = &view->soc->clusters[cluster];
    int32_t count = 0;
    if (view_cost_ps(view, task, what->first_pe) == BIND_INCAPABLE)
        return 0;
    if (view->down_count == 0 && view->down_link_count == 0)
        return what->pe_count;
    for (int32_t i = 0; i < what->pe_count; i++)
        count += view_can(view, task, what->first_pe + i);
    return count;
}

static int32_t draw_pe(const struct view *view, int32_t task)
{
    int32_t capable = 0;
    for (int32_t i = 0; i < view->soc->cluster_count; i++)
        capable += capable_in(view, task, i);
    assert(capable > 0);
    const struct view_task *what = &view->tasks[task];
    struct random_stream stream =
        random_open(view->seed, view->replicate, RANDOM_POLICY, (uint32_t)view->jobs[what->job].id,
                    (uint32_t)what->index);
    int32_t left = (int32_t)random_below(&stream, (uint32_t)capable);
    int32_t cluster = 0;
    while (left >= capable_in(view, task, cluster))
        left -= capable_in(view, task, cluster++);
    int32_t pe = view->soc->clusters[cluster].first_pe;
    while (!view_can(view, task, pe) || left-- > 0)
        pe++;
    return pe;
}

static void random_decide(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    for (int32_t i = 0; i < view->ready_count; i++)
        decide_assign(decisions, view->ready[i], draw_pe(view, view->ready[i]));
}

const struct policy_kind sched_random = {
    .contract = POLICY_CONTRACT,
    .name = "random",
    .summary = "any PE that can run the task, all equally likely",
    .family = POLICY_DYNAMIC,
    .discipline = POLICY_DATA_READY,
    .source = "baseline",
    .cost = "O(C) per task; C clusters",
    .decide = random_decide,
};
