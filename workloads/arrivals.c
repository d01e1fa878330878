/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/arrivals.h"

#include <stddef.h>
#include <string.h>

#include "base/tick.h"

const struct arrivals_kind *const arrivals_kinds[] = {
    &arrivals_single,  &arrivals_periodic, &arrivals_poisson,
    &arrivals_per_app, &arrivals_trace,    NULL,
};

const struct arrivals_kind *arrivals_find(const char *name)
{
    for (int i = 0; arrivals_kinds[i] != NULL; i++)
        if (strcmp(arrivals_kinds[i]->name, name) == 0)
            return arrivals_kinds[i];
    return NULL;
}

int64_t arrivals_after(int64_t at_ps, double gap_us)
{
    int64_t gap_ps = tick_fits_us(gap_us) ? tick_from_us(gap_us) : TICK_LIMIT;
    return gap_ps < TICK_LIMIT - at_ps ? at_ps + gap_ps : TICK_LIMIT;
}
