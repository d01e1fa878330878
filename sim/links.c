/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/links.h"

int32_t links_count(const struct soc *soc)
{
    switch (soc->interconnect) {
    case SOC_MATRIX:
        break;
    case SOC_SHARED_MEMORY:
        return LINKS_MEMORY;
    case SOC_BUS:
        return 1;
    case SOC_MESH:
        return soc->network.columns * soc->network.rows * LINKS_PER_NODE;
    }
    return 0;
}

double links_bandwidth_bytes_per_us(const struct soc *soc)
{
    return soc->interconnect == SOC_SHARED_MEMORY ? soc->memory_bandwidth_bytes_per_us
                                                  : soc->network.bandwidth_bytes_per_us;
}

static const char *node_name(const struct soc *soc, struct arena *arena, int32_t node)
{
    return node < soc->pe_count ? soc->pes[node].name : arena_printf(arena, "node_%d", (int)node);
}

/* The neighbour of a node in a direction, -1 if there is none. */
static int32_t neighbour(const struct soc_network *network, int32_t node, int32_t direction)
{
    int32_t column = node % network->columns, row = node / network->columns;
    switch (direction) {
    case LINKS_EAST:
        return column + 1 < network->columns ? node + 1 : -1;
    case LINKS_WEST:
        return column > 0 ? node - 1 : -1;
    case LINKS_SOUTH:
        return row + 1 < network->rows ? node + network->columns : -1;
    default:
        return row > 0 ? node - network->columns : -1;
    }
}

bool links_is_there(const struct soc *soc, int32_t link)
{
    return soc->interconnect != SOC_MESH ||
           neighbour(&soc->network, link / LINKS_PER_NODE, link % LINKS_PER_NODE) >= 0;
}

const char *links_name(const struct soc *soc, struct arena *arena, int32_t link)
{
    if (soc->interconnect == SOC_BUS)
        return "bus";
    if (soc->interconnect == SOC_SHARED_MEMORY)
        return link == LINKS_WRITE ? "write" : "read";
    int32_t from = link / LINKS_PER_NODE;
    int32_t to = neighbour(&soc->network, from, link % LINKS_PER_NODE);
    return to < 0 ? NULL
                  : arena_printf(arena, "%s>%s", node_name(soc, arena, from),
                                 node_name(soc, arena, to));
}
