/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine as a platform file of SimGrid, in the units of its engine: one second is one tick,
 * one flop is one tick of work, and a byte is a millionth of a byte. */
#ifndef HETSOC_SIM_SIMGRID_PLATFORM_H
#define HETSOC_SIM_SIMGRID_PLATFORM_H

#include <stdio.h>

#include "sim/soc.h"

/* Writes it: a host "pe0", "pe1", ... for each PE, whose pstate 0 has speed 1 and pstate i + 1 has
 * speeds[i], and a host "control"; on a bus the hosts "node0" and "node1", between which all
 * transfers go; on a mesh a host "node0", "node1", ... for each of its nodes, between which routes
 * go along the row first. O(PEs x speeds + nodes). */
void simgrid_platform_write(const struct soc *soc, const double *speeds, int32_t speed_count,
                            FILE *file);

#endif
