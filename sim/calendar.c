/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/calendar.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

#define SEQUENCE_BITS 56

static bool is_before(const struct calendar_entry *a, const struct calendar_entry *b)
{
    return a->when_ps < b->when_ps || (a->when_ps == b->when_ps && a->order < b->order);
}

void calendar_finish(struct calendar *calendar)
{
    free(calendar->entries);
    *calendar = (struct calendar){0};
}

void calendar_push(struct calendar *calendar, int64_t when_ps, struct event event, uint32_t stamp)
{
    assert(event.sequence >= 0 && event.sequence < INT64_C(1) << SEQUENCE_BITS);
    if (calendar->count == calendar->capacity)
        calendar->entries = memory_grow(calendar->entries, &calendar->capacity, calendar->count + 1,
                                        sizeof *calendar->entries);
    struct calendar_entry entry = {
        .when_ps = when_ps,
        .order = (int64_t)event.class << SEQUENCE_BITS | event.sequence,
        .subject = event.subject,
        .stamp = stamp,
    };
    struct calendar_entry *entries = calendar->entries;
    size_t hole = calendar->count++;
    while (hole > 0 && is_before(&entry, &entries[(hole - 1) / 2])) {
        entries[hole] = entries[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    entries[hole] = entry;
}

struct calendar_entry calendar_pop(struct calendar *calendar)
{
    assert(calendar->count > 0);
    struct calendar_entry *entries = calendar->entries;
    struct calendar_entry first = entries[0];
    struct calendar_entry last = entries[--calendar->count];
    size_t hole = 0;
    for (;;) {
        size_t child = 2 * hole + 1;
        if (child >= calendar->count)
            break;
        if (child + 1 < calendar->count && is_before(&entries[child + 1], &entries[child]))
            child++;
        if (!is_before(&entries[child], &last))
            break;
        entries[hole] = entries[child];
        hole = child;
    }
    if (calendar->count > 0)
        entries[hole] = last;
    return first;
}

struct event calendar_event(const struct calendar_entry *entry)
{
    return (struct event){
        .sequence = entry->order & ((INT64_C(1) << SEQUENCE_BITS) - 1),
        .class = (enum event_class)(entry->order >> SEQUENCE_BITS),
        .subject = entry->subject,
    };
}
