/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A calendar of future events: a binary heap in the total order (date, class, sequence). */
#ifndef HETSOC_SIM_CALENDAR_H
#define HETSOC_SIM_CALENDAR_H

#include <assert.h>

#include "sim/engine.h"

#define CALENDAR_SEQUENCE_BITS 56

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

/* Makes room for one more entry. */
void calendar_grow(struct calendar *calendar);

static inline bool calendar_is_before(const struct calendar_entry *a,
                                      const struct calendar_entry *b)
{
    return a->when_ps < b->when_ps || (a->when_ps == b->when_ps && a->order < b->order);
}

/* O(log n). Allocates only when there are more entries than ever before. */
static inline void calendar_push(struct calendar *calendar, int64_t when_ps, struct event event,
                                 uint32_t stamp)
{
    assert((uint64_t)event.sequence < UINT64_C(1) << CALENDAR_SEQUENCE_BITS);
    if (calendar->count == calendar->capacity)
        calendar_grow(calendar);
    const struct calendar_entry entry = {
        .when_ps = when_ps,
        .order = (int64_t)event.class << CALENDAR_SEQUENCE_BITS | event.sequence,
        .subject = event.subject,
        .stamp = stamp,
    };
    struct calendar_entry *entries = calendar->entries;
    size_t hole = calendar->count++;
    while (hole > 0 && calendar_is_before(&entry, &entries[(hole - 1) / 2])) {
        entries[hole] = entries[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    entries[hole] = entry;
}

/* The earliest entry, NULL if there is none. O(1). */
static inline const struct calendar_entry *calendar_first(const struct calendar *calendar)
{
    return calendar->count > 0 ? &calendar->entries[0] : NULL;
}

/* Removes the earliest entry; there must be one. O(log n). */
static inline struct calendar_entry calendar_pop(struct calendar *calendar)
{
    assert(calendar->count > 0);
    struct calendar_entry *entries = calendar->entries;
    const struct calendar_entry first = entries[0];
    size_t count = --calendar->count, hole = 0;
    const struct calendar_entry *last = &entries[count];
    for (size_t child = 1; child < count; child = 2 * hole + 1) {
        child += child + 1 < count && calendar_is_before(&entries[child + 1], &entries[child]);
        if (!calendar_is_before(&entries[child], last))
            break;
        entries[hole] = entries[child];
        hole = child;
    }
    entries[hole] = *last;
    return first;
}

/* The event that an entry was made from. */
static inline struct event calendar_event(const struct calendar_entry *entry)
{
    return (struct event){
        .sequence = entry->order & ((INT64_C(1) << CALENDAR_SEQUENCE_BITS) - 1),
        .class = (enum event_class)(entry->order >> CALENDAR_SEQUENCE_BITS),
        .subject = entry->subject,
    };
}

#endif
