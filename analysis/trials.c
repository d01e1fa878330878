/* SPDX-License-Identifier: GPL-3.0-or-later */
#define uthash_fatal(message) memory_exhausted(1, sizeof(struct trials_group))

#include "analysis/trials.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/schema.h"

static const char *const KEY_NAMES[TRIALS_KEY_COUNT] = {
    [TRIALS_EXPERIMENT] = "experiment", [TRIALS_PLATFORM] = "platform",
    [TRIALS_WORKLOAD] = "workload",     [TRIALS_ENGINE] = "engine",
    [TRIALS_SCHEDULER] = "scheduler",   [TRIALS_RATE] = "rate_jobs_per_ms",
    [TRIALS_NOISE] = "noise",
};

/* No part of a summary: different in every run of the same seed, or telling just that. */
static const char *const VOLATILE_NAMES[] = {"decide_us_mean", "wall_s", "reproducible"};

/* Where in the file things are. */
struct columns {
    int *keys;    /* [trials.key_count] */
    int *metrics; /* [trials.metric_count] */
    int replicate, seed, status;
};

static bool is_volatile(const char *name)
{
    for (size_t i = 0; i < sizeof VOLATILE_NAMES / sizeof *VOLATILE_NAMES; i++) {
        if (strcmp(name, VOLATILE_NAMES[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool find_column(const struct csv_reader *csv, const char *path, const char *name,
                        int *column, struct fault *fault)
{
    *column = csv_column(csv, name);
    return *column >= 0 || fault_set(fault, path, "it must be the trials.csv of a run",
                                     "the column '%s' is missing", name);
}

/* Metrics that came after the first format: their columns stand behind `tasks_per_s`, among the
 * swept keys. */
static bool is_later_metric(const char *name)
{
    static const char *const names[] = {
        "deadline_miss_rate", "mean_tardiness_us", "tasks_skipped",    "loaded_bytes",
        "latency_bound_us",   "latency_ratio",     "optimum_us",       "optimum_bound_us",
        "optimum_gap",        "optimum_ratio",     "p05_latency_us",   "p10_latency_us",
        "p25_latency_us",     "p75_latency_us",    "p90_latency_us",   "mean_latency_half_us",
        "effective_jobs",     "warmup_mser_jobs",  "prefetched_bytes", "prefetch_wasted_bytes",
        "max_temp_c",         "engine_energy_uj"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Called before the first csv_next: the current row is the header. */
static bool find_columns(struct trials *trials, struct columns *columns,
                         const struct csv_reader *csv, const char *path, struct fault *fault)
{
    struct arena *arena = trials->arena;
    int count = csv_column_count(csv), last;
    trials->key_names = arena_zeroed(arena, TRIALS_KEY_COUNT + (size_t)count, sizeof(char *));
    trials->metric_names = arena_zeroed(arena, (size_t)count, sizeof(char *));
    columns->keys = arena_zeroed(arena, TRIALS_KEY_COUNT + (size_t)count, sizeof(int));
    columns->metrics = arena_zeroed(arena, (size_t)count, sizeof(int));
    if (!find_column(csv, path, "replicate", &columns->replicate, fault) ||
        !find_column(csv, path, "seed", &columns->seed, fault) ||
        !find_column(csv, path, "status", &columns->status, fault) ||
        !find_column(csv, path, "tasks_per_s", &last, fault)) {
        return false;
    }
    for (int k = 0; k < TRIALS_KEY_COUNT; k++) {
        if (!find_column(csv, path, KEY_NAMES[k], &columns->keys[k], fault)) {
            return false;
        }
        trials->key_names[k] = KEY_NAMES[k];
    }
    trials->key_count = TRIALS_KEY_COUNT;
    for (int c = columns->status + 1; c < last; c++) {
        const char *name = csv_cell(csv, c);
        if (!is_volatile(name)) {
            columns->metrics[trials->metric_count] = c;
            trials->metric_names[trials->metric_count++] = arena_string(arena, name);
        }
    }
    for (int c = last + 1; c < count; c++) {
        char *name = arena_string(arena, csv_cell(csv, c));
        if (is_volatile(name))
            continue;
        if (is_later_metric(name)) {
            columns->metrics[trials->metric_count] = c;
            trials->metric_names[trials->metric_count++] = name;
        } else {
            columns->keys[trials->key_count] = c;
            trials->key_names[trials->key_count++] = name;
        }
    }
    return true;
}

static bool refuse_cell(const struct csv_reader *csv, int column, const char *what,
                        struct fault *fault)
{
    char where[sizeof fault->where];
    return fault_set(fault, csv_where(csv, column, where, sizeof where), NULL, "%s: '%s'", what,
                     csv_cell(csv, column));
}

static bool read_replicate(const struct csv_reader *csv, int column, int32_t *replicate,
                           struct fault *fault)
{
    double value;
    if (!schema_parse_real(csv_cell(csv, column), &value) || value < 0 || value > INT32_MAX ||
        value != floor(value)) {
        return refuse_cell(csv, column, "the replicate is no number from 0", fault);
    }
    *replicate = (int32_t)value;
    return true;
}

static bool read_values(const struct trials *trials, const struct columns *columns,
                        const struct csv_reader *csv, double *values, struct fault *fault)
{
    for (int m = 0; m < trials->metric_count; m++) {
        const char *cell = csv_cell(csv, columns->metrics[m]);
        values[m] = NAN;
        if (cell[0] != '\0' && !schema_parse_real(cell, &values[m])) {
            return refuse_cell(csv, columns->metrics[m], "not a number", fault);
        }
    }
    return true;
}

/* The text by which a combination is found, with the scheduler replaced; released by free(). */
static char *join_keys(const char *const *keys, int count, const char *scheduler)
{
    size_t size = strlen(scheduler) + 1;
    for (int k = 0; k < count; k++) {
        size += strlen(keys[k]) + 1;
    }
    char *text = memory_zeroed(size, 1), *end = stpcpy(text, scheduler);
    for (int k = 0; k < count; k++) {
        if (k != TRIALS_SCHEDULER) {
            *end++ = '\x1f'; /* ASCII unit separator: in no name */
            end = stpcpy(end, keys[k]);
        }
    }
    return text;
}

static struct trials_group *find_group(const struct trials *trials, const char *const *keys,
                                       const char *scheduler)
{
    struct trials_group *group;
    char *text = join_keys(keys, trials->key_count, scheduler);
    HASH_FIND_STR(trials->first, text, group);
    free(text);
    return group;
}

/* gcc overlooks that the hash table holds the group. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
static struct trials_group *add_group(struct trials *trials, const char *const *keys)
{
    struct trials_group *group = memory_zeroed(1, sizeof *group);
    group->keys = arena_zeroed(trials->arena, (size_t)trials->key_count, sizeof *group->keys);
    for (int k = 0; k < trials->key_count; k++) {
        group->keys[k] = arena_string(trials->arena, keys[k]);
    }
    group->text = join_keys(keys, trials->key_count, keys[TRIALS_SCHEDULER]);
    HASH_ADD_KEYPTR(hh, trials->first, group->text, strlen(group->text), group);
    return group;
}
#pragma GCC diagnostic pop

/* Where a replicate belongs in a group; rows mostly come in order. */
static size_t find_place(const struct trials_group *group, int32_t replicate)
{
    size_t place = group->row_count;
    while (place > 0 && group->rows[place - 1].replicate >= replicate) {
        place--;
    }
    return place;
}

static bool read_row(struct trials *trials, const struct columns *columns,
                     const struct csv_reader *csv, const char **keys, struct fault *fault)
{
    struct trials_row row = {0};
    if (!read_replicate(csv, columns->replicate, &row.replicate, fault)) {
        return false;
    }
    for (int k = 0; k < trials->key_count; k++) {
        keys[k] = csv_cell(csv, columns->keys[k]);
    }
    struct trials_group *group = find_group(trials, keys, keys[TRIALS_SCHEDULER]);
    if (group == NULL) {
        group = add_group(trials, keys);
    }
    size_t place = find_place(group, row.replicate);
    if (place < group->row_count && group->rows[place].replicate == row.replicate) {
        return refuse_cell(csv, columns->replicate,
                           "the same combination is there twice with this replicate", fault);
    }
    if (trials->seed == NULL) {
        trials->seed = arena_string(trials->arena, csv_cell(csv, columns->seed));
    }
    row.status = arena_string(trials->arena, csv_cell(csv, columns->status));
    if (strcmp(row.status, "done") == 0) {
        double *values = arena_zeroed(trials->arena, (size_t)trials->metric_count, sizeof *values);
        if (!read_values(trials, columns, csv, values, fault)) {
            return false;
        }
        row.values = values;
    }
    group->rows =
        memory_grow(group->rows, &group->row_capacity, group->row_count + 1, sizeof *group->rows);
    memmove(group->rows + place + 1, group->rows + place,
            (group->row_count - place) * sizeof *group->rows);
    group->rows[place] = row;
    group->row_count++;
    return true;
}

bool trials_load(struct trials *trials, const char *dir, struct fault *fault)
{
    struct columns columns = {0};
    *trials = (struct trials){.arena = arena_create()};
    const char *path = arena_printf(trials->arena, "%s/trials.csv", dir);
    if (access(path, R_OK) != 0) {
        return fault_set(fault, path, "is this the folder of a run?", "cannot read: %s",
                         strerror(errno));
    }
    struct csv_reader *csv = csv_open(path, fault);
    if (csv == NULL) {
        return false;
    }
    if (find_columns(trials, &columns, csv, path, fault)) {
        const char **keys = arena_zeroed(trials->arena, (size_t)trials->key_count, sizeof *keys);
        while (csv_next(csv, fault) && read_row(trials, &columns, csv, keys, fault)) {
        }
    }
    csv_close(csv);
    return !fault_is_set(fault);
}

void trials_finish(struct trials *trials)
{
    struct trials_group *group = trials->first, *next;
    HASH_CLEAR(hh, trials->first);
    for (; group != NULL; group = next) {
        next = group->hh.next;
        free(group->text);
        free(group->rows);
        free(group);
    }
    arena_destroy(trials->arena);
    *trials = (struct trials){0};
}

int trials_metric(const struct trials *trials, const char *name)
{
    for (int m = 0; m < trials->metric_count; m++) {
        if (strcmp(trials->metric_names[m], name) == 0) {
            return m;
        }
    }
    return -1;
}

const struct trials_group *trials_rival(const struct trials *trials,
                                        const struct trials_group *group, const char *scheduler)
{
    if (strcmp(group->keys[TRIALS_SCHEDULER], scheduler) == 0) {
        return NULL;
    }
    return find_group(trials, group->keys, scheduler);
}

size_t trials_done(const struct trials_group *group)
{
    size_t done = 0;
    for (size_t i = 0; i < group->row_count; i++) {
        done += group->rows[i].values != NULL;
    }
    return done;
}

/* Puts the values of the same replicates side by side; returns how many there are. */
static size_t pair_rows(const struct trials_group *group, int metric,
                        const struct trials_group *rival, int rival_metric, double *own,
                        double *other)
{
    size_t pairs = 0, r = 0;
    for (size_t i = 0; i < group->row_count; i++) {
        const struct trials_row *row = &group->rows[i];
        while (r < rival->row_count && rival->rows[r].replicate < row->replicate) {
            r++;
        }
        if (r < rival->row_count && rival->rows[r].replicate == row->replicate &&
            row->values != NULL && rival->rows[r].values != NULL) {
            own[pairs] = row->values[metric];
            other[pairs++] = rival->rows[r].values[rival_metric];
        }
    }
    return pairs;
}

size_t trials_values(const struct trials_group *group, int metric, double *values)
{
    size_t n = 0;
    for (size_t i = 0; i < group->row_count; i++) {
        const double *row = group->rows[i].values;
        if (row != NULL && !isnan(row[metric])) {
            values[n++] = row[metric];
        }
    }
    return n;
}

struct trials_measure trials_measure(const struct trials_group *group,
                                     const struct trials_group *rival, int metric)
{
    return trials_measure_across(group, metric, rival, metric);
}

struct trials_measure trials_measure_across(const struct trials_group *group, int metric,
                                            const struct trials_group *rival, int rival_metric)
{
    struct trials_measure measure = {0};
    double *own = memory_zeroed(2 * group->row_count, sizeof *own);
    double *other = own + group->row_count;
    size_t n = trials_values(group, metric, own);
    measure.mean = statistics_mean(own, n);
    n = rival == NULL ? 0 : pair_rows(group, metric, rival, rival_metric, own, other);
    measure.ratio = statistics_paired_ratio(own, other, n, &measure.wins);
    free(own);
    return measure;
}
