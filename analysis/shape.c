/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/shape.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/prices.h"

/* Sorts the tasks by level, by counting. */
static void sort_by_level(struct shape *shape, struct arena *arena, int32_t task_count)
{
    int32_t *next = arena_zeroed(arena, (size_t)shape->level_count + 1, sizeof *next);
    for (int32_t task = 0; task < task_count; task++)
        next[shape->level[task] + 1]++;
    shape->widest = 0;
    for (int32_t level = 1; level <= shape->level_count; level++) {
        shape->widest = next[level] > shape->widest ? next[level] : shape->widest;
        next[level] += next[level - 1];
    }
    for (int32_t task = 0; task < task_count; task++)
        shape->by_level[next[shape->level[task]]++] = task;
}

void shape_find(struct shape *shape, struct arena *arena, const struct app *app)
{
    size_t count = (size_t)app->task_count;
    *shape = (struct shape){.level = arena_zeroed(arena, count, sizeof *shape->level),
                            .by_level = arena_zeroed(arena, count, sizeof *shape->by_level)};
    for (int32_t i = 0; i < app->task_count; i++) {
        const struct app_task *what = &app->tasks[app->order[i]];
        int32_t *level = &shape->level[app->order[i]];
        for (int32_t p = 0; p < what->pred_count; p++) {
            int32_t below = shape->level[app->preds[what->first_pred + p].task] + 1;
            *level = below > *level ? below : *level;
        }
        shape->level_count = *level + 1 > shape->level_count ? *level + 1 : shape->level_count;
    }
    for (int32_t edge = 0; edge < app->edge_count; edge++)
        shape->bytes += app->batch * app->bytes[edge];
    sort_by_level(shape, arena, app->task_count);
}

/* The successor with the longest way to the end, the smallest of equal ones; -1: none. */
static int32_t find_next(const struct app *app, const int64_t *tail_ps, int32_t task)
{
    int32_t next = -1;
    for (int32_t s = 0; s < app->tasks[task].succ_count; s++) {
        int32_t succ = app->succs[app->tasks[task].first_succ + s].task;
        if (next < 0 || tail_ps[succ] > tail_ps[next])
            next = succ;
    }
    return next;
}

static void find_path(struct shape_load *load, struct arena *arena, const struct bind *bind)
{
    const struct app *app = bind->app;
    int64_t *tail_ps = memory_zeroed((size_t)app->task_count, sizeof *tail_ps);
    int32_t first = 0;
    for (int32_t i = app->task_count - 1; i >= 0; i--) {
        int32_t task = app->order[i];
        int32_t next = find_next(app, tail_ps, task);
        tail_ps[task] = bind->min_cost_ps[task] + (next < 0 ? 0 : tail_ps[next]);
    }
    for (int32_t task = 0; task < app->task_count; task++)
        first = tail_ps[task] > tail_ps[first] ? task : first;
    load->longest_ps = tail_ps[first];
    load->path = arena_zeroed(arena, (size_t)app->task_count, sizeof *load->path);
    for (int32_t task = first; task >= 0; task = find_next(app, tail_ps, task))
        load->path[load->path_count++] = task;
    free(tail_ps);
}

/* The area bound, with the clusters of the machine as classes of PEs. */
static int64_t find_area_ps(const struct bind *bind)
{
    const struct soc *soc = bind->soc;
    size_t classes = (size_t)soc->cluster_count;
    size_t tasks = (size_t)bind->app->task_count;
    double *price = memory_zeroed(classes, sizeof *price);
    int32_t *pes_of = memory_zeroed(classes, sizeof *pes_of);
    int64_t *cost_ps = memory_zeroed(tasks * classes, sizeof *cost_ps);
    for (size_t class = 0; class < classes; class ++) {
        pes_of[class] = soc->clusters[class].pe_count;
        for (size_t task = 0; task < tasks; task++)
            cost_ps[task * classes + class] =
                bind_cost_ps(bind, (int32_t)task, soc->clusters[class].first_pe);
    }
    double sum_ps =
        prices_for_area(price, pes_of, soc->cluster_count, cost_ps, bind->app->task_count);
    free(price);
    free(pes_of);
    free(cost_ps);
    return prices_round_down_ps(sum_ps);
}

/* All tasks on one PE of a cluster, one after the other; INFINITY if it cannot run all. */
static double serial_on_ps(const struct bind *bind, int32_t pe)
{
    double sum_ps = 0;
    for (int32_t task = 0; task < bind->app->task_count; task++) {
        int64_t cost_ps = bind_cost_ps(bind, task, pe);
        if (cost_ps == BIND_INCAPABLE)
            return INFINITY;
        sum_ps += bind_chance(bind, task) * (double)cost_ps;
    }
    return sum_ps;
}

static double find_ccr(const struct bind *bind)
{
    double work_ps = 0, delay_ps = 0;
    if (bind->app->edge_count == 0)
        return 0;
    for (int32_t task = 0; task < bind->app->task_count; task++)
        work_ps += bind->mean_cost_ps[task] / bind->app->task_count;
    for (int32_t edge = 0; edge < bind->app->edge_count; edge++)
        delay_ps += bind->mean_delay_ps[edge] / bind->app->edge_count;
    return work_ps > 0 ? delay_ps / work_ps : INFINITY;
}

void shape_load_find(struct shape_load *load, struct arena *arena, const struct bind *bind)
{
    *load = (struct shape_load){.serial_ps = INFINITY, .serial_pe = -1, .ccr = find_ccr(bind)};
    for (int32_t task = 0; task < bind->app->task_count; task++)
        load->work_ps += bind_chance(bind, task) * (double)bind->min_cost_ps[task];
    for (int32_t i = 0; i < bind->soc->cluster_count; i++) {
        int32_t pe = bind->soc->clusters[i].first_pe;
        double serial_ps = serial_on_ps(bind, pe);
        if (serial_ps < load->serial_ps) {
            load->serial_ps = serial_ps;
            load->serial_pe = pe;
        }
    }
    find_path(load, arena, bind);
    if (bind->chances == NULL)
        load->area_ps = find_area_ps(bind);
}
