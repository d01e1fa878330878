/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <string.h>

extern const struct engine_kind engine_heap;
extern const struct engine_kind engine_simgrid;

const struct engine_kind *const engine_kinds[] = {&engine_simgrid, &engine_heap, NULL};

const struct engine_kind *engine_find(const char *name)
{
    for (size_t i = 0; engine_kinds[i] != NULL; i++)
        if (strcmp(engine_kinds[i]->name, name) == 0)
            return engine_kinds[i];
    return NULL;
}

void engine_destroy(struct engine *engine)
{
    if (engine != NULL)
        engine->kind->destroy(engine);
}

bool engine_fault_limit(struct fault *fault)
{
    return fault_set(fault, NULL,
                     "simulate fewer jobs or a higher rate; dates above 2^53 ps are not exact",
                     "simulated time would pass the limit of 2.5 h");
}
