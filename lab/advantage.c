/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/advantage.h"

#include <assert.h>

double advantage_over_others(const struct returns *runs, int32_t count, int32_t own, int64_t at_ps)
{
    assert(count >= 2 && own >= 0 && own < count);
    double others = 0;
    for (int32_t i = 0; i < count; i++)
        if (i != own)
            others += returns_at(&runs[i], at_ps);
    return returns_at(&runs[own], at_ps) - others / (count - 1);
}
