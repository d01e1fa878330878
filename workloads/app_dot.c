/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/app_dot.h"

#include "base/csv.h"

double app_chance(const struct app *app, const struct app_branch *branch, int32_t alternative)
{
    double chance = 0;
    for (int32_t c = 0; c < app->classes.count; c++)
        chance += app->classes.shares[c] *
                  branch->probabilities[c * branch->alternative_count + alternative];
    return chance;
}

/* The name of a task in the graph, in quotes. */
static void put_name(const struct app *app, int32_t task, bool alone, FILE *stream)
{
    if (alone)
        fprintf(stream, "\"%s\"", app->tasks[task].name);
    else
        fprintf(stream, "\"%s/%s\"", app->name, app->tasks[task].name);
}

static void put_task(const struct app *app, int32_t task, bool alone, FILE *stream)
{
    const struct app_task_kind *kind = &app->kinds[app->tasks[task].kind];
    char number[32];
    fputs("  ", stream);
    put_name(app, task, alone, stream);
    fprintf(stream, " [label=\"%s\", shape=%s, kind=\"%s\"", app->tasks[task].name,
            app->tasks[task].branch >= 0 ? "diamond" : "box", kind->name);
    if (kind->cost_count > 0)
        fputs(", us=\"", stream);
    for (int32_t c = 0; c < kind->cost_count; c++)
        fprintf(stream, "%s%s=%s", c == 0 ? "" : " ", kind->costs[c].pe_kind,
                csv_format_real(number, kind->costs[c].exec_us + kind->costs[c].fixed_us));
    fputs(kind->cost_count > 0 ? "\"];\n" : "];\n", stream);
}

static void put_edge(const struct app *app, const struct app_edge *pred, int32_t task, bool alone,
                     FILE *stream)
{
    char number[32];
    int32_t when = app->when == NULL ? -1 : app->when[pred->edge];
    csv_format_real(number, app->bytes[pred->edge]);
    fputs("  ", stream);
    put_name(app, pred->task, alone, stream);
    fputs(" -> ", stream);
    put_name(app, task, alone, stream);
    fprintf(stream, " [bytes=%s, label=\"%s bytes", number, number);
    if (when >= 0) {
        const struct app_branch *branch = &app->branches[app->tasks[pred->task].branch];
        double chance = app_chance(app, branch, when);
        fprintf(stream, " if %d (%.3g %%)\", when=%d, probability=%.6g, style=dashed];\n",
                (int)when, 100 * chance, (int)when, chance);
    } else {
        fputs("\"];\n", stream);
    }
}

void app_write_dot(const struct app *const *apps, int32_t count, FILE *stream)
{
    bool alone = count == 1;
    fprintf(stream, "digraph \"%s\" {\n", alone ? apps[0]->name : "apps");
    for (int32_t a = 0; a < count; a++) {
        const struct app *app = apps[a];
        if (!alone)
            fprintf(stream, "  subgraph \"cluster_%s\" {\n  label=\"%s\";\n", app->name, app->name);
        for (int32_t t = 0; t < app->task_count; t++)
            put_task(app, t, alone, stream);
        for (int32_t t = 0; t < app->task_count; t++)
            for (int32_t p = 0; p < app->tasks[t].pred_count; p++)
                put_edge(app, &app->preds[app->tasks[t].first_pred + p], t, alone, stream);
        if (!alone)
            fputs("  }\n", stream);
    }
    fputs("}\n", stream);
}
