/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SRPT-LB with estimates scaled by what each PE has lately been seen to do (sched/slowness.h): the
 * `srpt_lb` for machines whose PEs get slow without telling. Only the choice of the PE changes; the
 * work left in a job is counted as in the tables. O(v (log v + C pred + P)) per epoch with an idle
 * PE, v visible tasks. */
#include <stdlib.h>

#include "base/memory.h"
#include "sched/late.h"
#include "sched/registry.h"
#include "sched/slowness.h"

struct srpt_lb_adapt {
    struct late late;
    struct slowness slowness;
    double *factors; /* [pe] scratch */
};

enum { VISIBLE, DECAY, WEIGHT };

static const struct policy_param params[] = {
    [VISIBLE] = LATE_VISIBLE,
    [DECAY] = {.name = "decay_us",
               .unit = "us",
               .min = 1e-3,
               .max = 1e9,
               .fallback = 6000,
               .help = "Time in which what was observed of a PE fades to 1/e."},
    [WEIGHT] = {.name = "weight",
                .max = 1,
                .fallback = 0.35,
                .help = "Share of the last task in what is believed of its PE."},
};

static void *srpt_lb_adapt_create(const struct view *view)
{
    struct srpt_lb_adapt *adapt = memory_zeroed(1, sizeof *adapt);
    late_init(&adapt->late, view, (int32_t)view->params[VISIBLE]);
    slowness_init(&adapt->slowness, view, view->params[DECAY], view->params[WEIGHT]);
    adapt->factors = memory_zeroed((size_t)view->soc->pe_count, sizeof *adapt->factors);
    return adapt;
}

static void srpt_lb_adapt_destroy(void *self)
{
    struct srpt_lb_adapt *adapt = self;
    late_finish(&adapt->late);
    slowness_finish(&adapt->slowness);
    free(adapt->factors);
    free(adapt);
}

static void srpt_lb_adapt_decide(void *self, const struct view *view, struct decisions *decisions)
{
    struct srpt_lb_adapt *adapt = self;
    slowness_update(&adapt->slowness, view);
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
        adapt->factors[pe] = slowness_factor(&adapt->slowness, view, pe);
    late_decide(&adapt->late, view, adapt->factors, decisions);
}

const struct policy_kind sched_srpt_lb_adapt = {
    .contract = POLICY_CONTRACT,
    .name = "srpt_lb_adapt",
    .summary = "srpt_lb with estimates corrected by the observed slowness of each PE",
    .family = POLICY_LATE_BINDING,
    .discipline = POLICY_FIFO,
    .source = "srpt_lb; decaying mean of log(actual / estimate) per PE",
    .cost = "O(v (log v + C pred + P)) per epoch; v visible tasks, P PEs, C clusters",
    .params = params,
    .param_count = sizeof params / sizeof *params,
    .create = srpt_lb_adapt_create,
    .destroy = srpt_lb_adapt_destroy,
    .decide = srpt_lb_adapt_decide,
};
