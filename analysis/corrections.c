/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/corrections.h"

#include <stdlib.h>

#include "base/memory.h"

void corrections_add(struct corrections *corrections, const struct estimate *ratio)
{
    if (ratio->n < 2) {
        return;
    }
    corrections->p = memory_grow(corrections->p, &corrections->capacity, corrections->count + 1,
                                 sizeof *corrections->p);
    corrections->p[corrections->count++] = statistics_ratio_p(ratio);
    corrections->apart += ratio->ci_low > 1.0 || ratio->ci_high < 1.0;
}

void corrections_print(struct corrections *corrections, FILE *stream)
{
    if (corrections->count > 1) {
        fprintf(stream,
                "%zu of %zu intervals exclude 0, each by itself; %zu still differ after Holm's "
                "correction (5 %%).\n",
                corrections->apart, corrections->count,
                statistics_holm(corrections->p, corrections->count));
    }
}

void corrections_finish(struct corrections *corrections)
{
    free(corrections->p);
    *corrections = (struct corrections){0};
}
