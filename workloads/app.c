/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/app.h"

#include <stdlib.h>
#include <string.h>

#include "workloads/app_branches.h"
#include "workloads/app_graph.h"
#include "workloads/app_jobs.h"
#include "workloads/app_kernel.h"
#include "workloads/generator.h"
#include "workloads/route.h"

static bool fault_at(struct fault *fault, const struct yaml_node *node, const char *hint,
                     const char *what)
{
    char where[sizeof fault->where];
    return fault_set(fault, yaml_where(node, where, sizeof where), hint, "%s", what);
}

static bool load_kinds(struct app *app, struct arena *arena, const struct yaml_node *kinds,
                       struct fault *fault)
{
    app->kind_count = kinds->count;
    app->kinds = arena_zeroed(arena, (size_t)kinds->count, sizeof *app->kinds);
    if (!app_load_kernels(app, arena, kinds, fault))
        return false;
    for (int32_t i = 0; i < app->kind_count; i++) {
        const struct yaml_node *map = kinds->items[i];
        struct app_cost *costs = arena_zeroed(arena, (size_t)map->count, sizeof *costs);
        int32_t count = 0;
        for (int32_t k = 0; k < map->count; k++) {
            const char *pe_kind = map->keys[k]->text;
            if (strcmp(pe_kind, "kernel") == 0)
                continue;
            costs[count++] = (struct app_cost){
                .pe_kind = pe_kind,
                .exec_us = schema_real(&app_schema, map->items[k], "kinds.*.*", "us"),
                .fixed_us = schema_real(&app_schema, map->items[k], "kinds.*.*", "fixed_us"),
            };
        }
        app->kinds[i] = (struct app_task_kind){kinds->keys[i]->text, costs, count};
        if (map->count == 0) /* a kernel alone runs wherever there is a profile */
            return fault_at(fault, map,
                            "give its time on at least one PE kind, for example {A15: 10}",
                            arena_printf(arena, "task kind '%s' runs nowhere", app->kinds[i].name));
    }
    return true;
}

/* Reads the tasks and sorts their names into `names`. */
static bool load_tasks(struct app *app, struct arena *arena, const struct yaml_node *tasks,
                       struct app_name *names, struct fault *fault)
{
    struct app_name *kinds = arena_zeroed(arena, (size_t)app->kind_count, sizeof *kinds);
    for (int32_t i = 0; i < app->kind_count; i++)
        kinds[i] = (struct app_name){app->kinds[i].name, i};
    qsort(kinds, (size_t)app->kind_count, sizeof *kinds, app_name_compare);
    app->task_count = tasks->count;
    app->tasks = arena_zeroed(arena, (size_t)tasks->count, sizeof *app->tasks);
    for (int32_t i = 0; i < app->task_count; i++) {
        const struct yaml_node *name = yaml_get(tasks->items[i], "name");
        const struct yaml_node *kind = yaml_get(tasks->items[i], "kind");
        if (kind == NULL)
            kind = name;
        int32_t number = app_name_find(kinds, app->kind_count, kind->text);
        if (number < 0)
            return app_refuse_name(arena, kinds, app->kind_count, kind, "kind", fault);
        app->tasks[i] = (struct app_task){
            .name = name->text,
            .kind = number,
            .line = name->line,
            .join_any = yaml_get(tasks->items[i], "join") != NULL &&
                        strcmp(yaml_get(tasks->items[i], "join")->text, "any") == 0,
        };
        names[i] = (struct app_name){name->text, i};
    }
    return app_sort_names(names, arena, app, tasks, "task", fault);
}

/* Reads the edges and the branches, and finishes the app. */
static bool load_edges(struct app *app, struct arena *arena, const struct yaml_node *root,
                       const struct app_name *names, struct fault *fault)
{
    const struct yaml_node *edges = yaml_get(root, "edges");
    struct app_ends ends;
    return app_read_edges(app, arena, edges, names, &ends, "task", fault) &&
           app_load_branches(app, arena, root, ends.from, fault) &&
           app_graph_finish(app, arena, ends.from, ends.to, edges, fault) &&
           (app->branch_count == 0 || route_check(app, fault));
}

