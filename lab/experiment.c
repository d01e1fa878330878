/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/experiment.h"

#include <math.h>

#include <string.h>

#include "base/tick.h"
#include "lab/contender.h"
#include "lab/decision_cost.h"
#include "sim/noise.h"
#include "traces/recorder.h"
#include "workloads/arrivals.h"

/* Room for "file:line:column". */
#define WHERE_SIZE 512

static bool fault_at(struct fault *fault, const struct yaml_node *node, const char *hint,
                     const char *what)
{
    char where[WHERE_SIZE];
    return fault_set(fault, yaml_where(node, where, sizeof where), hint, "%s", what);
}

/* Faults if two items of a list of maps have the same text at `key`. */
static bool check_distinct(const struct yaml_node *list, const char *what, const char *key,
                           struct fault *fault)
{
    for (int i = 1; i < list->count; i++) {
        const struct yaml_node *later = yaml_get(list->items[i], key);
        for (int j = 0; j < i; j++) {
            const struct yaml_node *earlier = yaml_get(list->items[j], key);
            char where[WHERE_SIZE];
            if (strcmp(later->text, earlier->text) == 0)
                return fault_set(fault, yaml_where(later, where, sizeof where),
                                 "every name may be listed once", "%s `%s` is listed twice", what,
                                 later->text);
        }
    }
    return true;
}

static bool check_apps(const struct yaml_node *apps, struct fault *fault)
{
    if (apps->count == 0)
        return fault_at(fault, apps, "list at least one app, see `hetsoc list apps`",
                        "the workload is empty: `apps` has no item");
    int with_share = 0;
    double total = 0;
    for (int i = 0; i < apps->count; i++) {
        if (yaml_get(apps->items[i], "share") == NULL)
            continue;
        with_share++;
        total += schema_real(&experiment_schema, apps->items[i], "workload.apps[]", "share");
    }
    if (with_share != 0 && with_share != apps->count)
        return fault_at(fault, apps, "give every app a share, or none for equal shares",
                        "some apps have a `share` and some have none");
    if (with_share != 0 && !(total > 0))
        return fault_at(fault, apps, "give at least one app a share above 0",
                        "the workload is empty: all shares are 0");
    return check_distinct(apps, "app", "app", fault);
}

/* The arrival process of a name, with the nearest known name as a hint. */
static const struct arrivals_kind *find_kind(const struct yaml_node *kind, struct fault *fault)
{
    const struct arrivals_kind *found = arrivals_find(kind->text);
    if (found != NULL)
        return found;
    const char *names[64];
    int count = 0;
    while (count < 64 && arrivals_kinds[count] != NULL) {
        names[count] = arrivals_kinds[count]->name;
        count++;
    }
    const char *nearest = schema_nearest(kind->text, names, count);
    char where[WHERE_SIZE], hint[256];
    snprintf(hint, sizeof hint, "%s%s%s`hetsoc list arrivals` names all",
             nearest != NULL ? "did you mean `" : "", nearest != NULL ? nearest : "",
             nearest != NULL ? "`? " : "");
    fault_set(fault, yaml_where(kind, where, sizeof where), hint, "unknown arrival process `%s`",
              kind->text);
    return NULL;
}

static bool check_rate(const struct yaml_node *arrivals, const struct arrivals_kind *kind,
                       struct fault *fault)
{
    const struct yaml_node *rate = yaml_get(arrivals, "rate_jobs_per_ms");
    const struct yaml_node *mean = yaml_get(arrivals, "mean_interarrival_us");
    const struct yaml_node *file = yaml_get(arrivals, "file");
    if (rate != NULL && mean != NULL)
        return fault_at(fault, mean,
                        "keep one of them; on the command line replace the whole map: "
                        "--set 'workload.arrivals={kind: poisson, mean_interarrival_us: 100}'",
                        "both rate_jobs_per_ms and mean_interarrival_us are given");
    if (kind->needs_rate && rate == NULL && mean == NULL)
        return fault_at(fault, arrivals, "add rate_jobs_per_ms or mean_interarrival_us",
                        "the arrival process needs a rate");
    if (!kind->needs_rate && (rate != NULL || mean != NULL))
        return fault_at(fault, rate != NULL ? rate : mean, "remove it, or choose another kind",
                        "the arrival process takes no rate");
    if (kind->needs_file && file == NULL)
        return fault_at(fault, arrivals, "add file: PATH of a CSV with arrival_us,app",
                        "the arrival process needs a file");
    if (!kind->needs_file && file != NULL)
        return fault_at(fault, file, "remove it, or choose kind: trace",
                        "the arrival process takes no file");
    return true;
}

