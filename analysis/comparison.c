/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/comparison.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cells.h"
#include "analysis/corrections.h"
#include "analysis/trials.h"
#include "base/csv.h"
#include "base/placing.h"
#include "base/schema.h"

#define LINE_WIDTH 120
#define KEY_SHOWN  8 /* keys that vary, at most, in the table */

enum side { A, B, SIDES };

/* A key of either run. */
struct key {
    const char *name;
    int place[SIDES];          /* in trials.key_names, -1 = that run has no such key */
    const char *only[SIDES];   /* its value if it has a single one there, otherwise NULL */
    bool is_matched, is_shown; /* shown: it varies */
};

/* A combination of one side, by the text of its matched keys. */
struct entry {
    const char *text;
    const struct trials_group *group;
};

struct pair {
    const struct trials_group *group[SIDES];
};

struct comparison {
    struct arena *arena;
    struct trials trials[SIDES];
    struct key *keys;
    int key_count;
    struct pair *pairs; /* in order of appearance in A */
    size_t pair_count;
    size_t alone[SIDES]; /* combinations of that side only */
};

static const char *cell_of(const struct key *key, enum side side, const struct trials_group *group)
{
    return key->place[side] < 0 ? "" : group->keys[key->place[side]];
}

static void add_keys(struct comparison *comparison, enum side side)
{
    const struct trials *trials = &comparison->trials[side];
    for (int place = 0; place < trials->key_count; place++) {
        int k = 0;
        while (k < comparison->key_count &&
               strcmp(comparison->keys[k].name, trials->key_names[place]) != 0) {
            k++;
        }
        struct key *key = &comparison->keys[k];
        if (k == comparison->key_count) {
            *key = (struct key){.name = trials->key_names[place], .place = {-1, -1}};
            comparison->key_count++;
        }
        key->place[side] = place;
    }
}

/* The value of a key if all combinations have the same. */
static const char *only_value(const struct key *key, enum side side, const struct trials *trials)
{
    const char *value = cell_of(key, side, trials->first);
    for (const struct trials_group *group = trials->first; group != NULL; group = group->hh.next) {
        if (strcmp(cell_of(key, side, group), value) != 0) {
            return NULL;
        }
    }
    return value;
}

static bool refuse_key(const struct key *key, const char *without, const char *with,
                       struct fault *fault)
{
    return fault_set(fault, without, "compare runs that sweep the same keys",
                     "the key '%s', which varies in %s, is not here", key->name, with);
}

static bool find_keys(struct comparison *comparison, const char *const *paths, struct fault *fault)
{
    int most = comparison->trials[A].key_count + comparison->trials[B].key_count;
    comparison->keys = arena_zeroed(comparison->arena, (size_t)most, sizeof *comparison->keys);
    add_keys(comparison, A);
    add_keys(comparison, B);
    for (int k = 0; k < comparison->key_count; k++) {
        struct key *key = &comparison->keys[k];
        for (enum side side = A; side < SIDES; side++) {
            key->only[side] = only_value(key, side, &comparison->trials[side]);
        }
        if (key->place[A] < 0 && key->only[B] == NULL) {
            return refuse_key(key, paths[A], paths[B], fault);
        }
        if (key->place[B] < 0 && key->only[A] == NULL) {
            return refuse_key(key, paths[B], paths[A], fault);
        }
        bool is_single = key->only[A] != NULL && key->only[B] != NULL;
        key->is_matched = !is_single || strcmp(key->only[A], key->only[B]) == 0;
        key->is_shown = key->is_matched && !is_single;
    }
    return true;
}

static const char *matching_text(const struct comparison *comparison, enum side side,
                                 const struct trials_group *group)
{
    const char *text = "";
    for (int k = 0; k < comparison->key_count; k++) {
        if (comparison->keys[k].is_shown) {
            text = arena_printf(comparison->arena, "%s\x1f%s", text,
                                cell_of(&comparison->keys[k], side, group));
        }
    }
    return text;
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->text, ((const struct entry *)b)->text);
}

