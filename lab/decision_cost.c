/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/decision_cost.h"

#include <math.h>
#include <string.h>

#include "base/tick.h"
#include "lab/experiment.h"

static const char at[] = "decision_cost";

static bool check_item(const struct yaml_node *item, struct fault *fault)
{
    enum { WHERE_SIZE = 512 };
    char where[WHERE_SIZE];
    return (yaml_get(item, "kind") == NULL) != (yaml_get(item, "fixed_us") == NULL) ||
           fault_set(fault, yaml_where(item, where, sizeof where),
                     "write none, measured, or {fixed_us: 2}",
                     "decision_cost takes either a kind or a time");
}

bool decision_cost_check(const struct yaml_node *node, struct fault *fault)
{
    if (node == NULL)
        return true;
    if (node->type != YAML_LIST)
        return check_item(node, fault);
    for (int i = 0; i < node->count; i++)
        if (!check_item(node->items[i], fault))
            return false;
    return true;
}

struct decision_cost decision_cost_read(const struct yaml_node *node)
{
    const char *kind = schema_text(&experiment_schema, node, at, "kind");
    double fixed_us = schema_real(&experiment_schema, node, at, "fixed_us");
    if (kind != NULL)
        return (struct decision_cost){.kind = strcmp(kind, "measured") == 0 ? DECISION_MEASURED
                                                                            : DECISION_FREE};
    if (isnan(fixed_us))
        return (struct decision_cost){.kind = DECISION_FREE};
    return (struct decision_cost){.kind = DECISION_FIXED, .fixed_ps = tick_from_us(fixed_us)};
}
