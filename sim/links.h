/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The links over which data of a machine goes, by number: the bus; four per node of a mesh, of
 * which those that would leave it do not exist; what is written to shared memory and what is read.
 * A matrix has none: each pair of PEs has a way of its own. */
#ifndef HETSOC_SIM_LINKS_H
#define HETSOC_SIM_LINKS_H

#include "sim/soc.h"

enum { LINKS_EAST, LINKS_WEST, LINKS_SOUTH, LINKS_NORTH, LINKS_PER_NODE };
enum { LINKS_WRITE, LINKS_READ, LINKS_MEMORY };

/* Numbers of links are below this. */
int32_t links_count(const struct soc *soc);

/* The name of a link, in the arena: "bus", "write", "BIG_4>BIG_5", with "node_15" for a node
 * without PE; NULL if it does not exist. */
const char *links_name(const struct soc *soc, struct arena *arena, int32_t link);

/* What one link carries. */
double links_bandwidth_bytes_per_us(const struct soc *soc);

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

#endif
