/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SRPT-LB: late binding (sched/late.h) for the job with the least remaining work first. SRPT is
 * optimal for the mean latency on one machine (Schrage, Oper. Res. 16(3), 1968); the work left in a
 * job is here the sum of the minimal costs of its tasks that are not done. Inside a job the upward
 * rank decides (Topcuoglu, Hariri, Wu, IEEE TPDS 13(3), 2002, eq. 3), and the PE is that of the
 * earliest finish (eqs. 5-6). O(v (log v + C pred + P)) per epoch with an idle PE, v visible tasks.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "sched/late.h"
#include "sched/registry.h"

static void *srpt_lb_create(const struct view *view)
{
    struct late *late = memory_zeroed(1, sizeof *late);
    late_init(late, view, (int32_t)view->params[0]);
    return late;
}

static void srpt_lb_destroy(void *self)
{
    late_finish(self);
    free(self);
}

static void srpt_lb_decide(void *self, const struct view *view, struct decisions *decisions)
{
    late_decide(self, view, NULL, decisions);
}

static const struct policy_param params[] = {LATE_VISIBLE};

const struct policy_kind sched_srpt_lb = {
    .contract = POLICY_CONTRACT,
    .name = "srpt_lb",
    .summary = "late binding, the job with the least remaining work first",
    .family = POLICY_LATE_BINDING,
    .discipline = POLICY_FIFO,
    .source = "Schrage 1968 (SRPT); Topcuoglu, Hariri, Wu 2002, eqs. 3, 5-6; late binding",
    .cost = "O(v (log v + C pred + P)) per epoch; v visible tasks, P PEs, C clusters",
    .params = params,
    .param_count = sizeof params / sizeof *params,
    .create = srpt_lb_create,
    .destroy = srpt_lb_destroy,
    .decide = srpt_lb_decide,
};