static struct entry *list_entries(struct comparison *comparison, enum side side, size_t *count)
{
    const struct trials *trials = &comparison->trials[side];
    struct entry *entries =
        arena_zeroed(comparison->arena, HASH_COUNT(trials->first), sizeof *entries);
    *count = 0;
    for (const struct trials_group *group = trials->first; group != NULL; group = group->hh.next) {
        entries[(*count)++] =
            (struct entry){.text = matching_text(comparison, side, group), .group = group};
    }
    return entries;
}

static void match(struct comparison *comparison)
{
    size_t count_a, count_b;
    const struct entry *list_a = list_entries(comparison, A, &count_a);
    struct entry *list_b = list_entries(comparison, B, &count_b);
    qsort(list_b, count_b, sizeof *list_b, compare_entries);
    comparison->pairs = arena_zeroed(comparison->arena, count_a, sizeof *comparison->pairs);
    for (size_t i = 0; i < count_a; i++) {
        const struct entry *twin =
            bsearch(&list_a[i], list_b, count_b, sizeof *list_b, compare_entries);
        if (twin != NULL) {
            comparison->pairs[comparison->pair_count++] =
                (struct pair){.group = {[A] = list_a[i].group, [B] = twin->group}};
        }
    }
    comparison->alone[A] = count_a - comparison->pair_count;
    comparison->alone[B] = count_b - comparison->pair_count;
}

struct comparison *comparison_create(const char *dir_a, const char *dir_b, struct fault *fault)
{
    struct comparison *comparison = memory_zeroed(1, sizeof *comparison);
    comparison->arena = arena_create();
    const char *const dirs[SIDES] = {[A] = dir_a, [B] = dir_b};
    const char *paths[SIDES];
    for (enum side side = A; side < SIDES; side++) {
        struct trials *trials = &comparison->trials[side];
        paths[side] = arena_printf(comparison->arena, "%s/trials.csv", dirs[side]);
        if (trials_load(trials, dirs[side], fault) && trials->first == NULL) {
            fault_set(fault, paths[side], "run the experiment again to finish it",
                      "there is no trial yet");
        }
    }
    if (!fault_is_set(fault) && find_keys(comparison, paths, fault)) {
        match(comparison);
        if (comparison->pair_count == 0) {
            fault_set(fault, paths[B], "compare runs of the same platforms, workloads and rates",
                      "no combination is also in %s", paths[A]);
        }
    }
    if (fault_is_set(fault)) {
        comparison_destroy(comparison);
        return NULL;
    }
    return comparison;
}

void comparison_destroy(struct comparison *comparison)
{
    if (comparison == NULL) {
        return;
    }
    for (enum side side = A; side < SIDES; side++) {
        trials_finish(&comparison->trials[side]);
    }
    arena_destroy(comparison->arena);
    free(comparison);
}

bool comparison_is_paired(const struct comparison *comparison)
{
    return strcmp(comparison->trials[A].seed, comparison->trials[B].seed) == 0;
}

/* What a pair says about a metric, whose places are those of both sides. */
struct verdict {
    struct estimate a;
    struct trials_measure b; /* its ratio is B / A */
};

static struct verdict judge(const struct pair *pair, const int *metric)
{
    return (struct verdict){
        .a = trials_measure(pair->group[A], NULL, metric[A]).mean,
        .b = trials_measure_across(pair->group[B], metric[B], pair->group[A], metric[A]),
    };
}

static void write_estimate(struct csv_writer *csv, const struct estimate *estimate)
{
    csv_int(csv, (int64_t)estimate->n);
    csv_real(csv, estimate->mean);
    csv_real(csv, estimate->ci_low);
    csv_real(csv, estimate->ci_high);
}

