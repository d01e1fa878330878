/* SPDX-License-Identifier: GPL-3.0-or-later */
#define uthash_fatal(message) memory_exhausted(1, sizeof(struct names_entry))

#include "traces/names.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/memory.h"
#include "base/schema.h"

/* Names that a hint is chosen from. */
enum { NEAREST_LIMIT = 1000 };

struct names_entry {
    const char *text; /* borrowed */
    int32_t number;   /* what it stands for; its own number unless an alias */
    UT_hash_handle hh;
};

void names_finish(struct names *names)
{
    struct names_entry *entry = names->entries, *next;
    HASH_CLEAR(hh, names->entries);
    for (; entry != NULL; entry = next) {
        next = entry->hh.next;
        free(entry);
    }
    free(names->texts);
    *names = (struct names){0};
}

static struct names_entry *find(const struct names *names, const char *text)
{
    struct names_entry *entry;
    HASH_FIND_STR(names->entries, text, entry);
    return entry;
}

int32_t names_find(const struct names *names, const char *text)
{
    const struct names_entry *entry = find(names, text);
    return entry == NULL ? -1 : entry->number;
}

int32_t names_add(struct names *names, const char *text, int32_t number)
{
    if (find(names, text) != NULL)
        return -1;
    struct names_entry *entry = memory_zeroed(1, sizeof *entry);
    entry->text = text;
    entry->number = number < 0 ? names->count : number;
    HASH_ADD_KEYPTR(hh, names->entries, entry->text, strlen(entry->text), entry);
    names->texts =
        memory_grow(names->texts, &names->capacity, (size_t)names->count + 1, sizeof *names->texts);
    names->texts[names->count++] = text;
    return entry->number;
}

const char *names_nearest(const struct names *names, const char *text)
{
    return schema_nearest(text, (const char *const *)names->texts,
                          names->count < NEAREST_LIMIT ? names->count : NEAREST_LIMIT);
}
