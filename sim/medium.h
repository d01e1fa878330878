/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The links of a machine as the own engine has them: flows that share bandwidth as fluids do.
 *
 * A medium knows what is left of each flow as of one date, its clock, and goes on from change to
 * change: a flow starts, or the one that ends next has ended. Amounts are in millionths of a byte,
 * so that a rate of one byte per microsecond is one of them per tick. Dates are doubles, because
 * flows end between ticks. */
#ifndef HETSOC_SIM_MEDIUM_H
#define HETSOC_SIM_MEDIUM_H

#include "sim/links.h"
#include "sim/soc.h"

struct medium;

struct medium_kind {
    /* Makes the medium of a machine that has such an interconnect; it borrows the machine. */
    struct medium *(*create)(const struct soc *soc);
    void (*destroy)(struct medium *medium);

    /* Starts a flow between different PEs at a date that is neither before the clock nor behind the
     * next end. `flow` is the caller's number for it. Allocates only when there are more flows
     * than ever before. */
    void (*start)(struct medium *medium, double now_ps, int32_t flow, int32_t from_pe,
                  int32_t to_pe, enum links_way way, double amount);

    /* Takes a flow away at such a date. O(flows). */
    void (*stop)(struct medium *medium, double now_ps, int32_t flow);

    /* When the next flow ends if none starts before; infinite without flows. O(1). */
    double (*next_end_ps)(const struct medium *medium);

    /* Moves the clock to that date and removes the flow; of several the one that started first.
     * There must be one. Returns its number. */
    int32_t (*pop_end)(struct medium *medium);
};

/* What every medium begins with. */
struct medium {
    const struct medium_kind *kind;
    double clock_ps;
};

/* One link, fairly shared: O(log flows) per change. */
extern const struct medium_kind medium_bus;

/* A mesh, max-min fair: O(flows x hops x log links in use) per change at worst. */
extern const struct medium_kind medium_mesh;

/* The medium of a machine whose transfers share links; NULL for others. */
struct medium *medium_create(const struct soc *soc);
void medium_destroy(struct medium *medium); /* NULL is fine */

#endif
