/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/forecast.h"

#include <math.h>
#include <stdio.h>

void forecast_print(const struct points *points)
{
    printf("%d combinations x %d replicates = %lld trials\n", (int)points->count,
           (int)points->replicates, (long long)points->count * points->replicates);
    for (int32_t i = 0; i < points->count; i++) {
        const struct point *point = &points->list[i];
        printf("trial %lld: platform=%s workload=%s", (long long)i * points->replicates,
               point->platform, point->workload);
        if (!isnan(point->rate_jobs_per_ms))
            printf(" rate_jobs_per_ms=%g", point->rate_jobs_per_ms);
        if (point->load > 0)
            printf(" load=%.3g", point->load);
        printf(" jobs=%d engine=%s", (int)point->jobs, point->engine->name);
        for (int32_t k = 0; k < point->key_count; k++)
            printf(" %s=%s", point->keys[k].path, point->keys[k].value);
        printf(" noise=%s scheduler=%s\n", point->noise.name, point->scheduler);
    }
}

/* Warns of jobs that arrive faster than the machine could do them, whatever the scheduler. */
static void warn_overload(const struct points *points)
{
    int32_t overloaded = 0;
    const struct point *worst = NULL;
    for (int32_t i = 0; i < points->count; i++) {
        const struct point *point = &points->list[i];
        overloaded += point->load > 1;
        if (point->load > 1 && (worst == NULL || point->load > worst->load))
            worst = point;
    }
    if (worst == NULL)
        return;
    fprintf(stderr,
            "hetsoc: warning: %d of %d combinations offer more work than the platform can serve, "
            "up to %.3g times as much (%s on %s",
            (int)overloaded, (int)points->count, worst->load, worst->workload, worst->platform);
    if (!isnan(worst->rate_jobs_per_ms))
        fprintf(stderr, " at %g jobs/ms", worst->rate_jobs_per_ms);
    fputs(")\n    hint: queues grow as long as jobs arrive, so latencies say how long the run is; "
          "`--dry-run` shows the load of each combination\n",
          stderr);
}

/* Whether any task of a point can run on the PEs of a kind. */
static bool has_task_for(const struct point *point, int32_t kind)
{
    for (int32_t a = 0; a < point->app_count; a++)
        if (bind_runs_on(&point->binds[a], kind))
            return true;
    return false;
}

/* Warns of a PE kind that takes its times from a name for which no app has any: a slip. */
static void warn_idle_kind(const struct points *points)
{
    for (int32_t i = 0; i < points->count; i++) {
        const struct point *point = &points->list[i];
        for (int32_t k = 0; k < point->soc->kind_count; k++) {
            const struct soc_kind *kind = &point->soc->kinds[k];
            if (kind->like == NULL || has_task_for(point, k))
                continue;
            fprintf(stderr,
                    "hetsoc: warning: no task of %s can run on the PEs of kind `%s` of %s\n"
                    "    hint: it is like `%s`, a name for which the apps have no times\n",
                    point->workload, kind->name, point->platform, kind->like);
            return;
        }
    }
}

void forecast_warn(const struct points *points)
{
    warn_overload(points);
    warn_idle_kind(points);
}
