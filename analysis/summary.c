/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/summary.h"

#include <stdlib.h>

#include "analysis/bootstrap.h"
#include "analysis/trials.h"
#include "analysis/wins.h"
#include "base/csv.h"

static void write_header(const struct trials *trials, struct csv_writer *csv)
{
    static const char *const figures[] = {"metric",        "n",
                                          "mean",          "ci_low",
                                          "ci_high",       "paired_ratio",
                                          "paired_ci_low", "paired_ci_high",
                                          "wins",          "pairs",
                                          "boot_ci_low",   "boot_ci_high",
                                          "median",        "median_ci_low",
                                          "median_ci_high"};
    for (int k = 0; k < trials->key_count; k++) {
        csv_text(csv, trials->key_names[k]);
    }
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        csv_text(csv, figures[i]);
    }
    csv_end_row(csv);
}

static int compare_reals(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What is said of the same values without taking them for normal. `bootstrap` is that of the last
 * sample size. */
static void write_spread(const struct trials_group *group, int metric, struct bootstrap **bootstrap,
                         struct csv_writer *csv)
{
    double *values = memory_zeroed(group->row_count, sizeof *values);
    size_t n = trials_values(group, metric, values);
    if (*bootstrap == NULL || bootstrap_size(*bootstrap) != n) {
        bootstrap_destroy(*bootstrap);
        *bootstrap = bootstrap_create(n);
    }
    struct estimate mean = bootstrap_mean(*bootstrap, values);
    qsort(values, n, sizeof *values, compare_reals);
    struct estimate median = statistics_quantile(values, n, 0.5);
    free(values);
    csv_real(csv, mean.ci_low);
    csv_real(csv, mean.ci_high);
    csv_real(csv, median.mean);
    csv_real(csv, median.ci_low);
    csv_real(csv, median.ci_high);
}

static void write_row(const struct trials *trials, const struct trials_group *group, int metric,
                      const struct trials_measure *measure, struct bootstrap **bootstrap,
                      struct csv_writer *csv)
{
    for (int k = 0; k < trials->key_count; k++) {
        csv_text(csv, group->keys[k]);
    }
    csv_text(csv, trials->metric_names[metric]);
    csv_int(csv, (int64_t)measure->mean.n);
    csv_real(csv, measure->mean.mean);
    csv_real(csv, measure->mean.ci_low);
    csv_real(csv, measure->mean.ci_high);
    csv_real(csv, measure->ratio.mean);
    csv_real(csv, measure->ratio.ci_low);
    csv_real(csv, measure->ratio.ci_high);
    if (measure->ratio.n > 0) {
        csv_int(csv, (int64_t)measure->wins);
        csv_int(csv, (int64_t)measure->ratio.n);
    } else {
        csv_text(csv, NULL);
        csv_text(csv, NULL);
    }
    write_spread(group, metric, bootstrap, csv);
    csv_end_row(csv);
}

static bool write_summary(const struct trials *trials, const char *baseline, const char *dir,
                          struct fault *fault)
{
    const char *path = arena_printf(trials->arena, "%s/summary.csv", dir);
    struct csv_writer csv;
    if (!csv_create_new(&csv, arena_printf(trials->arena, "%s.part", path), fault)) {
        return false;
    }
    struct bootstrap *bootstrap = NULL;
    write_header(trials, &csv);
    for (const struct trials_group *group = trials->first; group != NULL; group = group->hh.next) {
        const struct trials_group *rival = trials_rival(trials, group, baseline);
        for (int m = 0; m < trials->metric_count; m++) {
            struct trials_measure measure = trials_measure(group, rival, m);
            if (measure.mean.n > 0) {
                write_row(trials, group, m, &measure, &bootstrap, &csv);
            }
        }
    }
    bootstrap_destroy(bootstrap);
    return csv_finish_as(&csv, path, fault);
}

bool summary_write(const char *dir, const char *baseline, struct fault *fault)
{
    struct trials trials;
    bool is_written = trials_load(&trials, dir, fault) &&
                      write_summary(&trials, baseline, dir, fault) &&
                      wins_write(&trials, dir, fault);
    trials_finish(&trials);
    return is_written;
}
