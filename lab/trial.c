/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stream_bound.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/tick.h"
#include "lab/record.h"
#include "lab/tables.h"
#include "sim/truth.h"

/* Reading the clock twice takes as long as half a decision of the fast schedulers. */
#define TIMED_ONE_IN 8

const char *trial_status_name(enum trial_status status)
{
    static const char *const names[] = {[TRIAL_DONE] = "done",
                                        [TRIAL_FAILED] = "failed",
                                        [TRIAL_TIMEOUT] = "timeout",
                                        [TRIAL_DEADLOCK] = "deadlock",
                                        [TRIAL_CRASHED] = "crashed"};
    return names[status];
}

#define COUNT(member) .is_count = true, .offset = offsetof(struct trial_row, member)
#define REAL(member)  .is_count = false, .offset = offsetof(struct trial_row, member)

const struct trial_figure trial_figures[] = {
    {.name = "jobs_done", COUNT(metrics.jobs_done), .summary = "jobs that finished"},
    {.name = "jobs_failed", COUNT(metrics.jobs_failed), .summary = "jobs that were given up"},
    {.name = "tasks_done", COUNT(metrics.tasks_done), .summary = "tasks that finished"},
    {.name = "sim_time_us",
     REAL(metrics.sim_time_us),
     .summary = "simulated time of the last event"},
    {.name = "makespan_us", REAL(metrics.makespan_us), .summary = "last finish - first arrival"},
    {.name = "mean_latency_us",
     REAL(metrics.mean_latency_us),
     .summary = "mean of finish - arrival over the counted jobs"},
    {.name = "p50_latency_us", REAL(metrics.p50_latency_us), .summary = "median latency"},
    {.name = "p95_latency_us",
     REAL(metrics.p95_latency_us),
     .summary = "95 % quantile of the latency"},
    {.name = "p99_latency_us",
     REAL(metrics.p99_latency_us),
     .summary = "99 % quantile of the latency"},
    {.name = "max_latency_us", REAL(metrics.max_latency_us), .summary = "largest latency"},
    {.name = "mean_slowdown",
     REAL(metrics.mean_slowdown),
     .summary = "mean of latency / lower bound of the job"},
    {.name = "utilization",
     REAL(metrics.utilization),
     .summary = "busy share of the PEs from the first counted arrival to the end of the last task"},
    {.name = "energy_uj",
     REAL(metrics.energy_uj),
     .summary = "energy of the whole run, idle PEs included"},
    {.name = "edp_uj_us", REAL(metrics.edp_uj_us), .summary = "energy_uj x mean_latency_us"},
    {.name = "tasks_retried",
     COUNT(metrics.tasks_retried),
     .summary = "attempts that were aborted"},
    {.name = "decisions", COUNT(decisions), .summary = "assignments that the scheduler made"},
    {.name = "decide_us_mean",
     REAL(decide_us_mean),
     .summary = "wall time in the scheduler per decision; differs between runs"},
    {.name = "lower_bound_us",
     REAL(metrics.lower_bound_us),
     .summary = "mean lower bound on the latency of the counted jobs"},
    {.name = "wall_s", REAL(wall_s), .summary = "wall time of the trial; differs between runs"},
    {.name = "tasks_per_s",
     REAL(tasks_per_s),
     .summary = "tasks_done / wall_s; differs between runs"},
    {.name = "deadline_miss_rate",
     REAL(metrics.deadline_miss_rate),
     .summary = "share of the counted jobs with a deadline that missed it"},
    {.name = "mean_tardiness_us",
     REAL(metrics.mean_tardiness_us),
     .summary = "mean of max(0, finish - deadline) over the counted jobs with a deadline"},
    {.name = "tasks_skipped",
     COUNT(metrics.tasks_skipped),
     .summary = "tasks that no sample of their job took"},
    {.name = "loaded_bytes",
     REAL(loaded_bytes),
     .summary = "weights that were loaded into the local memories of PEs"},
    {.name = "latency_bound_us",
     REAL(latency_bound_us),
     .summary = "lower bound on mean_latency_us for any scheduler, the stream as a whole"},
    {.name = "latency_ratio",
     REAL(latency_ratio),
     .summary = "mean_latency_us / latency_bound_us; nothing is below 1"},
    {.name = "optimum_us",
     REAL(optimum_us),
     .summary = "shortest makespan that is possible; only with `optimum` and a proof"},
    {.name = "optimum_bound_us",
     REAL(optimum_bound_us),
     .summary = "proven lower bound on the makespan; only with `optimum`"},
    {.name = "optimum_gap",
     REAL(optimum_gap),
     .summary = "(best makespan found - optimum_bound_us) / optimum_bound_us; 0 is a proof"},
    {.name = "optimum_ratio",
     REAL(optimum_ratio),
     .summary = "makespan_us / optimum_bound_us; nothing is below 1"},
    {.name = "p05_latency_us",
     REAL(metrics.p05_latency_us),
     .summary = "5 % quantile of the latency"},
    {.name = "p10_latency_us",
     REAL(metrics.p10_latency_us),
     .summary = "10 % quantile of the latency"},
    {.name = "p25_latency_us",
     REAL(metrics.p25_latency_us),
     .summary = "25 % quantile of the latency"},
    {.name = "p75_latency_us",
     REAL(metrics.p75_latency_us),
     .summary = "75 % quantile of the latency"},
    {.name = "p90_latency_us",
     REAL(metrics.p90_latency_us),
     .summary = "90 % quantile of the latency"},
    {.name = "mean_latency_half_us",
     REAL(metrics.mean_latency_half_us),
     .summary = "half of the 95 % interval of mean_latency_us, from this trial alone"},
    {.name = "effective_jobs",
     REAL(metrics.effective_jobs),
     .summary = "independent latencies that those of the counted jobs are worth"},
    {.name = "warmup_mser_jobs",
     REAL(metrics.warmup_mser_jobs),
     .summary = "jobs at the start that MSER-5 would leave out; empty if it cannot tell"},
    {.name = "prefetched_bytes",
     REAL(prefetched_bytes),
     .summary = "part of loaded_bytes that was fetched in advance"},
    {.name = "prefetch_wasted_bytes",
     REAL(wasted_bytes),
     .summary = "part of prefetched_bytes that no task used"},
    {.name = "reproducible",
     COUNT(reproducible),
     .summary = "1; 0 if measured decision costs were charged, which differ between runs"},
    {.name = "max_temp_c",
     REAL(max_temp_c),
     .summary = "highest temperature of a hotspot; only with `thermal`"},
    {.name = "engine_energy_uj",
     REAL(engine_energy_uj),
     .summary = "energy_uj as the engine measured it; only with `engine_energy`"},
};

