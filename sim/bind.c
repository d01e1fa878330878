/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/bind.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"

/* "file:line" of a task, the file or the app's name where there is no line. */
static const char *task_where(const struct app *app, int32_t task, char *text, size_t size)
{
    const char *file = app->file != NULL ? app->file : app->name;
    if (app->tasks[task].line > 0) {
        snprintf(text, size, "%s:%d", file, (int)app->tasks[task].line);
    } else {
        snprintf(text, size, "%s", file);
    }
    return text;
}

static void append(char *text, size_t size, const char *word)
{
    size_t used = strlen(text);
    if (used + 1 < size) {
        snprintf(text + used, size - used, "%s", word);
    }
}

static bool fault_unsupported(const struct bind *bind, int32_t task, struct fault *fault)
{
    const struct app_task *what = &bind->app->tasks[task];
    const struct app_task_kind *kind = &bind->app->kinds[what->kind];
    char where[512];
    char hint[512] = "the app knows it on ";
    for (int32_t i = 0; i < kind->cost_count; i++) {
        append(hint, sizeof hint, i > 0 ? ", " : "");
        append(hint, sizeof hint, kind->costs[i].pe_kind);
    }
    append(hint, sizeof hint,
           kind->cost_count == 0 ? "nothing; the machine has " : "; the machine has ");
    for (int32_t i = 0; i < bind->soc->kind_count; i++) {
        append(hint, sizeof hint, i > 0 ? ", " : "");
        append(hint, sizeof hint, bind->soc->kinds[i].name);
    }
    return fault_set(fault, task_where(bind->app, task, where, sizeof where), hint,
                     "no PE of '%s' can run task '%s' (kind '%s') of app '%s'", bind->soc->name,
                     what->name, kind->name, bind->app->name);
}

static void count_pes(const struct soc *soc, int32_t *pes_of_kind)
{
    for (int32_t c = 0; c < soc->cluster_count; c++) {
        pes_of_kind[soc->clusters[c].kind] += soc->clusters[c].pe_count;
    }
}

/* Fills the costs of one task, its least and its mean. */
static bool bind_task(struct bind *bind, int32_t task, const int32_t *pes_of_kind,
                      struct fault *fault)
{
    const struct soc *soc = bind->soc;
    const struct app_task_kind *kind = &bind->app->kinds[bind->app->tasks[task].kind];
    int64_t *cost_ps = &bind->cost_ps[(int64_t)task * soc->kind_count];
    for (int32_t k = 0; k < soc->kind_count; k++) {
        cost_ps[k] = BIND_INCAPABLE;
    }
    int64_t least_ps = BIND_INCAPABLE;
    double sum_ps = 0.0;
    int32_t pes = 0;
    for (int32_t i = 0; i < kind->cost_count; i++) {
        int32_t k = soc_find_kind(soc, kind->costs[i].pe_kind);
        if (k < 0) {
            continue;
        }
        if (!tick_fits_us(kind->costs[i].exec_us)) {
            char where[512];
            return fault_set(fault, task_where(bind->app, task, where, sizeof where), NULL,
                             "task '%s' of app '%s' takes %g us on %s, beyond the limit of 2^53 ps",
                             bind->app->tasks[task].name, bind->app->name, kind->costs[i].exec_us,
                             kind->costs[i].pe_kind);
        }
        cost_ps[k] = tick_from_us(kind->costs[i].exec_us);
        if (pes_of_kind[k] > 0) {
            least_ps = cost_ps[k] < least_ps ? cost_ps[k] : least_ps;
            sum_ps += (double)pes_of_kind[k] * (double)cost_ps[k];
            pes += pes_of_kind[k];
        }
    }
    if (pes == 0) {
        return fault_unsupported(bind, task, fault);
    }
    bind->min_cost_ps[task] = least_ps;
    bind->mean_cost_ps[task] = sum_ps / pes;
    return true;
}

/* Share of each lane in the ordered pairs of different PEs; all 0 on a machine of one PE. */
static void weigh_lanes(const struct soc *soc, double *lane_pairs, double *pairs)
{
    *pairs = 0.0;
    for (int32_t a = 0; a < soc->cluster_count; a++) {
        for (int32_t b = 0; b < soc->cluster_count; b++) {
            double there = soc->clusters[b].pe_count - (a == b ? 1 : 0);
            double here = soc->clusters[a].pe_count * there;
            lane_pairs[soc->cluster_lane[a * soc->cluster_count + b]] += here;
            *pairs += here;
        }
    }
}

