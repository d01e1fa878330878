/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/summary.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "analysis/trials.h"
#include "base/csv.h"

static void write_header(const struct trials *trials, struct csv_writer *csv)
{
    static const char *const figures[] = {
        "metric",         "n",    "mean", "ci_low", "ci_high", "paired_ratio", "paired_ci_low",
        "paired_ci_high", "wins", "pairs"};
    for (int k = 0; k < trials->key_count; k++) {
        csv_text(csv, trials->key_names[k]);
    }
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        csv_text(csv, figures[i]);
    }
    csv_end_row(csv);
}

static void write_row(const struct trials *trials, const struct trials_group *group, int metric,
                      const struct trials_measure *measure, struct csv_writer *csv)
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
    csv_end_row(csv);
}

static bool write_trials(const struct trials *trials, const char *baseline, const char *path,
                         struct fault *fault)
{
    struct csv_writer csv;
    if (!csv_create(&csv, path, fault)) {
        return false;
    }
    write_header(trials, &csv);
    for (const struct trials_group *group = trials->first; group != NULL; group = group->hh.next) {
        const struct trials_group *rival = trials_rival(trials, group, baseline);
        for (int m = 0; m < trials->metric_count; m++) {
            struct trials_measure measure = trials_measure(group, rival, m);
            if (measure.mean.n > 0) {
                write_row(trials, group, m, &measure, &csv);
            }
        }
    }
    return csv_finish(&csv, fault);
}

bool summary_write(const char *dir, const char *baseline, struct fault *fault)
{
    struct trials trials;
    bool is_written = false;
    if (trials_load(&trials, dir, fault)) {
        const char *path = arena_printf(trials.arena, "%s/summary.csv", dir);
        const char *aside = arena_printf(trials.arena, "%s/summary.csv.part", dir);
        is_written = write_trials(&trials, baseline, aside, fault);
        if (is_written && rename(aside, path) != 0) {
            is_written = fault_set(fault, path, NULL, "cannot put the file in its place: %s",
                                   strerror(errno));
        }
        if (!is_written) {
            unlink(aside);
        }
    }
    trials_finish(&trials);
    return is_written;
}