static bool check_states(const struct yaml_node *arrivals, const struct arrivals_kind *kind,
                         struct fault *fault)
{
    const struct yaml_node *states = yaml_get(arrivals, "states");
    bool has_jobs = false;
    if (!kind->needs_states)
        return states == NULL || fault_at(fault, states, "remove it, or choose kind: mmpp",
                                          "the arrival process takes no states");
    if (states == NULL)
        return fault_at(fault, arrivals,
                        "add states: [{rate: 4, length: 20}, {rate: 1, length: 80}]",
                        "the arrival process needs states");
    if (states->count < 2 || states->count > ARRIVALS_STATES_MAX)
        return fault_at(fault, states, "list 2 to 64 of them; with one, choose kind: poisson",
                        "this is no number of states");
    for (int i = 0; i < states->count; i++)
        has_jobs |= schema_real(&experiment_schema, states->items[i], "workload.arrivals.states[]",
                                "rate") > 0;
    return has_jobs || fault_at(fault, states, "give at least one state a rate above 0",
                                "no job arrives: all rates are 0");
}

/* Where dates are fixed, nobody waits. */
static bool check_gate(const struct yaml_node *arrivals, const struct arrivals_kind *kind,
                       struct fault *fault)
{
    const struct yaml_node *most = yaml_get(arrivals, "max_in_flight");
    return most == NULL || kind->needs_rate || kind->needs_file ||
           fault_at(fault, most, "remove it, or choose another kind",
                    "the arrival process takes no max_in_flight");
}

static bool check_periods(const struct yaml_node *workload, const struct arrivals_kind *kind,
                          struct fault *fault)
{
    const struct yaml_node *apps = yaml_get(workload, "apps");
    for (int i = 0; i < apps->count; i++) {
        const struct yaml_node *period = yaml_get(apps->items[i], "period_us");
        if (kind->needs_periods && period == NULL)
            return fault_at(fault, apps->items[i], "add period_us: NUMBER to every app",
                            "the arrival process needs the period of every app");
        if (!kind->needs_periods && period != NULL)
            return fault_at(fault, period, "remove it, or choose kind: per_app",
                            "the arrival process takes no periods");
    }
    return true;
}

/* Number of jobs of a scalar, or the smallest or largest of a swept list. */
static bool check_jobs(const struct yaml_node *workload, const struct arrivals_kind *kind,
                       struct fault *fault)
{
    const struct yaml_node *jobs = yaml_get(workload, "jobs");
    bool single = !kind->needs_rate && !kind->needs_file && !kind->needs_periods;
    if (jobs == NULL && (kind->needs_rate || kind->needs_periods))
        return fault_at(fault, workload, "add jobs: NUMBER to the workload",
                        "the number of jobs is missing");
    int64_t warmup = schema_int(&experiment_schema, workload, "workload", "warmup_jobs");
    const struct yaml_node *const *items = jobs != NULL && jobs->type == YAML_LIST
                                               ? (const struct yaml_node *const *)jobs->items
                                               : &jobs;
    int count = jobs == NULL ? 0 : jobs->type == YAML_LIST ? jobs->count : 1;
    for (int i = 0; i < count; i++) {
        double number = 0;
        schema_parse_real(items[i]->text, &number);
        if (single && number > 1)
            return fault_at(fault, items[i], "remove jobs, or choose another kind",
                            "the arrival process makes one job");
        if ((double)warmup >= number)
            return fault_at(fault, yaml_get(workload, "warmup_jobs"),
                            "make warmup_jobs smaller than jobs",
                            "warmup_jobs leaves no job to measure");
    }
    if (single && warmup > 0)
        return fault_at(fault, yaml_get(workload, "warmup_jobs"), "remove warmup_jobs",
                        "warmup_jobs leaves no job to measure");
    return true;
}

static bool check_workload(const struct yaml_node *workload, struct fault *fault)
{
    const struct yaml_node *arrivals = yaml_get(workload, "arrivals");
    if (!check_apps(yaml_get(workload, "apps"), fault))
        return false;
    const struct arrivals_kind *kind = find_kind(yaml_get(arrivals, "kind"), fault);
    return kind != NULL && check_rate(arrivals, kind, fault) &&
           check_states(arrivals, kind, fault) && check_gate(arrivals, kind, fault) &&
           check_periods(workload, kind, fault) && check_jobs(workload, kind, fault);
}