/* Fills the delays of one edge and their mean. */
static bool bind_edge(struct bind *bind, int32_t consumer, const struct app_edge *pred,
                      const double *lane_pairs, double pairs, struct fault *fault)
{
    const struct soc *soc = bind->soc;
    const struct app *app = bind->app;
    int64_t *delay_ps = &bind->delay_ps[(int64_t)pred->edge * soc->lane_count];
    double sum_ps = 0.0;
    delay_ps[0] = 0;
    for (int32_t l = 1; l < soc->lane_count; l++) {
        const struct soc_lane *lane = &soc->lanes[l];
        double delay_us = lane->latency_us + app->bytes[pred->edge] / lane->bandwidth_bytes_per_us;
        if (soc->truncate_us) {
            delay_us = trunc(delay_us);
        }
        if (!tick_fits_us(delay_us)) {
            char where[512];
            return fault_set(fault, task_where(app, consumer, where, sizeof where), NULL,
                             "the data of '%s' takes %g us to '%s' of app '%s' at %g bytes/us, "
                             "beyond the limit of 2^53 ps",
                             app->tasks[pred->task].name, delay_us, app->tasks[consumer].name,
                             app->name, lane->bandwidth_bytes_per_us);
        }
        delay_ps[l] = tick_from_us(delay_us);
        sum_ps += lane_pairs[l] * (double)delay_ps[l];
    }
    bind->mean_delay_ps[pred->edge] = pairs > 0.0 ? sum_ps / pairs : 0.0;
    return true;
}

static bool bind_tasks(struct bind *bind, struct fault *fault)
{
    int32_t *pes_of_kind = memory_zeroed((size_t)bind->soc->kind_count, sizeof *pes_of_kind);
    count_pes(bind->soc, pes_of_kind);
    bool done = true;
    for (int32_t task = 0; done && task < bind->app->task_count; task++) {
        done = bind_task(bind, task, pes_of_kind, fault);
    }
    free(pes_of_kind);
    return done;
}

static bool bind_edges(struct bind *bind, struct fault *fault)
{
    const struct app *app = bind->app;
    double pairs;
    double *lane_pairs = memory_zeroed((size_t)bind->soc->lane_count, sizeof *lane_pairs);
    weigh_lanes(bind->soc, lane_pairs, &pairs);
    bool done = true;
    for (int32_t task = 0; done && task < app->task_count; task++) {
        const struct app_edge *preds = &app->preds[app->tasks[task].first_pred];
        for (int32_t i = 0; done && i < app->tasks[task].pred_count; i++) {
            done = bind_edge(bind, task, &preds[i], lane_pairs, pairs, fault);
        }
    }
    free(lane_pairs);
    return done;
}

bool bind_app(struct bind *bind, struct arena *arena, const struct app *app, const struct soc *soc,
              struct fault *fault)
{
    size_t tasks = (size_t)app->task_count;
    size_t edges = (size_t)app->edge_count;
    struct bind made = {
        .app = app,
        .soc = soc,
        .cost_ps = arena_zeroed(arena, tasks * (size_t)soc->kind_count, sizeof *made.cost_ps),
        .delay_ps = arena_zeroed(arena, edges * (size_t)soc->lane_count, sizeof *made.delay_ps),
        .min_cost_ps = arena_zeroed(arena, tasks, sizeof *made.min_cost_ps),
        .mean_cost_ps = arena_zeroed(arena, tasks, sizeof *made.mean_cost_ps),
        .mean_delay_ps = arena_zeroed(arena, edges, sizeof *made.mean_delay_ps),
        .deadline_ps = TICK_NEVER,
    };
    if (!bind_tasks(&made, fault) || !bind_edges(&made, fault)) {
        return false;
    }
    *bind = made;
    return true;
}

void bind_upward_rank(const struct bind *bind, double *rank_ps)
{
    const struct app *app = bind->app;
    for (int32_t i = app->task_count - 1; i >= 0; i--) {
        int32_t task = app->order[i];
        const struct app_edge *succs = &app->succs[app->tasks[task].first_succ];
        double longest_ps = 0.0;
        for (int32_t s = 0; s < app->tasks[task].succ_count; s++) {
            double way_ps = bind->mean_delay_ps[succs[s].edge] + rank_ps[succs[s].task];
            longest_ps = way_ps > longest_ps ? way_ps : longest_ps;
        }
        rank_ps[task] = bind->mean_cost_ps[task] + longest_ps;
    }
}
