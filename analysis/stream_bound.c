/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/stream_bound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/bounds.h"
#include "analysis/prices.h"
#include "base/memory.h"
#include "base/tick.h"
#include "sim/truth.h"

/* Price vectors that are tried: equal, of the mix, of single apps. */
enum { PRICES_MAX = 6 };

struct stream {
    const struct bind *binds;
    int32_t bind_count;
    const struct scenario *scenario;
    int32_t kind_count;
    double *prices; /* [vector * kind_count + kind] */
    int32_t vector_count;
    int64_t *arrivals_ps; /* [job] in order */
    double *sizes_ps;     /* [job * vector_count + vector] */
    size_t job_count, arrival_capacity, size_capacity;
    double alone_ps;    /* sum over the jobs of what each needs alone */
    int32_t *pes_of;    /* [kind] PEs of the machine */
    int64_t *cost_ps;   /* [kind] scratch */
    int64_t *finish_ps; /* [task] scratch */
    size_t task_capacity;
    struct route route; /* scratch */
};

/* Estimated costs of some apps one after the other; nothing runs on a kind without PEs. */
static int64_t *join_costs(const struct bind *binds, int32_t count, const int32_t *pes_of,
                           int32_t *task_count)
{
    int32_t kinds = binds->soc->kind_count;
    *task_count = 0;
    for (int32_t i = 0; i < count; i++)
        *task_count += binds[i].app->task_count;
    size_t size = (size_t)*task_count * (size_t)kinds;
    int64_t *cost_ps = memory_zeroed(size, sizeof *cost_ps);
    size_t at = 0;
    for (int32_t i = 0; i < count; i++)
        for (int32_t c = 0; c < binds[i].app->task_count * kinds; c++, at++)
            cost_ps[at] = pes_of[c % kinds] > 0 ? binds[i].cost_ps[c] : BIND_INCAPABLE;
    return cost_ps;
}

static void find_prices(struct stream *stream)
{
    const struct soc *soc = stream->binds->soc;
    int32_t kinds = stream->kind_count, tasks;
    for (int32_t pe = 0; pe < soc->pe_count; pe++)
        stream->pes_of[soc->pes[pe].kind]++;
    for (int32_t kind = 0; kind < kinds; kind++)
        stream->prices[kind] = 1.0 / soc->pe_count;
    stream->vector_count = 1;
    for (int32_t app = -1; app < stream->bind_count && stream->vector_count < PRICES_MAX; app++) {
        const struct bind *first = app < 0 ? stream->binds : &stream->binds[app];
        int64_t *cost_ps =
            join_costs(first, app < 0 ? stream->bind_count : 1, stream->pes_of, &tasks);
        prices_for_area(&stream->prices[stream->vector_count++ * kinds], stream->pes_of, kinds,
                        cost_ps, tasks);
        free(cost_ps);
        if (kinds == 1 || stream->bind_count == 1)
            break; /* the others would be the same */
    }
}

/* Realised times of a task on every kind that has a PE. */
static void read_task(struct stream *stream, const struct bind *bind, int32_t job, int32_t task)
{
    double factor = scenario_exec_factor(stream->scenario, job, task);
    for (int32_t kind = 0; kind < stream->kind_count; kind++) {
        int64_t cost_ps = bind->cost_ps[(int64_t)task * stream->kind_count + kind];
        if (stream->pes_of[kind] == 0)
            cost_ps = BIND_INCAPABLE;
        if (cost_ps != BIND_INCAPABLE && bind->chances != NULL)
            cost_ps = bind_sized_cost_ps(bind, task, kind, stream->route.task_samples[task]);
        double whole = factor * truth_factor(stream->scenario, bind, task, kind);
        if (cost_ps != BIND_INCAPABLE && whole != 1.0)
            cost_ps = tick_stretch(cost_ps, whole);
        stream->cost_ps[kind] = cost_ps;
    }
}