static void write_row(const struct comparison *comparison, const struct pair *pair,
                      const char *name, const int *metric, struct csv_writer *csv)
{
    struct verdict verdict = judge(pair, metric);
    if (verdict.a.n == 0 && verdict.b.mean.n == 0) {
        return;
    }
    for (int k = 0; k < comparison->key_count; k++) {
        const struct key *key = &comparison->keys[k];
        if (key->is_matched) {
            csv_text(csv, cell_of(key, A, pair->group[A]));
        }
    }
    csv_text(csv, name);
    write_estimate(csv, &verdict.a);
    write_estimate(csv, &verdict.b.mean);
    csv_real(csv, verdict.b.ratio.mean);
    csv_real(csv, verdict.b.ratio.ci_low);
    csv_real(csv, verdict.b.ratio.ci_high);
    csv_int(csv, (int64_t)verdict.b.wins);
    csv_int(csv, (int64_t)verdict.b.ratio.n);
    csv_end_row(csv);
}

bool comparison_write(const struct comparison *comparison, const char *path, struct fault *fault)
{
    static const char *const figures[] = {
        "metric", "n_a",      "mean_a",    "ci_low_a",     "ci_high_a",     "n_b",
        "mean_b", "ci_low_b", "ci_high_b", "paired_ratio", "paired_ci_low", "paired_ci_high",
        "wins",   "pairs"};
    const struct trials *trials = comparison->trials;
    struct placing placing;
    struct csv_writer csv;
    if (!placing_begin(&placing, path, "name another file with -o", fault)) {
        return false;
    }
    csv_attach(&csv, placing.stream, path);
    placing.stream = NULL;
    for (int k = 0; k < comparison->key_count; k++) {
        if (comparison->keys[k].is_matched) {
            csv_text(&csv, comparison->keys[k].name);
        }
    }
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        csv_text(&csv, figures[i]);
    }
    csv_end_row(&csv);
    for (size_t p = 0; p < comparison->pair_count; p++) {
        for (int m = 0; m < trials[A].metric_count; m++) {
            const char *name = trials[A].metric_names[m];
            const int metric[SIDES] = {[A] = m, [B] = trials_metric(&trials[B], name)};
            if (metric[B] >= 0) {
                write_row(comparison, &comparison->pairs[p], name, metric, &csv);
            }
        }
    }
    return placing_end(&placing, csv_finish(&csv, fault), fault);
}

/* So many that the interval shows two digits, or the mean five if that is fewer. */
static int decimals_of(double mean, double half_width)
{
    double bound = half_width > 0.0 ? fmax(10.0 / half_width, 1.0) : INFINITY;
    int decimals = 0;
    for (double unit = 1.0; unit < bound && unit * fabs(mean) < 1e4 && decimals < 6; unit *= 10.0) {
        decimals++;
    }
    return decimals;
}

static void add_estimate(struct table *table, const struct estimate *estimate)
{
    if (isnan(estimate->mean)) {
        table_add(table, "-");
    } else if (isnan(estimate->ci_low)) {
        table_add(table, "%.5g", estimate->mean);
    } else {
        double half_width = (estimate->ci_high - estimate->ci_low) / 2.0;
        int decimals = decimals_of(estimate->mean, half_width);
        table_add(table, "%.*f +- %.*f", decimals, estimate->mean, decimals, half_width);
    }
    table_add(table, "%zu", estimate->n);
}

/* A value as it is printed. */
static const char *value_text(const char *value)
{
    return value[0] == '\0' ? "nothing" : value;
}

/* "key value" of what is the same in all, then what the runs differ in. */
static void print_heading(const struct comparison *comparison, const char *metric, FILE *stream)
{
    fprintf(stream, "\nmetric %s", metric);
    for (int k = 0; k < comparison->key_count; k++) {
        const struct key *key = &comparison->keys[k];
        if (key->is_matched && !key->is_shown && key->only[A][0] != '\0') {
            fprintf(stream, "   %s %s", key->name, key->only[A]);
        }
    }
    putc('\n', stream);
    for (int k = 0; k < comparison->key_count; k++) {
        const struct key *key = &comparison->keys[k];
        if (!key->is_matched) {
            fprintf(stream, "%s: %s in A, %s in B\n", key->name, value_text(key->only[A]),
                    value_text(key->only[B]));
        }
    }
}

