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
        power->pes[pe].power_mw = soc_power_mw(kind, kind->opp, false);
    }
}

void power_finish(struct power *power)
{
    free(power->pes);
    *power = (struct power){0};
}

double power_energy_uj(const struct power *power, int32_t pe, int64_t now_ps)
{
    const struct power_pe *what = &power->pes[pe];
    return what->energy_uj + what->power_mw * (double)(now_ps - what->since_ps) * UJ_PER_MW_PS;
}

void power_set(struct power *power, int32_t pe, int64_t now_ps, double power_mw)
{
    struct power_pe *what = &power->pes[pe];
    what->energy_uj = power_energy_uj(power, pe, now_ps);
    what->since_ps = now_ps;
    what->power_mw = power_mw;
}

double power_mark(struct power *power, int32_t pe, int64_t now_ps)
{
    double energy_uj = power_energy_uj(power, pe, now_ps);
    double since_uj = energy_uj - power->pes[pe].mark_uj;
    power->pes[pe].mark_uj = energy_uj;
    return since_uj;
}
