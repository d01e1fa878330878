/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The apps of a trace that have jobs in it, as one DOT graph (workloads/app_dot.h). */
#include "traces/export.h"
#include "workloads/app_dot.h"

static bool dot_write(const struct trace *trace, FILE *stream, struct fault *fault)
{
    (void)fault;
    bool *used = arena_zeroed(trace->arena, (size_t)trace->app_count, sizeof *used);
    const struct app **apps = arena_zeroed(trace->arena, (size_t)trace->app_count, sizeof *apps);
    int32_t count = 0;
    for (int32_t j = 0; j < trace->job_count; j++)
        used[trace->arrivals[j].app] = true;
    for (int32_t a = 0; a < trace->app_count; a++)
        if (used[a])
            apps[count++] = trace->apps[a];
    app_write_dot(apps, count, stream);
    return true;
}

const struct export_kind export_to_dot = {
    .name = "dot",
    .summary = "the apps as a graph for Graphviz, with times, data and conditional branches",
    .write = dot_write,
};
