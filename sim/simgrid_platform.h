/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine as a platform file of SimGrid, in the units of its engine: one second is one tick,
 * one flop is one tick of work, one watt is 1 mW, and a byte is a millionth of a byte. */
#ifndef HETSOC_SIM_SIMGRID_PLATFORM_H
#define HETSOC_SIM_SIMGRID_PLATFORM_H

#include <stdio.h>

#include "sim/engine.h"

/* What a PE does, of which each combination is a pstate of its host. */
struct simgrid_mode {
    int32_t opp;
    double factor; /* 1 or one of the needs */
    /* Draws dynamic power although its host executes nothing; with needs.energy only. */
    bool is_busy;
};

/* The pstate of a mode of a PE of some kind; 0 is how it starts. O(factors). */
int32_t simgrid_pstate(const struct soc *soc, const struct engine_needs *needs, int32_t kind,
                       struct simgrid_mode mode);

/* Writes it: a host "pe0", "pe1", ... for each PE, with its pstates and what they draw, and a host
 * "control"; on a bus the hosts "node0" and "node1", between which all transfers go; on a mesh a
 * host "node0", "node1", ... for each of its nodes, between which routes go along the row first,
 * and with needs.has_ways "yx_node0", ..., between which they go along the column first.
 * O(PEs x pstates + nodes). */
void simgrid_platform_write(const struct soc *soc, const struct engine_needs *needs, FILE *file);

#endif
