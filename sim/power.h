/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A power meter: the energy that PEs have drawn, integrated exactly from change to change. */
#ifndef HETSOC_SIM_POWER_H
#define HETSOC_SIM_POWER_H

#include <stdint.h>

#include "sim/soc.h"

/* 1 mW for 1 ps is 1e-15 J. */
#define UJ_PER_MW_PS 1e-9

struct power_pe {
    double idle_mw, busy_mw; /* at its operating point */
    int64_t since_ps;        /* of the last change */
    double power_mw;
    double energy_uj; /* up to it */
    double mark_uj;   /* energy at the last power_mark */
};

/* Caller's memory. */
struct power {
    struct power_pe *pes; /* [pe_count]; NULL: the machine does not tell its power */
};

/* Starts the meter of a machine whose PEs are idle at date 0; power_finish releases it. */
void power_init(struct power *power, const struct soc *soc);
void power_finish(struct power *power);

/* A PE runs at another operating point: what it draws there, from the next power_set on. O(1). */
void power_set_point(struct power *power, int32_t pe, const struct soc_kind *kind, int32_t opp);

/* What a PE has drawn until now, in microjoules. O(1). */
static inline double power_energy_uj(const struct power *power, int32_t pe, int64_t now_ps)
{
    const struct power_pe *what = &power->pes[pe];
    return what->energy_uj + what->power_mw * (double)(now_ps - what->since_ps) * UJ_PER_MW_PS;
}

/* From now on a PE draws this much. O(1). */
static inline void power_set(struct power *power, int32_t pe, int64_t now_ps, double power_mw)
{
    struct power_pe *what = &power->pes[pe];
    what->energy_uj = power_energy_uj(power, pe, now_ps);
    what->since_ps = now_ps;
    what->power_mw = power_mw;
}

/* What it has drawn since the last call for it; the first counts from date 0. O(1). */
static inline double power_mark(struct power *power, int32_t pe, int64_t now_ps)
{
    double energy_uj = power_energy_uj(power, pe, now_ps);
    double since_uj = energy_uj - power->pes[pe].mark_uj;
    power->pes[pe].mark_uj = energy_uj;
    return since_uj;
}

#endif
