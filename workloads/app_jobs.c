/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/app_jobs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "workloads/app_graph.h"
#include "workloads/route.h"

/* Tasks and edges of an app of jobs. */
enum { FLAT_MAX = 10000000 };

/* A job of the file, and where its part of the flat app begins. */
struct part {
    const struct app *app;
    const struct yaml_node *item; /* in the file */
    int32_t first_task, first_kind, first_edge;
    int32_t *entries, *exits; /* [entry_count], [exit_count] tasks of the app */
    int32_t entry_count, exit_count;
};

/* The app that is being made. */
struct flat {
    struct arena *arena;
    const struct yaml_node *root;
    const struct app_source *source;
    struct fault *fault;
    struct app *app;
    struct app jobs; /* the graph of jobs: each is a task */
    struct app_ends job_ends;
    struct part *parts;   /* [jobs.task_count] */
    struct app_ends ends; /* of the flat app */
    const char **files;
    size_t file_count, file_capacity;
};

static bool refuse(const struct flat *flat, const struct yaml_node *node, const char *hint,
                   const char *what)
{
    char where[sizeof flat->fault->where];
    return fault_set(flat->fault, yaml_where(node, where, sizeof where), hint, "%s", what);
}

static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return ".";
    return slash == path ? "/" : arena_substring(arena, path, (size_t)(slash - path));
}

const char *app_find_beside(struct arena *arena, const char *name, const char *folder,
                            const char *where, struct fault *fault)
{
    const char *path = arena_printf(arena, "%s/%s.yaml", folder, name);
    if (access(path, R_OK) == 0)
        return path;
    fault_set(fault, where, arena_printf(arena, "it is looked for as %s", path), "unknown app `%s`",
              name);
    return NULL;
}

/* ---- the jobs ---- */

/* Faults if a file is one of those that it is to be a part of. */
static bool check_whole(const struct flat *flat, const struct yaml_node *name, const char *path)
{
    const char *chain = name->text;
    for (const struct app_source *whole = flat->source; whole != NULL; whole = whole->whole) {
        const char *slash = strrchr(whole->path, '/');
        const char *base = slash == NULL ? whole->path : slash + 1;
        chain = arena_printf(flat->arena, "%.*s -> %s", (int)strcspn(base, "."), base, chain);
        if (strcmp(base, strrchr(path, '/') + 1) == 0)
            return refuse(flat, name, "take out one of these jobs",
                          arena_printf(flat->arena, "the app is a part of itself: %s", chain));
    }
    return true;
}

static void note_file(struct flat *flat, const char *path)
{
    for (size_t i = 0; i < flat->file_count; i++)
        if (strcmp(flat->files[i], path) == 0)
            return;
    flat->files =
        memory_grow(flat->files, &flat->file_capacity, flat->file_count + 1, sizeof *flat->files);
    flat->files[flat->file_count++] = path;
}

/* Loads the app of a job; the same app once. */
static bool load_part(struct flat *flat, int32_t job)
{
    struct part *part = &flat->parts[job];
    const struct yaml_node *name = yaml_get(part->item, "app");
    for (int32_t i = 0; i < job; i++)
        if (strcmp(yaml_get(flat->parts[i].item, "app")->text, name->text) == 0) {
            part->app = flat->parts[i].app;
            part->first_kind = flat->parts[i].first_kind;
            return true;
        }
    char where[sizeof flat->fault->where];
    const char *folder = folder_of(flat->arena, flat->source->path);
    const char *path = flat->source->find(flat->arena, name->text, folder,
                                          yaml_where(name, where, sizeof where), flat->fault);
    struct app_set set;
    const struct app_source source = {path, flat->source->find, flat->source};
    if (path == NULL || !check_whole(flat, name, path) ||
        !app_load_source(&set, flat->arena, &source, flat->fault))
        return false;
    if (set.count != 1)
        return refuse(
            flat, name, "choose an app that is one",
            arena_printf(flat->arena, "`%s` is a set of %d variants", name->text, (int)set.count));
    note_file(flat, path);
    for (int32_t i = 0; i < set.part_file_count; i++)
        note_file(flat, set.part_files[i]);
    part->app = &set.apps[0];
    part->first_kind = flat->app->kind_count;
    flat->app->kind_count += part->app->kind_count;
    return true;
}

