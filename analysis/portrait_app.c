/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>

#include "analysis/portrait.h"
#include "analysis/shape.h"
#include "analysis/table.h"
#include "base/csv.h"
#include "base/tick.h"
#include "base/writing.h"
#include "workloads/app_dot.h"

/* Nothing is cut: a task may come after hundreds of others. */
enum { WIDTH = INT_MAX / 2 };

static const char *us_text(struct arena *arena, double ps)
{
    return arena_printf(arena, "%.6g", ps / TICK_PER_US);
}

/* Of an edge that belongs to an alternative of its producer's branch, as " if 2 (30 %)". */
static const char *condition_text(struct arena *arena, const struct app *app,
                                  const struct app_edge *edge)
{
    int32_t when = app->when == NULL ? -1 : app->when[edge->edge];
    if (when < 0)
        return "";
    const struct app_branch *branch = &app->branches[app->tasks[edge->task].branch];
    double chance = app_chance(app, branch, when);
    return arena_printf(arena, " if %d (%.3g %%)", (int)when, 100 * chance);
}

/* Appends "a (100), b" as a cell. */
static void add_preds(struct table *table, struct arena *arena, const struct app *app, int32_t task)
{
    char bytes[32];
    struct writing writing;
    writing_begin(&writing);
    for (int32_t p = 0; p < app->tasks[task].pred_count; p++) {
        const struct app_edge *pred = &app->preds[app->tasks[task].first_pred + p];
        fprintf(writing.stream, "%s%s%s", p == 0 ? "" : ", ", app->tasks[pred->task].name,
                condition_text(arena, app, pred));
        if (app->bytes[pred->edge] > 0)
            fprintf(writing.stream, " (%s)", csv_format_real(bytes, app->bytes[pred->edge]));
    }
    table_add(table, "%s", writing_keep(&writing, arena));
}

static void put_bound_costs(const struct bind *bind, int32_t task, FILE *stream)
{
    const char *separator = "";
    for (int32_t k = 0; k < bind->soc->kind_count; k++) {
        int64_t cost_ps = bind->cost_ps[(int64_t)task * bind->soc->kind_count + k];
        if (cost_ps == BIND_INCAPABLE)
            continue;
        fprintf(stream, "%s%s %.6g", separator, bind->soc->kinds[k].name,
                (double)cost_ps / TICK_PER_US);
        separator = ", ";
    }
}

static void put_costs(const struct app *app, int32_t task, FILE *stream)
{
    const struct app_task_kind *kind = &app->kinds[app->tasks[task].kind];
    const struct app_kernel *kernel =
        app->kernels == NULL ? NULL : app->kernels[app->tasks[task].kind];
    if (kernel != NULL)
        fprintf(stream, "%.4g MAC, %.4g weight bytes", kernel->mac, kernel->weight_bytes);
    for (int32_t c = 0; kernel == NULL && c < kind->cost_count; c++) {
        const struct app_cost *cost = &kind->costs[c];
        fprintf(stream, "%s%s %g", c == 0 ? "" : ", ", cost->pe_kind, cost->exec_us);
        if (cost->fixed_us > 0)
            fprintf(stream, " + %g", cost->fixed_us);
    }
}

/* Appends "A7 10, A15 4" as a cell: of the machine's PE kinds, or as the app says it. */
static void add_costs(struct table *table, const struct app *app, const struct bind *bind,
                      int32_t task)
{
    struct writing writing;
    writing_begin(&writing);
    if (bind != NULL)
        put_bound_costs(bind, task, writing.stream);
    else
        put_costs(app, task, writing.stream);
    writing_end(&writing);
    table_add(table, "%s", writing.text);
    writing_finish(&writing);
}

