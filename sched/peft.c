/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PEFT, predict earliest finish time (Arabnejad, Barbosa, IEEE TPDS 25(3), 2014): of the ready
 * tasks the one with the highest rank_oct, the mean of its row of the optimistic cost table (OCT),
 * is put, with insertion, on the PE with the least O_EFT = EFT + OCT: where it finishes early and
 * leaves the job a short way to its end. Ties: the smaller number; the first PE. OCT is rounded to
 * ticks.
 *
 * In the paper every processor executes every task; here the mean and the minima are over the PEs
 * that can. A stream is planned as by `heft`. O(V (C pred + N + width) + P N) per arrival for V
 * tasks of the job on P PEs in C clusters with N planned tasks; nothing between arrivals. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sched/plan.h"
#include "sched/rank.h"
#include "sched/registry.h"

struct peft {
    struct plan *plan;
    struct arena *arena;
    int64_t **oct_ps; /* [bind][task * kind_count + PE kind] */
};

static int64_t *make_table(struct arena *arena, const struct bind *bind)
{
    size_t count = (size_t)bind->app->task_count * (size_t)bind->soc->kind_count;
    double *exact_ps = arena_zeroed(arena, count, sizeof *exact_ps);
    int64_t *oct_ps = arena_zeroed(arena, count, sizeof *oct_ps);
    rank_oct_table(bind, exact_ps);
    for (size_t i = 0; i < count; i++)
        oct_ps[i] = llround(exact_ps[i]);
    return oct_ps;
}

static void *peft_create(const struct view *view)
{
    struct peft *peft = memory_zeroed(1, sizeof *peft);
    peft->plan = plan_create(view, rank_oct, plan_routes_of(view));
    peft->arena = arena_create();
    peft->oct_ps = arena_zeroed(peft->arena, (size_t)view->bind_count, sizeof *peft->oct_ps);
    for (int32_t i = 0; i < view->bind_count; i++)
        peft->oct_ps[i] = make_table(peft->arena, &view->binds[i]);
    return peft;
}

static void peft_destroy(void *self)
{
    struct peft *peft = self;
    plan_destroy(peft->plan);
    arena_destroy(peft->arena);
    free(peft);
}

static void plan_one(void *self, const struct view *view, int32_t job)
{
    struct peft *peft = self;
    const struct view_job *what = &view->jobs[job];
    const int32_t *order = plan_order(peft->plan, what->bind);
    plan_open(peft->plan, view, job);
    for (int32_t i = 0; i < view->binds[what->bind].app->task_count; i++) {
        int32_t task = what->first_task + order[i];
        const int64_t *oct_ps =
            &peft->oct_ps[what->bind][(int64_t)order[i] * view->soc->kind_count];
        if (plan_needs(view, task))
            plan_put(peft->plan, view, task, plan_find_best(peft->plan, view, task, oct_ps));
    }
}

static void peft_decide(void *self, const struct view *view, struct decisions *decisions)
{
    struct peft *peft = self;
    plan_decide(peft->plan, view, plan_one, peft, decisions);
}

static const struct policy_param params[] = {PLAN_ROUTES};

const struct policy_kind sched_peft = {
    .contract = POLICY_CONTRACT,
    .name = "peft",
    .summary = "PEFT at every arrival: earliest finish + optimistic cost of the rest of the job",
    .family = POLICY_STATIC,
    .discipline = POLICY_PLAN,
    .source = "Arabnejad, Barbosa 2014: OCT, rank_oct, O_EFT",
    .cost = "O(V (C pred + N) + P N) per arrival; V tasks, N planned, P PEs, C clusters",
    .params = params,
    .param_count = sizeof params / sizeof *params,
    .create = peft_create,
    .destroy = peft_destroy,
    .decide = peft_decide,
};
