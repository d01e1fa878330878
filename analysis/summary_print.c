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

#define LINE_WIDTH 110

/* What a block of the table is printed from. */
struct block {
    const struct trials *trials;
    const struct trials_group *first; /* its other groups share all keys but rate and scheduler */
    const char *baseline;
    int latency, p95, slowdown, utilization; /* metrics, -1 = the file has none */
    int latency_decimals, half_digits;       /* of a latency, and width of its half interval */
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

static double mean_of(const struct trials_group *group, int metric)
{
    return metric < 0 ? NAN : trials_measure(group, NULL, metric).mean.mean;
}

static double half_width(const struct estimate *estimate)
{
    return (estimate->ci_high - estimate->ci_low) / 2.0;
}

/* The smallest latency of the block gets about four digits, the largest no more than seven. */
static void choose_format(struct block *block)
{
    double smallest = INFINITY, largest = 0.0, widest = 0.0;
    for (const struct trials_group *group = block->first; group != NULL && block->latency >= 0;
         group = next_in_block(block, group)) {
        struct estimate latency = trials_measure(group, NULL, block->latency).mean;
        smallest = fmin(smallest, latency.mean);
        largest = fmax(largest, latency.mean);
        widest = fmax(widest, half_width(&latency));
    }
    int decimals = smallest >= 100.0 ? 1 : smallest >= 10.0 ? 2 : 3;
    while (decimals > 0 && largest >= pow(10.0, 7 - decimals)) {
        decimals--;
    }
    block->latency_decimals = decimals;
    block->half_digits = snprintf(NULL, 0, "%.*f", decimals, widest);
}

static void add_number(struct table *table, double value, int decimals)
{
    if (isnan(value)) {
        table_add(table, "-");
    } else {
        table_add(table, "%.*f", decimals, value);
    }
}

static void add_latency(struct table *table, const struct block *block,
                        const struct estimate *latency)
{
    int decimals = block->latency_decimals;
    if (isnan(latency->ci_low)) {
        add_number(table, latency->mean, decimals);
    } else {
        table_add(table, "%.*f +- %*.*f", decimals, latency->mean, block->half_digits, decimals,
                  half_width(latency));
    }
}

static void add_comparison(struct table *table, const struct block *block,
                           const struct trials_group *group, const struct trials_measure *latency)
{
    if (strcmp(group->keys[TRIALS_SCHEDULER], block->baseline) == 0) {
        table_add(table, "baseline");
        table_add(table, "%s", "");
    } else {
        cells_add_ratio(table, latency);
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
    struct trials_measure latency = {.mean.mean = NAN, .mean.ci_low = NAN};
    if (block->latency >= 0) {
        latency = trials_measure(group, trials_rival(block->trials, group, block->baseline),
                                 block->latency);
    }
    table_add(table, "%s", group->keys[TRIALS_SCHEDULER]);
    add_latency(table, block, &latency.mean);
    add_number(table, mean_of(group, block->p95), block->latency_decimals);
    add_number(table, mean_of(group, block->slowdown), 2);
    add_number(table, 100.0 * mean_of(group, block->utilization), 1);
    add_comparison(table, block, group, &latency);
    table_add(table, "%zu%s", latency.mean.n, trials_done(group) < group->row_count ? "!" : "");
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
    const struct table_column columns[] = {
        {"rate", "jobs/ms", false},  {"scheduler", "", true},   {"mean latency", "us", false},
        {"p95", "us", false},        {"slowdown", "x", false},  {"util.", "%", false},
        {against, "latency", false}, {"wins", "/pairs", false}, {"n", "", false},
    };
    struct table table;
    table_init(&table, columns, sizeof columns / sizeof *columns);
    choose_format(block);
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
                              .latency = trials_metric(trials, "mean_latency_us"),
                              .p95 = trials_metric(trials, "p95_latency_us"),
                              .slowdown = trials_metric(trials, "mean_slowdown"),
                              .utilization = trials_metric(trials, "utilization"),
                              .stream = stream};
        print_block(&block);
    }
    if (trials->first == NULL) {
        fputs("no trials yet\n", stream);
        return;
    }
    fprintf(stream,
            "\nMeans over n replicates, +- half of the 95 %% interval. vs %s: ratio of mean "
            "latencies - 1,\npaired by replicate [95 %% interval], negative = faster; wins: "
            "replicates that were faster.\n",
            baseline);
    print_correction(trials, baseline, stream);
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
