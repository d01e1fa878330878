/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads `failure`, `link_failure` and `outages` of a noise for a machine. */
#ifndef HETSOC_LAB_FAILURES_READ_H
#define HETSOC_LAB_FAILURES_READ_H

#include "base/memory.h"
#include "base/yaml.h"
#include "sim/failures.h"
#include "sim/soc.h"

/* Reads them from a checked item of `noise` into the arena: those of PEs and those of links. A
 * machine has PEs of these names, or clusters or PE kinds, which stand for all their PEs; or links,
 * as links_name has them. False and a fault: a name that it does not have, links where transfers
 * share none, an outage of nothing or of two things, one that ends before it begins. */
bool failures_read(struct failures *failures, struct failures *link_failures, struct arena *arena,
                   const struct soc *soc, const struct yaml_node *noise, struct fault *fault);

#endif
