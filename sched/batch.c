/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/batch.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/tick.h"
#include "sched/plan.h"

/* A task whose predecessors are planned. */
struct ready {
    int32_t index; /* in its app */
    int32_t pe;    /* where it would finish first */
    int64_t finish_ps;
};

struct batch {
    struct plan *plan;
    struct ready *ready;
    int32_t ready_count;
    bool is_latest_first;
    int32_t *preds_left; /* [task of the open job] that are not planned */
    struct reach *reach; /* [task of the open job * cluster_count + cluster] */
};

struct batch *batch_create(const struct view *view)
{
    size_t widest = 0;
    for (int32_t i = 0; i < view->bind_count; i++) {
        size_t count = (size_t)view->binds[i].app->task_count;
        widest = count > widest ? count : widest;
    }
    struct batch *batch = memory_zeroed(1, sizeof *batch);
    batch->plan = plan_create(view, NULL, plan_routes_of(view));
    batch->ready = memory_zeroed(widest, sizeof *batch->ready);
    batch->preds_left = memory_zeroed(widest, sizeof *batch->preds_left);
    batch->reach = memory_zeroed(widest * (size_t)view->soc->cluster_count, sizeof *batch->reach);
    return batch;
}

void batch_destroy(struct batch *batch)
{
    if (batch == NULL)
        return;
    plan_destroy(batch->plan);
    free(batch->ready);
    free(batch->preds_left);
    free(batch->reach);
    free(batch);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Finds the PE on which a ready task would finish first. */
static void look(const struct batch *batch, const struct view *view, int32_t first_task,
                 struct ready *ready)
{
    const struct soc *soc = view->soc;
    ready->finish_ps = TICK_NEVER;
    ready->pe = -1;
    for (int32_t i = 0; i < soc->cluster_count; i++) {
        const struct soc_cluster *cluster = &soc->clusters[i];
        const struct reach *reach = &batch->reach[ready->index * soc->cluster_count + i];
        for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++) {
            int64_t cost_ps = plan_cost_ps(batch->plan, view, first_task + ready->index, pe);
            if (cost_ps == BIND_INCAPABLE)
                continue;
            int64_t start_ps = later(plan_end_ps(batch->plan, pe), reach_ps(reach, pe));
            if (start_ps + cost_ps < ready->finish_ps) {
                ready->finish_ps = start_ps + cost_ps;
                ready->pe = pe;
            }
        }
    }
    assert(ready->pe >= 0);
}

static void add(struct batch *batch, const struct view *view, int32_t first_task, int32_t index)
{
    const struct inputs *inputs = plan_inputs(batch->plan, view, first_task + index);
    int32_t clusters = view->soc->cluster_count;
    for (int32_t i = 0; i < clusters; i++)
        batch->reach[index * clusters + i] = inputs_reach(inputs, view->soc, i);
    struct ready *ready = &batch->ready[batch->ready_count++];
    ready->index = index;
    look(batch, view, first_task, ready);
}

static bool is_ahead(const struct ready *a, const struct ready *b, bool is_latest_first)
{
    if (a->finish_ps != b->finish_ps)
        return is_latest_first ? a->finish_ps > b->finish_ps : a->finish_ps < b->finish_ps;
    return a->index < b->index;
}

/* Puts the first of the ready tasks at the end of its PE, and looks again at those that wanted that
 * PE: for all others nothing has changed. Returns the task's number in its app. */
static int32_t put_first(struct batch *batch, const struct view *view, int32_t first_task)
{
    int32_t first = 0;
    for (int32_t i = 1; i < batch->ready_count; i++)
        if (is_ahead(&batch->ready[i], &batch->ready[first], batch->is_latest_first))
            first = i;
    struct ready taken = batch->ready[first];
    batch->ready[first] = batch->ready[--batch->ready_count];
    int64_t cost_ps = plan_cost_ps(batch->plan, view, first_task + taken.index, taken.pe);
    struct plan_slot slot =
        plan_find(batch->plan, taken.pe, taken.finish_ps - cost_ps, cost_ps, TICK_NEVER);
    plan_put(batch->plan, view, first_task + taken.index, slot);
    for (int32_t i = 0; i < batch->ready_count; i++)
        if (batch->ready[i].pe == taken.pe)
            look(batch, view, first_task, &batch->ready[i]);
    return taken.index;
}

/* Predecessors of a task that are to be planned. */
static int32_t count_preds(const struct view *view, const struct app *app, int32_t first_task,
                           int32_t task)
{
    const struct app_task *what = &app->tasks[task];
    int32_t count = 0;
    for (int32_t i = 0; i < what->pred_count; i++)
        count += plan_needs(view, first_task + app->preds[what->first_pred + i].task);
    return count;
}

static void plan_one(void *self, const struct view *view, int32_t job)
{
    struct batch *batch = self;
    int32_t first_task = view->jobs[job].first_task;
    const struct app *app = view->binds[view->jobs[job].bind].app;
    plan_open(batch->plan, view, job);
    for (int32_t task = 0; task < app->task_count; task++) {
        batch->preds_left[task] = count_preds(view, app, first_task, task);
        if (batch->preds_left[task] == 0 && plan_needs(view, first_task + task))
            add(batch, view, first_task, task);
    }
    while (batch->ready_count > 0) {
        const struct app_task *what = &app->tasks[put_first(batch, view, first_task)];
        for (int32_t i = 0; i < what->succ_count; i++) {
            int32_t succ = app->succs[what->first_succ + i].task;
            if (--batch->preds_left[succ] == 0 && plan_needs(view, first_task + succ))
                add(batch, view, first_task, succ);
        }
    }
}

void batch_decide(struct batch *batch, const struct view *view, bool is_latest_first,
                  struct decisions *decisions)
{
    batch->is_latest_first = is_latest_first;
    plan_decide(batch->plan, view, plan_one, batch, decisions);
}
