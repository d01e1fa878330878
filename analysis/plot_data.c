/* SPDX-License-Identifier: GPL-3.0-or-later */
#define uthash_fatal(message) memory_exhausted(1, sizeof(struct plot_value))

#include "analysis/plot_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/csv.h"
#include "base/schema.h"

/* A cell and its number among the values of its key; in the arena. */
struct plot_value {
    const char *text;
    size_t number;
    UT_hash_handle hh;
};

/* Columns that are no keys. */
struct columns {
    int metric, mean, ci_high;
};

const char *plot_data_cell(const struct plot_data *data, size_t row, int key)
{
    return data->keys[key].values[data->rows[row * (size_t)data->key_count + (size_t)key]];
}

static bool find_column(const struct csv_reader *csv, const char *path, const char *name,
                        int *column, struct fault *fault)
{
    *column = csv_column(csv, name);
    return *column >= 0 || fault_set(fault, path, "it must be the summary.csv of a run",
                                     "the column '%s' is missing", name);
}

/* Called before the first csv_next: the current row is the header. The keys are left of metric. */
static bool find_columns(struct plot_data *data, struct columns *columns,
                         const struct csv_reader *csv, const char *path, struct fault *fault)
{
    if (!find_column(csv, path, "metric", &columns->metric, fault) ||
        !find_column(csv, path, "mean", &columns->mean, fault) ||
        !find_column(csv, path, "ci_high", &columns->ci_high, fault) ||
        !find_column(csv, path, "experiment", &data->experiment, fault) ||
        !find_column(csv, path, "platform", &data->platform, fault) ||
        !find_column(csv, path, "workload", &data->workload, fault) ||
        !find_column(csv, path, "scheduler", &data->scheduler, fault) ||
        !find_column(csv, path, "rate_jobs_per_ms", &data->rate, fault) ||
        !find_column(csv, path, "noise", &data->noise, fault)) {
        return false;
    }
    data->key_count = columns->metric;
    data->keys = arena_zeroed(data->arena, (size_t)data->key_count, sizeof *data->keys);
    for (int k = 0; k < data->key_count; k++) {
        data->keys[k].name = arena_string(data->arena, csv_cell(csv, k));
    }
    return true;
}

static bool read_number(const struct csv_reader *csv, int column, double *value,
                        struct fault *fault)
{
    const char *cell = csv_cell(csv, column);
    *value = NAN;
    if (cell[0] != '\0' && !schema_parse_real(cell, value)) {
        char where[sizeof fault->where];
        return fault_set(fault, csv_where(csv, column, where, sizeof where), NULL,
                         "not a number: '%s'", cell);
    }
    return true;
}

static bool read_range(struct plot_data *data, const struct columns *columns,
                       const struct csv_reader *csv, struct fault *fault)
{
    double mean, ci_high;
    if (!read_number(csv, columns->mean, &mean, fault) ||
        !read_number(csv, columns->ci_high, &ci_high, fault)) {
        return false;
    }
    data->low = fmin(data->low, mean);
    data->high = fmax(data->high, mean);
    data->top = fmax(data->top, fmax(mean, ci_high));
    return true;
}

/* Number of a cell among the values of its key, which grow if it is new. */
static size_t number_value(struct plot_data *data, struct plot_key *key, const char *cell)
{
    struct plot_value *value;
    HASH_FIND_STR(key->index, cell, value);
    if (value != NULL) {
        return value->number;
    }
    value = arena_zeroed(data->arena, 1, sizeof *value);
    value->text = arena_string(data->arena, cell);
    value->number = key->count;
    HASH_ADD_KEYPTR(hh, key->index, value->text, strlen(value->text), value);
    key->values = memory_grow(key->values, &key->capacity, key->count + 1, sizeof *key->values);
    key->values[key->count++] = value->text;
    return value->number;
}

/* gnuplot's CSV reader cuts quoted cells at commas, does not know doubled quotes, replaces
 * backslashes and skips spaces in front; its literals have no control characters. */
static bool is_readable(const char *cell)
{
    for (const char *at = cell; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f || strchr(",\"\\", *at) != NULL) {
            return false;
        }
    }
    return cell[0] != ' ';
}

static bool read_row(struct plot_data *data, const struct columns *columns,
                     const struct csv_reader *csv, struct fault *fault)
{
    size_t width = (size_t)data->key_count;
    data->rows = memory_grow(data->rows, &data->row_capacity, (data->row_count + 1) * width,
                             sizeof *data->rows);
    size_t *row = &data->rows[data->row_count++ * width];
    for (int k = 0; k < data->key_count; k++) {
        const char *cell = csv_cell(csv, k);
        if (!is_readable(cell)) {
            char where[sizeof fault->where];
            return fault_set(fault, csv_where(csv, k, where, sizeof where),
                             "rename it, or draw summary.csv with another program",
                             "gnuplot cannot read a name with a comma, a double quote, a "
                             "backslash, a control character or a space in front: '%s'",
                             cell);
        }
        row[k] = number_value(data, &data->keys[k], cell);
    }
    return read_range(data, columns, csv, fault);
}