static void print_table(const struct comparison *comparison, const int *metric,
                        struct corrections *corrections, FILE *stream)
{
    struct table_column columns[KEY_SHOWN + 6];
    const struct key *shown[KEY_SHOWN];
    int count = 0;
    for (int k = 0; k < comparison->key_count && count < KEY_SHOWN; k++) {
        const struct key *key = &comparison->keys[k];
        if (key->is_shown) {
            columns[count] = (struct table_column){key->name, "", true};
            shown[count++] = key;
        }
    }
    const struct table_column figures[] = {{"mean of A", "", false},   {"n", "", false},
                                           {"mean of B", "", false},   {"n", "", false},
                                           {"B against A", "", false}, {"wins", "/pairs", false}};
    memcpy(columns + count, figures, sizeof figures);
    struct table table;
    table_init(&table, columns, count + 6);
    for (size_t p = 0; p < comparison->pair_count; p++) {
        const struct pair *pair = &comparison->pairs[p];
        struct verdict verdict = judge(pair, metric);
        for (int k = 0; k < count; k++) {
            table_add(&table, "%s", cell_of(shown[k], A, pair->group[A]));
        }
        add_estimate(&table, &verdict.a);
        add_estimate(&table, &verdict.b.mean);
        cells_add_ratio(&table, &verdict.b);
        corrections_add(corrections, &verdict.b.ratio);
    }
    table_print(&table, LINE_WIDTH, stream);
    table_finish(&table);
}

bool comparison_has(const struct comparison *comparison, const char *const *metrics, size_t count,
                    struct fault *fault)
{
    for (size_t m = 0; m < count; m++) {
        for (enum side side = A; side < SIDES; side++) {
            const struct trials *trials = &comparison->trials[side];
            if (trials_metric(trials, metrics[m]) < 0) {
                const char *nearest =
                    schema_nearest(metrics[m], trials->metric_names, trials->metric_count);
                const char *question =
                    nearest == NULL
                        ? ""
                        : arena_printf(comparison->arena, "did you mean `%s`? ", nearest);
                return fault_set(
                    fault, metrics[m],
                    arena_printf(comparison->arena, "%s`hetsoc list metrics` names all", question),
                    "%s has no such metric", side == A ? "A" : "B");
            }
        }
    }
    return true;
}

static void print_metric(const struct comparison *comparison, const char *name, const int *metric,
                         FILE *stream)
{
    struct corrections corrections = {0};
    print_heading(comparison, name, stream);
    print_table(comparison, metric, &corrections, stream);
    fprintf(stream,
            "\nMeans over n replicates, +- half of the 95 %% interval. B against A: ratio - 1, "
            "paired by\nreplicate [95 %% interval], negative = smaller in B; wins: pairs in which "
            "B is smaller.\n");
    corrections_print(&corrections, stream);
    corrections_finish(&corrections);
    for (enum side side = A; side < SIDES; side++) {
        if (comparison->alone[side] > 0) {
            fprintf(stream, "%zu combination%s only in %s, left out.\n", comparison->alone[side],
                    comparison->alone[side] == 1 ? "" : "s", side == A ? "A" : "B");
        }
    }
}

void comparison_print(const struct comparison *comparison, const char *metric, FILE *stream)
{
    const int places[SIDES] = {[A] = trials_metric(&comparison->trials[A], metric),
                               [B] = trials_metric(&comparison->trials[B], metric)};
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(plain);
    print_metric(comparison, metric, places, stream);
    uselocale(before);
    freelocale(plain);
}
