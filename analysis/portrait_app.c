/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "analysis/portrait.h"
#include "analysis/table.h"
#include "base/csv.h"
#include "base/tick.h"

enum { WIDTH = 110 };

static const char *us_text(struct arena *arena, double ps)
{
    return arena_printf(arena, "%.6g", ps / TICK_PER_US);
}

/* The longest way from an entry to each task, in edges; returns the most tasks of one level. */
static int32_t find_levels(const struct app *app, struct arena *arena, int32_t **levels)
{
    int32_t *level = arena_zeroed(arena, (size_t)app->task_count, sizeof *level);
    int32_t *width = arena_zeroed(arena, (size_t)app->task_count, sizeof *width);
    int32_t widest = 0;
    for (int32_t i = 0; i < app->task_count; i++) {
        int32_t task = app->order[i];
        const struct app_task *what = &app->tasks[task];
        for (int32_t p = 0; p < what->pred_count; p++) {
            int32_t before = level[app->preds[what->first_pred + p].task];
            level[task] = before + 1 > level[task] ? before + 1 : level[task];
        }
        if (++width[level[task]] > widest)
            widest = width[level[task]];
    }
    *levels = level;
    return widest;
}

/* Of an edge that belongs to an alternative of its producer's branch, as " if 2 (30 %)". */
static const char *condition_text(struct arena *arena, const struct app *app,
                                  const struct app_edge *edge)
{
    int32_t when = app->when == NULL ? -1 : app->when[edge->edge];
    if (when < 0)
        return "";
    const struct app_branch *branch = &app->branches[app->tasks[edge->task].branch];
    double chance = 0;
    for (int32_t c = 0; c < app->classes.count; c++)
        chance +=
            app->classes.shares[c] * branch->probabilities[c * branch->alternative_count + when];
    return arena_printf(arena, " if %d (%.3g %%)", (int)when, 100 * chance);
}

/* "a (100 bytes), b" */
static const char *preds_text(struct arena *arena, const struct app *app, int32_t task)
{
    const char *text = "";
    for (int32_t p = 0; p < app->tasks[task].pred_count; p++) {
        const struct app_edge *pred = &app->preds[app->tasks[task].first_pred + p];
        char bytes[32];
        text = arena_printf(arena, "%s%s%s%s", text, p == 0 ? "" : ", ",
                            app->tasks[pred->task].name, condition_text(arena, app, pred));
        if (app->bytes[pred->edge] > 0)
            text = arena_printf(arena, "%s (%s)", text,
                                csv_format_real(bytes, app->bytes[pred->edge]));
    }
    return text;
}

/* "A7 10, A15 4": of the machine's PE kinds, or as the app says it. */
static const char *costs_text(struct arena *arena, const struct app *app, const struct bind *bind,
                              int32_t task)
{
    const char *text = "";
    for (int32_t k = 0; bind != NULL && k < bind->soc->kind_count; k++) {
        int64_t cost_ps = bind->cost_ps[task * bind->soc->kind_count + k];
        if (cost_ps != BIND_INCAPABLE)
            text = arena_printf(arena, "%s%s%s %s", text, *text == '\0' ? "" : ", ",
                                bind->soc->kinds[k].name, us_text(arena, (double)cost_ps));
    }
    const struct app_task_kind *kind = &app->kinds[app->tasks[task].kind];
    const struct app_kernel *kernel =
        app->kernels == NULL ? NULL : app->kernels[app->tasks[task].kind];
    if (bind == NULL && kernel != NULL)
        return arena_printf(arena, "%.4g MAC, %.4g weight bytes", kernel->mac,
                            kernel->weight_bytes);
    for (int32_t c = 0; bind == NULL && c < kind->cost_count; c++) {
        const struct app_cost *cost = &kind->costs[c];
        text = arena_printf(arena, "%s%s%s %g", text, c == 0 ? "" : ", ", cost->pe_kind,
                            cost->exec_us);
        if (cost->fixed_us > 0)
            text = arena_printf(arena, "%s + %g", text, cost->fixed_us);
    }
    return text;
}

