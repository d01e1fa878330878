/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lookahead HEFT (Bittencourt, Sakellariou, Madeira, PDP 2010; the variant with the maximum of the
 * children's EFT and HEFT's priority list): tasks by upward rank as in HEFT, but a task is put on
 * the PE where its children would finish first. For each PE the task is put there with insertion,
 * then its children by upward rank as HEFT puts them; what counts is the latest finish of a child,
 * or the task's own if it has no children. A parent of a child that is not planned yet is ignored.
 * Ties: the task's own earlier finish, then the first PE.
 *
 * A stream is planned as by `heft`. O(V P S (C pred + N) + P N) per arrival for V tasks of the job,
 * each with S children, on P PEs in C clusters with N planned tasks: at worst P S times as much as
 * `heft`. PEs whose tries would repeat others are left out (is_repeated), so that on machines of
 * many equal PEs it is about C S^2 times. Nothing between arrivals. */
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
    int64_t *marks, mark;    /* [pe] mark: it holds data of a child of the task */
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
    ahead->marks = arena_zeroed(ahead->arena, (size_t)view->soc->pe_count, sizeof *ahead->marks);
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

/* A task that is to be put, and what is known of its children beforehand. */
struct prospect {
    int32_t task;
    int32_t children; /* that are to be put */
    int64_t rest_ps;  /* how long after the task the last of them ends at least */
    bool is_plain;    /* no PE and no link is down, no PE is settled for any of these tasks */
};

static struct prospect look_ahead(struct lookahead *ahead, const struct view *view, int32_t task)
{
    const struct app *app = view_bind(view, task)->app;
    const struct app_task *what = &app->tasks[view->tasks[task].index];
    struct prospect prospect = {.task = task,
                                .is_plain = view->down_count == 0 && view->down_link_count == 0 &&
                                            view->tasks[task].status != TASK_ASSIGNED};
    ahead->mark++;
    for (int32_t i = 0; i < what->succ_count; i++) {
        int32_t child = task - view->tasks[task].index + app->succs[what->first_succ + i].task;
        if (!plan_needs(view, child))
            continue;
        int64_t least_ps = BIND_INCAPABLE;
        for (int32_t c = 0; c < view->soc->cluster_count; c++) {
            int64_t cost_ps =
                plan_cost_ps(ahead->plan, view, child, view->soc->clusters[c].first_pe);
            if (cost_ps != BIND_INCAPABLE && (least_ps == BIND_INCAPABLE || cost_ps < least_ps))
                least_ps = cost_ps;
        }
        prospect.children++;
        prospect.is_plain &= view->tasks[child].status != TASK_ASSIGNED;
        if (least_ps != BIND_INCAPABLE && least_ps > prospect.rest_ps)
            prospect.rest_ps = least_ps;
        const struct inputs *inputs = plan_inputs(ahead->plan, view, child);
        for (int32_t k = 0; k < inputs->count; k++)
            ahead->marks[inputs->list[k].pe] = ahead->mark;
    }
    if (!prospect.is_plain)
        prospect.rest_ps = 0;
    return prospect;
}

/* PEs of a cluster, one after the other, on which a task would run at the same time with nothing
 * after it, and which hold no data of its children. */
struct run {
    struct plan_slot slot;
    int32_t length;
};

/* Counts a slot into the run; true if the PE need not be tried. Say that a run has as many PEs
 * before this one as there are children. Putting them takes one more PE of the run for each at
 * most, and the first of those not yet taken, so that among equals the PE of the task never comes
 * first, here as on the PE before: children would be put at the same dates. */
static bool is_repeated(const struct lookahead *ahead, const struct view *view,
                        const struct prospect *prospect, struct run *run, struct plan_slot slot)
{
    bool is_clean = prospect->is_plain && slot.finish_ps >= plan_end_ps(ahead->plan, slot.pe) &&
                    ahead->marks[slot.pe] != ahead->mark;
    bool goes_on = is_clean && run->length > 0 && slot.pe == run->slot.pe + 1 &&
                   slot.start_ps == run->slot.start_ps && slot.finish_ps == run->slot.finish_ps &&
                   view->soc->pes[slot.pe].cluster == view->soc->pes[run->slot.pe].cluster;
    run->length = !is_clean ? 0 : goes_on ? run->length + 1 : 1;
    run->slot = slot;
    return run->length > prospect->children + 1;
}

static struct plan_slot find_slot(struct lookahead *ahead, const struct view *view, int32_t task)
{
    const struct prospect prospect = look_ahead(ahead, view, task);
    struct plan_slot best = {.finish_ps = TICK_NEVER, .pe = -1};
    struct run run = {.length = 0};
    int64_t best_ps = TICK_NEVER, limit_ps = TICK_NEVER;
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++) {
        if (plan_cost_ps(ahead->plan, view, task, pe) == BIND_INCAPABLE)
            continue;
        struct plan_slot slot = plan_find_on(ahead->plan, view, task, pe, limit_ps);
        if (slot.finish_ps == TICK_NEVER || is_repeated(ahead, view, &prospect, &run, slot))
            continue;
        int64_t latest_ps = try_slot(ahead, view, task, slot, best_ps);
        if (latest_ps < best_ps || (latest_ps == best_ps && slot.finish_ps < best.finish_ps)) {
            best = slot;
            best_ps = latest_ps;
            /* what ends later cannot be better, nor what leaves the children less than they need */
            limit_ps = best_ps - (prospect.rest_ps > 0 ? prospect.rest_ps - 1 : 0);
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
