/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A mesh whose links are shared max-min fairly (progressive filling: Bertsekas, Gallager 1992,
 * 6.5.2): the link that can give its flows least fixes their rates, then the next of those that
 * are left. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sim/medium.h"

struct mesh_flow {
    double left; /* as of the clock */
    double rate; /* per tick */
    int32_t flow;
    int32_t hops;
    size_t path; /* where the numbers of its links begin */
};

/* A link in one direction. */
struct mesh_link {
    int32_t open; /* flows on it whose rate is not fixed yet */
    int32_t count;
    double free;  /* of its bandwidth */
    size_t first; /* where the places of its flows begin */
};

/* A link that may be the next bottleneck. */
struct mesh_offer {
    double rate; /* for each of its open flows, or more by now */
    int32_t link;
};

struct mesh {
    struct medium base;
    double bandwidth; /* amount per tick */
    const struct soc *soc;
    struct mesh_link *links;   /* by number; count is 0 without flows */
    struct mesh_offer *offers; /* links with open flows: a binary heap */
    int32_t offer_count;
    struct mesh_flow *flows; /* in the order of their starts */
    size_t count, capacity;
    int32_t *paths;   /* [capacity * longest] */
    int32_t *members; /* [capacity * longest] flows of each link */
    size_t longest;   /* links on a way */
    ptrdiff_t next;   /* the flow that ends next, -1 without */
    double next_end_ps;
};

static struct medium *mesh_create(const struct soc *soc)
{
    struct mesh *mesh = memory_zeroed(1, sizeof *mesh);
    size_t links = (size_t)links_count(soc);
    mesh->bandwidth = soc->network.bandwidth_bytes_per_us;
    mesh->soc = soc;
    mesh->longest = (size_t)soc->network.columns + (size_t)soc->network.rows;
    mesh->links = memory_zeroed(links, sizeof *mesh->links);
    mesh->offers = memory_zeroed(links, sizeof *mesh->offers);
    mesh->next = -1;
    mesh->next_end_ps = INFINITY;
    return &mesh->base;
}

static void mesh_destroy(struct medium *medium)
{
    struct mesh *mesh = (struct mesh *)medium;
    free(mesh->flows);
    free(mesh->paths);
    free(mesh->links);
    free(mesh->offers);
    free(mesh->members);
    free(mesh);
}

/* ---- the bottlenecks, one after the other ---- */

static bool is_before(const struct mesh_offer *a, const struct mesh_offer *b)
{
    return a->rate < b->rate || (a->rate == b->rate && a->link < b->link);
}

/* Puts an offer where the heap has a hole, or below. */
static void sink(struct mesh *mesh, int32_t hole, struct mesh_offer offer)
{
    struct mesh_offer *offers = mesh->offers;
    for (;;) {
        int32_t child = 2 * hole + 1;
        if (child + 1 < mesh->offer_count && is_before(&offers[child + 1], &offers[child]))
            child++;
        if (child >= mesh->offer_count || !is_before(&offers[child], &offer))
            break;
        offers[hole] = offers[child];
        hole = child;
    }
    offers[hole] = offer;
}

/* Opens every link on the way of every flow. */
static void open_links(struct mesh *mesh)
{
    mesh->offer_count = 0;
    for (size_t i = 0; i < mesh->count; i++) {
        const int32_t *path = &mesh->paths[mesh->flows[i].path];
        mesh->flows[i].rate = 0.0;
        for (int32_t hop = 0; hop < mesh->flows[i].hops; hop++)
            if (mesh->links[path[hop]].open++ == 0)
                mesh->offers[mesh->offer_count++].link = path[hop];
    }
    size_t first = 0;
    for (int32_t i = 0; i < mesh->offer_count; i++) {
        struct mesh_link *link = &mesh->links[mesh->offers[i].link];
        link->first = first;
        link->count = 0;
        link->free = mesh->bandwidth;
        mesh->offers[i].rate = link->free / link->open;
        first += (size_t)link->open;
    }
    for (size_t i = 0; i < mesh->count; i++) {
        const int32_t *path = &mesh->paths[mesh->flows[i].path];
        for (int32_t hop = 0; hop < mesh->flows[i].hops; hop++) {
            struct mesh_link *link = &mesh->links[path[hop]];
            mesh->members[link->first + (size_t)link->count++] = (int32_t)i;
        }
    }
    for (int32_t i = mesh->offer_count / 2 - 1; i >= 0; i--)
        sink(mesh, i, mesh->offers[i]);
}

/* The link that has least for each of its open flows, NULL if none has any. What a link has for
 * each never falls while others are filled, so an offer that still holds is the least. */
