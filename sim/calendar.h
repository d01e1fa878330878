/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A calendar of future events: a binary heap in the total order (date, class, sequence). */
#ifndef HETSOC_SIM_CALENDAR_H
#define HETSOC_SIM_CALENDAR_H

#include "sim/engine.h"

struct calendar_entry {
    int64_t when_ps;
    int64_t order;   /* class in the top bits, sequence below: compares like (class, sequence) */
    int32_t subject; /* struct event's */
    uint32_t stamp;  /* the owner's; lets it recognise entries that no longer hold */
};

/* Caller's memory; zero it to start. */
struct calendar {
    struct calendar_entry *entries;
    size_t count, capacity;
};

void calendar_finish(struct calendar *calendar);

/* O(log n). Allocates only when there are more entries than ever before. */
void calendar_push(struct calendar *calendar, int64_t when_ps, struct event event, uint32_t stamp);

/* The earliest entry, NULL if there is none. O(1). */
static inline const struct calendar_entry *calendar_first(const struct calendar *calendar)
{
    return calendar->count > 0 ? &calendar->entries[0] : NULL;
}

/* Removes the earliest entry; there must be one. O(log n). */
struct calendar_entry calendar_pop(struct calendar *calendar);

/* The event that an entry was made from. */
struct event calendar_event(const struct calendar_entry *entry);

#endif
