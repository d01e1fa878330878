/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key `decision_cost` of an experiment (docs/decisions/0016). */
#ifndef HETSOC_LAB_DECISION_COST_H
#define HETSOC_LAB_DECISION_COST_H

#include "base/fault.h"
#include "base/yaml.h"
#include "sim/world.h"

/* Checks what the schema cannot, of the value or of each item of a sweep: exactly one of a kind and
 * a time. NULL, no such key, is fine. */
bool decision_cost_check(const struct yaml_node *node, struct fault *fault);

/* A checked value without lists; NULL: no cost. */
struct decision_cost decision_cost_read(const struct yaml_node *node);

#endif
