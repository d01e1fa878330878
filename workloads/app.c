/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/app.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/app_branches.h"
#include "workloads/app_kernel.h"
#include "workloads/dag.h"
#include "workloads/generator.h"
#include "workloads/route.h"

/* A cycle is named task by task up to this many tasks. */
#define CYCLE_NAMES_MAX 12

static bool fault_at(struct fault *fault, const struct yaml_node *node, const char *hint,
                     const char *what)
{
    char where[sizeof fault->where];
    return fault_set(fault, yaml_where(node, where, sizeof where), hint, "%s", what);
}

/* Fills preds and succs, both ascending: walking the edges by producer sorts the preds, walking
 * those by consumer sorts the succs. O(V + E). */
static void link_edges(struct app *app, struct arena *arena, const int32_t *from, const int32_t *to)
{
    struct app_task *tasks = app->tasks;
    app->preds = arena_zeroed(arena, (size_t)app->edge_count, sizeof *app->preds);
    app->succs = arena_zeroed(arena, (size_t)app->edge_count, sizeof *app->succs);
    int32_t *next = memory_zeroed((size_t)app->task_count, sizeof *next);
    for (int32_t edge = 0; edge < app->edge_count; edge++) {
        tasks[from[edge]].succ_count++;
        tasks[to[edge]].pred_count++;
    }
    for (int32_t task = 1; task < app->task_count; task++) {
        tasks[task].first_pred = tasks[task - 1].first_pred + tasks[task - 1].pred_count;
        tasks[task].first_succ = tasks[task - 1].first_succ + tasks[task - 1].succ_count;
        next[task] = tasks[task].first_succ;
    }
    for (int32_t edge = 0; edge < app->edge_count; edge++)
        app->succs[next[from[edge]]++] = (struct app_edge){to[edge], edge};
    for (int32_t task = 0; task < app->task_count; task++)
        next[task] = tasks[task].first_pred;
    for (int32_t task = 0, i = 0; task < app->task_count; task++)
        for (; i < tasks[task].first_succ + tasks[task].succ_count; i++)
            app->preds[next[app->succs[i].task]++] = (struct app_edge){task, app->succs[i].edge};
    for (int32_t task = 0; task < app->task_count; task++)
        next[task] = tasks[task].first_succ;
    for (int32_t task = 0, i = 0; task < app->task_count; task++)
        for (; i < tasks[task].first_pred + tasks[task].pred_count; i++)
            app->succs[next[app->preds[i].task]++] = (struct app_edge){task, app->preds[i].edge};
    free(next);
}

/* The place of an edge: its own if it was read from a list, otherwise the file. */
static const char *edge_where(const struct app *app, const struct yaml_node *edges, int32_t edge,
                              char *text, size_t size)
{
    if (edges != NULL)
        return yaml_where(edges->items[edge], text, size);
    return app->file;
}

static bool check_edges(const struct app *app, const int32_t *from, const int32_t *to,
                        const struct yaml_node *edges, struct fault *fault)
{
    char where[sizeof fault->where];
    for (int32_t edge = 0; edge < app->edge_count; edge++)
        if (from[edge] == to[edge])
            return fault_set(fault, edge_where(app, edges, edge, where, sizeof where),
                             "an edge runs from a producer to another task",
                             "task '%s' has an edge to itself", app->tasks[from[edge]].name);
    return true;
}

static bool check_duplicates(const struct app *app, const struct yaml_node *edges,
                             struct fault *fault)
{
    char where[sizeof fault->where];
    for (int32_t task = 0; task < app->task_count; task++) {
        const struct app_edge *succs = app->succs + app->tasks[task].first_succ;
        for (int32_t i = 1; i < app->tasks[task].succ_count; i++)
            if (succs[i].task == succs[i - 1].task)
                return fault_set(fault, edge_where(app, edges, succs[i].edge, where, sizeof where),
                                 "keep one of them, with the bytes of both",
                                 "the edge %s -> %s is there twice", app->tasks[task].name,
                                 app->tasks[succs[i].task].name);
    }
    return true;
}

