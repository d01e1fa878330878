/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/export.h"

#include <string.h>

#include "base/folder.h"
#include "base/placing.h"

const struct export_kind *const export_kinds[] = {
    &export_to_perfetto, &export_to_paje, &export_to_svg, &export_to_dot, &export_to_csv, NULL};

const struct export_kind *export_find(const char *name)
{
    for (int i = 0; export_kinds[i] != NULL; i++)
        if (strcmp(export_kinds[i]->name, name) == 0)
            return export_kinds[i];
    return NULL;
}

bool export_next_task(struct trace_reader *reader, struct trace_task *task, struct fault *fault)
{
    while (trace_next_task(reader, task, fault))
        if (!task->is_skipped)
            return true;
    return false;
}

struct trace_reader *export_read_outages(const struct trace *trace, struct fault *fault)
{
    return trace_has(trace, TRACE_FAILURES) ? trace_read(trace, TRACE_FAILURES, fault) : NULL;
}

bool export_next_outage(struct trace_reader *reader, const struct trace *trace,
                        struct trace_outage *outage, struct fault *fault)
{
    int64_t end_ps = trace->manifest.end_ps;
    while (trace_next_outage(reader, outage, fault))
        if (outage->pe >= 0 && outage->start_ps < end_ps) { /* the first after it is there too */
            if (outage->end_ps > end_ps)
                outage->end_ps = end_ps;
            return true;
        }
    return false;
}

const char *export_task_name(const struct trace *trace, int32_t job, int32_t task)
{
    return trace->apps[trace->arrivals[job].app]->tasks[task].name;
}

const char *export_pe_name(const struct trace *trace, int32_t pe)
{
    return pe < 0 ? "?" : trace->soc->pes[pe].name;
}

/* Faults if the export would take the place of a file of the trace. */
static bool check_path(const struct trace *trace, const char *dir, const char *path,
                       struct fault *fault)
{
    struct arena *arena = arena_create();
    bool is_own = folder_is_same(path, arena_printf(arena, "%s/manifest.json", dir));
    for (int category = 0; category < TRACE_CATEGORIES; category++) {
        const char *name = trace->manifest.files[category].name;
        is_own = is_own ||
                 (name != NULL && folder_is_same(path, arena_printf(arena, "%s/%s", dir, name)));
    }
    arena_destroy(arena);
    return !is_own || fault_set(fault, path, "name another file with -o",
                                "the export would replace this file of the trace");
}

bool export_file(const struct export_kind *kind, const char *dir, const char *path,
                 struct fault *fault)
{
    struct trace *trace = trace_open(dir, fault);
    if (trace == NULL)
        return false;
    struct placing placing;
    bool ok = check_path(trace, dir, path, fault) &&
              placing_begin(&placing, path, "name another file with -o", fault) &&
              placing_end(&placing, kind->write(trace, placing.stream, fault), fault);
    trace_close(trace);
    return ok;
}
