/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What there is to draw of one metric in summary.csv: keys and their values, panels, ranges. */
#ifndef HETSOC_ANALYSIS_PLOT_DATA_H
#define HETSOC_ANALYSIS_PLOT_DATA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/memory.h"

struct plot_value;

/* A grouping column with its distinct cells in order of first appearance. */
struct plot_key {
    const char *name;
    const char **values;
    size_t count, capacity;
    struct plot_value *index; /* a hash table of them */
    bool is_of_panel; /* it varies, and neither the horizontal axis nor the curves show it */
};

/* What the horizontal axis shows: the first of these that varies, or quantiles if asked for. */
enum plot_axis { PLOT_RATE, PLOT_NOISE, PLOT_SCHEDULER, PLOT_QUANTILE };

struct plot_data {
    struct arena *arena; /* owns names and cells */
    struct plot_key *keys;
    int key_count;
    int experiment, platform, workload, scheduler, rate, noise; /* places in keys */
    size_t *rows; /* [row * key_count + key] which of the key's values */
    size_t row_count, row_capacity;
    size_t *panels; /* [panel] its first row */
    size_t panel_count;
    enum plot_axis axis;
    double *rates; /* distinct, ascending */
    size_t rate_count;
    double low, high; /* over all means */
    double top;       /* over all means and intervals */
};

/* Reads the rows of a metric from DIR/summary.csv. Faults: none there, a cell that is no number, a
 * key that gnuplot's CSV reader would misread. `axis` NULL: the first that varies. `data` needs
 * plot_data_finish in any case. O(rows log rows). */
bool plot_data_load(struct plot_data *data, const char *dir, const char *metric,
                    const enum plot_axis *axis, struct fault *fault);
void plot_data_finish(struct plot_data *data);

/* The cell of a row in a key's column. */
const char *plot_data_cell(const struct plot_data *data, size_t row, int key);

#endif