const int trial_figure_count = sizeof trial_figures / sizeof *trial_figures;

void trial_row_clear(struct trial_row *row, int32_t trial, int32_t replicate)
{
    memset(row, 0, sizeof *row); /* padding too: the row travels as bytes */
    row->trial = trial;
    row->replicate = replicate;
    row->status = TRIAL_FAILED;
    for (int i = 0; i < trial_figure_count; i++) {
        double nothing = NAN;
        if (!trial_figures[i].is_count)
            memcpy((char *)row + trial_figures[i].offset, &nothing, sizeof nothing);
    }
}

/* What the world said, into the row. */
static void read_result(struct trial_row *row, const struct world_result *result, double seconds)
{
    static const enum trial_status of_world[] = {
        [WORLD_DONE] = TRIAL_DONE,
        [WORLD_DEADLOCK] = TRIAL_DEADLOCK,
        [WORLD_FAILED] = TRIAL_FAILED,
        [WORLD_UNSTARTED] = TRIAL_CRASHED, /* to be run again */
    };
    row->status = of_world[result->status];
    row->decisions = result->decisions;
    row->loaded_bytes = result->loaded_bytes;
    row->prefetched_bytes = result->prefetched_bytes;
    row->wasted_bytes = result->wasted_bytes;
    row->max_temp_c = result->max_temp_c;
    row->decide_us_mean =
        result->decisions > 0 ? 1e6 * result->decide_s / (double)result->decisions : NAN;
    row->wall_s = seconds;
    row->tasks_per_s = seconds > 0 ? (double)result->tasks_done / seconds : NAN;
}

/* How far the trial is from what no scheduler can beat. */
static void hold_against_bound(struct trial_row *row, const struct point *point,
                               const struct scenario *scenario)
{
    bool is_open = point->arrivals.max_in_flight == 0; /* else dates depend on the scheduler */
    row->latency_bound_us =
        is_open ? stream_bound_us(point->binds, point->app_count, scenario, point->warmup_jobs)
                : row->metrics.lower_bound_us;
    if (row->latency_bound_us > 0)
        row->latency_ratio = row->metrics.mean_latency_us / row->latency_bound_us;
}

/* How far the only job is from the best possible schedule. A search that met its time limit leaves
 * nothing: what it found depends on the machine. */
static void hold_against_optimum(struct trial_row *row, const struct point *point,
                                 const struct scenario *scenario,
                                 const struct optimum_limits *limits)
{
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    struct optimum optimum;
    if (!scenario->next_arrival(scenario->source, &arrival))
        return;
    optimum_find(&optimum, &point->binds[arrival.app], scenario, arrival.job, limits);
    if (!optimum.is_late) {
        if (optimum.is_proven)
            row->optimum_us = tick_to_us(optimum.makespan_ps);
        row->optimum_bound_us = tick_to_us(optimum.bound_ps);
        if (optimum.bound_ps > 0) {
            row->optimum_gap = optimum_gap(&optimum);
            row->optimum_ratio = row->metrics.makespan_us / row->optimum_bound_us;
        }
    }
    optimum_finish(&optimum);
}

/* Everybody who watches a trial. */
struct audience {
    struct metrics_observer *metrics;
    struct tables *tables;   /* NULL: none */
    struct traffic *traffic; /* NULL: none; for the tables */
    struct record *record;   /* NULL: none */
    struct observer observers[5];
    int32_t count;
};

