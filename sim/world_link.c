/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links go down and come back; transfers take another way, or their tasks are handed back
 * (docs/decisions/0030). */
#include <assert.h>
#include <stdlib.h>

#include "sim/world_parts.h"

static void fetch_outage(struct world *world, int32_t link)
{
    const struct scenario *scenario = world->setup->scenario;
    struct outage *outage = &world->link_outages[link];
    if (!scenario->next_link_outage(scenario->source, link, outage) ||
        outage->start_ps >= TICK_LIMIT)
        return;
    assert(outage->start_ps >= 0 && outage->start_ps < outage->end_ps);
    world->has_outages = true;
    world_post(world, outage->start_ps, EVENT_LINK, link);
}

void world_init_links(struct world *world)
{
    const struct soc *soc = world->setup->soc;
    if (world->setup->scenario->next_link_outage == NULL || !soc_is_contended(soc))
        return;
    int32_t count = links_count(soc);
    world->link_outages = memory_zeroed((size_t)count, sizeof *world->link_outages);
    world->link_states = memory_zeroed((size_t)count, sizeof *world->link_states);
    world->view.link_states = world->link_states;
    for (int32_t link = 0; link < count; link++) {
        world->link_outages[link] = OUTAGE_BEFORE_FIRST;
        if (links_is_there(soc, link))
            fetch_outage(world, link);
    }
}

void world_finish_links(struct world *world)
{
    free(world->link_outages);
    free(world->link_states);
}

static void tell_link(const struct world *world, int32_t link)
{
    for (int32_t i = 0; i < world->setup->observer_count; i++) {
        const struct observer *observer = &world->setup->observers[i];
        if (observer->on_link_changed != NULL)
            observer->on_link_changed(observer->self, world->view.now_ps, link,
                                      world->link_states[link] != LINKS_UP);
    }
}

/* ---- transfers lose their way ---- */

static bool passes(const struct world *world, const struct world_transfer *transfer, int32_t link)
{
    for (int32_t node = transfer->from_pe; node != transfer->to_pe;)
        if (links_follow(world->setup->soc, transfer->way, &node, transfer->to_pe) == link)
            return true;
    return false;
}

/* A task that has a PE, to which some of its data has no way any more, is ready again. */
static void lose_pe(struct world *world, int32_t task)
{
    int32_t pe = world->tasks[task].pe;
    world_drop_transfers(world, (struct transfer_match){.to_pe = -1, .job = -1, .consumer = task});
    world_give_back(world, task);
    world->pes[pe].queued--;
    world_unsettle(world, pe);
    world_touch(world, pe);
}

/* What moves over the link is sent again, from the beginning. */
static void break_transfers(struct world *world, int32_t link)
{
    const struct world_transfers *transfers = &world->transfers;
    for (size_t i = 0; i < transfers->capacity; i++) {
        const struct world_transfer *transfer = &transfers->list[i];
        if (transfer->consumer >= 0 && transfer->state == TRANSFER_MOVING &&
            passes(world, transfer, link))
            world_stop_transfer(world, (int32_t)i);
    }
    for (size_t i = 0; i < transfers->capacity; i++) {
        const struct world_transfer *transfer = &transfers->list[i];
        if (transfer->consumer >= 0 &&
            !view_has_way(&world->view, transfer->from_pe, transfer->to_pe))
            lose_pe(world, transfer->consumer);
    }
    world_settle_transfers(world);
}

/* ---- links go down and come back ---- */

static void lose_link(struct world *world, int32_t link)
{
    bool is_for_good = world->link_outages[link].end_ps >= TICK_LIMIT;
    world->link_states[link] = is_for_good ? LINKS_LOST : LINKS_DOWN;
    world->view.down_link_count++;
    world->lost_link_count += is_for_good;
    if (!is_for_good)
        world_post(world, world->link_outages[link].end_ps, EVENT_LINK, link);
    world_withdraw(world);
    break_transfers(world, link);
    if (is_for_good)
        world_doubt_jobs(world);
}

static void repair_link(struct world *world, int32_t link)
{
    world->link_states[link] = LINKS_UP;
    world->view.down_link_count--;
    world_offer_again(world);
    fetch_outage(world, link);
}

void world_change_link(struct world *world, int32_t link)
{
    if (world->link_states[link] != LINKS_UP)
        repair_link(world, link);
    else
        lose_link(world, link);
    world_disturb(world);
    tell_link(world, link);
}
