/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/simgrid_actor.h"

/* In KiB, as SimGrid has it. */
#define SMALL_STACK_KIB 128

sg_actor_t simgrid_actor_start(const char *name, sg_host_t host, xbt_main_func_t code, void *data)
{
    sg_actor_t actor = sg_actor_init(name, host);
    sg_actor_set_data(actor, data);
    sg_actor_set_stacksize(actor, SMALL_STACK_KIB);
    sg_actor_start(actor, code, 0, NULL);
    sg_actor_daemonize(actor);
    return actor;
}