static bool check_workloads(const struct yaml_node *workload, struct fault *fault)
{
    if (workload->type != YAML_LIST)
        return check_workload(workload, fault);
    for (int i = 0; i < workload->count; i++)
        if (!check_workload(workload->items[i], fault))
            return false;
    return true;
}

/* The parameters of distributions and which of them each may have. */
static const char *const spread_keys[] = {"sigma", "cv", "shape", "alpha"};

static bool takes(const char *dist, const char *key)
{
    if (strcmp(dist, "none") == 0 || strcmp(dist, "exponential") == 0)
        return false;
    const char *own = strcmp(dist, "gamma") == 0    ? "shape"
                      : strcmp(dist, "pareto") == 0 ? "alpha"
                                                    : "sigma";
    return strcmp(key, "cv") == 0 || strcmp(key, own) == 0;
}

/* A coefficient of variation that the parameter of the distribution can express. */
static bool check_cv(const struct yaml_node *cv, const char *dist, struct fault *fault)
{
    double value = 0.0;
    if (cv == NULL)
        return true;
    schema_parse_real(cv->text, &value);
    double shape = noise_shape_of_cv(value);
    if (strcmp(dist, "gamma") == 0 && !(shape >= RANDOM_SHAPE_MIN && shape <= RANDOM_SHAPE_MAX))
        return fault_at(fault, cv, "between 0.032 and 3.16, or choose dist: lognormal",
                        "gamma does not reach this coefficient of variation");
    return strcmp(dist, "pareto") != 0 || value >= 0.01 ||
           fault_at(fault, cv, "0.01 or more, or choose another dist",
                    "pareto does not reach this coefficient of variation");
}

static bool check_spread(const struct yaml_node *spread, struct fault *fault)
{
    const char *dist = yaml_get(spread, "dist")->text;
    const struct yaml_node *given = NULL;
    for (size_t i = 0; i < sizeof spread_keys / sizeof *spread_keys; i++) {
        const struct yaml_node *node = yaml_get(spread, spread_keys[i]);
        char where[WHERE_SIZE];
        if (node == NULL)
            continue;
        if (!takes(dist, spread_keys[i]))
            return fault_set(fault, yaml_where(node, where, sizeof where),
                             "remove it, or choose another dist",
                             "the distribution `%s` takes no %s", dist, spread_keys[i]);
        if (given != NULL)
            return fault_at(fault, node, "keep one of them",
                            "the distribution has two parameters that say the same");
        given = node;
    }
    if (given == NULL && takes(dist, "cv"))
        return fault_at(fault, spread,
                        "add cv, or sigma of normal and lognormal, shape of gamma, alpha of pareto",
                        "the noise has no strength");
    return check_cv(yaml_get(spread, "cv"), dist, fault);
}

static bool check_noise(const struct yaml_node *noise, struct fault *fault)
{
    if (noise->count == 0)
        return fault_at(fault, noise, "write noise: [none] for no noise", "`noise` has no item");
    for (int i = 0; i < noise->count; i++) {
        static const char *const spreads[] = {"exec", "bandwidth", "tables"};
        const struct yaml_node *name = yaml_get(noise->items[i], "name");
        if (noise->items[i]->count == 1 && strcmp(name->text, "none") != 0)
            return fault_at(fault, name,
                            "add exec, bandwidth, tables, tail, slowdown, failure, link_failure or "
                            "outages; only `none` stands for no noise",
                            "the noise has a name and nothing else");
        for (size_t k = 0; k < sizeof spreads / sizeof *spreads; k++) {
            const struct yaml_node *spread = yaml_get(noise->items[i], spreads[k]);
            if (spread != NULL && !check_spread(spread, fault))
                return false;
        }
    }
    return check_distinct(noise, "noise", "name", fault);
}

/* Checks every item and completes it with its parameters; faults if two have the same label. */
static bool check_contenders(const struct experiment *experiment, const struct yaml_node *list,
                             struct fault *fault)
{
    for (int i = 0; i < list->count; i++) {
        if (!contender_check(experiment->roster, experiment->arena, list->items[i], fault))
            return false;
        const struct yaml_node *label = contender_label(list->items[i]);
        for (int j = 0; j < i; j++)
            if (strcmp(label->text, contender_label(list->items[j])->text) == 0) {
                char where[WHERE_SIZE];
                return fault_set(fault, yaml_where(label, where, sizeof where),
                                 "give one of them a label of its own: as: LABEL",
                                 "scheduler `%s` is listed twice", label->text);
            }
    }
    return true;
}

