/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operating points: which one, how fast, at what power (sim/soc.h). */
#include <assert.h>

#include "sim/soc.h"

static const struct soc_opp *last_opp(const struct soc_kind *kind)
{
    return &kind->opps[kind->opp_count - 1];
}

bool soc_govern(struct soc *soc, enum soc_governor governor, double mhz, struct fault *fault)
{
    bool has_points = false;
    for (int32_t k = 0; k < soc->kind_count; k++) {
        struct soc_kind *kind = &soc->kinds[k];
        if (kind->opp_count == 0)
            continue;
        has_points = true;
        kind->opp = governor == SOC_POWERSAVE ? 0 : kind->opp_count - 1;
        while (governor == SOC_FIXED && kind->opps[kind->opp].freq_mhz > mhz) {
            if (kind->opp == 0)
                return fault_set(fault, NULL, "choose a higher frequency",
                                 "PE kind '%s' of '%s' runs at %g MHz at least, not at %g",
                                 kind->name, soc->name, kind->opps[0].freq_mhz, mhz);
            kind->opp--;
        }
    }
    return has_points ||
           fault_set(fault, NULL, "give `opps` to its kinds, or leave the governor out",
                     "'%s' tells no operating points to choose from", soc->name);
}

double soc_stretch(const struct soc_kind *kind, int32_t opp)
{
    return kind->opp_count == 0 ? 1.0 : last_opp(kind)->freq_mhz / kind->opps[opp].freq_mhz;
}

double soc_speed(const struct soc_kind *kind, int32_t opp)
{
    return kind->opp_count == 0 ? 1.0 : kind->opps[opp].freq_mhz / kind->opps[kind->opp].freq_mhz;
}

double soc_power_mw(const struct soc_kind *kind, int32_t opp, bool is_busy)
{
    double voltage = 1.0, frequency = 1.0; /* relative to the last point */
    if (kind->opp_count > 0) {
        assert(opp >= 0 && opp < kind->opp_count);
        voltage = kind->opps[opp].voltage_mv / last_opp(kind)->voltage_mv;
        frequency = kind->opps[opp].freq_mhz / last_opp(kind)->freq_mhz;
    }
    double dynamic_mw = is_busy ? kind->power.dynamic_mw * frequency * voltage * voltage : 0.0;
    return dynamic_mw + kind->power.static_mw * voltage;
}
