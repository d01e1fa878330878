/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/app_branches.h"

#include <math.h>

/* How far a sum of probabilities may be from 1. */
#define SUM_TOLERANCE 1e-6

struct loader {
    struct app *app;
    struct arena *arena;
    struct fault *fault;
};

static bool refuse(const struct loader *loader, const struct yaml_node *node, const char *hint,
                   const char *what)
{
    char where[sizeof loader->fault->where];
    return fault_set(loader->fault, yaml_where(node, where, sizeof where), hint, "%s", what);
}

/* Reads probabilities, scaled so that they sum to 1 to the last bit that matters. */
static bool read_shares(const struct loader *loader, const struct yaml_node *list, double *shares)
{
    double sum = 0.0;
    for (int32_t i = 0; i < list->count; i++) {
        schema_parse_real(list->items[i]->text, &shares[i]);
        sum += shares[i];
    }
    if (fabs(sum - 1.0) > SUM_TOLERANCE)
        return refuse(loader, list, "they are the probabilities of all that can happen",
                      arena_printf(loader->arena, "these sum to %g, not to 1", sum));
    for (int32_t i = 0; i < list->count; i++)
        shares[i] /= sum;
    return true;
}

static bool read_classes(const struct loader *loader, const struct yaml_node *classes)
{
    if (classes == NULL)
        return true;
    const struct yaml_node *list = yaml_get(classes, "shares");
    double *shares = arena_zeroed(loader->arena, (size_t)list->count, sizeof *shares);
    const char *per = schema_text(&app_schema, classes, "classes", "per");
    loader->app->classes =
        (struct app_classes){.count = list->count, .shares = shares, .is_per_job = per[0] == 'j'};
    return read_shares(loader, list, shares);
}

/* Reads a branch whose rows are the lists in `by_class`. */
static bool read_rows(const struct loader *loader, struct app_branch *branch,
                      const struct yaml_node *by_class)
{
    int32_t classes = loader->app->classes.count;
    if (classes == 0)
        return refuse(loader, by_class, "for example classes: {shares: [0.5, 0.5]}",
                      "branch_by_class without classes");
    if (by_class->count != classes)
        return refuse(loader, by_class, "one list for each of classes.shares",
                      arena_printf(loader->arena, "%d lists for %d classes", (int)by_class->count,
                                   (int)classes));
    int32_t width = branch->alternative_count = by_class->items[0]->count;
    size_t size = (size_t)classes * (size_t)width;
    double *table = arena_zeroed(loader->arena, size, sizeof *table);
    branch->probabilities = table;
    for (int32_t class = 0; class < classes; class ++) {
        const struct yaml_node *row = by_class->items[class];
        if (row->count != width)
            return refuse(loader, row, "every class has the same alternatives",
                          arena_printf(loader->arena, "%d alternatives here, %d in the first list",
                                       (int)row->count, (int)width));
        if (!read_shares(loader, row, &table[(int64_t) class * width]))
            return false;
    }
    return true;
}

/* Reads a branch that is the same for all classes. */
static bool read_row(const struct loader *loader, struct app_branch *branch,
                     const struct yaml_node *list)
{
    int32_t classes = loader->app->classes.count > 0 ? loader->app->classes.count : 1;
    int32_t width = branch->alternative_count = list->count;
    size_t size = (size_t)classes * (size_t)width;
    double *table = arena_zeroed(loader->arena, size, sizeof *table);
    branch->probabilities = table;
    if (!read_shares(loader, list, table))
        return false;
    for (int32_t i = width; i < classes * width; i++)
        table[i] = table[i - width];
    return true;
}

/* Fills a branch whose alternatives are equally likely. */
static void spread_evenly(const struct loader *loader, struct app_branch *branch, int32_t width)
{
    int32_t classes = loader->app->classes.count > 0 ? loader->app->classes.count : 1;
    size_t size = (size_t)classes * (size_t)width;
    double *table = arena_zeroed(loader->arena, size, sizeof *table);
    for (size_t i = 0; i < size; i++)
        table[i] = 1.0 / width;
    branch->alternative_count = width;
    branch->probabilities = table;
}