static void print_tasks(struct arena *arena, const struct app *app, const struct shape *shape,
                        const struct bind *bind, const double *rank_ps, FILE *stream)
{
    static const struct table_column with_rank[] = {{"level", "", false},
                                                    {"task", "", true},
                                                    {"rank", "us", false},
                                                    {"cost", "us or kernel", true},
                                                    {"after", "bytes", true}};
    static const struct table_column without[] = {{"level", "", false},
                                                  {"task", "", true},
                                                  {"cost", "us or kernel", true},
                                                  {"after", "bytes", true}};
    struct table table;
    table_init(&table, rank_ps == NULL ? without : with_rank, rank_ps == NULL ? 4 : 5);
    for (int32_t i = 0; i < app->task_count; i++) {
        int32_t task = shape->by_level[i];
        table_add(&table, "%d", (int)shape->level[task]);
        table_add(&table, "%s", app->tasks[task].name);
        if (rank_ps != NULL)
            table_add(&table, "%s", us_text(arena, rank_ps[task]));
        add_costs(&table, app, bind, task);
        add_preds(&table, arena, app, task);
    }
    table_print(&table, WIDTH, stream);
    table_finish(&table);
}

static void print_path(const struct app *app, const struct shape_load *load, FILE *stream)
{
    fputs("    ", stream);
    for (int32_t i = 0; i < load->path_count; i++)
        fprintf(stream, "%s%s", i == 0 ? "" : " > ", app->tasks[load->path[i]].name);
    fputc('\n', stream);
}

/* What the whole job costs on the machine. */
static void print_figures(struct arena *arena, const struct shape *shape, const struct bind *bind,
                          const double *rank_ps, FILE *stream)
{
    const struct app *app = bind->app;
    bool has_branches = app->branch_count > 0;
    const char *mean = has_branches ? ", on average" : "";
    double highest_ps = 0;
    struct shape_load load;
    shape_load_find(&load, arena, bind);
    for (int32_t task = 0; task < app->task_count; task++)
        highest_ps = rank_ps[task] > highest_ps ? rank_ps[task] : highest_ps;
    fprintf(stream, "\n  on %s:\n", bind->soc->name);
    if (load.serial_pe >= 0)
        fprintf(stream, "  %s us serial, all tasks on %s%s\n", us_text(arena, load.serial_ps),
                bind->soc->pes[load.serial_pe].name, mean);
    else
        fputs("  no PE can run all tasks\n", stream);
    fprintf(stream, "  %s us of work, each task on its fastest PE%s\n",
            us_text(arena, load.work_ps), mean);
    fprintf(stream, "  %s us critical path, free communication: no schedule is shorter%s\n",
            us_text(arena, (double)load.longest_ps), has_branches ? " if every task runs" : "");
    print_path(app, &load, stream);
    if (!has_branches)
        fprintf(stream, "  %s us of every PE, if none ever waits: no schedule is shorter\n",
                us_text(arena, (double)load.area_ps));
    fprintf(stream, "  %s us highest upward rank\n", us_text(arena, highest_ps));
    if (load.longest_ps > 0)
        fprintf(stream, "  %.3g parallelism (work / critical path), at most %d tasks in a level\n",
                load.work_ps / (double)load.longest_ps, (int)shape->widest);
    fprintf(stream, "  %.3g CCR (mean delay of an edge / mean time of a task)\n", load.ccr);
}

void portrait_app(const struct app *app, const struct bind *bind, FILE *stream)
{
    struct arena *arena = arena_create();
    double *rank_ps = NULL;
    struct shape shape;
    shape_find(&shape, arena, app);
    if (bind != NULL) {
        rank_ps = arena_zeroed(arena, (size_t)app->task_count, sizeof *rank_ps);
        bind_upward_rank(bind, rank_ps);
    }
    fprintf(stream, "app %s: %s\n%d tasks of %d kinds, %d edges", app->name,
            app->summary == NULL ? "" : app->summary, (int)app->task_count, (int)app->kind_count,
            (int)app->edge_count);
    if (app->branch_count > 0)
        fprintf(stream, ", %d branches", (int)app->branch_count);
    if (app->batch > 1)
        fprintf(stream, ", %d samples in a job", (int)app->batch);
    fputs("\n\n", stream);
    print_tasks(arena, app, &shape, bind, rank_ps, stream);
    if (bind != NULL)
        print_figures(arena, &shape, bind, rank_ps, stream);
    arena_destroy(arena);
}