static void add_job(struct stream *stream, const struct arrival *arrival)
{
    const struct bind *bind = &stream->binds[arrival->app];
    const struct scenario *scenario = stream->scenario;
    size_t vectors = (size_t)stream->vector_count, number = stream->job_count++;
    stream->arrivals_ps = memory_grow(stream->arrivals_ps, &stream->arrival_capacity, number + 1,
                                      sizeof *stream->arrivals_ps);
    stream->sizes_ps = memory_grow(stream->sizes_ps, &stream->size_capacity, (number + 1) * vectors,
                                   sizeof *stream->sizes_ps);
    stream->finish_ps = memory_grow(stream->finish_ps, &stream->task_capacity,
                                    (size_t)bind->app->task_count, sizeof *stream->finish_ps);
    double *sizes_ps = &stream->sizes_ps[number * vectors];
    stream->arrivals_ps[number] = arrival->at_ps;
    for (size_t v = 0; v < vectors; v++)
        sizes_ps[v] = 0.0;
    if (bind->chances != NULL)
        scenario->route(scenario->source, arrival->job, bind->app, &stream->route);
    for (int32_t task = 0; task < bind->app->task_count; task++) {
        if (bind->chances != NULL && stream->route.task_samples[task] == 0)
            continue;
        read_task(stream, bind, arrival->job, task);
        for (int32_t v = 0; v < stream->vector_count; v++)
            sizes_ps[v] += prices_least_ps(&stream->prices[v * stream->kind_count], stream->cost_ps,
                                           stream->kind_count);
    }
    double alone_ps =
        (double)bounds_critical_path_ps(bind, scenario, arrival->job, stream->finish_ps);
    for (int32_t v = 0; v < stream->vector_count; v++)
        alone_ps = fmax(alone_ps, sizes_ps[v]);
    stream->alone_ps += alone_ps;
}

/* Remaining sizes, the least on top. */
static void sink(double *heap, size_t count, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++)
            least = heap[child] < heap[least] ? child : least;
        if (least == at)
            return;
        double swap = heap[at];
        heap[at] = heap[least];
        heap[least] = swap;
        at = least;
    }
}

static void rise(double *heap, size_t at)
{
    for (; at > 0 && heap[at] < heap[(at - 1) / 2]; at = (at - 1) / 2) {
        double swap = heap[at];
        heap[at] = heap[(at - 1) / 2];
        heap[(at - 1) / 2] = swap;
    }
}

/* Sum of the latencies under SRPT with the sizes of one price vector: the integral of the number of
 * jobs in the system (Little). */
static double srpt_ps(const struct stream *stream, int32_t vector, double *heap)
{
    size_t count = 0;
    double sum_ps = 0;
    for (size_t next = 0; next < stream->job_count; next++) {
        heap[count] = stream->sizes_ps[next * (size_t)stream->vector_count + (size_t)vector];
        rise(heap, count++);
        double span_ps = INFINITY; /* until the next arrival */
        if (next + 1 < stream->job_count)
            span_ps = (double)(stream->arrivals_ps[next + 1] - stream->arrivals_ps[next]);
        while (count > 0 && heap[0] <= span_ps) {
            span_ps -= heap[0];
            sum_ps += (double)count * heap[0];
            heap[0] = heap[--count];
            sink(heap, count, 0);
        }
        if (count > 0) {
            heap[0] -= span_ps;
            sum_ps += (double)count * span_ps;
        }
    }
    return sum_ps;
}

double stream_bound_us(const struct bind *binds, int32_t bind_count,
                       const struct scenario *scenario, int32_t warmup_jobs)
{
    size_t kinds = (size_t)binds->soc->kind_count;
    struct stream stream = {
        .binds = binds,
        .bind_count = bind_count,
        .scenario = scenario,
        .kind_count = binds->soc->kind_count,
        .prices = memory_zeroed(PRICES_MAX * kinds, sizeof(double)),
        .pes_of = memory_zeroed(kinds, sizeof(int32_t)),
        .cost_ps = memory_zeroed(kinds, sizeof(int64_t)),
    };
    find_prices(&stream);
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    while (scenario->next_arrival(scenario->source, &arrival))
        if (arrival.job >= warmup_jobs)
            add_job(&stream, &arrival);
    double best_ps = stream.alone_ps;
    double *heap = memory_zeroed(stream.job_count + 1, sizeof *heap);
    for (int32_t v = 0; v < stream.vector_count; v++)
        best_ps = fmax(best_ps, srpt_ps(&stream, v, heap));
    double bound_us = NAN;
    if (stream.job_count > 0) /* less what the sums may have been rounded up */
        bound_us = best_ps * (1.0 - 1e-9) / (double)stream.job_count / (double)TICK_PER_US;
    free(heap);
    free(stream.prices);
    free(stream.pes_of);
    free(stream.cost_ps);
    free(stream.finish_ps);
    free(stream.arrivals_ps);
    free(stream.sizes_ps);
    route_finish(&stream.route);
    return bound_us;
}
