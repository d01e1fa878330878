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
#include "base/tick.h"
#include "sched/plan.h"
#include "sched/registry.h"

static void *heft_create(const struct view *view)
{
    return plan_create(view, bind_upward_rank);
}

static void heft_destroy(void *self)
{
    plan_destroy(self);
}

/* The slot in which a task finishes first. */
static struct plan_slot find_slot(struct plan *plan, const struct view *view, int32_t task)
{
    const struct inputs *inputs = plan_inputs(plan, view, task);
    struct plan_slot best = {.finish_ps = TICK_NEVER, .pe = -1};
    for (int32_t i = 0; i < view->soc->cluster_count; i++) {
        const struct soc_cluster *cluster = &view->soc->clusters[i];
        int64_t cost_ps = view_cost_ps(view, task, cluster->first_pe);
        if (cost_ps == BIND_INCAPABLE)
            continue;
        struct reach reach = inputs_reach(inputs, view->soc, i);
        for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++) {
            struct plan_slot slot =
                plan_find(plan, pe, reach_ps(&reach, pe), cost_ps, best.finish_ps);
            if (slot.finish_ps < best.finish_ps)
                best = slot;
        }
    }
    assert(best.pe >= 0);
    return best;
}

static void plan_job(struct plan *plan, const struct view *view, int32_t job)
{
    const struct view_job *what = &view->jobs[job];
    const int32_t *order = plan_order(plan, what->bind);
    plan_open(plan, view, job);
    for (int32_t i = 0; i < view->binds[what->bind].app->task_count; i++) {
        int32_t task = what->first_task + order[i];
        plan_put(plan, view, task, find_slot(plan, view, task));
    }
}

static void heft_decide(void *self, const struct view *view, struct decisions *decisions)
{
    if (view->arrived_count == 0)
        return;
    for (int32_t i = 0; i < view->arrived_count; i++)
        plan_job(self, view, view->arrived[i]);
    plan_emit(self, decisions);
}

const struct policy_kind sched_heft = {
    .contract = POLICY_CONTRACT,
    .name = "heft",
    .summary = "HEFT at every arrival, executed strictly as planned",
    .family = POLICY_STATIC,
    .discipline = POLICY_PLAN,
    .source = "Topcuoglu, Hariri, Wu 2002, fig. 3",
    .cost = "O(V (C pred + N) + P N) per arrival; V tasks, N planned, P PEs, C clusters",
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
    .create = heft_create,
    .destroy = heft_destroy,
    .decide = heft_decide,
};
