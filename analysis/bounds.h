/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lower bounds on what any scheduler can reach, from realised durations. */
#ifndef HETSOC_ANALYSIS_BOUNDS_H
#define HETSOC_ANALYSIS_BOUNDS_H

#include <stdint.h>

#include "sim/bind.h"
#include "sim/scenario.h"

/* Critical path of one job: every task on its fastest PE, realised noise factors, free
 * communication, no contention, no slow-downs. `scratch_ps` has [task_count]. O(V + E). */
int64_t bounds_critical_path_ps(const struct bind *bind, const struct scenario *scenario,
                                int32_t job_id, int64_t *scratch_ps);

#endif
