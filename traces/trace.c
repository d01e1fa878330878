/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/trace.h"

#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "traces/trace_names.h"

static const struct trace_names *name_pes(struct arena *arena, const struct soc *soc)
{
    struct trace_names *names = trace_names_create(arena, soc->pe_count);
    for (int32_t pe = 0; pe < soc->pe_count; pe++)
        names->sorted[pe] = (struct trace_name){soc->pes[pe].name, pe};
    trace_names_sort(names);
    return names;
}

static const struct trace_names *name_kinds(struct arena *arena, const struct soc *soc)
{
    struct trace_names *names = trace_names_create(arena, soc->kind_count);
    for (int32_t kind = 0; kind < soc->kind_count; kind++)
        names->sorted[kind] = (struct trace_name){soc->kinds[kind].name, kind};
    trace_names_sort(names);
    return names;
}

static const struct trace_names *name_tasks(struct arena *arena, const struct app *app)
{
    struct trace_names *names = trace_names_create(arena, app->task_count);
    for (int32_t task = 0; task < app->task_count; task++)
        names->sorted[task] = (struct trace_name){app->tasks[task].name, task};
    trace_names_sort(names);
    return names;
}

static const struct trace_names *name_apps(struct arena *arena, const struct app *const *apps,
                                           int32_t count)
{
    struct trace_names *names = trace_names_create(arena, count);
    for (int32_t app = 0; app < count; app++)
        names->sorted[app] = (struct trace_name){apps[app]->name, app};
    trace_names_sort(names);
    return names;
}

/* The kinds of tasks of all apps, each once, numbered by name. */
static const struct trace_names *name_task_kinds(struct arena *arena, const struct app *const *apps,
                                                 int32_t app_count)
{
    int32_t count = 0;
    for (int32_t app = 0; app < app_count; app++)
        count += apps[app]->kind_count;
    struct trace_names *names = trace_names_create(arena, count);
    names->count = 0;
    for (int32_t app = 0; app < app_count; app++)
        for (int32_t kind = 0; kind < apps[app]->kind_count; kind++)
            names->sorted[names->count++].text = apps[app]->kinds[kind].name;
    trace_names_sort(names);
    int32_t kept = 0;
    for (int32_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(names->sorted[kept - 1].text, names->sorted[i].text) != 0) {
            names->sorted[kept] = (struct trace_name){names->sorted[i].text, kept};
            kept++;
        }
    names->count = kept;
    return names;
}

/* A name that stands there twice; NULL if none does. */
static const char *find_double(const struct trace_names *names)
{
    for (int32_t i = 1; i < names->count; i++)
        if (strcmp(names->sorted[i - 1].text, names->sorted[i].text) == 0)
            return names->sorted[i].text;
    return NULL;
}

/* Loads what the rows refer to. */
static bool load_parts(struct trace *trace, const char *platform, const char *const *app_files,
                       int32_t file_count, struct fault *fault)
{
    struct arena *arena = trace->arena;
    struct soc *soc = arena_zeroed(arena, 1, sizeof *soc);
    struct app_set *sets = arena_zeroed(arena, (size_t)file_count, sizeof *sets);
    if (!soc_load(soc, arena, platform, fault))
        return false;
    for (int32_t i = 0; i < file_count; i++) {
        if (!app_load(&sets[i], arena, app_files[i], fault))
            return false;
        trace->app_count += sets[i].count;
    }
    const struct app **apps = arena_zeroed(arena, (size_t)trace->app_count, sizeof *apps);
    const struct trace_names **names = arena_zeroed(arena, (size_t)trace->app_count, sizeof *names);
    int32_t count = 0;
    for (int32_t i = 0; i < file_count; i++)
        for (int32_t variant = 0; variant < sets[i].count; variant++, count++) {
            apps[count] = &sets[i].apps[variant];
            names[count] = name_tasks(arena, apps[count]);
        }
    trace->app_names = name_apps(arena, apps, count);
    const char *twice = find_double(trace->app_names);
    if (twice != NULL)
        return fault_set(fault, trace->dir, "list every app once", "two apps are called `%s`",
                         twice);
    trace->soc = soc;
    trace->apps = apps;
    trace->pe_names = name_pes(arena, soc);
    trace->kind_names = name_kinds(arena, soc);
    trace->task_kind_names = name_task_kinds(arena, apps, count);
    trace->task_names = names;
    return true;
}

/* Reads all arrivals, which say what the jobs of all other rows are. */
static bool load_arrivals(struct trace *trace, struct fault *fault)
{
    if (!trace_has(trace, TRACE_ARRIVALS))
        return fault_set(fault, trace->dir, "record it again, with the category arrivals",
                         "the trace has no arrivals, so that its jobs are unknown");
    struct trace_reader *reader = trace_read(trace, TRACE_ARRIVALS, fault);
    struct trace_arrival *arrivals = NULL, row;
    size_t count = 0, capacity = 0;
    while (reader != NULL && trace_next_arrival(reader, &row, fault)) {
        arrivals = memory_grow(arrivals, &capacity, count + 1, sizeof *arrivals);
        arrivals[count++] = row;
    }
    trace_reader_close(reader);
    struct trace_arrival *kept = arena_zeroed(trace->arena, count, sizeof *kept);
    if (count > 0)
        memcpy(kept, arrivals, count * sizeof *kept);
    free(arrivals);
    trace->arrivals = kept;
    trace->job_count = (int32_t)count;
    return !fault_is_set(fault);
}

static struct trace *create(const char *dir)
{
    struct arena *arena = arena_create();
    struct trace *trace = arena_zeroed(arena, 1, sizeof *trace);
    *trace = (struct trace){.arena = arena, .dir = arena_string(arena, dir)};
    return trace;
}

static struct trace *finish(struct trace *trace, bool ok)
{
    if (ok)
        return trace;
    trace_close(trace);
    return NULL;
}

struct trace *trace_open(const char *dir, struct fault *fault)
{
    struct trace *trace = create(dir);
    struct trace_manifest *manifest = &trace->manifest;
    if (!trace_manifest_read(manifest, trace->arena, trace->dir, fault))
        return finish(trace, false);
    const char **apps = arena_zeroed(trace->arena, (size_t)manifest->app_count, sizeof *apps);
    for (int32_t i = 0; i < manifest->app_count; i++)
        apps[i] = arena_printf(trace->arena, "%s/%s", dir, manifest->apps[i]);
    const char *platform = arena_printf(trace->arena, "%s/%s", dir, manifest->platform);
    return finish(trace, load_parts(trace, platform, apps, manifest->app_count, fault) &&
                             load_arrivals(trace, fault));
}

struct trace *trace_open_measured(const char *dir, const char *platform, const char *const *apps,
                                  int32_t app_count, struct fault *fault)
{
    struct trace *trace = create(dir);
    trace->is_measured = true;
    trace->manifest.until_ps = TICK_NEVER;
    trace->manifest.files[TRACE_ARRIVALS] = (struct trace_file){"arrivals.csv", -1, -1};
    trace->manifest.files[TRACE_TASKS] = (struct trace_file){"tasks.csv", -1, -1};
    return finish(trace, load_parts(trace, platform, apps, app_count, fault) &&
                             load_arrivals(trace, fault));
}

void trace_close(struct trace *trace)
{
    if (trace != NULL)
        arena_destroy(trace->arena);
}
