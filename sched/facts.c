/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/facts.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/tick.h"
#include "sched/rank.h"

#define RATIO_MAX 3.0

/* In units: what keeps logarithms of times finite. */
#define LEAST 1e-3

static void read_costs(struct facts *facts, const struct bind *bind, int32_t index,
                       struct task_facts *task, double *cost_us)
{
    const struct soc *soc = bind->soc;
    *task = (struct task_facts){.min_us = INFINITY, .fastest = -1, .cost_us = cost_us};
    for (int32_t kind = 0; kind < soc->kind_count; kind++) {
        int64_t cost_ps = bind->cost_ps[(int64_t)index * soc->kind_count + kind];
        bool can = facts->pes_of[kind] > 0 && cost_ps != BIND_INCAPABLE;
        cost_us[kind] = can ? (double)cost_ps / TICK_PER_US : INFINITY;
        if (cost_us[kind] < task->min_us) {
            task->min_us = cost_us[kind];
            task->fastest = kind;
        }
        if (can)
            task->kinds |= UINT64_C(1) << (kind % 64);
    }
}

/* Paths and ranks of one app. */
static void read_paths(const struct bind *bind, struct task_facts *tasks, double *path_us)
{
    const struct app *app = bind->app;
    double *rank_ps = memory_zeroed((size_t)app->task_count, sizeof *rank_ps);
    bind_upward_rank(bind, rank_ps);
    *path_us = 0;
    for (int32_t i = app->task_count - 1; i >= 0; i--) {
        int32_t index = app->order[i];
        const struct app_task *what = &app->tasks[index];
        double below_us = 0;
        for (int32_t s = 0; s < what->succ_count; s++)
            below_us = fmax(below_us, tasks[app->succs[what->first_succ + s].task].path_us);
        tasks[index].path_us = below_us + tasks[index].min_us;
        tasks[index].rank_us = rank_round(rank_ps[index]) / TICK_PER_US;
        tasks[index].successors = (float)(what->succ_count < 8 ? what->succ_count : 8) / 4;
        *path_us = fmax(*path_us, tasks[index].path_us);
    }
    free(rank_ps);
}

static int compare_paths(const void *a, const void *b, void *context)
{
    const struct task_facts *tasks = context;
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    if (tasks[x].path_us != tasks[y].path_us)
        return tasks[x].path_us > tasks[y].path_us ? -1 : 1;
    return (x > y) - (x < y);
}

static void sort_paths(struct task_facts *tasks, int32_t count, int32_t *longest)
{
    for (int32_t i = 0; i < count; i++)
        longest[i] = i;
    qsort_r(longest, (size_t)count, sizeof *longest, compare_paths, tasks);
}

void facts_exec(const struct facts *facts, double cost_us, double min_us, float exec[static 2])
{
    double least_us = LEAST * facts->unit_us;
    double ratio = log((cost_us + least_us) / (min_us + least_us));
    exec[0] = (float)(log(cost_us / facts->unit_us + LEAST) / 2);
    exec[1] = (float)fmin(ratio, RATIO_MAX);
}

/* Features of a task that depend on the unit of time. */
static void scale_task(const struct facts *facts, int32_t kind_count, struct task_facts *task,
                       float *exec)
{
    double least_us = LEAST * facts->unit_us;
    double next_us = INFINITY;
    task->exec = exec;
    task->rank = (float)(log1p(task->rank_us / (2 * facts->unit_us)) / 2);
    for (int32_t kind = 0; kind < kind_count; kind++) {
        double cost_us = task->cost_us[kind];
        if (cost_us == INFINITY)
            continue;
        if (kind != task->fastest)
            next_us = fmin(next_us, cost_us);
        facts_exec(facts, cost_us, task->min_us, &exec[2 * kind]);
    }
    double next = log((next_us + least_us) / (task->min_us + least_us));
    task->next_ratio = (float)fmin(next, RATIO_MAX);
}

static void describe_kinds(struct facts *facts, const struct soc *soc, int32_t task_count)
{
    for (int32_t kind = 0; kind < soc->kind_count; kind++) {
        double can = 0, fastest = 0, ratio = 0;
        for (int32_t i = 0; i < task_count; i++) {
            const struct task_facts *task = &facts->tasks[i];
            if (task->cost_us[kind] == INFINITY)
                continue;
            can++;
            fastest += task->fastest == kind;
            ratio += (double)task->exec[2 * kind + 1];
        }
        float *row = &facts->kinds[kind * FEATURE_KIND_COUNT];
        row[FEATURE_KIND_SHARE - FEATURE_KIND_FIRST] = (float)(can / task_count);
        row[FEATURE_KIND_FASTEST - FEATURE_KIND_FIRST] = (float)(fastest / task_count);
        row[FEATURE_KIND_RATIO - FEATURE_KIND_FIRST] = can > 0 ? (float)(ratio / can / 2) : 0;
        row[FEATURE_KIND_IS_CPU - FEATURE_KIND_FIRST] = soc->kinds[kind].class == SOC_CPU;
        row[FEATURE_KIND_SIZE - FEATURE_KIND_FIRST] = (float)(log1p(facts->pes_of[kind]) / 2);
    }
}

void facts_init(struct facts *facts, const struct view *view)
{
    const struct soc *soc = view->soc;
    size_t binds = (size_t)view->bind_count;
    size_t kinds = (size_t)soc->kind_count;
    int32_t count = 0;
    *facts = (struct facts){.first = memory_zeroed(binds, sizeof *facts->first),
                            .path_us = memory_zeroed(binds, sizeof *facts->path_us),
                            .kinds = memory_zeroed(kinds * FEATURE_KIND_COUNT, sizeof(float)),
                            .pes_of = memory_zeroed(kinds, sizeof *facts->pes_of)};
    for (int32_t pe = 0; pe < soc->pe_count; pe++)
        facts->pes_of[soc->pes[pe].kind]++;
    for (int32_t bind = 0; bind < view->bind_count; bind++) {
        facts->first[bind] = count;
        count += view->binds[bind].app->task_count;
    }
    facts->tasks = memory_zeroed((size_t)count, sizeof *facts->tasks);
    facts->longest = memory_zeroed((size_t)count, sizeof *facts->longest);
    facts->cost_us = memory_zeroed((size_t)count * kinds, sizeof *facts->cost_us);
    facts->exec = memory_zeroed((size_t)count * kinds * 2, sizeof *facts->exec);
    for (int32_t bind = 0; bind < view->bind_count; bind++) {
        struct task_facts *tasks = &facts->tasks[facts->first[bind]];
        for (int32_t i = 0; i < view->binds[bind].app->task_count; i++) {
            size_t row = (size_t)(facts->first[bind] + i) * kinds;
            read_costs(facts, &view->binds[bind], i, &tasks[i], &facts->cost_us[row]);
            facts->unit_us += tasks[i].min_us / count;
        }
        read_paths(&view->binds[bind], tasks, &facts->path_us[bind]);
        sort_paths(tasks, view->binds[bind].app->task_count, &facts->longest[facts->first[bind]]);
    }
    if (facts->unit_us <= 0)
        facts->unit_us = 1;
    for (int32_t i = 0; i < count; i++)
        scale_task(facts, soc->kind_count, &facts->tasks[i], &facts->exec[(size_t)i * kinds * 2]);
    describe_kinds(facts, soc, count);
}

void facts_finish(struct facts *facts)
{
    free(facts->tasks);
    free(facts->first);
    free(facts->longest);
    free(facts->path_us);
    free(facts->kinds);
    free(facts->pes_of);
    free(facts->cost_us);
    free(facts->exec);
    *facts = (struct facts){0};
}