/* Reads the graph of jobs, which is checked as if it were an app, and their apps. */
static bool load_graph(struct flat *flat)
{
    const struct yaml_node *list = yaml_get(flat->root, "jobs");
    const struct yaml_node *edges = yaml_get(flat->root, "edges");
    size_t count = (size_t)list->count;
    if (count == 0)
        return refuse(flat, list, "add at least one, for example - {app: wifi_rx}",
                      "the app has no job at all");
    flat->jobs = (struct app){.file = flat->root->file, .task_count = list->count};
    flat->jobs.tasks = arena_zeroed(flat->arena, count, sizeof *flat->jobs.tasks);
    flat->parts = arena_zeroed(flat->arena, count, sizeof *flat->parts);
    struct app_name *names = arena_zeroed(flat->arena, count, sizeof *names);
    for (int32_t i = 0; i < list->count; i++) {
        const struct yaml_node *item = list->items[i], *name = yaml_get(item, "name");
        const char *text = name != NULL ? name->text : yaml_get(item, "app")->text;
        flat->jobs.tasks[i] = (struct app_task){.name = text, .line = item->line};
        flat->parts[i].item = item;
        names[i] = (struct app_name){text, i};
    }
    for (int i = 0; edges != NULL && i < edges->count; i++)
        if (yaml_get(edges->items[i], "when") != NULL)
            return refuse(flat, yaml_get(edges->items[i], "when"), "remove it",
                          "jobs have no alternatives");
    if (!app_sort_names(names, flat->arena, &flat->jobs, list, "job", flat->fault) ||
        !app_read_edges(&flat->jobs, flat->arena, edges, names, &flat->job_ends, "job",
                        flat->fault) ||
        !app_graph_finish(&flat->jobs, flat->arena, flat->job_ends.from, flat->job_ends.to, edges,
                          flat->fault))
        return false;
    for (int32_t job = 0; job < list->count; job++)
        if (!load_part(flat, job))
            return false;
    return true;
}

/* ---- one app of them ---- */

/* Finds the tasks of a part without predecessors and those without successors. */
static void find_ends(struct part *part, struct arena *arena)
{
    const struct app *app = part->app;
    part->entries = arena_zeroed(arena, (size_t)app->task_count, sizeof *part->entries);
    part->exits = arena_zeroed(arena, (size_t)app->task_count, sizeof *part->exits);
    for (int32_t task = 0; task < app->task_count; task++) {
        if (app->tasks[task].pred_count == 0)
            part->entries[part->entry_count++] = task;
        if (app->tasks[task].succ_count == 0)
            part->exits[part->exit_count++] = task;
    }
}

/* Settles the batch and the classes, which parts must have in common. */
static bool settle_samples(struct flat *flat)
{
    struct app *app = flat->app;
    const struct yaml_node *batch = yaml_get(flat->root, "batch");
    app->batch = batch != NULL ? (int32_t)schema_int(&app_schema, flat->root, "", "batch")
                               : flat->parts[0].app->batch;
    const struct app *first = NULL; /* with classes */
    for (int32_t job = 0; job < flat->jobs.task_count; job++) {
        const struct part *part = &flat->parts[job];
        if (batch == NULL && part->app->batch != app->batch)
            return refuse(flat, part->item, "say how many all have: batch: NUMBER",
                          "its app has another batch than those before");
        if (part->app->classes.count == 1)
            continue;
        if (first != NULL && first != part->app)
            return refuse(flat, part->item, "at most one app may have classes",
                          "samples would be of two sorts of classes");
        first = part->app;
    }
    if (first != NULL)
        app->classes = first->classes;
    return true;
}

/* Counts everything and makes room for it. */
static bool make_room(struct flat *flat)
{
    struct app *app = flat->app;
    int64_t tasks = 0, edges = 0, branches = 0;
    bool has_kernels = false;
    for (int32_t job = 0; job < flat->jobs.task_count; job++) {
        struct part *part = &flat->parts[job];
        find_ends(part, flat->arena);
        part->first_task = (int32_t)tasks;
        part->first_edge = (int32_t)edges;
        tasks += part->app->task_count;
        edges += part->app->edge_count;
        branches += part->app->branch_count;
        has_kernels |= part->app->kernels != NULL;
        if (tasks > FLAT_MAX || edges > FLAT_MAX)
            return refuse(flat, part->item, "10 million are the limit", "too many tasks or edges");
    }
    for (int32_t i = 0; i < flat->jobs.edge_count; i++)
        edges += (int64_t)flat->parts[flat->job_ends.from[i]].exit_count *
                 flat->parts[flat->job_ends.to[i]].entry_count;
    if (edges > FLAT_MAX)
        return refuse(flat, yaml_get(flat->root, "edges"), "10 million are the limit",
                      "too many edges between the jobs");
    size_t edge_room = (size_t)edges, kinds = (size_t)app->kind_count;
    app->task_count = (int32_t)tasks;
    app->edge_count = (int32_t)edges;
    app->tasks = arena_zeroed(flat->arena, (size_t)tasks, sizeof *app->tasks);
    app->kinds = arena_zeroed(flat->arena, kinds, sizeof *app->kinds);
    app->kernels = has_kernels ? arena_zeroed(flat->arena, kinds, sizeof *app->kernels) : NULL;
    app->bytes = arena_zeroed(flat->arena, edge_room, sizeof *app->bytes);
    app->branches = arena_zeroed(flat->arena, (size_t)branches, sizeof *app->branches);
    app->when = branches == 0 ? NULL : arena_zeroed(flat->arena, edge_room, sizeof *app->when);
    for (int64_t edge = 0; branches > 0 && edge < edges; edge++)
        app->when[edge] = -1;
    flat->ends.from = arena_zeroed(flat->arena, edge_room, sizeof *flat->ends.from);
    flat->ends.to = arena_zeroed(flat->arena, edge_room, sizeof *flat->ends.to);
    return true;
}

