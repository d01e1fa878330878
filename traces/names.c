/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* FNV-1a, folded. */
static size_t hash(const char *text)
{
    uint64_t value = 0xcbf29ce484222325u;
    for (; *text != '\0'; text++)
        value = (value ^ (unsigned char)*text) * 0x100000001b3u;
    return (size_t)(value ^ value >> 29);
}

/* The slot that holds a text, or the free one where it belongs. */
static size_t probe(const struct names *names, const char *text)
{
    size_t slot = hash(text) & (names->slot_count - 1);
    while (names->slots[slot] >= 0 && strcmp(names->texts[names->slots[slot]], text) != 0)
        slot = (slot + 1) & (names->slot_count - 1);
    return slot;
}

static void rehash(struct names *names)
{
    names->slot_count = names->slot_count == 0 ? 64 : 4 * names->slot_count;
    names->slots = memory_resize(names->slots, names->slot_count, sizeof *names->slots);
    memset(names->slots, 0xff, names->slot_count * sizeof *names->slots);
    for (int32_t i = 0; i < names->count; i++)
        names->slots[probe(names, names->texts[i])] = i;
}

void names_finish(struct names *names)
{
    free(names->texts);
    free(names->numbers);
    free(names->slots);
    *names = (struct names){0};
}

int32_t names_find(const struct names *names, const char *text)
{
    if (names->count == 0)
        return -1;
    int32_t place = names->slots[probe(names, text)];
    return place < 0 ? -1 : names->numbers[place];
}

int32_t names_add(struct names *names, const char *text, int32_t number)
{
    size_t count = (size_t)names->count;
    if (2 * count >= names->slot_count)
        rehash(names);
    size_t slot = probe(names, text);
    if (names->slots[slot] >= 0)
        return -1;
    names->texts =
        memory_grow(names->texts, &names->text_capacity, count + 1, sizeof *names->texts);
    names->numbers =
        memory_grow(names->numbers, &names->number_capacity, count + 1, sizeof *names->numbers);
    names->texts[count] = text;
    names->numbers[count] = number < 0 ? names->count : number;
    names->slots[slot] = names->count++;
    return names->numbers[count];
}
