/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/offered_load.h"

#include <stdlib.h>

#include "analysis/prices.h"
#include "base/memory.h"
#include "base/tick.h"

/* Costs are weighted in fractions of a tick; they stay below TICK_LIMIT x this < 2^63. */
#define WEIGHT_UNIT 512.0

double offered_load(const struct bind *binds, const double *jobs_per_us, int32_t bind_count)
{
    const struct soc *soc = binds->soc;
    const int32_t kinds = soc->kind_count;
    int32_t tasks = 0, at = 0;
    double total = 0;
    for (int32_t app = 0; app < bind_count; app++) {
        tasks += binds[app].app->task_count;
        total += jobs_per_us[app];
    }
    if (total <= 0)
        return 0;
    double *price = memory_zeroed((size_t)kinds, sizeof *price);
    int32_t *pes_of = memory_zeroed((size_t)kinds, sizeof *pes_of);
    int64_t *cost = memory_zeroed((size_t)tasks * (size_t)kinds, sizeof *cost);
    for (int32_t pe = 0; pe < soc->pe_count; pe++)
        pes_of[soc->pes[pe].kind]++;
    for (int32_t app = 0; app < bind_count; app++)
        for (int32_t task = 0; task < binds[app].app->task_count; task++)
            for (int32_t kind = 0; kind < kinds; kind++, at++) {
                int64_t cost_ps = binds[app].cost_ps[(int64_t)task * kinds + kind];
                double weight = jobs_per_us[app] / total * bind_chance(&binds[app], task);
                cost[at] = pes_of[kind] > 0 && cost_ps != BIND_INCAPABLE
                               ? (int64_t)((double)cost_ps * weight * WEIGHT_UNIT)
                               : BIND_INCAPABLE;
            }
    double work = prices_for_area(price, pes_of, kinds, cost, tasks);
    free(price);
    free(pes_of);
    free(cost);
    return total * work / WEIGHT_UNIT / (double)TICK_PER_US;
}
