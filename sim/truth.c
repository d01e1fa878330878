/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/truth.h"

#include <stdlib.h>

static double *ask(const struct scenario *scenario, const struct bind *bind)
{
    const struct app *app = bind->app;
    const struct soc *soc = bind->soc;
    size_t kinds = (size_t)soc->kind_count;
    double *factors = memory_zeroed((size_t)app->task_count * kinds, sizeof *factors);
    for (int32_t task = 0; task < app->task_count; task++)
        for (size_t kind = 0; kind < kinds; kind++)
            factors[(size_t)task * kinds + kind] = scenario->table_factor(
                scenario->source, app->kinds[app->tasks[task].kind].name, soc->kinds[kind].name);
    return factors;
}

struct truth *truth_create(const struct scenario *scenario, const struct bind *binds,
                           int32_t bind_count)
{
    if (scenario->table_factor == NULL)
        return NULL;
    struct truth *truth = memory_zeroed(1, sizeof *truth);
    truth->binds = binds;
    truth->bind_count = bind_count;
    truth->factors = memory_zeroed((size_t)bind_count, sizeof *truth->factors);
    for (int32_t i = 0; i < bind_count; i++)
        truth->factors[i] = ask(scenario, &binds[i]);
    return truth;
}

void truth_destroy(struct truth *truth)
{
    if (truth == NULL)
        return;
    for (int32_t i = 0; i < truth->bind_count; i++)
        free(truth->factors[i]);
    free(truth->factors);
    free(truth);
}
