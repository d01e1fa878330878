/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/rank.h"

#include <stdlib.h>

#include "base/bits.h"
#include "base/memory.h"

static int compare_ranks(const void *a, const void *b, void *context)
{
    const double *rank = context;
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    if (rank[x] != rank[y])
        return rank[x] > rank[y] ? -1 : 1;
    return (x > y) - (x < y);
}

void rank_sort(double *rank, int32_t count, int32_t *best)
{
    for (int32_t i = 0; i < count; i++)
        best[i] = i;
    qsort_r(best, (size_t)count, sizeof *best, compare_ranks, rank);
}

void rank_order(const struct app *app, const double *rank_ps, int32_t *order)
{
    const int32_t count = app->task_count;
    double *rank = memory_zeroed((size_t)count, sizeof *rank);
    int32_t *best = memory_zeroed((size_t)count, sizeof *best);
    int32_t *place = memory_zeroed((size_t)count, sizeof *place);
    int32_t *preds_left = memory_zeroed((size_t)count, sizeof *preds_left);
    uint64_t *ready = memory_zeroed(bits_words(count), sizeof *ready); /* places in `best` */
    for (int32_t task = 0; task < count; task++)
        rank[task] = rank_round(rank_ps[task]);
    rank_sort(rank, count, best);
    for (int32_t i = 0; i < count; i++) {
        place[best[i]] = i;
        preds_left[best[i]] = app->tasks[best[i]].pred_count;
        if (preds_left[best[i]] == 0)
            bits_add(ready, count, i);
    }
    for (int32_t taken = 0; taken < count; taken++) {
        int32_t first = bits_next(ready, count, 0);
        bits_remove(ready, count, first);
        order[taken] = best[first];
        const struct app_task *what = &app->tasks[best[first]];
        for (int32_t i = 0; i < what->succ_count; i++) {
            int32_t succ = app->succs[what->first_succ + i].task;
            if (--preds_left[succ] == 0)
                bits_add(ready, count, place[succ]);
        }
    }
    free(rank);
    free(best);
    free(place);
    free(preds_left);
    free(ready);
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* The probability that one task runs if another does, as if each needed the other. */
static double chance_beside(const struct bind *bind, int32_t task, int32_t other)
{
    if (bind->chances == NULL)
        return 1.0;
    double chance = bind->chances->task_chance[task] / bind->chances->task_chance[other];
    return fmin(chance, 1.0);
}

void rank_downward(const struct bind *bind, double *rank_ps)
{
    const struct app *app = bind->app;
    for (int32_t i = 0; i < app->task_count; i++) {
        int32_t task = app->order[i];
        const struct app_edge *preds = &app->preds[app->tasks[task].first_pred];
        rank_ps[task] = 0.0;
        for (int32_t p = 0; p < app->tasks[task].pred_count; p++) {
            int32_t from = preds[p].task;
            double way_ps =
                rank_ps[from] + bind->mean_cost_ps[from] + bind->mean_delay_ps[preds[p].edge];
            rank_ps[task] = larger(rank_ps[task], chance_beside(bind, from, task) * way_ps);
        }
    }
}

void rank_through(const struct bind *bind, double *rank_ps)
{
    double *upward_ps = memory_zeroed((size_t)bind->app->task_count, sizeof *upward_ps);
    bind_upward_rank(bind, upward_ps);
    rank_downward(bind, rank_ps);
    for (int32_t task = 0; task < bind->app->task_count; task++)
        rank_ps[task] += upward_ps[task];
    free(upward_ps);
}

/* The successor through which the longest way goes, the first among equals. */
static int32_t next_on_path(const struct bind *bind, const double *upward_ps, int32_t task)
{
    const struct app_edge *succs = &bind->app->succs[bind->app->tasks[task].first_succ];
    int32_t next = -1;
    double longest = -1.0;
    for (int32_t i = 0; i < bind->app->tasks[task].succ_count; i++) {
        double way_ps = bind->mean_delay_ps[succs[i].edge] + upward_ps[succs[i].task];
        double way = rank_round(chance_beside(bind, succs[i].task, task) * way_ps);
        if (way > longest) {
            longest = way;
            next = succs[i].task;
        }
    }
    return next;
}

int32_t rank_critical_path(const struct bind *bind, int32_t *path)
{
    const struct app *app = bind->app;
    double *upward_ps = memory_zeroed((size_t)app->task_count, sizeof *upward_ps);
    bind_upward_rank(bind, upward_ps);
    int32_t task = app->order[0];
    for (int32_t i = 0; i < app->task_count; i++)
        if (app->tasks[i].pred_count == 0 && rank_round(upward_ps[i]) > rank_round(upward_ps[task]))
            task = i;
    int32_t count = 0;
    for (; task >= 0; task = next_on_path(bind, upward_ps, task))
        path[count++] = task;
    free(upward_ps);
    return count;
}

/* From the start of a task on a PE of this kind to the end of the job. */
static double from_start_ps(const struct bind *bind, const double *oct_ps, int32_t task,
                            int32_t kind)
{
    int64_t at = (int64_t)task * bind->soc->kind_count + kind;
    int64_t cost_ps = bind->cost_ps[at];
    return cost_ps == BIND_INCAPABLE ? INFINITY : oct_ps[at] + (double)cost_ps;
}

/* Raises the row of a task to what one of its successors asks for. */
static void ask_successor(const struct bind *bind, double *oct_ps, int32_t task,
                          const struct app_edge *succ)
{
    const struct soc *soc = bind->soc;
    double elsewhere_ps = INFINITY;
    for (int32_t i = 0; i < soc->cluster_count; i++)
        elsewhere_ps =
            fmin(elsewhere_ps, from_start_ps(bind, oct_ps, succ->task, soc->clusters[i].kind));
    elsewhere_ps += bind->mean_delay_ps[succ->edge];
    double chance = chance_beside(bind, succ->task, task);
    for (int32_t i = 0; i < soc->cluster_count; i++) {
        int32_t kind = soc->clusters[i].kind;
        double here_ps = from_start_ps(bind, oct_ps, succ->task, kind);
        double *most_ps = &oct_ps[(int64_t)task * soc->kind_count + kind];
        *most_ps = larger(*most_ps, chance * fmin(here_ps, elsewhere_ps));
    }
}

void rank_oct_table(const struct bind *bind, double *oct_ps)
{
    const struct app *app = bind->app;
    for (int64_t i = 0; i < (int64_t)app->task_count * bind->soc->kind_count; i++)
        oct_ps[i] = 0.0;
    for (int32_t i = app->task_count - 1; i >= 0; i--) {
        const struct app_task *what = &app->tasks[app->order[i]];
        for (int32_t s = 0; s < what->succ_count; s++)
            ask_successor(bind, oct_ps, app->order[i], &app->succs[what->first_succ + s]);
    }
}

void rank_oct(const struct bind *bind, double *rank_ps)
{
    const struct soc *soc = bind->soc;
    size_t count = (size_t)bind->app->task_count * (size_t)soc->kind_count;
    double *oct_ps = memory_zeroed(count, sizeof *oct_ps);
    rank_oct_table(bind, oct_ps);
    for (int32_t task = 0; task < bind->app->task_count; task++) {
        double sum_ps = 0.0;
        int32_t pes = 0;
        for (int32_t i = 0; i < soc->cluster_count; i++) {
            const struct soc_cluster *cluster = &soc->clusters[i];
            int64_t at = (int64_t)task * soc->kind_count + cluster->kind;
            if (bind->cost_ps[at] == BIND_INCAPABLE)
                continue;
            sum_ps += cluster->pe_count * oct_ps[at];
            pes += cluster->pe_count;
        }
        rank_ps[task] = sum_ps / pes;
    }
    free(oct_ps);
}