static const struct mesh_link *find_bottleneck(struct mesh *mesh)
{
    while (mesh->offer_count > 0) {
        struct mesh_offer offer = mesh->offers[0];
        const struct mesh_link *link = &mesh->links[offer.link];
        double rate = link->open > 0 ? link->free / link->open : INFINITY;
        if (rate <= offer.rate)
            return link;
        if (link->open > 0)
            offer.rate = rate;
        else if (--mesh->offer_count == 0)
            break;
        else
            offer = mesh->offers[mesh->offer_count];
        sink(mesh, 0, offer);
    }
    return NULL;
}

static void fix_rate(struct mesh *mesh, struct mesh_flow *flow, double rate)
{
    const int32_t *path = &mesh->paths[flow->path];
    flow->rate = rate;
    for (int32_t hop = 0; hop < flow->hops; hop++) {
        struct mesh_link *link = &mesh->links[path[hop]];
        link->open--;
        link->free -= rate;
    }
}

/* Gives every flow its rate and finds the one that ends next. */
static void share(struct mesh *mesh)
{
    open_links(mesh);
    const struct mesh_link *link;
    while ((link = find_bottleneck(mesh)) != NULL) {
        double rate = link->free / link->open;
        for (size_t i = link->first; i < link->first + (size_t)link->count; i++)
            if (mesh->flows[mesh->members[i]].rate == 0.0)
                fix_rate(mesh, &mesh->flows[mesh->members[i]], rate);
    }
    mesh->next = -1;
    mesh->next_end_ps = INFINITY;
    for (size_t i = 0; i < mesh->count; i++) {
        double end_ps = mesh->base.clock_ps + fmax(mesh->flows[i].left, 0.0) / mesh->flows[i].rate;
        if (end_ps < mesh->next_end_ps) {
            mesh->next_end_ps = end_ps;
            mesh->next = (ptrdiff_t)i;
        }
    }
}

static void move_clock(struct mesh *mesh, double now_ps)
{
    for (size_t i = 0; i < mesh->count; i++)
        mesh->flows[i].left -= (now_ps - mesh->base.clock_ps) * mesh->flows[i].rate;
    mesh->base.clock_ps = now_ps;
}

/* Room for one flow more; those beyond the last have the paths that are free. */
static void make_room(struct mesh *mesh)
{
    if (mesh->count < mesh->capacity)
        return;
    mesh->flows = memory_grow(mesh->flows, &mesh->capacity, mesh->count + 1, sizeof *mesh->flows);
    mesh->paths = memory_resize(mesh->paths, mesh->capacity * mesh->longest, sizeof *mesh->paths);
    mesh->members =
        memory_resize(mesh->members, mesh->capacity * mesh->longest, sizeof *mesh->members);
    for (size_t i = mesh->count; i < mesh->capacity; i++)
        mesh->flows[i].path = i * mesh->longest;
}

static void mesh_start(struct medium *medium, double now_ps, int32_t number, int32_t from_pe,
                       int32_t to_pe, enum links_way way, double amount)
{
    struct mesh *mesh = (struct mesh *)medium;
    assert(now_ps >= medium->clock_ps && amount > 0.0 && from_pe != to_pe);
    move_clock(mesh, now_ps);
    make_room(mesh);
    struct mesh_flow *flow = &mesh->flows[mesh->count++];
    *flow = (struct mesh_flow){.left = amount, .flow = number, .path = flow->path};
    for (int32_t node = from_pe; node != to_pe; flow->hops++)
        mesh->paths[flow->path + (size_t)flow->hops] = links_follow(mesh->soc, way, &node, to_pe);
    share(mesh);
}

/* Keeps the order of the others. */
static void drop(struct mesh *mesh, size_t place)
{
    size_t path = mesh->flows[place].path;
    mesh->count--;
    memmove(&mesh->flows[place], &mesh->flows[place + 1],
            (mesh->count - place) * sizeof *mesh->flows);
    mesh->flows[mesh->count].path = path;
    share(mesh);
}

static void mesh_stop(struct medium *medium, double now_ps, int32_t flow)
{
    struct mesh *mesh = (struct mesh *)medium;
    size_t place = 0;
    assert(now_ps >= medium->clock_ps);
    move_clock(mesh, now_ps);
    while (mesh->flows[place].flow != flow) {
        place++;
        assert(place < mesh->count);
    }
    drop(mesh, place);
}

static double mesh_next_end_ps(const struct medium *medium)
{
    return ((const struct mesh *)medium)->next_end_ps;
}

static int32_t mesh_pop_end(struct medium *medium)
{
    struct mesh *mesh = (struct mesh *)medium;
    assert(mesh->next >= 0);
    size_t ended = (size_t)mesh->next;
    int32_t flow = mesh->flows[ended].flow;
    move_clock(mesh, mesh->next_end_ps);
    drop(mesh, ended);
    return flow;
}

const struct medium_kind medium_mesh = {
    .create = mesh_create,
    .destroy = mesh_destroy,
    .start = mesh_start,
    .stop = mesh_stop,
    .next_end_ps = mesh_next_end_ps,
    .pop_end = mesh_pop_end,
};
