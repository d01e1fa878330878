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
    double free;  /* of its bandwidth */
};

struct mesh {
    struct medium base;
    double bandwidth; /* amount per tick */
    const struct soc *soc;
    struct mesh_link *links; /* by number */
    int32_t *used;           /* links with flows */
    int32_t used_count;
    struct mesh_flow *flows; /* in the order of their starts */
    size_t count, capacity;
    int32_t *paths; /* [capacity * longest] */
    size_t longest; /* links on a way */
    ptrdiff_t next; /* the flow that ends next, -1 without */
    double next_end_ps;
};

static struct medium *mesh_create(const struct soc *soc)
{
    struct mesh *mesh = memory_zeroed(1, sizeof *mesh);
    size_t links = (size_t)links_count(soc);
    mesh->bandwidth = soc->network.bandwidth_bytes_per_us;
    mesh->soc = soc;
    mesh->longest = (size_t)(soc->network.columns + soc->network.rows);
    mesh->links = memory_zeroed(links, sizeof *mesh->links);
    mesh->used = memory_zeroed(links, sizeof *mesh->used);
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
    free(mesh->used);
    free(mesh);
}

/* Opens every link on the way of every flow. */
static void open_links(struct mesh *mesh)
{
    mesh->used_count = 0;
    for (size_t i = 0; i < mesh->count; i++) {
        const int32_t *path = &mesh->paths[mesh->flows[i].path];
        mesh->flows[i].rate = 0.0;
        for (int32_t hop = 0; hop < mesh->flows[i].hops; hop++) {
            struct mesh_link *link = &mesh->links[path[hop]];
            if (link->open++ == 0) {
                link->free = mesh->bandwidth;
                mesh->used[mesh->used_count++] = path[hop];
            }
        }
    }
}

/* The link that has least for each of its open flows, NULL if none has any. Drops links without
 * open flows from those in use. */
static struct mesh_link *find_bottleneck(struct mesh *mesh)
{
    struct mesh_link *least = NULL;
    int32_t kept = 0;
    for (int32_t i = 0; i < mesh->used_count; i++) {
        struct mesh_link *link = &mesh->links[mesh->used[i]];
        if (link->open == 0)
            continue;
        mesh->used[kept++] = mesh->used[i];
        if (least == NULL || link->free / link->open < least->free / least->open)
            least = link;
    }
    mesh->used_count = kept;
    return least;
}

static bool passes(const struct mesh *mesh, const struct mesh_flow *flow,
                   const struct mesh_link *wanted)
{
    const int32_t *path = &mesh->paths[flow->path];
    for (int32_t hop = 0; hop < flow->hops; hop++)
        if (&mesh->links[path[hop]] == wanted)
            return true;
    return false;
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
    struct mesh_link *bottleneck;
    while ((bottleneck = find_bottleneck(mesh)) != NULL) {
        double rate = bottleneck->free / bottleneck->open;
        for (size_t i = 0; bottleneck->open > 0; i++) {
            assert(i < mesh->count);
            if (mesh->flows[i].rate == 0.0 && passes(mesh, &mesh->flows[i], bottleneck))
                fix_rate(mesh, &mesh->flows[i], rate);
        }
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
