/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every scheduler that is built in. A new one is a file that defines
 * `const struct policy_kind sched_NAME`, and a row here. */
#ifndef HETSOC_SCHED_REGISTRY_H
#define HETSOC_SCHED_REGISTRY_H

#include "sim/policy.h"

#define SCHED_ROWS(ROW)                                                                            \
    ROW(heft)                                                                                      \
    ROW(heft_wc)                                                                                   \
    ROW(cpop)                                                                                      \
    ROW(peft)                                                                                      \
    ROW(lookahead_heft)                                                                            \
    ROW(min_min)                                                                                   \
    ROW(max_min)                                                                                   \
    ROW(heft_edp)                                                                                  \
    ROW(etf)                                                                                       \
    ROW(eft)                                                                                       \
    ROW(heft_rt)                                                                                   \
    ROW(mct)                                                                                       \
    ROW(stf)                                                                                       \
    ROW(met)                                                                                       \
    ROW(olb)                                                                                       \
    ROW(round_robin)                                                                               \
    ROW(srpt_lb)                                                                                   \
    ROW(srpt_lb_adapt)                                                                             \
    ROW(edf)                                                                                       \
    ROW(priority)                                                                                  \
    ROW(neural)                                                                                    \
    ROW(deepsocs)                                                                                  \
    ROW(random)                                                                                    \
    ROW(ds3_met)                                                                                   \
    ROW(ds3_stf)                                                                                   \
    ROW(ds3_eft)                                                                                   \
    ROW(ds3_etf)                                                                                   \
    ROW(ds3_heft_rt)                                                                               \
    ROW(ds3_heft)

#define SCHED_DECLARE(NAME) extern const struct policy_kind sched_##NAME;
SCHED_ROWS(SCHED_DECLARE)
#undef SCHED_DECLARE

/* All of them, NULL at the end. */
extern const struct policy_kind *const sched_registry[];

/* The scheduler of this name, NULL if there is none. */
const struct policy_kind *sched_find(const char *name);

#endif
