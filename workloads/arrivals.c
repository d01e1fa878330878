/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/arrivals.h"

#include <stddef.h>
#include <string.h>

#include "base/tick.h"

const struct arrivals_kind *const arrivals_kinds[] = {
    &arrivals_single,
    &arrivals_periodic,
    &arrivals_poisson,
    &arrivals_mmpp,
    &arrivals_per_app,
    &arrivals_trace,
    NULL,
};

const struct arrivals_kind *arrivals_find(const char *name)
{
    for (int i = 0; arrivals_kinds[i] != NULL; i++)
        if (strcmp(arrivals_kinds[i]->name, name) == 0)
            return arrivals_kinds[i];
    return NULL;
}

bool arrivals_scale_states(struct arrivals_state *states, int32_t count)
{
    double jobs = 0.0, length = 0.0;
    for (int32_t i = 0; i < count; i++) {
        jobs += states[i].rate * states[i].length;
        length += states[i].length;
    }
    for (int32_t i = 0; jobs > 0.0 && i < count; i++)
        states[i].rate *= length / jobs;
    return jobs > 0.0;
}

int64_t arrivals_after(int64_t at_ps, double gap_us)
{
    int64_t gap_ps = tick_fits_us(gap_us) ? tick_from_us(gap_us) : TICK_LIMIT;
    return gap_ps < TICK_LIMIT - at_ps ? at_ps + gap_ps : TICK_LIMIT;
}