static void open_audience(struct audience *audience, const struct trial_plan *plan,
                          const struct scenario *scenario, struct fault *fault)
{
    const struct point *point = plan->point;
    audience->metrics = metrics_create(point->soc, scenario, point->warmup_jobs);
    audience->observers[audience->count++] = metrics_observer(audience->metrics);
    if (plan->tables != NULL)
        audience->tables = tables_create(plan->tables, plan->tables_have_headers, plan->trial,
                                         point->soc, scenario, fault);
    if (audience->tables != NULL) {
        audience->traffic = traffic_create(point->soc, point->warmup_jobs);
        audience->observers[audience->count++] = tables_observer(audience->tables);
        audience->observers[audience->count++] = traffic_observer(audience->traffic);
    }
    if (plan->experiment->record.dir != NULL)
        audience->record =
            record_begin(plan->experiment, point, plan->trial, plan->replicate, scenario, fault);
    if (audience->record != NULL)
        audience->observers[audience->count++] = record_observer(audience->record);
    if (plan->observer != NULL)
        audience->observers[audience->count++] = *plan->observer;
}

/* Reads the metrics and closes what was written; false and a fault if that could not be. */
static bool close_audience(struct audience *audience, const struct trial_plan *plan, int64_t end_ps,
                           const double *energy_uj, struct trial_row *row)
{
    struct metrics_pe *pes = memory_zeroed((size_t)plan->point->soc->pe_count, sizeof *pes);
    bool ok = (plan->tables == NULL) == (audience->tables == NULL) &&
              (plan->experiment->record.dir == NULL) == (audience->record == NULL);
    metrics_read(audience->metrics, end_ps, energy_uj, &row->metrics, pes);
    if (audience->tables != NULL)
        ok = tables_finish(audience->tables, pes, audience->traffic, &row->fault) && ok;
    if (audience->record != NULL)
        ok =
            record_end(audience->record, trial_status_name(row->status), end_ps, &row->fault) && ok;
    traffic_destroy(audience->traffic);
    free(pes);
    return ok;
}

void trial_play(const struct trial_plan *plan, struct trial_row *row)
{
    const struct experiment *experiment = plan->experiment;
    const struct point *point = plan->point;
    trial_row_clear(row, plan->trial, plan->replicate);
    row->reproducible = point->decision_cost.kind != DECISION_MEASURED;
    const struct scenario_drawn drawn = points_drawn(point, experiment, plan->replicate);
    struct scenario scenario = plan->scenario != NULL ? *plan->scenario : scenario_drawn(&drawn);
    struct truth *truth = truth_create(&scenario, point->binds, point->app_count);
    scenario.truth = truth;
    struct audience audience = {.count = 0};
    open_audience(&audience, plan, &scenario, &row->fault);
    size_t pe_count = (size_t)point->soc->pe_count;
    double *energy_uj = memory_zeroed(pe_count, sizeof *energy_uj);
    double *engine_energy_uj =
        experiment->engine_energy ? memory_zeroed(pe_count, sizeof *engine_energy_uj) : NULL;
    const struct world_setup setup = {
        .soc = point->soc,
        .binds = point->binds,
        .bind_count = point->app_count,
        .scenario = &scenario,
        .engine = point->engine,
        .policy = point->policy,
        .observers = audience.observers,
        .observer_count = audience.count,
        .max_in_flight = point->arrivals.max_in_flight,
        .compat_ds3 = point->compat_ds3,
        .prefetch = point->prefetch,
        .decision_cost = point->decision_cost,
        .time_one_in = TIMED_ONE_IN,
        .energy_uj = energy_uj,
        .engine_energy_uj = engine_energy_uj,
        .params = point->params,
        .file = point->file->loaded,
        .seed = experiment->seed,
        .replicate = (uint32_t)row->replicate,
    };
    struct world_result result = {.status = WORLD_FAILED};
    double start_s = clock_s();
    if (!fault_is_set(&row->fault))
        world_run(&setup, &result, &row->fault);
    double seconds = clock_s() - start_s;
    read_result(row, &result, seconds);
    if (engine_energy_uj != NULL)
        row->engine_energy_uj = metrics_energy_uj(point->soc, result.end_ps, engine_energy_uj);
    if (!close_audience(&audience, plan, result.end_ps, energy_uj, row))
        row->status = TRIAL_CRASHED; /* not the trial's fault: to be run again */
    bool is_whole = row->status == TRIAL_DONE && row->metrics.jobs_failed == 0;
    if (is_whole)
        hold_against_bound(row, point, &scenario);
    if (is_whole && experiment->optimum.nodes > 0)
        hold_against_optimum(row, point, &scenario, &experiment->optimum);
    free(energy_uj);
    free(engine_energy_uj);
    metrics_destroy(audience.metrics);
    truth_destroy(truth);
}

void trial_run(const struct points *points, const struct experiment *experiment, int32_t trial,
               const char *trace_stem, struct trial_row *row)
{
    const struct trial_plan plan = {
        .experiment = experiment,
        .point = &points->list[trial / points->replicates],
        .trial = trial,
        .replicate = trial % points->replicates,
        .tables = trace_stem,
    };
    trial_play(&plan, row);
}
