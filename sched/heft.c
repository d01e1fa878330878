/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HEFT, heterogeneous earliest finish time (Topcuoglu, Hariri, Wu, IEEE TPDS 13(3), 2002): when a
 * job arrives, its tasks are taken by upward rank (eq. 3 with mean costs and mean communication
 * times), and each is put, with insertion, where it finishes first (eqs. 5-6), the first PE among
 * equals. A stream of jobs is planned job by job: what is planned keeps its PE and its order, is
 * re-timed with what has really happened, and the new job is inserted into the gaps.
 *
 * `heft` executes the plan strictly, `heft_wc` lets a PE take the first task of its plan that is
 * ready. O(V (C pred + N)) per arrival for V tasks of the job on C clusters and N planned tasks, at
 * worst O(P N) more for re-timing; nothing between arrivals. */
#include "sched/plan.h"
#include "sched/registry.h"

static void *heft_create(const struct view *view)
{
    return plan_create(view, bind_upward_rank, plan_routes_of(view));
}

static void heft_destroy(void *self)
{
    plan_destroy(self);
}

static void plan_one(void *self, const struct view *view, int32_t job)
{
    struct plan *plan = self;
    const struct view_job *what = &view->jobs[job];
    const int32_t *order = plan_order(plan, what->bind);
    plan_open(plan, view, job);
    for (int32_t i = 0; i < view->binds[what->bind].app->task_count; i++) {
        int32_t task = what->first_task + order[i];
        if (plan_needs(view, task))
            plan_put(plan, view, task, plan_find_best(plan, view, task, NULL));
    }
}

static void heft_decide(void *self, const struct view *view, struct decisions *decisions)
{
    plan_decide(self, view, plan_one, self, decisions);
}

static const struct policy_param params[] = {PLAN_ROUTES};

const struct policy_kind sched_heft = {
    .contract = POLICY_CONTRACT,
    .name = "heft",
    .summary = "HEFT at every arrival, executed strictly as planned",
    .family = POLICY_STATIC,
    .discipline = POLICY_PLAN,
    .source = "Topcuoglu, Hariri, Wu 2002, fig. 3",
    .cost = "O(V (C pred + N) + P N) per arrival; V tasks, N planned, P PEs, C clusters",
    .params = params,
    .param_count = sizeof params / sizeof *params,
    .create = heft_create,
    .destroy = heft_destroy,
    .decide = heft_decide,
};

const struct policy_kind sched_heft_wc = {
    .contract = POLICY_CONTRACT,
    .name = "heft_wc",
    .summary = "HEFT at every arrival, a PE takes the first of its plan that is ready",
    .family = POLICY_STATIC,
    .discipline = POLICY_PLAN_WC,
    .source = "Topcuoglu, Hariri, Wu 2002, fig. 3; work-conserving execution",
    .cost = "O(V (C pred + N) + P N) per arrival; V tasks, N planned, P PEs, C clusters",
    .params = params,
    .param_count = sizeof params / sizeof *params,
    .create = heft_create,
    .destroy = heft_destroy,
    .decide = heft_decide,
};
