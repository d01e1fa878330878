/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/simgrid_movers.h"

#include <math.h>
#include <simgrid/engine.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/tick.h"
#include "sim/simgrid_actor.h"

/* One transfer, or none. */
struct mover {
    struct simgrid_movers *movers;
    sg_actor_t actor; /* suspended while free */
    bool is_armed;
    sg_host_t from, to;
    double latency_ps, amount;
    struct event event;
    struct mover *next_free;
};

struct simgrid_movers {
    const struct soc *soc;
    sg_host_t *nodes;    /* ends of links, [2] of a bus, [pe] of a mesh */
    sg_host_t *yx_nodes; /* the same of YX routes; NULL without */
    struct mover **all;  /* [count] */
    size_t count, capacity;
    struct mover *free;
    struct mover **moving; /* [moving_capacity] by the number of the transfer; NULL: none */
    size_t moving_capacity;
    simgrid_report report;
    void *context;
};

static sg_host_t *find_hosts(const char *prefix, int32_t count)
{
    sg_host_t *hosts = memory_zeroed((size_t)count, sizeof(sg_host_t));
    for (int32_t i = 0; i < count; i++) {
        char name[24];
        snprintf(name, sizeof name, "%s%d", prefix, (int)i);
        hosts[i] = sg_host_by_name(name);
    }
    return hosts;
}

struct simgrid_movers *simgrid_movers_create(const struct soc *soc,
                                             const struct engine_needs *needs,
                                             simgrid_report report, void *context)
{
    const bool is_mesh = soc->interconnect == SOC_MESH;
    struct simgrid_movers *movers = memory_zeroed(1, sizeof *movers);
    *movers = (struct simgrid_movers){
        .soc = soc,
        .nodes = find_hosts("node", is_mesh ? soc->pe_count : 2),
        .yx_nodes = is_mesh && needs->has_ways ? find_hosts("yx_node", soc->pe_count) : NULL,
        .report = report,
        .context = context,
    };
    return movers;
}

void simgrid_movers_destroy(struct simgrid_movers *movers)
{
    if (movers == NULL)
        return;
    for (size_t i = 0; i < movers->count; i++)
        free(movers->all[i]);
    free(movers->all);
    free(movers->nodes);
    free(movers->yx_nodes);
    free(movers->moving);
    free(movers);
}

static void release(struct mover *mover)
{
    struct simgrid_movers *movers = mover->movers;
    movers->moving[mover->event.subject] = NULL;
    mover->is_armed = false;
    mover->next_free = movers->free;
    movers->free = mover;
}

static void mover_actor(int argc, char **argv)
{
    (void)argc, (void)argv;
    struct mover *mover = sg_actor_self_get_data();
    const struct simgrid_movers *movers = mover->movers;
    for (;;) {
        while (!mover->is_armed)
            sg_actor_suspend(sg_actor_self());
        if (mover->latency_ps > 0.0)
            sg_actor_sleep_for(mover->latency_ps);
        sg_host_sendto(mover->from, mover->to, mover->amount);
        double now_ps = simgrid_get_clock();
        double seen_ps = (double)engine_flow_end(fmin(now_ps, (double)TICK_LIMIT - 1.0));
        if (seen_ps > now_ps)
            sg_actor_sleep_for(seen_ps - now_ps);
        struct event event = mover->event;
        release(mover);
        movers->report(movers->context, event);
    }
}

static void start_actor(struct mover *mover)
{
    mover->actor = simgrid_actor_start("mover", sg_host_by_name("control"), mover_actor, mover);
}

static struct mover *make_mover(struct simgrid_movers *movers)
{
    struct mover *mover = memory_zeroed(1, sizeof *mover);
    if (movers->count == movers->capacity)
        movers->all =
            memory_grow(movers->all, &movers->capacity, movers->count + 1, sizeof(struct mover *));
    movers->all[movers->count++] = mover;
    mover->movers = movers;
    start_actor(mover);
    return mover;
}

/* Remembers who moves a transfer. */
static void note_mover(struct simgrid_movers *movers, size_t number, struct mover *mover)
{
    size_t before = movers->moving_capacity;
    if (number >= before) {
        movers->moving = memory_grow(movers->moving, &movers->moving_capacity, number + 1,
                                     sizeof(struct mover *));
        for (size_t i = before; i < movers->moving_capacity; i++)
            movers->moving[i] = NULL;
    }
    movers->moving[number] = mover;
}

void simgrid_movers_start(struct simgrid_movers *movers, const struct engine_transfer *transfer,
                          int64_t flow, struct event event)
{
    struct mover *mover = movers->free;
    if (mover != NULL)
        movers->free = mover->next_free;
    else
        mover = make_mover(movers);
    const bool is_bus = movers->soc->interconnect == SOC_BUS;
    sg_host_t *nodes = transfer->way == LINKS_YX ? movers->yx_nodes : movers->nodes;
    mover->from = nodes[is_bus ? 0 : transfer->from_pe];
    mover->to = nodes[is_bus ? 1 : transfer->to_pe];
    mover->latency_ps = (double)transfer->latency_ps;
    mover->amount = (double)flow;
    mover->event = event;
    note_mover(movers, (size_t)event.subject, mover);
    mover->is_armed = true;
    sg_actor_resume(mover->actor);
}

/* What an actor sends cannot be taken back, so it is killed, and another takes its place. */
bool simgrid_movers_stop(struct simgrid_movers *movers, int32_t number)
{
    struct mover *mover = (size_t)number < movers->moving_capacity ? movers->moving[number] : NULL;
    if (mover == NULL)
        return false;
    sg_actor_kill(mover->actor);
    release(mover);
    start_actor(mover);
    return true;
}
