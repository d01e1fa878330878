/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/app_graph.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/dag.h"

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

bool app_graph_finish(struct app *app, struct arena *arena, const int32_t *from, const int32_t *to,
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
    return app_graph_finish(app, arena, from, to, NULL, fault);
}

int app_name_compare(const void *a, const void *b)
{
    const struct app_name *one = a, *other = b;
    int order = strcmp(one->text, other->text);
    return order != 0 ? order : (one->number > other->number) - (one->number < other->number);
}

static int compare_text(const void *text, const void *name)
{
    return strcmp(text, ((const struct app_name *)name)->text);
}

int32_t app_name_find(const struct app_name *names, int32_t count, const char *text)
{
    const struct app_name *found = bsearch(text, names, (size_t)count, sizeof *names, compare_text);
    return found == NULL ? -1 : found->number;
}

bool app_refuse_name(struct arena *arena, const struct app_name *names, int32_t count,
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

bool app_sort_names(struct app_name *names, struct arena *arena, const struct app *app,
                    const struct yaml_node *tasks, const char *noun, struct fault *fault)
{
    qsort(names, (size_t)app->task_count, sizeof *names, app_name_compare);
    int32_t twin = -1, first = -1;
    for (int32_t i = 1; i < app->task_count; i++)
        if (strcmp(names[i].text, names[i - 1].text) == 0 && (twin < 0 || names[i].number < twin)) {
            twin = names[i].number;
            first = names[i - 1].number;
        }
    if (twin < 0)
        return true;
    const struct yaml_node *name = yaml_get(tasks->items[twin], "name");
    return fault_at(fault, name != NULL ? name : tasks->items[twin], "give each its own name",
                    arena_printf(arena, "two %ss are called '%s', the other is in line %d", noun,
                                 app->tasks[twin].name, (int)app->tasks[first].line));
}

bool app_read_edges(struct app *app, struct arena *arena, const struct yaml_node *edges,
                    const struct app_name *names, struct app_ends *ends, const char *noun,
                    struct fault *fault)
{
    app->edge_count = edges == NULL ? 0 : edges->count;
    size_t count = (size_t)app->edge_count;
    ends->from = arena_zeroed(arena, count, sizeof *ends->from);
    ends->to = arena_zeroed(arena, count, sizeof *ends->to);
    app->bytes = arena_zeroed(arena, count, sizeof *app->bytes);
    for (int32_t i = 0; i < app->edge_count; i++) {
        const struct yaml_node *producer = yaml_get(edges->items[i], "from");
        const struct yaml_node *consumer = yaml_get(edges->items[i], "to");
        ends->from[i] = app_name_find(names, app->task_count, producer->text);
        ends->to[i] = app_name_find(names, app->task_count, consumer->text);
        if (ends->from[i] < 0 || ends->to[i] < 0)
            return app_refuse_name(arena, names, app->task_count,
                                   ends->from[i] < 0 ? producer : consumer, noun, fault);
        app->bytes[i] = schema_real(&app_schema, edges->items[i], "edges[]", "bytes");
    }
    return true;
}
