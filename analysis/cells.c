/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/cells.h"

#include <math.h>

void cells_add_ratio(struct table *table, const struct trials_measure *measure)
{
    const struct estimate *ratio = &measure->ratio;
    double change = 100.0 * (ratio->mean - 1.0);
    double low = 100.0 * (ratio->ci_low - 1.0), high = 100.0 * (ratio->ci_high - 1.0);
    int decimals = fmax(change, high) < 1000.0 ? 1 : 0;
    if (ratio->n == 0) {
        table_add(table, "-");
        table_add(table, "-");
        return;
    }
    if (ratio->n == 1) {
        table_add(table, "%+.*f %%", decimals, change);
    } else {
        table_add(table, "%+.*f %% [%+.*f, %+.*f]", decimals, change, decimals, low, decimals,
                  high);
    }
    table_add(table, "%zu/%zu", measure->wins, ratio->n);
}
