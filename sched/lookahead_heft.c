/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lookahead HEFT (Bittencourt, Sakellariou, Madeira, PDP 2010; the variant with the maximum of the
 * children's EFT and HEFT's priority list): tasks by upward rank as in HEFT, but a task is put on
 * the PE where its children would finish first. For each PE the task is put there with insertion,
 * then its children by upward rank as HEFT puts them; what counts is the latest finish of a child,
 * or the task's own if it has no children. A parent of a child that is not planned yet is ignored.
 * Ties: the task's own earlier finish, then the first PE.
 *
 * A stream is planned as by `heft`. O(V P S (C pred + N) + P N) per arrival for V tasks of the job,
 * each with S children, on P PEs in C clusters with N planned tasks: about P S times as much as
 * `heft`; nothing between arrivals. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/tick.h"
#include "sched/plan.h"
#include "sched/registry.h"

struct lookahead {
    struct plan *plan;
    struct arena *arena;
    int32_t **children;      /* [bind][parallel to app.succs]: by upward rank within a task */
    struct plan_slot *tried; /* slots of a task's children, in the order of putting */
};

/* Tasks are appended to their predecessors' rows in the order of ranks. */
static int32_t *sort_children(struct arena *arena, const struct app *app, const int32_t *order)
{
    int32_t *children = arena_zeroed(arena, (size_t)app->edge_count + 1, sizeof *children);
    int32_t *count = arena_zeroed(arena, (size_t)app->task_count, sizeof *count);
    for (int32_t i = 0; i < app->task_count; i++) {
        const struct app_task *what = &app->tasks[order[i]];
        for (int32_t p = 0; p < what->pred_count; p++) {
            int32_t pred = app->preds[what->first_pred + p].task;
            children[app->tasks[pred].first_succ + count[pred]++] = order[i];
        }
    }
    return children;
}

static void *lookahead_create(const struct view *view)
{
    struct lookahead *ahead = memory_zeroed(1, sizeof *ahead);
    ahead->plan = plan_create(view, bind_upward_rank, plan_routes_of(view));
    ahead->arena = arena_create();
    ahead->children = arena_zeroed(ahead->arena, (size_t)view->bind_count, sizeof *ahead->children);
    int32_t widest = 0;
    for (int32_t i = 0; i < view->bind_count; i++) {
        const struct app *app = view->binds[i].app;
        ahead->children[i] = sort_children(ahead->arena, app, plan_order(ahead->plan, i));
        widest = app->task_count > widest ? app->task_count : widest;
    }
    ahead->tried = arena_zeroed(ahead->arena, (size_t)widest, sizeof *ahead->tried);
    return ahead;
}

static void lookahead_destroy(void *self)
{
    struct lookahead *ahead = self;
    plan_destroy(ahead->plan);
    arena_destroy(ahead->arena);
    free(ahead);
}

/* The latest finish of a task's children, if the task takes this slot; something later than
 * `limit_ps` as soon as that is sure. */
static int64_t try_slot(struct lookahead *ahead, const struct view *view, int32_t task,
                        struct plan_slot slot, int64_t limit_ps)
{
    struct plan *plan = ahead->plan;
    int32_t first_task = task - view->tasks[task].index;
    const struct app_task *what = &view_bind(view, task)->app->tasks[view->tasks[task].index];
    const int32_t *children =
        &ahead->children[view->jobs[view->tasks[task].job].bind][what->first_succ];
    int64_t latest_ps = slot.finish_ps;
    int32_t count = 0;
    plan_put(plan, view, task, slot);
    for (int32_t i = 0; i < what->succ_count && latest_ps <= limit_ps; i++) {
        int32_t child = first_task + children[i];
        if (!plan_needs(view, child))
            continue;
        struct plan_slot place = plan_find_best(plan, view, child, NULL);
        plan_put(plan, view, child, place);
        latest_ps = place.finish_ps > latest_ps ? place.finish_ps : latest_ps;
        ahead->tried[count++] = place;
    }
    while (count > 0)
        plan_take_back(plan, ahead->tried[--count]);
    plan_take_back(plan, slot);
    return latest_ps;
}

static struct plan_slot find_slot(struct lookahead *ahead, const struct view *view, int32_t task)
{
    struct plan_slot best = {.finish_ps = TICK_NEVER, .pe = -1};
    int64_t best_ps = TICK_NEVER;
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++) {
        if (plan_cost_ps(ahead->plan, view, task, pe) == BIND_INCAPABLE)
            continue;
        /* no child ends before the task: a slot that ends at best_ps cannot be better */
        struct plan_slot slot = plan_find_on(ahead->plan, view, task, pe, best_ps);
        if (slot.finish_ps == TICK_NEVER)
            continue;
        int64_t latest_ps = try_slot(ahead, view, task, slot, best_ps);
        if (latest_ps < best_ps || (latest_ps == best_ps && slot.finish_ps < best.finish_ps)) {
            best = slot;
            best_ps = latest_ps;
        }
    }
    assert(best.pe >= 0);
    return best;
}

static void plan_one(void *self, const struct view *view, int32_t job)
{
    struct lookahead *ahead = self;
    const struct view_job *what = &view->jobs[job];
    const int32_t *order = plan_order(ahead->plan, what->bind);
    plan_open(ahead->plan, view, job);
    for (int32_t i = 0; i < view->binds[what->bind].app->task_count; i++) {
        int32_t task = what->first_task + order[i];
        if (plan_needs(view, task))
            plan_put(ahead->plan, view, task, find_slot(ahead, view, task));
    }
}

static void lookahead_decide(void *self, const struct view *view, struct decisions *decisions)
{
    struct lookahead *ahead = self;
    plan_decide(ahead->plan, view, plan_one, ahead, decisions);
}

static const struct policy_param params[] = {PLAN_ROUTES};

const struct policy_kind sched_lookahead_heft = {
    .contract = POLICY_CONTRACT,
    .name = "lookahead_heft",
    .summary = "HEFT at every arrival, with the PE where the children would finish first",
    .family = POLICY_STATIC,
    .discipline = POLICY_PLAN,
    .source = "Bittencourt, Sakellariou, Madeira 2010, maximum of the children's EFT",
    .cost = "O(V P S (C pred + N) + P N) per arrival; V tasks, S children each, N planned, P PEs, "
            "C clusters",
    .params = params,
    .param_count = sizeof params / sizeof *params,
    .create = lookahead_create,
    .destroy = lookahead_destroy,
    .decide = lookahead_decide,
};