static bool read_branch(const struct loader *loader, int32_t task, const struct yaml_node *item)
{
    static const char *const keys[] = {"branch", "branch_evenly", "branch_by_class"};
    const struct yaml_node *node = NULL;
    int key = 0;
    for (int i = 0; i < 3; i++) {
        const struct yaml_node *found = yaml_get(item, keys[i]);
        if (found != NULL && node != NULL)
            return refuse(
                loader, found, "keep one of them",
                arena_printf(loader->arena, "%s and %s exclude each other", keys[key], keys[i]));
        if (found != NULL) {
            node = found;
            key = i;
        }
    }
    if (node == NULL)
        return true;
    struct app_branch *branch = &loader->app->branches[loader->app->branch_count++];
    branch->task = task;
    if (key == 1)
        spread_evenly(loader, branch,
                      (int32_t)schema_int(&app_schema, item, "tasks[]", "branch_evenly"));
    else if (!(key == 0 ? read_row(loader, branch, node) : read_rows(loader, branch, node)))
        return false;
    return branch->alternative_count <= APP_ALTERNATIVES_MAX ||
           refuse(loader, node, "split it into two branches",
                  arena_printf(loader->arena, "%d alternatives, the limit is %d",
                               (int)branch->alternative_count, APP_ALTERNATIVES_MAX));
}

/* The branch of a task, NULL if it has none. */
static const struct app_branch *find_branch(const struct app *app, int32_t task)
{
    int32_t low = 0, high = app->branch_count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (app->branches[middle].task < task)
            low = middle + 1;
        else
            high = middle;
    }
    return low < app->branch_count && app->branches[low].task == task ? &app->branches[low] : NULL;
}

static bool read_when(const struct loader *loader, const struct yaml_node *edge, int32_t from,
                      int32_t *when)
{
    const struct app_branch *branch = find_branch(loader->app, from);
    const char *name = loader->app->tasks[from].name;
    const struct yaml_node *node = yaml_get(edge, "when");
    *when = -1;
    if (node == NULL)
        return true;
    *when = (int32_t)schema_int(&app_schema, edge, "edges[]", "when");
    if (branch == NULL)
        return refuse(loader, node, "give the task a branch: [0.5, 0.5], or take the when out",
                      arena_printf(loader->arena, "task '%s' has no alternatives", name));
    return *when < branch->alternative_count ||
           refuse(loader, node, "alternatives are numbered from 0",
                  arena_printf(loader->arena, "task '%s' has %d alternatives, no number %d", name,
                               (int)branch->alternative_count, (int)*when));
}

/* Fails at the first alternative that no edge belongs to. */
static bool check_alternatives(const struct loader *loader, const struct yaml_node *tasks,
                               const int32_t *from)
{
    const struct app *app = loader->app;
    for (int32_t i = 0; i < app->branch_count; i++) {
        const struct app_branch *branch = &app->branches[i];
        bool *has_edge =
            arena_zeroed(loader->arena, (size_t)branch->alternative_count, sizeof *has_edge);
        for (int32_t edge = 0; edge < app->edge_count; edge++)
            if (from[edge] == branch->task && app->when[edge] >= 0)
                has_edge[app->when[edge]] = true;
        for (int32_t k = 0; k < branch->alternative_count; k++)
            if (!has_edge[k])
                return refuse(loader, yaml_get(tasks->items[branch->task], "name"),
                              "lead it somewhere, if only to a task that costs nothing",
                              arena_printf(loader->arena,
                                           "no edge belongs to alternative %d of task '%s'", (int)k,
                                           app->tasks[branch->task].name));
    }
    return true;
}

bool app_load_branches(struct app *app, struct arena *arena, const struct yaml_node *root,
                       const int32_t *from, struct fault *fault)
{
    const struct loader loader = {app, arena, fault};
    const struct yaml_node *tasks = yaml_get(root, "tasks");
    const struct yaml_node *edges = yaml_get(root, "edges");
    app->batch = (int32_t)schema_int(&app_schema, root, "", "batch");
    if (!read_classes(&loader, yaml_get(root, "classes")))
        return false;
    app->branches = arena_zeroed(arena, (size_t)app->task_count, sizeof *app->branches);
    for (int32_t task = 0; task < app->task_count; task++)
        if (!read_branch(&loader, task, tasks->items[task]))
            return false;
    app->when = arena_zeroed(arena, (size_t)app->edge_count, sizeof *app->when);
    for (int32_t edge = 0; edge < app->edge_count; edge++)
        if (!read_when(&loader, edges->items[edge], from[edge], &app->when[edge]))
            return false;
    if (app->branch_count == 0)
        app->when = NULL;
    return check_alternatives(&loader, tasks, from);
}
