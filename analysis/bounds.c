/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/bounds.h"

#include "base/tick.h"
#include "sim/truth.h"

/* Least time of a task on any PE by the tables; 0 if the job skips it. */
static int64_t tabled_ps(const struct bind *bind, const struct route *route, int32_t task)
{
    if (bind->chances == NULL)
        return bind->min_cost_ps[task];
    int32_t samples = route->task_samples[task];
    return samples == 0 ? 0 : bind_sized_min_cost_ps(bind, task, samples);
}

/* Least time of a task on any PE as it is, with its factor, where the tables are wrong. */
static int64_t real_ps(const struct bind *bind, const struct scenario *scenario,
                       const struct route *route, int32_t task, double factor)
{
    const struct soc *soc = bind->soc;
    int32_t samples = bind->chances == NULL ? bind->app->batch : route->task_samples[task];
    int64_t least_ps = TICK_NEVER;
    if (samples == 0)
        return 0;
    for (int32_t cluster = 0; cluster < soc->cluster_count; cluster++) {
        int32_t kind = soc->clusters[cluster].kind;
        int64_t cost_ps = bind->cost_ps[(int64_t)task * soc->kind_count + kind];
        if (cost_ps == BIND_INCAPABLE)
            continue;
        if (bind->chances != NULL)
            cost_ps = bind_sized_cost_ps(bind, task, kind, samples);
        cost_ps = tick_stretch(cost_ps, factor * truth_factor(scenario, bind, task, kind));
        least_ps = cost_ps < least_ps ? cost_ps : least_ps;
    }
    return least_ps;
}

int64_t bounds_critical_path_ps(const struct bind *bind, const struct scenario *scenario,
                                int32_t job_id, int64_t *scratch_ps)
{
    const struct app *app = bind->app;
    struct route route = {0};
    if (bind->chances == NULL && scenario->exec_factor == NULL && scenario->truth == NULL)
        return bind->shortest_ps;
    if (bind->chances != NULL)
        scenario->route(scenario->source, job_id, app, &route);
    int64_t longest_ps = 0;
    for (int32_t i = 0; i < app->task_count; i++) {
        int32_t task = app->order[i];
        const struct app_task *what = &app->tasks[task];
        int64_t start_ps = 0;
        for (int32_t p = 0; p < what->pred_count; p++) {
            int64_t end_ps = scratch_ps[app->preds[what->first_pred + p].task];
            start_ps = end_ps > start_ps ? end_ps : start_ps;
        }
        double factor = scenario_exec_factor(scenario, job_id, task);
        int64_t exec_ps = scenario->truth == NULL
                              ? tick_stretch(tabled_ps(bind, &route, task), factor)
                              : real_ps(bind, scenario, &route, task, factor);
        scratch_ps[task] = start_ps + exec_ps;
        longest_ps = scratch_ps[task] > longest_ps ? scratch_ps[task] : longest_ps;
    }
    route_finish(&route);
    return longest_ps;
}
