/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/trace_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/schema.h"

/* Names that a hint is chosen from. */
enum { NEAREST_LIMIT = 1000 };

struct trace_names *trace_names_create(struct arena *arena, int32_t count)
{
    struct trace_names *names = arena_zeroed(arena, 1, sizeof *names);
    names->sorted = arena_zeroed(arena, (size_t)count, sizeof *names->sorted);
    names->count = count;
    return names;
}

static int compare(const void *a, const void *b)
{
    const struct trace_name *one = a, *other = b;
    return strcmp(one->text, other->text);
}

void trace_names_sort(struct trace_names *names)
{
    qsort(names->sorted, (size_t)names->count, sizeof *names->sorted, compare);
}

int32_t trace_names_find(const struct trace_names *names, const char *text)
{
    const struct trace_name wanted = {.text = text};
    const struct trace_name *found =
        bsearch(&wanted, names->sorted, (size_t)names->count, sizeof *names->sorted, compare);
    return found == NULL ? -1 : found->number;
}

const char *trace_names_nearest(const struct trace_names *names, const char *text)
{
    const char *candidates[NEAREST_LIMIT];
    int count = 0;
    for (; count < names->count && count < NEAREST_LIMIT; count++)
        candidates[count] = names->sorted[count].text;
    return schema_nearest(text, candidates, count);
}
