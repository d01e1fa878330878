/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test/race.h"

#include <check.h>

bool race_expand(struct scratch *scratch, const char *text, struct experiment *experiment,
                 struct points *points, struct fault *fault)
{
    const char *path = scratch_write(scratch, "race.yaml", text);
    *fault = FAULT_NONE;
    return experiment_load(experiment, scratch->arena, path, NULL, 0, fault) &&
           points_expand(points, experiment, fault);
}

void race_load(struct scratch *scratch, const char *text, struct experiment *experiment,
               struct points *points)
{
    struct fault fault;
    bool ok = race_expand(scratch, text, experiment, points, &fault);
    ck_assert_msg(ok, "%s: %s", fault.where, fault.what);
}
