/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The links over which data of a machine goes, by number: the bus; four per node of a mesh, of
 * which those that would leave it do not exist; what is written to shared memory and what is read.
 * A matrix has none: each pair of PEs has a way of its own. */
#ifndef HETSOC_SIM_LINKS_H
#define HETSOC_SIM_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/soc.h"

enum { LINKS_EAST, LINKS_WEST, LINKS_SOUTH, LINKS_NORTH, LINKS_PER_NODE };
enum { LINKS_WRITE, LINKS_READ, LINKS_MEMORY };

/* Numbers of links are below this. */
int32_t links_count(const struct soc *soc);

/* The name of a link, in the arena: "bus", "write", "BIG_4>BIG_5", with "node_15" for a node
 * without PE; NULL if it does not exist. */
const char *links_name(const struct soc *soc, struct arena *arena, int32_t link);

/* Whether a link of a number exists. */
bool links_is_there(const struct soc *soc, int32_t link);

/* What one link carries. */
double links_bandwidth_bytes_per_us(const struct soc *soc);

/* What has become of a link. */
enum links_state {
    LINKS_UP,
    LINKS_DOWN, /* it will be repaired */
    LINKS_LOST,
};

/* The two ways of a mesh: along the row first, or along the column first. A bus has one. */
enum links_way { LINKS_XY, LINKS_YX, LINKS_NO_WAY };

/* The first link on the XY route between different nodes of a mesh; moves the node along it. */
static inline int32_t links_step(int32_t columns, int32_t *node, int32_t to)
{
    int32_t here = *node;
    int32_t direction;
    if (here % columns != to % columns) {
        direction = here % columns < to % columns ? LINKS_EAST : LINKS_WEST;
        *node += direction == LINKS_EAST ? 1 : -1;
    } else {
        direction = here < to ? LINKS_SOUTH : LINKS_NORTH;
        *node += direction == LINKS_SOUTH ? columns : -columns;
    }
    return here * LINKS_PER_NODE + direction;
}

/* The first link on a way between different PEs of a machine whose transfers share links; moves the
 * node, at first that of the PE where the data is, along it. */
static inline int32_t links_follow(const struct soc *soc, enum links_way way, int32_t *node,
                                   int32_t to_pe)
{
    int32_t columns = soc->network.columns;
    if (soc->interconnect == SOC_BUS) {
        *node = to_pe;
        return 0;
    }
    /* the last node of the first leg of a YX route is that in the row of the PE */
    int32_t corner = to_pe / columns * columns + *node % columns;
    return links_step(columns, node, way == LINKS_YX && *node != corner ? corner : to_pe);
}

/* Whether none of the links on a way is as bad as `worst` or worse. O(hops). */
static inline bool links_is_open(const struct soc *soc, const uint8_t *states,
                                 enum links_state worst, enum links_way way, int32_t from_pe,
                                 int32_t to_pe)
{
    for (int32_t node = from_pe; node != to_pe;)
        if (states[links_follow(soc, way, &node, to_pe)] >= worst)
            return false;
    return true;
}

/* The way that data takes from one PE to another: XY if that is open, else YX if that is. O(hops).
 */
static inline enum links_way links_find_way(const struct soc *soc, const uint8_t *states,
                                            enum links_state worst, int32_t from_pe, int32_t to_pe)
{
    if (links_is_open(soc, states, worst, LINKS_XY, from_pe, to_pe))
        return LINKS_XY;
    return soc->interconnect == SOC_MESH &&
                   links_is_open(soc, states, worst, LINKS_YX, from_pe, to_pe)
               ? LINKS_YX
               : LINKS_NO_WAY;
}

#endif
