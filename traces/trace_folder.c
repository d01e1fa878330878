/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/trace_folder.h"

#include <stddef.h>
#include <unistd.h>

#include "base/memory.h"

/* Whether a folder has one of two files. */
static bool has_one(struct arena *arena, const char *dir, const char *one, const char *other)
{
    return access(arena_printf(arena, "%s/%s", dir, one), F_OK) == 0 ||
           access(arena_printf(arena, "%s/%s", dir, other), F_OK) == 0;
}

bool trace_folder_spare(const char *dir, struct fault *fault)
{
    struct arena *arena = arena_create();
    const bool is_trace = has_one(arena, dir, "arrivals.csv", "arrivals.csv.zst") &&
                          has_one(arena, dir, "manifest.json", "tasks.csv");
    arena_destroy(arena);
    return !is_trace || fault_set(fault, dir, "choose another folder with -o",
                                  "the folder holds a trace, whose files would be replaced");
}
