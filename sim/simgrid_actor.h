/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Actors of SimGrid that wait for work and run no code of the world. */
#ifndef HETSOC_SIM_SIMGRID_ACTOR_H
#define HETSOC_SIM_SIMGRID_ACTOR_H

#include <simgrid/actor.h>
#include <simgrid/host.h>

/* Makes an actor with a small stack, which ends with those that are no daemons. It finds `data`
 * (borrowed) with sg_actor_self_get_data(). */
sg_actor_t simgrid_actor_start(const char *name, sg_host_t host, xbt_main_func_t code, void *data);

#endif
