/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/calendar.h"

#include <stdlib.h>

#include "base/memory.h"

void calendar_finish(struct calendar *calendar)
{
    free(calendar->entries);
    *calendar = (struct calendar){0};
}

void calendar_grow(struct calendar *calendar)
{
    calendar->entries = memory_grow(calendar->entries, &calendar->capacity, calendar->count + 1,
                                    sizeof *calendar->entries);
}
