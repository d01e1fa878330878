/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of tasks, PEs or PE kinds -> their numbers. */
#ifndef HETSOC_TRACES_TRACE_NAMES_H
#define HETSOC_TRACES_TRACE_NAMES_H

#include <stdint.h>

#include "base/memory.h"

struct trace_name {
    const char *text;
    int32_t number;
};

struct trace_names {
    struct trace_name *sorted; /* [count] by text */
    int32_t count;
};

/* Room for so many names in the arena; fill sorted[], then sort. */
struct trace_names *trace_names_create(struct arena *arena, int32_t count);
void trace_names_sort(struct trace_names *names);

/* The number of a name, -1 if it is none of them. O(log names). */
int32_t trace_names_find(const struct trace_names *names, const char *text);

/* The name nearest to one that is none of them, for hints; NULL if none is near. O(names). */
const char *trace_names_nearest(const struct trace_names *names, const char *text);

#endif
