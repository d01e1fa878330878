/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operating points change, PEs draw power, the machine gets warm (sim/governor.h, sim/power.h,
 * sim/thermal.h). */
#include "sim/world_parts.h"

/* The next multiple of a period; TICK_NEVER without one. */
static int64_t next_multiple(int64_t now_ps, int64_t period_ps)
{
    return period_ps == 0 ? TICK_NEVER : (now_ps / period_ps + 1) * period_ps;
}

static int64_t thermal_period_ps(const struct world *world)
{
    return world->thermal.model == NULL ? 0 : world->thermal.model->period_ps;
}

/* Asks for the next sample, if anybody takes some. */
static void ask_sample(struct world *world)
{
    int64_t now_ps = world->view.now_ps;
    int64_t loads_ps = next_multiple(now_ps, world->setup->soc->ondemand.period_ps);
    int64_t warmth_ps = next_multiple(now_ps, thermal_period_ps(world));
    int64_t next_ps = loads_ps < warmth_ps ? loads_ps : warmth_ps;
    if (next_ps >= TICK_LIMIT)
        return;
    world->is_sampling = true;
    world_post(world, next_ps, EVENT_SPEED, -1);
}

/* Fills what clusters have drawn on average since the last call, a thermal period ago. */
static void take_mean_power(struct world *world, int64_t now_ps)
{
    const struct soc *soc = world->setup->soc;
    double period_ps = (double)thermal_period_ps(world);
    for (int32_t c = 0; c < soc->cluster_count; c++) {
        const struct soc_cluster *cluster = &soc->clusters[c];
        double energy_uj = 0.0;
        for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++)
            energy_uj += power_energy_uj(&world->power, pe, now_ps);
        double since_uj = energy_uj - world->cluster_uj[c];
        world->cluster_uj[c] = energy_uj;
        world->cluster_mw[c] = since_uj / (UJ_PER_MW_PS * period_ps);
    }
}

/* Samples begin again after a pause in which nothing changed. Called before power does. */
static void resume_sampling(struct world *world)
{
    int64_t period_ps = thermal_period_ps(world);
    if (period_ps > 0)
        take_mean_power(world, world->view.now_ps / period_ps * period_ps);
    ask_sample(world);
}

void world_keep_sampling(struct world *world)
{
    if (!governor_is_settled(&world->governor) || !thermal_is_settled(&world->thermal))
        ask_sample(world);
}

void world_note_load(struct world *world, int32_t pe, int64_t from_ps, bool is_busy)
{
    if (is_busy && !world->is_sampling)
        resume_sampling(world);
    governor_note(&world->governor, pe, from_ps, is_busy);
}

void world_switch(struct world *world, int32_t pe)
{
    if (world->has_samples && !world->is_sampling)
        resume_sampling(world);
    world_draw(world, pe, world->view.now_ps, false);
    if (world->engine->kind->set_off != NULL)
        world->engine->kind->set_off(world->engine, pe, world->pes[pe].is_down);
}

static void tell_point(const struct world *world, int32_t cluster)
{
    for (int32_t i = 0; i < world->setup->observer_count; i++) {
        const struct observer *observer = &world->setup->observers[i];
        if (observer->on_point_changed != NULL)
            observer->on_point_changed(observer->self, world->view.now_ps, cluster,
                                       world->governor.clusters[cluster].opp);
    }
}

/* Has the PEs of a cluster run at its new point from now on. */
static void change_point(struct world *world, const struct soc_cluster *cluster)
{
    for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++) {
        int32_t opp = governor_opp(&world->governor, pe);
        if (world->power.pes != NULL)
            power_set_point(&world->power, pe, &world->setup->soc->kinds[cluster->kind], opp);
        world_draw(world, pe, world->view.now_ps, world->pes[pe].running >= 0);
        world->engine->kind->set_speed(world->engine, pe, opp, world->world_pes[pe].speed);
    }
}

/* Returns whether another trip holds than before. */
static bool follow_warmth(struct world *world)
{
    const struct soc *soc = world->setup->soc;
    take_mean_power(world, world->view.now_ps);
    if (!thermal_step(&world->thermal, world->cluster_mw))
        return false;
    for (int32_t c = 0; soc->thermal_mode == SOC_THERMAL_THROTTLE && c < soc->cluster_count; c++)
        world->governor.clusters[c].cap = thermal_cap(&world->thermal, c);
    return true;
}

void world_sample(struct world *world)
{
    const struct soc *soc = world->setup->soc;
    int64_t now_ps = world->view.now_ps;
    bool has_changed = false;
    world->is_sampling = false;
    if (soc->ondemand.period_ps > 0 && now_ps % soc->ondemand.period_ps == 0)
        governor_sample(&world->governor, now_ps);
    if (thermal_period_ps(world) > 0 && now_ps % thermal_period_ps(world) == 0)
        has_changed = follow_warmth(world);
    for (int32_t c = 0; c < soc->cluster_count; c++)
        if (governor_apply(&world->governor, c)) {
            change_point(world, &soc->clusters[c]);
            tell_point(world, c);
            has_changed = world->thermal.model != NULL;
        }
    if (has_changed) /* temperatures may be at rest, but will not be, or leave one more trip */
        ask_sample(world);
    else
        world_keep_sampling(world);
}