/* Names a cycle task by task: "cycle: a -> b -> c -> a". */
static bool refuse_cycle(const struct app *app, const int32_t *from, const int32_t *to,
                         const struct yaml_node *edges, struct fault *fault)
{
    char where[sizeof fault->where];
    struct arena *arena = arena_create();
    int32_t *cycle = memory_zeroed((size_t)app->task_count, sizeof *cycle);
    int32_t length = dag_find_cycle(cycle, app->task_count, from, to, app->edge_count);
    assert(length > 0);
    const char *text = "";
    for (int32_t i = 0; i < length && i < CYCLE_NAMES_MAX; i++)
        text = arena_printf(arena, "%s%s -> ", text, app->tasks[cycle[i]].name);
    if (length > CYCLE_NAMES_MAX)
        text = arena_printf(arena, "%s(%d more) -> ", text, (int)(length - CYCLE_NAMES_MAX));
    int32_t closing = 0;
    while (from[closing] != cycle[length - 1] || to[closing] != cycle[0])
        closing++;
    fault_set(fault, edge_where(app, edges, closing, where, sizeof where),
              "a job is a DAG: take out or turn one of these edges", "cycle: %s%s", text,
              app->tasks[cycle[0]].name);
    free(cycle);
    arena_destroy(arena);
    return false;
}

/* What every job has unless the app says otherwise: one sample of one class; and the way from a
 * branch task to its branch. */
static void complete(struct app *app)
{
    static const double one = 1.0;
    if (app->batch == 0)
        app->batch = 1;
    if (app->classes.count == 0)
        app->classes = (struct app_classes){.count = 1, .shares = &one};
    for (int32_t task = 0; task < app->task_count; task++)
        app->tasks[task].branch = -1;
    for (int32_t i = 0; i < app->branch_count; i++)
        app->tasks[app->branches[i].task].branch = i;
}

/* app_finish, with the list that the edges were read from or NULL. */
static bool finish(struct app *app, struct arena *arena, const int32_t *from, const int32_t *to,
                   const struct yaml_node *edges, struct fault *fault)
{
    assert(app->task_count > 0);
    complete(app);
    if (!check_edges(app, from, to, edges, fault))
        return false;
    link_edges(app, arena, from, to);
    if (!check_duplicates(app, edges, fault))
        return false;
    app->order = arena_zeroed(arena, (size_t)app->task_count, sizeof *app->order);
    return dag_order(app->order, app->task_count, from, to, app->edge_count) ||
           refuse_cycle(app, from, to, edges, fault);
}

bool app_finish(struct app *app, struct arena *arena, const int32_t *from, const int32_t *to,
                struct fault *fault)
{
    return finish(app, arena, from, to, NULL, fault);
}

/* Names sorted for looking up; equal ones in order of number. */
struct name {
    const char *text;
    int32_t number;
};

static int name_compare(const void *a, const void *b)
{
    const struct name *one = a, *other = b;
    int order = strcmp(one->text, other->text);
    return order != 0 ? order : (one->number > other->number) - (one->number < other->number);
}

static int name_compare_text(const void *text, const void *name)
{
    return strcmp(text, ((const struct name *)name)->text);
}

static int32_t name_find(const struct name *names, int32_t count, const char *text)
{
    const struct name *found =
        bsearch(text, names, (size_t)count, sizeof *names, name_compare_text);
    return found == NULL ? -1 : found->number;
}