static int compare_reals(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sort_rates(struct plot_data *data)
{
    const struct plot_key *rate = &data->keys[data->rate];
    data->rates = memory_zeroed(rate->count, sizeof *data->rates);
    for (size_t v = 0; v < rate->count; v++) {
        data->rate_count += schema_parse_real(rate->values[v], &data->rates[data->rate_count]);
    }
    qsort(data->rates, data->rate_count, sizeof *data->rates, compare_reals);
}

static void choose_axis(struct plot_data *data, const enum plot_axis *axis)
{
    data->axis = axis != NULL                        ? *axis
                 : data->rate_count > 1              ? PLOT_RATE
                 : data->keys[data->noise].count > 1 ? PLOT_NOISE
                                                     : PLOT_SCHEDULER;
    int shown = data->axis == PLOT_RATE    ? data->rate
                : data->axis == PLOT_NOISE ? data->noise
                                           : data->scheduler;
    for (int k = 0; k < data->key_count; k++) {
        data->keys[k].is_of_panel = data->keys[k].count > 1 && k != data->scheduler && k != shown;
    }
}

/* A row on its way into a panel. */
struct place {
    const struct plot_data *data;
    size_t row;
};

static int compare_numbers(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare_panels(const struct place *a, const struct place *b)
{
    const struct plot_data *data = a->data;
    const size_t *row_a = &data->rows[a->row * (size_t)data->key_count];
    const size_t *row_b = &data->rows[b->row * (size_t)data->key_count];
    int order = 0;
    for (int k = 0; k < data->key_count && order == 0; k++) {
        if (data->keys[k].is_of_panel) {
            order = compare_numbers(row_a[k], row_b[k]);
        }
    }
    return order;
}

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    int order = compare_panels(a, b);
    return order != 0 ? order : compare_numbers(a->row, b->row);
}

static int compare_rows(const void *left, const void *right)
{
    return compare_numbers(*(const size_t *)left, *(const size_t *)right);
}

/* Panels are in the order of their first rows. */
static void find_panels(struct plot_data *data)
{
    struct place *places = memory_zeroed(data->row_count, sizeof *places);
    for (size_t row = 0; row < data->row_count; row++) {
        places[row] = (struct place){data, row};
    }
    qsort(places, data->row_count, sizeof *places, compare_places);
    data->panels = memory_zeroed(data->row_count, sizeof *data->panels);
    for (size_t i = 0; i < data->row_count; i++) {
        if (i == 0 || compare_panels(&places[i - 1], &places[i]) != 0) {
            data->panels[data->panel_count++] = places[i].row;
        }
    }
    qsort(data->panels, data->panel_count, sizeof *data->panels, compare_rows);
    free(places);
}

bool plot_data_load(struct plot_data *data, const char *dir, const char *metric,
                    const enum plot_axis *axis, struct fault *fault)
{
    *data = (struct plot_data){
        .arena = arena_create(), .low = INFINITY, .high = -INFINITY, .top = -INFINITY};
    const char *path = arena_printf(data->arena, "%s/summary.csv", dir);
    struct csv_reader *csv = csv_open(path, fault);
    struct columns columns;
    if (csv != NULL && find_columns(data, &columns, csv, path, fault)) {
        bool is_fine = true;
        while (is_fine && csv_next(csv, fault)) {
            if (strcmp(csv_cell(csv, columns.metric), metric) == 0) {
                is_fine = read_row(data, &columns, csv, fault);
            }
        }
    }
    csv_close(csv);
    if (!fault_is_set(fault) && data->row_count == 0) {
        fault_set(fault, path, "is no trial done, or no job of those that are?",
                  "there is no row of the metric '%s'", metric);
    }
    if (fault_is_set(fault)) {
        return false;
    }
    sort_rates(data);
    choose_axis(data, axis);
    find_panels(data);
    return true;
}

void plot_data_finish(struct plot_data *data)
{
    for (int k = 0; k < data->key_count; k++) {
        HASH_CLEAR(hh, data->keys[k].index);
        free(data->keys[k].values);
    }
    free(data->rows);
    free(data->panels);
    free(data->rates);
    arena_destroy(data->arena);
    *data = (struct plot_data){0};
}
