/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processor sharing in virtual time: what a flow that is always there has got so far. All flows get
 * it at the same rate, so a flow ends when virtual time has advanced by its amount, and a heap in
 * the order of these ends is all there is. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sim/medium.h"

/* Virtual time begins anew from here on, lest sums lose what they are made of. */
#define VIRTUAL_LIMIT 0x1p42

struct bus_flow {
    double end; /* in virtual time */
    int64_t sequence;
    int32_t flow;
};

struct bus {
    struct medium base;
    double bandwidth; /* amount per tick */
    double virtual_now;
    int64_t sequence;
    struct bus_flow *flows; /* a binary heap */
    size_t count, capacity;
};

static struct medium *bus_create(const struct soc *soc)
{
    struct bus *bus = memory_zeroed(1, sizeof *bus);
    bus->bandwidth = soc->network.bandwidth_bytes_per_us;
    return &bus->base;
}

static void bus_destroy(struct medium *medium)
{
    struct bus *bus = (struct bus *)medium;
    free(bus->flows);
    free(bus);
}

static bool ends_before(const struct bus_flow *a, const struct bus_flow *b)
{
    return a->end < b->end || (a->end == b->end && a->sequence < b->sequence);
}

static void push(struct bus *bus, struct bus_flow flow)
{
    if (bus->count == bus->capacity)
        bus->flows = memory_grow(bus->flows, &bus->capacity, bus->count + 1, sizeof *bus->flows);
    size_t hole = bus->count++;
    for (; hole > 0 && ends_before(&flow, &bus->flows[(hole - 1) / 2]); hole = (hole - 1) / 2)
        bus->flows[hole] = bus->flows[(hole - 1) / 2];
    bus->flows[hole] = flow;
}

/* Takes out what is at a place of the heap. */
static void drop(struct bus *bus, size_t hole)
{
    struct bus_flow last = bus->flows[--bus->count];
    if (hole == bus->count)
        return;
    for (; hole > 0 && ends_before(&last, &bus->flows[(hole - 1) / 2]); hole = (hole - 1) / 2)
        bus->flows[hole] = bus->flows[(hole - 1) / 2];
    for (;;) {
        size_t child = 2 * hole + 1;
        if (child + 1 < bus->count && ends_before(&bus->flows[child + 1], &bus->flows[child]))
            child++;
        if (child >= bus->count || !ends_before(&bus->flows[child], &last))
            break;
        bus->flows[hole] = bus->flows[child];
        hole = child;
    }
    bus->flows[hole] = last;
}

/* Lets virtual time begin anew: nobody notices, as it counts the same for all. */
static void rebase(struct bus *bus)
{
    for (size_t i = 0; i < bus->count; i++)
        bus->flows[i].end -= bus->virtual_now;
    bus->virtual_now = 0.0;
}

static void move_clock(struct bus *bus, double now_ps)
{
    assert(now_ps >= bus->base.clock_ps);
    if (bus->count > 0)
        bus->virtual_now += (now_ps - bus->base.clock_ps) * bus->bandwidth / (double)bus->count;
    bus->base.clock_ps = now_ps;
}

static void bus_start(struct medium *medium, double now_ps, int32_t flow, int32_t from_pe,
                      int32_t to_pe, enum links_way way, double amount)
{
    (void)from_pe, (void)to_pe, (void)way;
    struct bus *bus = (struct bus *)medium;
    assert(amount > 0.0);
    move_clock(bus, now_ps);
    if (bus->count == 0 || bus->virtual_now > VIRTUAL_LIMIT)
        rebase(bus);
    push(bus, (struct bus_flow){bus->virtual_now + amount, bus->sequence++, flow});
}

static void bus_stop(struct medium *medium, double now_ps, int32_t flow)
{
    struct bus *bus = (struct bus *)medium;
    size_t place = 0;
    move_clock(bus, now_ps);
    while (bus->flows[place].flow != flow) {
        place++;
        assert(place < bus->count);
    }
    drop(bus, place);
}

static double bus_next_end_ps(const struct medium *medium)
{
    const struct bus *bus = (const struct bus *)medium;
    if (bus->count == 0)
        return INFINITY;
    double left = fmax(bus->flows[0].end - bus->virtual_now, 0.0);
    return medium->clock_ps + left * (double)bus->count / bus->bandwidth;
}

static int32_t bus_pop_end(struct medium *medium)
{
    struct bus *bus = (struct bus *)medium;
    assert(bus->count > 0);
    medium->clock_ps = bus_next_end_ps(medium);
    bus->virtual_now = fmax(bus->virtual_now, bus->flows[0].end);
    int32_t flow = bus->flows[0].flow;
    drop(bus, 0);
    return flow;
}

const struct medium_kind medium_bus = {
    .create = bus_create,
    .destroy = bus_destroy,
    .start = bus_start,
    .stop = bus_stop,
    .next_end_ps = bus_next_end_ps,
    .pop_end = bus_pop_end,
};
