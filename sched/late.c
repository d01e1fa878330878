/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/late.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/tick.h"

void late_init(struct late *late, const struct view *view, int32_t visible)
{
    size_t pe_count = (size_t)view->soc->pe_count;
    *late = (struct late){
        .given = memory_zeroed(pe_count, sizeof *late->given),
        .available_ps = memory_zeroed(pe_count, sizeof *late->available_ps),
        .is_idle = memory_zeroed(pe_count, sizeof *late->is_idle),
        .visible = visible,
    };
    shortlist_init(&late->shortlist, view);
    inputs_init(&late->inputs, view);
}

void late_finish(struct late *late)
{
    shortlist_finish(&late->shortlist);
    inputs_finish(&late->inputs);
    free(late->given);
    free(late->available_ps);
    free(late->is_idle);
    *late = (struct late){0};
}

static int64_t scale(int64_t cost_ps, const double *factors, int32_t pe)
{
    return factors == NULL ? cost_ps : (int64_t)((double)cost_ps * factors[pe] + 0.5);
}

/* When a PE will have done what it was given: it has at most one task, on which it works or for
 * whose data it waits. */
static int64_t expect_available(const struct late *late, const struct view *view,
                                const double *factors, int32_t pe)
{
    const struct view_pe *what = &view->pes[pe];
    if (factors == NULL || (what->running < 0 && what->queued == 0))
        return view_available_ps(view, pe);
    int32_t task = what->running >= 0 ? what->running : late->given[pe];
    const struct view_task *given = &view->tasks[task];
    int64_t start_ps = what->running >= 0 ? given->start_ps : given->data_ps;
    int64_t end_ps = start_ps + scale(view_cost_ps(view, task, pe), factors, pe);
    return end_ps > view->now_ps ? end_ps : view->now_ps;
}

/* Fills what the walk starts from; returns the number of idle PEs. */
static int32_t begin_walk(struct late *late, const struct view *view, const double *factors)
{
    int32_t idle_count = 0;
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++) {
        late->is_idle[pe] =
            view->pes[pe].running < 0 && view->pes[pe].queued == 0 && !view->pes[pe].is_down;
        late->available_ps[pe] = expect_available(late, view, factors, pe);
        idle_count += late->is_idle[pe];
    }
    return idle_count;
}

/* Takes the PE where a task would finish first; returns it. */
static int32_t reserve(struct late *late, const struct view *view, const double *factors,
                       int32_t task)
{
    int64_t best_ps = TICK_NEVER;
    int32_t best = -1;
    inputs_gather(&late->inputs, view, task);
    for (int32_t i = 0; i < view->soc->cluster_count; i++) {
        const struct soc_cluster *cluster = &view->soc->clusters[i];
        int64_t cost_ps = view_cost_ps(view, task, cluster->first_pe);
        if (cost_ps == BIND_INCAPABLE)
            continue;
        struct reach reach = inputs_reach(&late->inputs, view->soc, i);
        for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++) {
            if (!view_can(view, task, pe))
                continue;
            int64_t data_ps = reach_ps(&reach, pe);
            int64_t start_ps = late->available_ps[pe] > data_ps ? late->available_ps[pe] : data_ps;
            int64_t load_ps = view_load_ps(view, task, pe);
            int64_t finish_ps = start_ps + load_ps + scale(cost_ps, factors, pe);
            if (finish_ps < best_ps) {
                best_ps = finish_ps;
                best = pe;
            }
        }
    }
    assert(best >= 0);
    late->available_ps[best] = best_ps;
    return best;
}

void late_decide(struct late *late, const struct view *view, const double *factors,
                 struct decisions *decisions)
{
    shortlist_update(&late->shortlist, view);
    int32_t idle_count = begin_walk(late, view, factors);
    if (idle_count == 0)
        return;
    int32_t count;
    int32_t seen = 0;
    const int32_t *tasks =
        shortlist_top(&late->shortlist, view, late->visible + idle_count, &count);
    for (int32_t i = 0; i < count && seen < late->visible && idle_count > 0; i++) {
        int32_t pe = reserve(late, view, factors, tasks[i]);
        if (!late->is_idle[pe]) {
            seen++;
            continue;
        }
        late->is_idle[pe] = false;
        late->given[pe] = tasks[i];
        idle_count--;
        decide_assign(decisions, tasks[i], pe);
        shortlist_remove(&late->shortlist, view, tasks[i]);
    }
}
