/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/visited.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* States with one hash that are looked at. */
enum { CHAIN_MAX = 24 };

/* An entry of the log: the place of the older entry with the same hash, the set, the dates. Places
 * count all words ever written, from 1; the log keeps the last `capacity` of them. */
struct visited {
    uint64_t *log;
    uint64_t capacity; /* words */
    uint64_t written;
    uint64_t *newest; /* [bucket_count] place, 0: none */
    uint64_t bucket_count;
    int32_t set_words;
};

struct visited *visited_create(size_t bytes, int32_t set_words, int32_t dates_max)
{
    struct visited *visited = memory_zeroed(1, sizeof *visited);
    uint64_t entry = 1 + (uint64_t)set_words + (uint64_t)dates_max;
    visited->set_words = set_words;
    visited->capacity = bytes / sizeof(uint64_t) * 7 / 8;
    if (visited->capacity < 2 * entry)
        visited->capacity = 2 * entry;
    visited->bucket_count = 1;
    while (visited->bucket_count * 16 <= visited->capacity)
        visited->bucket_count *= 2;
    visited->log = memory_zeroed(visited->capacity, sizeof *visited->log);
    visited->newest = memory_zeroed(visited->bucket_count, sizeof *visited->newest);
    visited->written = 1;
    return visited;
}

void visited_destroy(struct visited *visited)
{
    if (visited == NULL)
        return;
    free(visited->log);
    free(visited->newest);
    free(visited);
}

/* MurmurHash3's finalizer over the words. */
static uint64_t hash_of(const uint64_t *set, int32_t words)
{
    uint64_t hash = 0x9e3779b97f4a7c15U;
    for (int32_t i = 0; i < words; i++) {
        hash ^= set[i];
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdU;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53U;
        hash ^= hash >> 33;
    }
    return hash;
}

static bool none_is_earlier(const int64_t *dates, const uint64_t *kept, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        if (dates[i] < (int64_t)kept[i])
            return false;
    return true;
}

static void remember(struct visited *visited, const uint64_t *set, const int64_t *dates,
                     int32_t date_count, uint64_t *newest)
{
    uint64_t size = 1 + (uint64_t)visited->set_words + (uint64_t)date_count;
    uint64_t left = visited->capacity - visited->written % visited->capacity;
    if (left < size)
        visited->written += left;
    uint64_t *entry = &visited->log[visited->written % visited->capacity];
    entry[0] = *newest;
    memcpy(entry + 1, set, (size_t)visited->set_words * sizeof *set);
    memcpy(entry + 1 + visited->set_words, dates, (size_t)date_count * sizeof *dates);
    *newest = visited->written;
    visited->written += size;
}

bool visited_dominates(struct visited *visited, const uint64_t *set, const int64_t *dates,
                       int32_t date_count)
{
    size_t set_bytes = (size_t)visited->set_words * sizeof *set;
    uint64_t bucket = hash_of(set, visited->set_words) & (visited->bucket_count - 1);
    uint64_t *newest = &visited->newest[bucket];
    uint64_t place = *newest;
    for (int step = 0; step < CHAIN_MAX && place != 0; step++) {
        if (place + visited->capacity < visited->written)
            break; /* written over since */
        const uint64_t *entry = &visited->log[place % visited->capacity];
        if (memcmp(entry + 1, set, set_bytes) == 0 &&
            none_is_earlier(dates, entry + 1 + visited->set_words, date_count))
            return true;
        place = entry[0];
    }
    remember(visited, set, dates, date_count, newest);
    return false;
}
