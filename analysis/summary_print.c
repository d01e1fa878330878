/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The half of analysis/summary.h that prints; analysis/summary.c writes. */
#include "analysis/summary.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/cells.h"
#include "analysis/corrections.h"
#include "analysis/table.h"
#include "analysis/trials.h"
#include "base/schema.h"

#define LINE_WIDTH 120

enum { LATENCY, P95, SLOWDOWN, UTILIZATION, FIGURES };

/* A column of means with their intervals. */
static const struct figure {
    const char *metric, *title, *unit_name;
    double unit;
    int digits, digits_most; /* of the smallest and of the largest mean of a block, about */
} figures[FIGURES] = {
    [LATENCY] = {"mean_latency_us", "mean latency", "us", 1.0, 4, 7},
    [P95] = {"p95_latency_us", "p95", "us", 1.0, 3, 7},
    [SLOWDOWN] = {"mean_slowdown", "slowdown", "x", 1.0, 3, 5},
    [UTILIZATION] = {"utilization", "util.", "%", 0.01, 2, 3},
};

/* What a block of the table is printed from. */
struct block {
    const struct trials *trials;
    const struct trials_group *const *groups; /* that share all keys but rate and scheduler */
    size_t group_count;
    const char *baseline;
    int metrics[FIGURES], half; /* -1 = the file has none */
    int decimals[FIGURES];
    int half_digits[FIGURES]; /* width of a half interval */
    FILE *stream;
};

/* A group on its way into a block, which is known by the place of its first group. */
struct member {
    const struct trials *trials;
    const struct trials_group *group;
    size_t place, block;
};

static int compare_keys(const struct member *a, const struct member *b)
{
    int order = 0;
    for (int k = 0; k < a->trials->key_count && order == 0; k++) {
        if (k != TRIALS_RATE && k != TRIALS_SCHEDULER) {
            order = strcmp(a->group->keys[k], b->group->keys[k]);
        }
    }
    return order;
}

