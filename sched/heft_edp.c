/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HEFT for the energy-delay product: tasks by upward rank as in HEFT (Topcuoglu, Hariri, Wu, IEEE
 * TPDS 13(3), 2002, eq. 3), but each is put, with insertion, on the PE with the least
 * (finish - now) x energy, where the energy is the power of one busy PE of the kind (active_mw of
 * the platform) times the task's execution time. Ties: the earlier finish, then the first PE.
 *
 * The rule is of the family of the EDP modes in DASH's HEFT (DASH-Sim, after DS3), which compare
 * power x delay^2 with the execution time (absolute) or the time since the earliest start on any PE
 * (relative) as the delay. Here the delay is what the job's user sees, the time since the plan is
 * made, and the energy is what the task draws. Idle power and data transfers do not count.
 *
 * If a kind of which the machine has PEs gives no power, the plan is that of `heft`. A stream is
 * planned as by `heft`. O(V (C pred + N) + P N) per arrival, as `heft`. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/tick.h"
#include "sched/plan.h"
#include "sched/registry.h"

struct heft_edp {
    struct plan *plan;
    bool has_power;
};

static bool has_power(const struct soc *soc)
{
    for (int32_t i = 0; i < soc->cluster_count; i++)
        if (soc->kinds[soc->clusters[i].kind].active_mw == 0.0)
            return false;
    return true;
}

static void *heft_edp_create(const struct view *view)
{
    struct heft_edp *edp = memory_zeroed(1, sizeof *edp);
    edp->plan = plan_create(view, bind_upward_rank, plan_routes_of(view));
    edp->has_power = has_power(view->soc);
    return edp;
}

static void heft_edp_destroy(void *self)
{
    struct heft_edp *edp = self;
    plan_destroy(edp->plan);
    free(edp);
}

/* The slot with the least energy-delay product. Within a cluster that is the earliest one. */
static struct plan_slot find_slot(struct plan *plan, const struct view *view, int32_t task)
{
    const struct soc *soc = view->soc;
    const struct inputs *inputs = plan_inputs(plan, view, task);
    struct plan_slot best = {.finish_ps = TICK_NEVER, .pe = -1};
    double least = INFINITY;
    for (int32_t i = 0; i < soc->cluster_count; i++) {
        struct plan_slot slot = plan_find_in(plan, view, task, inputs, i, TICK_NEVER);
        if (slot.finish_ps == TICK_NEVER)
            continue;
        double energy = soc->kinds[soc->clusters[i].kind].active_mw *
                        (double)plan_cost_ps(plan, view, task, slot.pe);
        double product = (double)(slot.finish_ps - view->now_ps) * energy;
        if (product < least || (product == least && slot.finish_ps < best.finish_ps)) {
            best = slot;
            least = product;
        }
    }
    assert(best.pe >= 0);
    return best;
}

static void plan_one(void *self, const struct view *view, int32_t job)
{
    struct heft_edp *edp = self;
    const struct view_job *what = &view->jobs[job];
    const int32_t *order = plan_order(edp->plan, what->bind);
    plan_open(edp->plan, view, job);
    for (int32_t i = 0; i < view->binds[what->bind].app->task_count; i++) {
        int32_t task = what->first_task + order[i];
        if (!plan_needs(view, task))
            continue;
        plan_put(edp->plan, view, task,
                 edp->has_power ? find_slot(edp->plan, view, task)
                                : plan_find_best(edp->plan, view, task, NULL));
    }
}

static void heft_edp_decide(void *self, const struct view *view, struct decisions *decisions)
{
    struct heft_edp *edp = self;
    plan_decide(edp->plan, view, plan_one, edp, decisions);
}

static const struct policy_param params[] = {PLAN_ROUTES};

const struct policy_kind sched_heft_edp = {
    .contract = POLICY_CONTRACT,
    .name = "heft_edp",
    .summary = "HEFT at every arrival, with the PE of the least energy-delay product of the task",
    .family = POLICY_STATIC,
    .discipline = POLICY_PLAN,
    .source = "Topcuoglu, Hariri, Wu 2002, with a rule after DASH's EDP modes",
    .cost = "O(V (C pred + N) + P N) per arrival; V tasks, N planned, P PEs, C clusters",
    .params = params,
    .param_count = sizeof params / sizeof *params,
    .create = heft_edp_create,
    .destroy = heft_edp_destroy,
    .decide = heft_edp_decide,
};
