/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/tick.h"

/* Ticks of full bandwidth that a flow lacks. */
#define FLOW_WITHHELD_PS 0.7

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

int64_t engine_flow(const struct soc *soc, int64_t amount)
{
    double flow = floor((double)amount - FLOW_WITHHELD_PS * soc->network.bandwidth_bytes_per_us);
    return flow < 1.0 ? 0 : (int64_t)flow;
}

int64_t engine_flow_end(double end_ps)
{
    assert(end_ps >= 0.0 && end_ps < (double)TICK_LIMIT);
    return (int64_t)ceil(end_ps / (double)TICK_PER_NS) * TICK_PER_NS;
}

bool engine_fault_limit(struct fault *fault)
{
    return fault_set(fault, NULL,
                     "simulate fewer jobs or a higher rate; dates above 2^53 ps are not exact",
                     "simulated time would pass the limit of 2.5 h");
}