/* Checks the list and settles the baseline. */
static bool check_schedulers(struct experiment *experiment, struct fault *fault)
{
    const struct yaml_node *list = yaml_get(experiment->root, "schedulers");
    if (list->count == 0)
        return fault_at(fault, list, "list at least one, see `hetsoc list schedulers`",
                        "`schedulers` has no item");
    if (!check_contenders(experiment, list, fault))
        return false;
    const struct yaml_node *baseline = yaml_get(experiment->root, "baseline");
    if (baseline == NULL && list->count == 1) {
        const char *only = contender_label(list->items[0])->text;
        if (!yaml_assign(experiment->arena, experiment->root, "baseline", only, fault))
            return false;
    }
    experiment->baseline = schema_text(&experiment_schema, experiment->root, "", "baseline");
    for (int i = 0; i < list->count; i++)
        if (strcmp(contender_label(list->items[i])->text, experiment->baseline) == 0)
            return true;
    char where[WHERE_SIZE];
    return fault_set(fault, yaml_where(baseline != NULL ? baseline : list, where, sizeof where),
                     arena_printf(experiment->arena,
                                  "set baseline to one of them, for example baseline: %s",
                                  contender_label(list->items[0])->text),
                     "the baseline `%s`%s is not in `schedulers`", experiment->baseline,
                     baseline == NULL ? " (the default)" : "");
}

static bool apply_set(struct experiment *experiment, const char *set, struct fault *fault)
{
    const char *equals = strchr(set, '=');
    if (equals == NULL || equals == set)
        return fault_set(fault, "--set", "write --set KEY=VALUE, for example --set replicates=5",
                         "`%s` is not KEY=VALUE", set);
    const char *key = arena_substring(experiment->arena, set, (size_t)(equals - set));
    return yaml_assign(experiment->arena, experiment->root, key, equals + 1, fault);
}

/* The optimum is that of one job alone. */
static bool check_optimum(const struct yaml_node *root, struct fault *fault)
{
    const struct yaml_node *optimum = yaml_get(root, "optimum");
    const struct yaml_node *workload = yaml_get(root, "workload");
    bool is_swept = workload->type == YAML_LIST;
    int count = optimum == NULL ? 0 : is_swept ? workload->count : 1;
    for (int i = 0; i < count; i++) {
        const struct yaml_node *item = is_swept ? workload->items[i] : workload;
        const struct yaml_node *kind = yaml_get(yaml_get(item, "arrivals"), "kind");
        if (strcmp(kind->text, "single") != 0)
            return fault_at(fault, optimum, "remove it, or write arrivals: {kind: single}",
                            "the optimum is that of one job, and more may arrive");
    }
    return true;
}

static bool names(const struct yaml_node *node, const char *word)
{
    if (node == NULL || node->type != YAML_LIST)
        return node != NULL && strcmp(node->text, word) == 0;
    for (int i = 0; i < node->count; i++)
        if (strcmp(node->items[i]->text, word) == 0)
            return true;
    return false;
}

/* A frequency is for the governor that keeps to it, which needs one. */
static bool check_governor(const struct yaml_node *root, struct fault *fault)
{
    const struct yaml_node *governor = yaml_get(root, "governor");
    const struct yaml_node *frequency = yaml_get(root, "frequency_mhz");
    bool is_fixed = names(governor, "fixed");
    if (is_fixed && frequency == NULL)
        return fault_at(fault, governor, "add frequency_mhz",
                        "the governor `fixed` needs a frequency");
    if (!is_fixed && frequency != NULL)
        return fault_at(fault, frequency, "add governor: fixed, or remove it",
                        "frequency_mhz has a meaning for the governor `fixed` only");
    const struct yaml_node *ondemand = yaml_get(root, "ondemand");
    return ondemand == NULL || names(governor, "ondemand") ||
           fault_at(fault, ondemand, "add governor: ondemand, or remove it",
                    "ondemand has a meaning for the governor of this name only");
}

static void read_optimum(struct experiment *experiment)
{
    const struct yaml_node *optimum = yaml_get(experiment->root, "optimum");
    if (optimum == NULL)
        return;
    experiment->optimum = (struct optimum_limits){
        .nodes = schema_int(&experiment_schema, optimum, "optimum", "nodes"),
        .time_limit_s = schema_real(&experiment_schema, optimum, "optimum", "time_limit_s"),
        .memory_bytes = OPTIMUM_MEMORY_BYTES,
    };
}

/* The number of a category of traces by its name, which is one. */
static int find_category(const char *name)
{
    int category = 0;
    while (strcmp(trace_category_name((enum trace_category)category), name) != 0)
        category++;
    return category;
}