/* A fault about a name that is not among `names`, with the nearest one as a hint. */
static bool refuse_name(struct arena *arena, const struct name *names, int32_t count,
                        const struct yaml_node *node, const char *noun, struct fault *fault)
{
    const char **texts = arena_zeroed(arena, (size_t)count, sizeof *texts);
    for (int32_t i = 0; i < count; i++)
        texts[i] = names[i].text;
    const char *nearest = schema_nearest(node->text, texts, count);
    const char *hint = nearest == NULL ? arena_printf(arena, "add it to %ss", noun)
                                       : arena_printf(arena, "did you mean '%s'?", nearest);
    return fault_at(fault, node, hint,
                    arena_printf(arena, "there is no %s '%s'", noun, node->text));
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

/* Fails at the first task that has the name of an earlier one. */
static bool check_unique(struct arena *arena, const struct name *names, const struct app *app,
                         const struct yaml_node *tasks, struct fault *fault)
{
    int32_t twin = -1, first = -1;
    for (int32_t i = 1; i < app->task_count; i++)
        if (strcmp(names[i].text, names[i - 1].text) == 0 && (twin < 0 || names[i].number < twin)) {
            twin = names[i].number;
            first = names[i - 1].number;
        }
    if (twin < 0)
        return true;
    return fault_at(fault, yaml_get(tasks->items[twin], "name"), "give each task its own name",
                    arena_printf(arena, "two tasks are called '%s', the other is in line %d",
                                 app->tasks[twin].name, (int)app->tasks[first].line));
}

/* Reads the tasks and sorts their names into `names`. */
static bool load_tasks(struct app *app, struct arena *arena, const struct yaml_node *tasks,
                       struct name *names, struct fault *fault)
{
    struct name *kinds = arena_zeroed(arena, (size_t)app->kind_count, sizeof *kinds);
    for (int32_t i = 0; i < app->kind_count; i++)
        kinds[i] = (struct name){app->kinds[i].name, i};
    qsort(kinds, (size_t)app->kind_count, sizeof *kinds, name_compare);
    app->task_count = tasks->count;
    app->tasks = arena_zeroed(arena, (size_t)tasks->count, sizeof *app->tasks);
    for (int32_t i = 0; i < app->task_count; i++) {
        const struct yaml_node *name = yaml_get(tasks->items[i], "name");
        const struct yaml_node *kind = yaml_get(tasks->items[i], "kind");
        if (kind == NULL)
            kind = name;
        int32_t number = name_find(kinds, app->kind_count, kind->text);
        if (number < 0)
            return refuse_name(arena, kinds, app->kind_count, kind, "kind", fault);
        app->tasks[i] = (struct app_task){
            .name = name->text,
            .kind = number,
            .line = name->line,
            .join_any = yaml_get(tasks->items[i], "join") != NULL &&
                        strcmp(yaml_get(tasks->items[i], "join")->text, "any") == 0,
        };
        names[i] = (struct name){name->text, i};
    }
    qsort(names, (size_t)app->task_count, sizeof *names, name_compare);
    return check_unique(arena, names, app, tasks, fault);
}

/* Reads the edges and the branches, and finishes the app. */
static bool load_edges(struct app *app, struct arena *arena, const struct yaml_node *root,
                       const struct name *names, struct fault *fault)
{
    const struct yaml_node *edges = yaml_get(root, "edges");
    app->edge_count = edges == NULL ? 0 : edges->count;
    size_t count = (size_t)app->edge_count;
    int32_t *from = arena_zeroed(arena, count, sizeof *from);
    int32_t *to = arena_zeroed(arena, count, sizeof *to);
    app->bytes = arena_zeroed(arena, count, sizeof *app->bytes);
    for (int32_t i = 0; i < app->edge_count; i++) {
        const struct yaml_node *producer = yaml_get(edges->items[i], "from");
        const struct yaml_node *consumer = yaml_get(edges->items[i], "to");
        from[i] = name_find(names, app->task_count, producer->text);
        to[i] = name_find(names, app->task_count, consumer->text);
        if (from[i] < 0 || to[i] < 0)
            return refuse_name(arena, names, app->task_count, from[i] < 0 ? producer : consumer,
                               "task", fault);
        app->bytes[i] = schema_real(&app_schema, edges->items[i], "edges[]", "bytes");
    }
    return app_load_branches(app, arena, root, from, fault) &&
           finish(app, arena, from, to, edges, fault) &&
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

/* Exactly one of `generate` and `kinds`, `tasks`, `edges`; `classes` only with the latter. */
static bool check_form(struct arena *arena, const struct yaml_node *root, struct fault *fault)
{
    static const char *const keys[] = {"kinds", "tasks", "edges", "classes"};
    bool is_generated = yaml_get(root, "generate") != NULL;
    for (int i = 0; i < 4; i++) {
        const struct yaml_node *node = yaml_get(root, keys[i]);
        if (is_generated && node != NULL)
            return fault_at(fault, node, "keep one of them",
                            arena_printf(arena, "%s and generate exclude each other", keys[i]));
        if (!is_generated && node == NULL && i < 2)
            return fault_at(fault, root, "an app has kinds, tasks and edges, or generate",
                            arena_printf(arena, "the app has no %s", keys[i]));
    }
    const struct yaml_node *tasks = yaml_get(root, "tasks");
    if (tasks != NULL && tasks->count == 0)
        return fault_at(fault, tasks, "add at least one, for example - {name: fft}",
                        "the app has no task at all");
    return true;
}

static bool load_tree(struct app_set *set, struct arena *arena, const struct yaml_node *root,
                      struct fault *fault)
{
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
    struct name *names = arena_zeroed(arena, (size_t)tasks->count, sizeof *names);
    *app = (struct app){.name = name, .summary = summary, .file = root->file};
    if (!load_kinds(app, arena, yaml_get(root, "kinds"), fault) ||
        !load_tasks(app, arena, tasks, names, fault) || !load_edges(app, arena, root, names, fault))
        return false;
    *set = (struct app_set){app, 1};
    return true;
}

bool app_load(struct app_set *set, struct arena *arena, const char *path, struct fault *fault)
{
    struct yaml_node *root = yaml_load(arena, path, fault);
    return root != NULL && schema_check(&app_schema, arena, root, fault) &&
           check_name(arena, yaml_get(root, "app"), path, fault) &&
           check_form(arena, root, fault) && load_tree(set, arena, root, fault);
}
