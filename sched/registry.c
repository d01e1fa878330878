/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/registry.h"

#include <stddef.h>
#include <string.h>

#define SCHED_ADDRESS(NAME) &sched_##NAME,

const struct policy_kind *const sched_registry[] = {SCHED_ROWS(SCHED_ADDRESS) NULL};

const struct policy_kind *sched_find(const char *name)
{
    for (const struct policy_kind *const *row = sched_registry; *row != NULL; row++)
        if (strcmp((*row)->name, name) == 0)
            return *row;
    return NULL;
}
