/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/power.h"

#include <stdlib.h>

#include "base/memory.h"

void power_init(struct power *power, const struct soc *soc)
{
    *power = (struct power){0};
    if (!soc->has_power)
        return;
    power->pes = memory_zeroed((size_t)soc->pe_count, sizeof *power->pes);
    for (int32_t pe = 0; pe < soc->pe_count; pe++) {
        const struct soc_kind *kind = &soc->kinds[soc->pes[pe].kind];
        power_set_point(power, pe, kind, kind->opp);
        power->pes[pe].power_mw = power->pes[pe].idle_mw;
    }
}

void power_finish(struct power *power)
{
    free(power->pes);
    *power = (struct power){0};
}

void power_set_point(struct power *power, int32_t pe, const struct soc_kind *kind, int32_t opp)
{
    power->pes[pe].idle_mw = soc_power_mw(kind, opp, false);
    power->pes[pe].busy_mw = soc_power_mw(kind, opp, true);
}
