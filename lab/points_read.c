/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of lab/points.h that reads what one point says; lab/points.c walks through all. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/offered_load.h"
#include "base/tick.h"
#include "lab/points_parts.h"

/* Room for "file:line:column". */
enum { WHERE_SIZE = 512 };

/* How many jobs a point has: what the file says, within what its arrivals can give. */
static bool count_jobs(struct point *point, const struct yaml_node *workload, struct fault *fault)
{
    const struct schema *schema = &experiment_schema;
    const struct arrivals_kind *kind = point->arrivals.kind;
    bool is_single = !kind->needs_rate && !kind->needs_file && !kind->needs_periods;
    int64_t jobs = is_single ? 1 : schema_int(schema, workload, "workload", "jobs");
    if (kind->needs_file && (jobs < 0 || jobs > point->arrivals.row_count))
        jobs = point->arrivals.row_count;
    point->jobs = (int32_t)jobs;
    point->warmup_jobs = (int32_t)schema_int(schema, workload, "workload", "warmup_jobs");
    char where[WHERE_SIZE];
    if (point->jobs == 0)
        return fault_set(fault, yaml_where(yaml_get(workload, "arrivals"), where, sizeof where),
                         "add rows to its file", "the workload is empty: no job arrives");
    if (point->warmup_jobs >= point->jobs)
        return fault_set(fault, yaml_where(yaml_get(workload, "warmup_jobs"), where, sizeof where),
                         "make warmup_jobs smaller than the number of jobs",
                         "warmup_jobs leaves none of %d jobs to measure", (int)point->jobs);
    return true;
}

/* Faults if the optimum is asked for of an app with branches, or on a machine where the time that
 * data takes depends on more than where it goes. */
static bool check_optimum(const struct expansion *expansion, const struct point *point,
                          const struct yaml_node *apps, struct fault *fault)
{
    char where[WHERE_SIZE];
    if (point->soc->interconnect != SOC_MATRIX || point->soc->at_assign)
        return fault_set(
            fault,
            yaml_where(yaml_get(expansion->experiment->root, "optimum"), where, sizeof where),
            "remove `optimum`, or choose a platform with a matrix",
            "optima are known on a matrix only; the transfers of `%s` are not so free",
            point->soc->name);
    for (int32_t i = 0; i < point->app_count; i++)
        if (point->binds[i].chances != NULL)
            return fault_set(fault,
                             yaml_where(yaml_get(apps->items[i], "app"), where, sizeof where),
                             "remove `optimum`, or choose an app without branches",
                             "`%s` has branches, so its optimum differs from job to job",
                             point->binds[i].app->name);
    return true;
}

/* Load by one job per us of a mix; counted once as long as the mix stays the same. */
static double load_of_mix(struct expansion *expansion, const struct catalog_mix *mix)
{
    if (mix == expansion->mix)
        return expansion->mix_load;
    double *share = memory_zeroed((size_t)mix->app_count, sizeof *share);
    for (int32_t app = 0; app < mix->app_count; app++)
        share[app] = mix->app_share[app] - (app > 0 ? mix->app_share[app - 1] : 0);
    expansion->mix = mix;
    expansion->mix_load = offered_load(mix->binds, share, mix->app_count);
    free(share);
    return expansion->mix_load;
}

/* Load by jobs at known dates, those of a period or of a trace. */
static double load_of_dates(const struct catalog_mix *mix, const struct arrivals *arrivals)
{
    double *rate = memory_zeroed((size_t)mix->app_count, sizeof *rate);
    const struct arrival_row *rows = arrivals->rows;
    for (int32_t app = 0; arrivals->kind->needs_periods && app < mix->app_count; app++)
        rate[app] = (double)TICK_PER_US / (double)mix->period_ps[app];
    int64_t span_ps =
        arrivals->row_count > 1 ? rows[arrivals->row_count - 1].at_ps - rows[0].at_ps : 0;
    for (int32_t i = 1; span_ps > 0 && i < arrivals->row_count; i++)
        rate[rows[i].app] += (double)TICK_PER_US / (double)span_ps;
    double load = offered_load(mix->binds, rate, mix->app_count);
    free(rate);
    return load;
}

/* The states of an mmpp, of which one has a rate. */
static const struct arrivals_state *read_states(struct arena *arena, const struct yaml_node *list)
{
    static const char at[] = "workload.arrivals.states[]";
    struct arrivals_state *states = arena_zeroed(arena, (size_t)list->count, sizeof *states);
    for (int i = 0; i < list->count; i++) {
        states[i].rate = schema_real(&experiment_schema, list->items[i], at, "rate");
        states[i].length = schema_real(&experiment_schema, list->items[i], at, "length");
    }
    arrivals_scale_states(states, list->count);
    return states;
}