static void print_tasks(struct arena *arena, const struct app *app, const struct bind *bind,
                        const double *rank_ps, FILE *stream)
{
    static const struct table_column columns[] = {{"level", "", false},
                                                  {"task", "", true},
                                                  {"cost", "us or kernel", true},
                                                  {"after", "bytes", true},
                                                  {"rank", "us", false}};
    int32_t *levels;
    int column_count = (int)(sizeof columns / sizeof *columns) - (rank_ps == NULL);
    struct table table;
    find_levels(app, arena, &levels);
    table_init(&table, columns, column_count);
    for (int32_t level = 0; level < app->task_count; level++)
        for (int32_t t = 0; t < app->task_count; t++) {
            if (levels[t] != level)
                continue;
            table_add(&table, "%d", (int)level);
            table_add(&table, "%s", app->tasks[t].name);
            table_add(&table, "%s", costs_text(arena, app, bind, t));
            table_add(&table, "%s", preds_text(arena, app, t));
            if (rank_ps != NULL)
                table_add(&table, "%s", us_text(arena, rank_ps[t]));
        }
    table_print(&table, WIDTH, stream);
    table_finish(&table);
}

/* What the whole job costs on the machine. */
static void print_figures(struct arena *arena, const struct app *app, const struct bind *bind,
                          const double *rank_ps, FILE *stream)
{
    double serial_ps = 0, mean_cost_ps = 0, mean_delay_ps = 0, critical_ps = 0, highest_ps = 0;
    double *end_ps = arena_zeroed(arena, (size_t)app->task_count, sizeof *end_ps);
    int32_t *levels;
    for (int32_t i = 0; i < app->task_count; i++) {
        int32_t task = app->order[i];
        const struct app_task *what = &app->tasks[task];
        for (int32_t p = 0; p < what->pred_count; p++) {
            double before_ps = end_ps[app->preds[what->first_pred + p].task];
            end_ps[task] = before_ps > end_ps[task] ? before_ps : end_ps[task];
        }
        end_ps[task] += (double)bind->min_cost_ps[task];
        critical_ps = end_ps[task] > critical_ps ? end_ps[task] : critical_ps;
        highest_ps = rank_ps[task] > highest_ps ? rank_ps[task] : highest_ps;
        serial_ps += (double)bind->min_cost_ps[task];
        mean_cost_ps += bind->mean_cost_ps[task];
    }
    for (int32_t e = 0; e < app->edge_count; e++)
        mean_delay_ps += bind->mean_delay_ps[e];
    fprintf(stream, "\n  on %s:\n", bind->soc->name);
    fprintf(stream, "  %s us of work, each task on its fastest PE\n", us_text(arena, serial_ps));
    fprintf(stream, "  %s us critical path, free communication: no schedule is shorter%s\n",
            us_text(arena, critical_ps), app->branch_count > 0 ? " if every task runs" : "");
    fprintf(stream, "  %s us highest upward rank\n", us_text(arena, highest_ps));
    if (critical_ps > 0)
        fprintf(stream, "  %.3g parallelism (work / critical path), at most %d tasks in a level\n",
                serial_ps / critical_ps, (int)find_levels(app, arena, &levels));
    if (mean_cost_ps > 0)
        fprintf(stream, "  %.3g CCR (mean delays / mean times)\n", mean_delay_ps / mean_cost_ps);
}

void portrait_app(const struct app *app, const struct bind *bind, FILE *stream)
{
    struct arena *arena = arena_create();
    double *rank_ps = NULL;
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
    print_tasks(arena, app, bind, rank_ps, stream);
    if (bind != NULL)
        print_figures(arena, app, bind, rank_ps, stream);
    arena_destroy(arena);
}

void portrait_app_dot(const struct app *app, FILE *stream)
{
    struct arena *arena = arena_create();
    fprintf(stream, "digraph \"%s\" {\n", app->name);
    for (int32_t t = 0; t < app->task_count; t++)
        fprintf(stream, "  \"%s\" [shape=%s];\n", app->tasks[t].name,
                app->tasks[t].branch >= 0 ? "diamond" : "box");
    for (int32_t t = 0; t < app->task_count; t++)
        for (int32_t p = 0; p < app->tasks[t].pred_count; p++) {
            const struct app_edge *pred = &app->preds[app->tasks[t].first_pred + p];
            const char *condition = condition_text(arena, app, pred);
            fprintf(stream, "  \"%s\" -> \"%s\" [label=\"%g bytes%s\"%s];\n",
                    app->tasks[pred->task].name, app->tasks[t].name, app->bytes[pred->edge],
                    condition, *condition == '\0' ? "" : ", style=dashed");
        }
    fputs("}\n", stream);
    arena_destroy(arena);
}
