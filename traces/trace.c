/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/tick.h"
#include "sim/links.h"

static int compare_texts(const void *a, const void *b)
{
    const char *const *one = a, *const *other = b;
    return strcmp(*one, *other);
}

/* The kinds of tasks of all apps, each once, in the order of their bytes. */
static void name_task_kinds(struct trace *trace)
{
    const char **texts = NULL;
    size_t count = 0, capacity = 0;
    for (int32_t app = 0; app < trace->app_count; app++)
        for (int32_t kind = 0; kind < trace->apps[app]->kind_count; kind++) {
            texts = memory_grow(texts, &capacity, count + 1, sizeof *texts);
            texts[count++] = trace->apps[app]->kinds[kind].name;
        }
    if (count > 0)
        qsort(texts, count, sizeof *texts, compare_texts);
    for (size_t i = 0; i < count; i++)
        names_add(&trace->task_kind_names, texts[i], -1);
    free(texts);
}

/* Numbers all that rows call by name. */
static bool name_all(struct trace *trace, struct fault *fault)
{
    const struct soc *soc = trace->soc;
    for (int32_t pe = 0; pe < soc->pe_count; pe++)
        names_add(&trace->pe_names, soc->pes[pe].name, -1);
    for (int32_t cluster = 0; cluster < soc->cluster_count; cluster++)
        names_add(&trace->cluster_names, soc->clusters[cluster].name, -1);
    for (int32_t link = 0; soc_is_contended(soc) && link < links_count(soc); link++)
        if (links_is_there(soc, link))
            names_add(&trace->link_names, links_name(soc, trace->arena, link), link);
    for (int32_t kind = 0; kind < soc->kind_count; kind++)
        names_add(&trace->kind_names, soc->kinds[kind].name, -1);
    trace->task_names =
        arena_zeroed(trace->arena, (size_t)trace->app_count, sizeof *trace->task_names);
    for (int32_t a = 0; a < trace->app_count; a++) {
        const struct app *app = trace->apps[a];
        if (names_add(&trace->app_names, app->name, -1) < 0)
            return fault_set(fault, trace->dir, "list every app once", "two apps are called `%s`",
                             app->name);
        for (int32_t task = 0; task < app->task_count; task++)
            names_add(&trace->task_names[a], app->tasks[task].name, task);
    }
    name_task_kinds(trace);
    return true;
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
    int32_t count = 0;
    for (int32_t i = 0; i < file_count; i++)
        for (int32_t variant = 0; variant < sets[i].count; variant++)
            apps[count++] = &sets[i].apps[variant];
    trace->soc = soc;
    trace->apps = apps;
    return name_all(trace, fault);
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

/* Whether a file is in the directory of the trace, or nobody may look. */
static bool has_file(const struct trace *trace, const char *name)
{
    return access(arena_printf(trace->arena, "%s/%s", trace->dir, name), F_OK) == 0 ||
           (errno != ENOENT && errno != ENOTDIR);
}

static bool check_recorded(const struct trace *trace, struct fault *fault)
{
    return has_file(trace, "manifest.json") ||
           fault_set(fault, trace->dir,
                     has_file(trace, "arrivals.csv")
                         ? "a measured trace is for `hetsoc replay` only"
                         : "it has manifest.json; those that `hetsoc run --record DIR` made are "
                           "DIR/0, DIR/1, ...",
                     "this is no recorded trace");
}

struct trace *trace_open(const char *dir, struct fault *fault)
{
    struct trace *trace = create(dir);
    struct trace_manifest *manifest = &trace->manifest;
    if (!check_recorded(trace, fault) ||
        !trace_manifest_read(manifest, trace->arena, trace->dir, fault))
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
    if (trace == NULL)
        return;
    names_finish(&trace->pe_names);
    names_finish(&trace->link_names);
    names_finish(&trace->kind_names);
    names_finish(&trace->cluster_names);
    names_finish(&trace->app_names);
    names_finish(&trace->task_kind_names);
    for (int32_t app = 0; trace->task_names != NULL && app < trace->app_count; app++)
        names_finish(&trace->task_names[app]);
    arena_destroy(trace->arena);
}