bool points_read_workload(struct expansion *expansion, struct point *point,
                          const struct yaml_node *workload, struct fault *fault)
{
    static const char at[] = "workload.arrivals";
    const struct yaml_node *arrivals = yaml_get(workload, "arrivals");
    const struct catalog_mix *mix = catalog_mix(expansion->catalog, workload, point->soc, fault);
    if (mix == NULL)
        return false;
    point->workload = mix->workload;
    point->binds = mix->binds;
    point->app_count = mix->app_count;
    point->app_share = mix->app_share;
    if (expansion->experiment->optimum.nodes > 0 &&
        !check_optimum(expansion, point, yaml_get(workload, "apps"), fault))
        return false;
    const struct arrivals_kind *kind =
        arrivals_find(schema_text(&experiment_schema, arrivals, at, "kind"));
    if (kind->needs_file) {
        const struct arrivals *trace =
            catalog_trace(expansion->catalog, yaml_get(arrivals, "file"), mix, fault);
        if (trace == NULL)
            return false;
        point->arrivals = *trace;
    }
    double mean_us = schema_real(&experiment_schema, arrivals, at, "mean_interarrival_us");
    double rate = schema_real(&experiment_schema, arrivals, at, "rate_jobs_per_ms");
    point->rate_jobs_per_ms = isnan(rate) ? 1000 / mean_us : rate;
    point->arrivals.mean_interarrival_us = isnan(mean_us) ? 1000 / rate : mean_us;
    point->arrivals.kind = kind;
    point->arrivals.period_ps = mix->period_ps;
    point->arrivals.app_count = mix->app_count;
    int64_t most = schema_int(&experiment_schema, arrivals, at, "max_in_flight");
    point->arrivals.max_in_flight = most < 0 ? 0 : (int32_t)most;
    if (kind->needs_states) {
        const struct yaml_node *states = yaml_get(arrivals, "states");
        point->arrivals.states = read_states(expansion->arena, states);
        point->arrivals.state_count = states->count;
    }
    point->load = kind->needs_rate
                      ? load_of_mix(expansion, mix) / point->arrivals.mean_interarrival_us
                      : load_of_dates(mix, &point->arrivals);
    return count_jobs(point, workload, fault);
}

/* A distribution at a key of a noise; none if it is not there. */
static struct noise_spread read_spread(const struct yaml_node *noise, const char *key,
                                       const char *at)
{
    const struct schema *schema = &experiment_schema;
    const struct yaml_node *node = yaml_get(noise, key);
    if (node == NULL)
        return (struct noise_spread){.dist = NOISE_NONE};
    const char *dist = schema_text(schema, node, at, "dist");
    double cv = schema_real(schema, node, at, "cv");
    double sigma = schema_real(schema, node, at, "sigma");
    double shape = schema_real(schema, node, at, "shape");
    double alpha = schema_real(schema, node, at, "alpha");
    bool has_cv = !isnan(cv);
    if (strcmp(dist, "normal") == 0)
        return (struct noise_spread){.dist = NOISE_NORMAL, .sigma = has_cv ? cv : sigma};
    if (strcmp(dist, "lognormal") == 0)
        return (struct noise_spread){.dist = NOISE_LOGNORMAL,
                                     .sigma = has_cv ? noise_sigma_of_cv(cv) : sigma};
    if (strcmp(dist, "gamma") == 0)
        return (struct noise_spread){.dist = NOISE_GAMMA,
                                     .shape = has_cv ? noise_shape_of_cv(cv) : shape};
    if (strcmp(dist, "pareto") == 0)
        return (struct noise_spread){.dist = NOISE_PARETO,
                                     .shape = has_cv ? noise_alpha_of_cv(cv) : alpha};
    return (struct noise_spread){.dist =
                                     strcmp(dist, "none") == 0 ? NOISE_NONE : NOISE_EXPONENTIAL};
}

struct noise points_read_noise(const struct yaml_node *node)
{
    const struct schema *schema = &experiment_schema;
    const struct yaml_node *tail = yaml_get(node, "tail");
    const struct yaml_node *slowdown = yaml_get(node, "slowdown");
    struct noise noise = {.name = schema_text(schema, node, "noise[]", "name"),
                          .exec = read_spread(node, "exec", "noise[].exec"),
                          .data = read_spread(node, "bandwidth", "noise[].bandwidth"),
                          .tables = read_spread(node, "tables", "noise[].tables"),
                          .slow_factor = 1};
    if (tail != NULL) {
        noise.tail_share = schema_real(schema, tail, "noise[].tail", "share");
        noise.tail_factor = schema_real(schema, tail, "noise[].tail", "factor");
    }
    if (slowdown != NULL) {
        static const char at[] = "noise[].slowdown";
        noise.slow_gap_us = schema_real(schema, slowdown, at, "gap_us");
        noise.slow_length_us = schema_real(schema, slowdown, at, "length_us");
        noise.slow_factor = schema_real(schema, slowdown, at, "factor");
    }
    return noise;
}

bool points_find_files(struct expansion *expansion, struct point *point, struct fault *fault)
{
    const struct yaml_node *workload = yaml_get(expansion->root, "workload");
    const struct yaml_node *apps = yaml_get(workload, "apps");
    const struct yaml_node *arrivals = yaml_get(yaml_get(workload, "arrivals"), "file");
    const char **files = arena_zeroed(expansion->arena, (size_t)apps->count, sizeof *files);
    for (int i = 0; i < apps->count; i++) {
        const struct yaml_node *app = yaml_get(apps->items[i], "app");
        files[i] = catalog_file(expansion->catalog, LIBRARY_APPS, app, fault);
    }
    point->app_files = files;
    point->app_file_count = apps->count;
    point->part_files = catalog_parts(expansion->catalog, workload, &point->part_file_count, fault);
    point->platform_file = catalog_file(expansion->catalog, LIBRARY_PLATFORMS,
                                        yaml_get(expansion->root, "platform"), fault);
    if (arrivals != NULL)
        point->arrivals_file =
            library_path(expansion->arena, expansion->experiment->folder, arrivals->text);
    return !fault_is_set(fault);
}
