/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transfers over shared links on SimGrid: a pool of actors, each of which sends the data of one
 * transfer at a time between the hosts that stand for the ends of links (sim/simgrid_platform.h).
 */
#ifndef HETSOC_SIM_SIMGRID_MOVERS_H
#define HETSOC_SIM_SIMGRID_MOVERS_H

#include "sim/engine.h"

struct simgrid_movers;

/* Told, on an actor, at the date of a transfer's end. */
typedef void (*simgrid_report)(void *context, struct event event);

/* For a machine whose links are shared, which is loaded; borrows all. */
struct simgrid_movers *simgrid_movers_create(const struct soc *soc,
                                             const struct engine_needs *needs,
                                             simgrid_report report, void *context);
void simgrid_movers_destroy(struct simgrid_movers *movers); /* NULL is fine */

/* Starts a transfer of `flow` > 0 (engine_flow of its amount), whose event has its number as
 * subject. Allocates only where more are under way, or numbers are higher, than ever before. */
void simgrid_movers_start(struct simgrid_movers *movers, const struct engine_transfer *transfer,
                          int64_t flow, struct event event);

/* Gives up the transfer of a number, whose end will not be reported; false if it is not under
 * way. */
bool simgrid_movers_stop(struct simgrid_movers *movers, int32_t number);

#endif