/* The name must be that of the file and '#' is for variants. */
static bool check_name(struct arena *arena, const struct yaml_node *name, const char *path,
                       struct fault *fault)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    size_t length = strlen(base);
    if (length > 5 && strcmp(base + length - 5, ".yaml") == 0)
        length -= 5;
    if (strchr(name->text, '#') != NULL)
        return fault_at(
            fault, name, "NAME#3 is the name of a variant",
            arena_printf(arena, "the name of an app has no '#', unlike '%s'", name->text));
    if (strlen(name->text) == length && strncmp(name->text, base, length) == 0)
        return true;
    return fault_at(
        fault, name, "an app is found by the name of its file",
        arena_printf(arena, "the app is called '%s', but its file '%s'", name->text, base));
}

/* Exactly one of `generate`, `jobs` with `edges`, and `kinds`, `tasks`, `edges`; `classes` only
 * with the last. */
static bool check_form(struct arena *arena, const struct yaml_node *root, struct fault *fault)
{
    static const char *const keys[] = {"kinds", "tasks", "classes", "edges", "jobs"};
    const char *form = yaml_get(root, "generate") != NULL ? "generate"
                       : yaml_get(root, "jobs") != NULL   ? "jobs"
                                                          : NULL;
    int excluded = form == NULL ? 2 : form[0] == 'j' ? 3 : 5;
    for (int i = 0; i < excluded; i++) {
        const struct yaml_node *node = yaml_get(root, keys[i]);
        if (form != NULL && node != NULL)
            return fault_at(fault, node, "keep one of them",
                            arena_printf(arena, "%s and %s exclude each other", keys[i], form));
        if (form == NULL && node == NULL)
            return fault_at(fault, root, "an app has kinds, tasks and edges, or jobs, or generate",
                            arena_printf(arena, "the app has no %s", keys[i]));
    }
    const struct yaml_node *tasks = yaml_get(root, "tasks");
    if (tasks != NULL && tasks->count == 0)
        return fault_at(fault, tasks, "add at least one, for example - {name: fft}",
                        "the app has no task at all");
    return true;
}

static bool load_tree(struct app_set *set, struct arena *arena, const struct yaml_node *root,
                      const struct app_source *source, struct fault *fault)
{
    if (yaml_get(root, "jobs") != NULL)
        return app_load_jobs(set, arena, root, source, fault);
    const char *name = schema_text(&app_schema, root, "", "app");
    const char *summary = schema_text(&app_schema, root, "", "summary");
    const struct yaml_node *generate = yaml_get(root, "generate");
    if (generate != NULL) {
        if (!generator_build(set, arena, generate, name, fault))
            return false;
        for (int32_t i = 0; i < set->count; i++) {
            set->apps[i].summary = summary;
            set->apps[i].batch = (int32_t)schema_int(&app_schema, root, "", "batch");
        }
        return true;
    }
    const struct yaml_node *tasks = yaml_get(root, "tasks");
    struct app *app = arena_zeroed(arena, 1, sizeof *app);
    struct app_name *names = arena_zeroed(arena, (size_t)tasks->count, sizeof *names);
    *app = (struct app){.name = name, .summary = summary, .file = root->file};
    if (!load_kinds(app, arena, yaml_get(root, "kinds"), fault) ||
        !load_tasks(app, arena, tasks, names, fault) || !load_edges(app, arena, root, names, fault))
        return false;
    *set = (struct app_set){.apps = app, .count = 1};
    return true;
}

bool app_load_source(struct app_set *set, struct arena *arena, const struct app_source *source,
                     struct fault *fault)
{
    struct yaml_node *root = yaml_load(arena, source->path, fault);
    return root != NULL && schema_check(&app_schema, arena, root, fault) &&
           check_name(arena, yaml_get(root, "app"), source->path, fault) &&
           check_form(arena, root, fault) && load_tree(set, arena, root, source, fault);
}

bool app_load_with(struct app_set *set, struct arena *arena, const char *path, app_finder *find,
                   struct fault *fault)
{
    return app_load_source(set, arena, &(struct app_source){.path = path, .find = find}, fault);
}

bool app_load(struct app_set *set, struct arena *arena, const char *path, struct fault *fault)
{
    return app_load_with(set, arena, path, app_find_beside, fault);
}
