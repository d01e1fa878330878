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
    const struct trials_group *first; /* its other groups share all keys but rate and scheduler */
    const char *baseline;
    int metrics[FIGURES], half; /* -1 = the file has none */
    int decimals[FIGURES];
    int half_digits[FIGURES]; /* width of a half interval */
    FILE *stream;
};

static bool is_in_block(const struct block *block, const struct trials_group *group)
{
    for (int k = 0; k < block->trials->key_count; k++) {
        if (k != TRIALS_RATE && k != TRIALS_SCHEDULER &&
            strcmp(group->keys[k], block->first->keys[k]) != 0) {
            return false;
        }
    }
    return true;
}

static const struct trials_group *next_in_block(const struct block *block,
                                                const struct trials_group *group)
{
    do {
        group = group->hh.next;
    } while (group != NULL && !is_in_block(block, group));
    return group;
}

static bool is_first_of_block(const struct trials *trials, const struct trials_group *group)
{
    const struct block block = {.trials = trials, .first = group};
    const struct trials_group *earlier = trials->first;
    while (!is_in_block(&block, earlier)) {
        earlier = earlier->hh.next;
    }
    return earlier == group;
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
    for (const struct trials_group *group = block->first; group != NULL;
         group = next_in_block(block, group)) {
        struct estimate estimate = figure_of(block, group, figure);
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
        const char *name = trials->key_names[k], *value = block->first->keys[k];
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
    const struct trials_group *group, *previous = NULL;
    for (group = block->first; group != NULL; group = next_in_block(block, group)) {
        add_line(&table, block, group, previous);
        previous = group;
    }
    print_heading(block);
    table_print(&table, LINE_WIDTH, block->stream);
    for (group = block->first; group != NULL; group = next_in_block(block, group)) {
        print_casualties(block, group);
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
    const struct trials_group *group;
    const char *experiment = "";
    for (group = trials->first; group != NULL; group = group->hh.next) {
        if (!is_first_of_block(trials, group)) {
            continue;
        }
        if (strcmp(experiment, group->keys[TRIALS_EXPERIMENT]) != 0) {
            experiment = group->keys[TRIALS_EXPERIMENT];
            fprintf(stream, "experiment %s\n", experiment);
        }
        struct block block = {.trials = trials,
                              .first = group,
                              .baseline = baseline,
                              .half = trials_metric(trials, "mean_latency_half_us"),
                              .stream = stream};
        for (int figure = 0; figure < FIGURES; figure++) {
            block.metrics[figure] = trials_metric(trials, figures[figure].metric);
        }
        print_block(&block);
    }
    if (trials->first == NULL) {
        fputs("no trials yet\n", stream);
        return;
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