/* The probabilities of a branch for every class of the flat app: where the part has one class only,
 * they are the same for all. */
static const double *copy_shares(const struct flat *flat, const struct app *from,
                                 const struct app_branch *branch)
{
    int32_t classes = flat->app->classes.count, width = branch->alternative_count;
    if (classes <= from->classes.count)
        return branch->probabilities;
    double *rows = arena_zeroed(flat->arena, (size_t)classes * (size_t)width, sizeof *rows);
    for (int32_t i = 0; i < classes * width; i++)
        rows[i] = branch->probabilities[i % width];
    return rows;
}

static void copy_part(struct flat *flat, int32_t job)
{
    struct app *app = flat->app;
    const struct part *part = &flat->parts[job];
    const struct app *from = part->app;
    const char *name = flat->jobs.tasks[job].name;
    for (int32_t kind = 0; kind < from->kind_count; kind++) {
        app->kinds[part->first_kind + kind] = from->kinds[kind];
        if (from->kernels != NULL)
            app->kernels[part->first_kind + kind] = from->kernels[kind];
    }
    for (int32_t task = 0; task < from->task_count; task++) {
        const struct app_task *what = &from->tasks[task];
        app->tasks[part->first_task + task] = (struct app_task){
            .name = arena_printf(flat->arena, "%s/%s", name, what->name),
            .kind = part->first_kind + what->kind,
            .line = part->item->line,
            .join_any = what->join_any,
        };
        for (int32_t i = 0; i < what->succ_count; i++) {
            const struct app_edge *succ = &from->succs[what->first_succ + i];
            int32_t edge = part->first_edge + succ->edge;
            flat->ends.from[edge] = part->first_task + task;
            flat->ends.to[edge] = part->first_task + succ->task;
            app->bytes[edge] = from->bytes[succ->edge];
            if (from->when != NULL)
                app->when[edge] = from->when[succ->edge];
        }
    }
    for (int32_t i = 0; i < from->branch_count; i++)
        app->branches[app->branch_count++] = (struct app_branch){
            part->first_task + from->branches[i].task, from->branches[i].alternative_count,
            copy_shares(flat, from, &from->branches[i])};
}

/* Connects the exits of a job with the entries of another one, from edge number `next` on. */
static int32_t connect(struct flat *flat, int32_t job_edge, int32_t next)
{
    const struct part *one = &flat->parts[flat->job_ends.from[job_edge]];
    const struct part *other = &flat->parts[flat->job_ends.to[job_edge]];
    double bytes = flat->jobs.bytes[job_edge] / one->exit_count;
    for (int32_t i = 0; i < one->exit_count; i++)
        for (int32_t k = 0; k < other->entry_count; k++) {
            flat->ends.from[next] = one->first_task + one->exits[i];
            flat->ends.to[next] = other->first_task + other->entries[k];
            flat->app->bytes[next++] = bytes;
        }
    return next;
}

/* Puts the parts together; `flat` knows the jobs. */
static bool flatten(struct flat *flat)
{
    if (!settle_samples(flat) || !make_room(flat))
        return false;
    int32_t next = 0;
    for (int32_t job = 0; job < flat->jobs.task_count; job++) {
        copy_part(flat, job);
        next += flat->parts[job].app->edge_count;
    }
    for (int32_t i = 0; i < flat->jobs.edge_count; i++)
        next = connect(flat, i, next);
    return app_finish(flat->app, flat->arena, flat->ends.from, flat->ends.to, flat->fault) &&
           (flat->app->branch_count == 0 || route_check(flat->app, flat->fault));
}

bool app_load_jobs(struct app_set *set, struct arena *arena, const struct yaml_node *root,
                   const struct app_source *source, struct fault *fault)
{
    struct flat flat = {
        .arena = arena,
        .root = root,
        .source = source,
        .fault = fault,
        .app = arena_zeroed(arena, 1, sizeof *flat.app),
    };
    *flat.app = (struct app){.name = schema_text(&app_schema, root, "", "app"),
                             .summary = schema_text(&app_schema, root, "", "summary"),
                             .file = root->file};
    bool ok = load_graph(&flat) && flatten(&flat);
    if (ok) {
        const char **files = arena_zeroed(arena, flat.file_count, sizeof *files);
        memcpy(files, flat.files, flat.file_count * sizeof *files);
        *set = (struct app_set){flat.app, 1, files, (int32_t)flat.file_count};
    }
    free(flat.files);
    return ok;
}
