/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/plot.h"

#include "analysis/plot_curves.h"
#include "analysis/plot_script.h"
#include "analysis/plot_wins.h"

/* A picture: a metric of summary.csv by scheduler. Another one is another row. */
struct plot {
    struct curves curves;
    enum plot_axis axis;
    bool is_always; /* with another axis if this one has a single value; no metric is a fault */
};

static const struct plot plots[] = {
    {{"latency", "mean_latency_us", "mean latency of a job", "us"}, PLOT_RATE, true},
    {{"noise", "mean_latency_us", "mean latency of a job", "us"}, PLOT_NOISE, false},
    {{"cdf", "p50_latency_us", "latency", "us"}, PLOT_QUANTILE, false},
    {{"utilization", "utilization", "utilization of the PEs", "share"}, PLOT_SCHEDULER, false},
    {{"energy", "energy_uj", "energy", "uJ"}, PLOT_SCHEDULER, false},
};

enum { PLOT_COUNT = sizeof plots / sizeof *plots };

static const char wins_name[] = "wins";

/* A picture and what it is drawn from. */
struct subject {
    const struct plot *plot;
    const struct plot_data *data;
};

static void write_curves(const void *subject, FILE *script)
{
    const struct subject *curves = subject;
    curves_write(&curves->plot->curves, curves->data, script);
}

/* Whether there is something to see on the picture's axis, and not on an earlier picture. */
static bool is_worth_it(const struct plot *plot, const struct plot_data *data)
{
    return plot->is_always || plot->axis == PLOT_QUANTILE ||
           (plot->axis == PLOT_NOISE ? data->keys[data->noise].count > 1 && data->rate_count > 1
                                     : data->keys[data->scheduler].count > 1);
}

static bool draw(const struct plot *plot, const char *dir, struct fault *fault)
{
    struct plot_data data;
    struct fault no_metric = FAULT_NONE;
    const struct subject subject = {plot, &data};
    bool is_loaded =
        plot_data_load(&data, dir, plot->curves.metric, plot->is_always ? NULL : &plot->axis,
                       plot->is_always ? fault : &no_metric);
    bool ok = is_loaded
                  ? !is_worth_it(plot, &data) ||
                        plot_script_draw(dir, plot->curves.name, write_curves, &subject, fault)
                  : !plot->is_always;
    plot_data_finish(&data);
    return ok;
}

const char *plot_name(size_t number)
{
    return number < PLOT_COUNT    ? plots[number].curves.name
           : number == PLOT_COUNT ? wins_name
                                  : NULL;
}

void plot_remove(const char *dir)
{
    for (size_t p = 0; plot_name(p) != NULL; p++) {
        plot_script_remove(dir, plot_name(p));
    }
}

bool plot_write(const char *dir, struct fault *fault)
{
    plot_remove(dir); /* what an earlier run drew is not of this one */
    for (size_t p = 0; p < PLOT_COUNT; p++) {
        if (!draw(&plots[p], dir, fault)) {
            return false;
        }
    }
    return plot_wins(dir, wins_name, fault);
}