static bool read_record(struct experiment *experiment, struct fault *fault)
{
    static const char at[] = "record";
    const struct yaml_node *node = yaml_get(experiment->root, "record");
    const struct yaml_node *categories = yaml_get(node, "categories");
    double until_us = schema_real(&experiment_schema, node, at, "until_us");
    struct record_wish *wish = &experiment->record;
    *wish = (struct record_wish){
        .is_asked = node != NULL,
        .categories = categories == NULL ? RECORDER_USUAL : 0,
        .from_ps = tick_from_us(schema_real(&experiment_schema, node, at, "from_us")),
        .until_ps = isnan(until_us) ? TICK_NEVER : tick_from_us(until_us),
        .is_compressed = schema_bool(&experiment_schema, node, at, "compress"),
    };
    for (int i = 0; categories != NULL && i < categories->count; i++)
        wish->categories |= UINT32_C(1) << find_category(categories->items[i]->text);
    return wish->from_ps < wish->until_ps ||
           fault_at(fault, yaml_get(node, "until_us"), "make until_us later than from_us",
                    "the window to record is empty");
}

static bool check_tree(struct experiment *experiment, struct fault *fault)
{
    struct yaml_node *root = experiment->root;
    if (root->type == YAML_MAP && yaml_get(root, "noise") == NULL &&
        !yaml_assign(experiment->arena, root, "noise", "[{name: none}]", fault))
        return false;
    if (!schema_check(&experiment_schema, experiment->arena, root, fault))
        return false;
    const struct yaml_node *name = yaml_get(root, "name");
    if (name->text[0] == '.')
        return fault_at(fault, name, "begin it with a letter or a digit",
                        "the name of an experiment names a folder and may not begin with a point");
    return check_workloads(yaml_get(root, "workload"), fault) && check_optimum(root, fault) &&
           check_governor(root, fault) &&
           decision_cost_check(yaml_get(root, "decision_cost"), fault) &&
           check_noise(yaml_get(root, "noise"), fault) && check_schedulers(experiment, fault);
}

bool experiment_load(struct experiment *experiment, struct arena *arena, const char *path,
                     const char *const *sets, int set_count, struct fault *fault)
{
    return experiment_load_with(&roster_built_in, experiment, arena, path, sets, set_count, fault);
}

bool experiment_load_with(const struct roster *roster, struct experiment *experiment,
                          struct arena *arena, const char *path, const char *const *sets,
                          int set_count, struct fault *fault)
{
    struct yaml_node *root = yaml_load(arena, path, fault);
    return root != NULL &&
           experiment_read(roster, experiment, arena, path, root, sets, set_count, fault);
}

bool experiment_read(const struct roster *roster, struct experiment *experiment,
                     struct arena *arena, const char *path, struct yaml_node *root,
                     const char *const *sets, int set_count, struct fault *fault)
{
    const char *slash = strrchr(path, '/');
    *experiment = (struct experiment){
        .arena = arena,
        .roster = roster,
        .path = arena_string(arena, path),
        .folder = slash == NULL   ? "."
                  : slash == path ? "/"
                                  : arena_substring(arena, path, (size_t)(slash - path)),
        .root = root,
    };
    for (int i = 0; i < set_count; i++)
        if (!apply_set(experiment, sets[i], fault))
            return false;
    if (!sweep_read(&experiment->sweep, arena, &experiment_schema, experiment->root, fault) ||
        !check_tree(experiment, fault))
        return false;
    experiment->name = schema_text(&experiment_schema, root, "", "name");
    experiment->seed = (uint64_t)schema_int(&experiment_schema, root, "", "seed");
    experiment->replicates = (int32_t)schema_int(&experiment_schema, root, "", "replicates");
    experiment->trace = schema_bool(&experiment_schema, root, "", "trace");
    experiment->engine_energy = schema_bool(&experiment_schema, root, "", "engine_energy");
    double limit_s = schema_real(&experiment_schema, root, "", "time_limit_s");
    int64_t limit_mib = schema_int(&experiment_schema, root, "", "memory_limit_mib");
    experiment->time_limit_s = isnan(limit_s) ? 0 : limit_s;
    experiment->memory_limit_bytes = limit_mib == INT64_MIN ? 0 : limit_mib * 1024 * 1024;
    read_optimum(experiment);
    return read_record(experiment, fault);
}

struct yaml_node *experiment_config(const struct experiment *experiment)
{
    struct yaml_node *config =
        schema_complete(&experiment_schema, experiment->arena, experiment->root);
    sweep_take_out(&experiment->sweep, experiment->arena, config);
    return config;
}