static int compare_places(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare_members(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    int order = compare_keys(a, b);
    return order != 0 ? order : compare_places(a->place, b->place);
}

static int compare_blocks(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    int order = compare_places(a->block, b->block);
    return order != 0 ? order : compare_places(a->place, b->place);
}

/* Lists all groups block by block, blocks and their groups in order of appearance. */
static struct member *list_members(const struct trials *trials, size_t *count)
{
    struct member *members =
        arena_zeroed(trials->arena, HASH_COUNT(trials->first), sizeof *members);
    *count = 0;
    for (const struct trials_group *group = trials->first; group != NULL; group = group->hh.next) {
        members[*count] = (struct member){.trials = trials, .group = group, .place = *count};
        (*count)++;
    }
    qsort(members, *count, sizeof *members, compare_members);
    for (size_t i = 0; i < *count; i++) {
        bool is_first = i == 0 || compare_keys(&members[i - 1], &members[i]) != 0;
        members[i].block = is_first ? members[i].place : members[i - 1].block;
    }
    qsort(members, *count, sizeof *members, compare_blocks);
    return members;
}

static size_t end_of_block(const struct member *members, size_t first, size_t count)
{
    size_t end = first + 1;
    while (end < count && members[end].block == members[first].block) {
        end++;
    }
    return end;
}

static struct estimate estimate_of(const struct trials_group *group, int metric)
{
    const struct estimate nothing = {.mean = NAN, .ci_low = NAN, .ci_high = NAN};
    return metric < 0 ? nothing : trials_measure(group, NULL, metric).mean;
}

/* The mean latency of a single trial has the interval that the trial itself gives. */
static struct estimate figure_of(const struct block *block, const struct trials_group *group,
                                 int figure)
{
    struct estimate estimate = estimate_of(group, block->metrics[figure]);
    double half =
        figure == LATENCY && estimate.n == 1 ? estimate_of(group, block->half).mean : (double)NAN;
    if (!isnan(half)) {
        estimate.ci_low = estimate.mean - half;
        estimate.ci_high = estimate.mean + half;
    }
    return estimate;
}

static double half_width(const struct estimate *estimate)
{
    return (estimate->ci_high - estimate->ci_low) / 2.0;
}

static void choose_format(struct block *block, int figure)
{
    double unit = figures[figure].unit, smallest = INFINITY, largest = 0.0, widest = 0.0;
    for (size_t g = 0; g < block->group_count; g++) {
        struct estimate estimate = figure_of(block, block->groups[g], figure);
        smallest = fmin(smallest, estimate.mean / unit);
        largest = fmax(largest, estimate.mean / unit);
        widest = fmax(widest, half_width(&estimate) / unit);
    }
    int decimals = figures[figure].digits - 1;
    for (double bound = 10.0; decimals > 0 && smallest >= bound; bound *= 10.0) {
        decimals--;
    }
    while (decimals > 0 && largest >= pow(10.0, figures[figure].digits_most - decimals)) {
        decimals--;
    }
    block->decimals[figure] = decimals;
    block->half_digits[figure] = snprintf(NULL, 0, "%.*f", decimals, widest);
}

/* "123.8 +-  4.9", the half widths of a column under each other. */
static void add_figure(struct table *table, const struct block *block,
                       const struct trials_group *group, int figure)
{
    struct estimate estimate = figure_of(block, group, figure);
    double unit = figures[figure].unit;
    int decimals = block->decimals[figure];
    if (isnan(estimate.mean)) {
        table_add(table, "-");
    } else if (isnan(estimate.ci_low)) {
        table_add(table, "%.*f", decimals, estimate.mean / unit);
    } else {
        table_add(table, "%.*f +- %*.*f", decimals, estimate.mean / unit,
                  block->half_digits[figure], decimals, half_width(&estimate) / unit);
    }
}

static void add_comparison(struct table *table, const struct block *block,
                           const struct trials_group *group)
{
    const struct trials_group *rival = trials_rival(block->trials, group, block->baseline);
    struct trials_measure latency = {0};
    if (block->metrics[LATENCY] >= 0) {
        latency = trials_measure(group, rival, block->metrics[LATENCY]);
    }
    if (strcmp(group->keys[TRIALS_SCHEDULER], block->baseline) == 0) {
        table_add(table, "baseline");
        table_add(table, "%s", "");
    } else {
        cells_add_ratio(table, &latency);
    }
}

static void add_line(struct table *table, const struct block *block,
                     const struct trials_group *group, const struct trials_group *previous)
{
    const char *rate = group->keys[TRIALS_RATE];
    double jobs_per_ms;
    if (previous != NULL && strcmp(previous->keys[TRIALS_RATE], rate) == 0) {
        table_add(table, "%s", "");
    } else if (schema_parse_real(rate, &jobs_per_ms)) {
        table_add(table, "%.4g", jobs_per_ms);
    } else {
        table_add(table, "-");
    }
    table_add(table, "%s", group->keys[TRIALS_SCHEDULER]);
    for (int figure = 0; figure < FIGURES; figure++) {
        add_figure(table, block, group, figure);
    }
    add_comparison(table, block, group);
    table_add(table, "%zu%s", figure_of(block, group, LATENCY).n,
              trials_done(group) < group->row_count ? "!" : "");
}

/* "key value" pairs in as many lines as they need. */
static void print_heading(const struct block *block)
{
    const struct trials *trials = block->trials;
    bool is_terminal = isatty(fileno(block->stream)) == 1;
    int column = 0;
    fputs(is_terminal ? "\n\033[1m" : "\n", block->stream);
    for (int k = TRIALS_PLATFORM; k < trials->key_count; k++) {
        const char *name = trials->key_names[k], *value = block->groups[0]->keys[k];
        if (k == TRIALS_RATE || k == TRIALS_SCHEDULER || value[0] == '\0') {
            continue;
        }
        int length = (int)(strlen(name) + 1 + strlen(value));
        if (column > 0 && column + 3 + length > LINE_WIDTH) {
            putc('\n', block->stream);
            column = 0;
        }
        column += fprintf(block->stream, "%s%s %s", column > 0 ? "   " : "", name, value);
    }
    fputs(is_terminal ? "\033[0m\n" : "\n", block->stream);
}

/* Says what became of the trials of a group that are not done. */
static void print_casualties(const struct block *block, const struct trials_group *group)
{
    static const char *const statuses[] = {"failed", "timeout", "deadlock", "crashed"};
    size_t lost = group->row_count - trials_done(group);
    if (lost == 0) {
        return;
    }
    const char *rate = group->keys[TRIALS_RATE];
    fprintf(block->stream, "  ! %s%s%s: %zu of %zu trials not done", group->keys[TRIALS_SCHEDULER],
            rate[0] != '\0' ? " at rate " : "", rate, lost, group->row_count);
    const char *separator = " (";
    for (size_t s = 0; s < sizeof statuses / sizeof *statuses; s++) {
        size_t count = 0;
        for (size_t i = 0; i < group->row_count; i++) {
            count += strcmp(group->rows[i].status, statuses[s]) == 0;
        }
        if (count > 0) {
            fprintf(block->stream, "%s%zu %s", separator, count, statuses[s]);
            separator = ", ";
        }
    }
    fputs(separator[0] == ',' ? ")\n" : "\n", block->stream);
}

static void print_block(struct block *block)
{
    char against[64];
    snprintf(against, sizeof against, "vs %.20s", block->baseline);
    struct table_column columns[FIGURES + 5] = {{"rate", "jobs/ms", false},
                                                {"scheduler", "", true}};
    for (int figure = 0; figure < FIGURES; figure++) {
        choose_format(block, figure);
        columns[2 + figure] =
            (struct table_column){figures[figure].title, figures[figure].unit_name, false};
    }
    columns[FIGURES + 2] = (struct table_column){against, "latency", false};
    columns[FIGURES + 3] = (struct table_column){"wins", "/pairs", false};
    columns[FIGURES + 4] = (struct table_column){"n", "", false};
    struct table table;
    table_init(&table, columns, FIGURES + 5);
    for (size_t g = 0; g < block->group_count; g++) {
        add_line(&table, block, block->groups[g], g > 0 ? block->groups[g - 1] : NULL);
    }
    print_heading(block);
    table_print(&table, LINE_WIDTH, block->stream);
    for (size_t g = 0; g < block->group_count; g++) {
        print_casualties(block, block->groups[g]);
    }
    table_finish(&table);
}

/* Says how many of the differences in latency hold when all of them are judged together. */
static void print_correction(const struct trials *trials, const char *baseline, FILE *stream)
{
    struct corrections corrections = {0};
    int latency = trials_metric(trials, "mean_latency_us");
    for (const struct trials_group *group = trials->first; group != NULL && latency >= 0;
         group = group->hh.next) {
        const struct trials_group *rival = trials_rival(trials, group, baseline);
        struct estimate ratio = trials_measure(group, rival, latency).ratio;
        corrections_add(&corrections, &ratio);
    }
    corrections_print(&corrections, stream);
    corrections_finish(&corrections);
}

/* Says how the warm-up that was left out compares with what MSER-5 would leave out, if it matters.
 */
static void print_warmup(const struct trials *trials, FILE *stream)
{
    int metric = trials_metric(trials, "warmup_mser_jobs");
    int latency = trials_metric(trials, "mean_latency_us");
    size_t done = 0, told = 0;
    double longest = 0.0;
    for (const struct trials_group *group = trials->first;
         group != NULL && metric >= 0 && latency >= 0; group = group->hh.next) {
        struct estimate warmup = trials_measure(group, NULL, metric).mean;
        done += trials_measure(group, NULL, latency).mean.n;
        told += warmup.n;
        longest = warmup.n > 0 ? fmax(longest, warmup.mean) : longest;
    }
    if (told > 0) {
        fprintf(stream, "Warm-up: MSER-5 would leave out up to %.0f jobs (mean of a combination)",
                longest);
        if (told < done) {
            fprintf(stream, ";\n%zu of %zu trials are too short or too loaded to settle",
                    done - told, done);
        }
        fputs(".\n", stream);
    }
}

static void print_blocks(const struct trials *trials, const char *baseline, FILE *stream)
{
    const char *experiment = "";
    if (trials->first == NULL) {
        fputs("no trials yet\n", stream);
        return;
    }
    size_t count, end;
    const struct member *members = list_members(trials, &count);
    const struct trials_group **groups = arena_zeroed(trials->arena, count, sizeof *groups);
    for (size_t i = 0; i < count; i++) {
        groups[i] = members[i].group;
    }
    for (size_t first = 0; first < count; first = end) {
        end = end_of_block(members, first, count);
        if (strcmp(experiment, groups[first]->keys[TRIALS_EXPERIMENT]) != 0) {
            experiment = groups[first]->keys[TRIALS_EXPERIMENT];
            fprintf(stream, "experiment %s\n", experiment);
        }
        struct block block = {.trials = trials,
                              .groups = groups + first,
                              .group_count = end - first,
                              .baseline = baseline,
                              .half = trials_metric(trials, "mean_latency_half_us"),
                              .stream = stream};
        for (int figure = 0; figure < FIGURES; figure++) {
            block.metrics[figure] = trials_metric(trials, figures[figure].metric);
        }
        print_block(&block);
    }
    fprintf(
        stream,
        "\nMeans over n replicates, +- half of the 95 %% interval (a single one: from its jobs, "
        "correlation counted).\nvs %s: ratio of mean latencies - 1, paired by replicate [95 %% "
        "interval], negative = faster;\nwins: replicates that were faster.\n",
        baseline);
    print_correction(trials, baseline, stream);
    print_warmup(trials, stream);
}

bool summary_print(const char *dir, const char *baseline, FILE *stream, struct fault *fault)
{
    struct trials trials;
    bool is_loaded = trials_load(&trials, dir, fault);
    if (is_loaded) {
        locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
        locale_t before = uselocale(plain);
        print_blocks(&trials, baseline, stream);
        uselocale(before);
        freelocale(plain);
    }
    trials_finish(&trials);
    return is_loaded;
}
