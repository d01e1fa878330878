/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machines that a recorded workflow ran on: what its tasks would take on each kind of them, and
 * a platform made of them. */
#ifndef HETSOC_TRACES_MACHINES_H
#define HETSOC_TRACES_MACHINES_H

#include "traces/import.h"

struct machines;

struct machines *machines_create(struct arena *arena);
void machines_destroy(struct machines *machines); /* NULL is fine */

/* Adds a node; one that is there already stays as it is. Unknown: NULL architecture, NAN MHz and
 * cores. Texts are borrowed. */
void machines_add(struct machines *machines, const char *name, const char *architecture, double mhz,
                  double cores);

/* The number of a node, -1 if it was not added. */
int32_t machines_find(const struct machines *machines, const char *name);

/* All nodes are there. Nodes of equal architecture and clock are of one PE kind. With `pe_kind`, or
 * without nodes, there is one kind, called `pe_kind` or "core", and no platform. */
void machines_finish(struct machines *machines, const char *pe_kind);

int32_t machines_kind_count(const struct machines *machines);

/* Fills the costs of a task on each kind: the time on the node that it ran on (-1: not known, then
 * the same everywhere), as much longer as the other kind's clock is slower. */
void machines_costs(const struct machines *machines, struct app_cost *costs, int32_t machine,
                    double us);

/* Adds the platform NAME_machines, if there is one, with a PE for each core. */
void machines_platform(const struct machines *machines, struct imported *imported, const char *path,
                       double us_per_s);

/* How costs and platform came about, for the user. */
const char *machines_explain(const struct machines *machines);

#endif
