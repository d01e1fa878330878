/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CPOP, critical path on a processor (Topcuoglu, Hariri, Wu, IEEE TPDS 13(3), 2002, section 4.2 and
 * fig. 4): of the ready tasks the one with the highest upward + downward rank (eqs. 3-4) is taken.
 * The tasks of one critical path go to the PE that executes this path in the least time, all others
 * where they finish first (eqs. 5-6), both with insertion. Ties: the smaller number; the first PE.
 *
 * The paper has one job, and every processor executes every task. Here, of PEs that need the same
 * time for the path, a job takes the one whose plan ends first. If no PE can execute the whole
 * path, it is the one that leaves out the fewest tasks; these go where they finish first. So on a
 * machine of accelerators, each for a few tasks, the path stays on a general PE however slow that
 * is, and a stream of jobs queues there: that is the rule, not a fault.
 *
 * A stream is planned as by `heft`. O(V (C pred + N + width) + P N) per arrival for V tasks of the
 * job on P PEs in C clusters with N planned tasks; nothing between arrivals. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/tick.h"
#include "sched/plan.h"
#include "sched/rank.h"
#include "sched/registry.h"

struct cpop {
    struct plan *plan;
    struct arena *arena;
    bool **is_critical; /* [bind][task] */
};

static bool *mark_path(struct arena *arena, const struct bind *bind)
{
    size_t count = (size_t)bind->app->task_count;
    bool *is_critical = arena_zeroed(arena, count, sizeof *is_critical);
    int32_t *path = arena_zeroed(arena, count, sizeof *path);
    for (int32_t i = rank_critical_path(bind, path); i > 0; i--)
        is_critical[path[i - 1]] = true;
    return is_critical;
}

static void *cpop_create(const struct view *view)
{
    struct cpop *cpop = memory_zeroed(1, sizeof *cpop);
    cpop->plan = plan_create(view, rank_through, plan_routes_of(view));
    cpop->arena = arena_create();
    cpop->is_critical =
        arena_zeroed(cpop->arena, (size_t)view->bind_count, sizeof *cpop->is_critical);
    for (int32_t i = 0; i < view->bind_count; i++)
        cpop->is_critical[i] = mark_path(cpop->arena, &view->binds[i]);
    return cpop;
}

static void cpop_destroy(void *self)
{
    struct cpop *cpop = self;
    plan_destroy(cpop->plan);
    arena_destroy(cpop->arena);
    free(cpop);
}

/* What a PE would do of the critical path. */
struct share {
    int32_t left_out; /* tasks that it cannot execute */
    int64_t cost_ps;  /* of the others */
};

static struct share share_of(const struct bind *bind, const bool *is_critical, int32_t pe)
{
    struct share share = {0};
    for (int32_t task = 0; task < bind->app->task_count; task++) {
        if (!is_critical[task])
            continue;
        int64_t cost_ps = bind_cost_ps(bind, task, pe);
        if (cost_ps == BIND_INCAPABLE)
            share.left_out++;
        else
            share.cost_ps += cost_ps;
    }
    return share;
}

static bool is_better(struct share a, struct share b)
{
    return a.left_out < b.left_out || (a.left_out == b.left_out && a.cost_ps < b.cost_ps);
}

/* The PE of the critical path, -1 if all are down. */
static int32_t find_host(const struct cpop *cpop, const struct view *view, int32_t bind)
{
    struct share best = {.left_out = INT32_MAX};
    int32_t host = -1;
    for (int32_t i = 0; i < view->soc->cluster_count; i++) {
        const struct soc_cluster *cluster = &view->soc->clusters[i];
        struct share share =
            share_of(&view->binds[bind], cpop->is_critical[bind], cluster->first_pe);
        if (is_better(best, share))
            continue;
        for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++) {
            if (view->pes[pe].is_down)
                continue;
            if (is_better(share, best) ||
                plan_end_ps(cpop->plan, pe) < plan_end_ps(cpop->plan, host))
                host = pe;
            best = share;
        }
    }
    return host;
}

static void plan_one(void *self, const struct view *view, int32_t job)
{
    struct cpop *cpop = self;
    const struct view_job *what = &view->jobs[job];
    const int32_t *order = plan_order(cpop->plan, what->bind);
    plan_open(cpop->plan, view, job);
    int32_t host = find_host(cpop, view, what->bind);
    for (int32_t i = 0; i < view->binds[what->bind].app->task_count; i++) {
        int32_t task = what->first_task + order[i];
        bool is_at_host = host >= 0 && cpop->is_critical[what->bind][order[i]] &&
                          plan_cost_ps(cpop->plan, view, task, host) != BIND_INCAPABLE;
        if (!plan_needs(view, task))
            continue;
        plan_put(cpop->plan, view, task,
                 is_at_host ? plan_find_on(cpop->plan, view, task, host, TICK_NEVER)
                            : plan_find_best(cpop->plan, view, task, NULL));
    }
}

static void cpop_decide(void *self, const struct view *view, struct decisions *decisions)
{
    struct cpop *cpop = self;
    plan_decide(cpop->plan, view, plan_one, cpop, decisions);
}

static const struct policy_param params[] = {PLAN_ROUTES};

const struct policy_kind sched_cpop = {
    .contract = POLICY_CONTRACT,
    .name = "cpop",
    .summary = "CPOP at every arrival: the critical path on one PE, the rest where it ends first",
    .family = POLICY_STATIC,
    .discipline = POLICY_PLAN,
    .source = "Topcuoglu, Hariri, Wu 2002, fig. 4",
    .cost = "O(V (C pred + N) + P N) per arrival; V tasks, N planned, P PEs, C clusters",
    .params = params,
    .param_count = sizeof params / sizeof *params,
    .create = cpop_create,
    .destroy = cpop_destroy,
    .decide = cpop_decide,
};
