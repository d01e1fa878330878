/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/plot_curves.h"

#include <math.h>

#include "analysis/gnuplot.h"
#include "analysis/plot_script.h"

#define PANELS_LIMIT 12
#define WIDE_RANGE   10.0 /* of the vertical axis: logarithmic from here on */

/* Sizes in pixels, from which the script's fractions of the page follow. */
struct page {
    int panels, columns, rows;
    int width, height;
    int left, right, top, bottom; /* margins around all panels */
    int gap_x, gap_y;             /* between panels, for axes and titles */
    int legend;                   /* height of the strip at the bottom; 0 = no legend */
};

static int longest_value(const struct plot_key *key)
{
    return plot_script_longest(key->values, key->count);
}

/* The key whose values are the names under a horizontal axis with names. */
static const struct plot_key *named_key(const struct plot_data *data)
{
    return &data->keys[data->axis == PLOT_NOISE ? data->noise : data->scheduler];
}

/* Whether the names under a horizontal axis with names have to be slanted to have room. */
static bool is_slanted(const struct plot_data *data, const struct page *page)
{
    const struct plot_key *key = named_key(data);
    int panel_width = (page->width - page->left - page->right) / page->columns - page->gap_x;
    return (data->axis == PLOT_NOISE || data->axis == PLOT_SCHEDULER) &&
           (longest_value(key) + 2) * 8 * (int)key->count > panel_width;
}

static struct page lay_out(const struct plot_data *data)
{
    struct page page = {
        .left = 105, .right = 25, .top = 50, .bottom = 65, .gap_x = 75, .gap_y = 95};
    page.panels = data->panel_count < PANELS_LIMIT ? (int)data->panel_count : PANELS_LIMIT;
    page.columns = page.panels <= 3 ? page.panels : page.panels == 4 ? 2 : page.panels <= 9 ? 3 : 4;
    page.top += page.panels > 1 ? 30 : 0;
    page.rows = (page.panels + page.columns - 1) / page.columns;
    page.width = page.columns == 1 ? 860 : 460 * page.columns;
    if (is_slanted(data, &page)) {
        int extra = 4 * longest_value(named_key(data));
        page.bottom += extra;
        page.gap_y += extra;
    }
    if (data->axis != PLOT_SCHEDULER) {
        const struct plot_key *scheduler = &data->keys[data->scheduler];
        int entry = 9 * longest_value(scheduler) + 75;
        int per_line = page.width / entry > 0 ? page.width / entry : 1;
        page.legend = 24 * (((int)scheduler->count + per_line - 1) / per_line) + 8;
    }
    page.bottom += page.legend;
    page.height = page.top + page.bottom + 330 * page.rows + page.gap_y * (page.rows - 1);
    return page;
}

static void write_preamble(const struct curves *curves, const struct plot_data *data, FILE *script)
{
    fprintf(script, "metric = '%s'\n", curves->metric);
    const struct plot_key *schedulers = &data->keys[data->scheduler];
    plot_script_array("schedulers", schedulers->values, schedulers->count, script);
    if (data->axis == PLOT_NOISE) {
        const struct plot_key *noises = &data->keys[data->noise];
        plot_script_array("noises", noises->values, noises->count, script);
    }
    fputs("\n# Okabe & Ito's palette: apart for every kind of colour vision.\n", script);
    plot_script_linetypes(schedulers->count, script);
    fputs("set style fill solid 0.85 noborder\n"
          "set border 3 linecolor rgb '#444444'\n"
          "set tics nomirror textcolor rgb '#222222'\n"
          "set grid ytics mytics linetype 1 linecolor rgb '#d0d0d0' linewidth 1, linetype 1 "
          "linecolor rgb '#eeeeee' linewidth 1\n"
          "unset key\n",
          script);
}

/* Whether numbers on the horizontal axis lie far enough apart to have a tic each. */
static bool has_room_for_tics(const struct plot_data *data, bool is_logarithmic)
{
    double first = data->rates[0], last = data->rates[data->rate_count - 1];
    for (size_t r = 1; r < data->rate_count; r++) {
        double a = data->rates[r - 1], b = data->rates[r];
        double share = is_logarithmic ? log(b / a) / log(last / first) : (b - a) / (last - first);
        if (share < 0.08) {
            return false;
        }
    }
    return true;
}

static void write_rate_axis(const struct plot_data *data, FILE *script)
{
    double first = data->rates[0], last = data->rates[data->rate_count - 1];
    bool is_logarithmic = first > 0.0 && last / first >= 8.0;
    fputs("set xlabel 'arrival rate [jobs/ms]'\n", script);
    if (is_logarithmic) {
        double margin = pow(last / first, 0.05);
        fprintf(script, "set logscale x\nset xrange [%g:%g]\n", first / margin, last * margin);
    } else {
        double margin = fmax(0.05 * (last - first), 1e-3 * fabs(last)); /* as write_y_axis */
        fprintf(script, "set xrange [%g:%g]\n", first - margin, last + margin);
    }
    if (has_room_for_tics(data, is_logarithmic)) {
        for (size_t r = 0; r < data->rate_count; r++) {
            fprintf(script, "%s'%g' %g", r > 0 ? ", " : "set xtics (", data->rates[r],
                    data->rates[r]);
        }
        fputs(")\n", script);
    }
}

/* An axis with a name at 1, 2, 3, ... */
static void write_named_axis(const struct plot_data *data, const struct page *page,
                             const char *label, const struct plot_key *key, FILE *script)
{
    fprintf(script, "set xlabel '%s'\nset xrange [0.5:%zu.5]\nset xtics%s (", label, key->count,
            is_slanted(data, page) ? " rotate by 25 right" : "");
    for (size_t v = 0; v < key->count; v++) {
        fputs(v > 0 ? ", " : "", script);
        gnuplot_quote_label(key->values[v], script);
        fprintf(script, " %zu", v + 1);
    }
    fputs(")\n", script);
}

static void write_x_axis(const struct curves *curves, const struct plot_data *data,
                         const struct page *page, FILE *script)
{
    fputs("\n# The axes.\n", script);
    switch (data->axis) {
    case PLOT_RATE:
        write_rate_axis(data, script);
        break;
    case PLOT_NOISE:
        write_named_axis(data, page, "noise", &data->keys[data->noise], script);
        break;
    case PLOT_SCHEDULER:
        write_named_axis(data, page, "scheduler", &data->keys[data->scheduler], script);
        break;
    case PLOT_QUANTILE:
        fprintf(script, "set xlabel '%s [%s]'\n%sset xrange [*:*] noextend\n", curves->title,
                curves->unit, data->low > 0.0 ? "set logscale x\nset mxtics 10\n" : "");
        break;
    }
}

/* "panel(row) = 0, or the number of the panel in which a row of the file belongs". */
static void write_panel_numbers(const struct plot_data *data, int panels, FILE *script)
{
    fprintf(script, "    panel(row) = %s ? 0 \\\n",
            data->axis == PLOT_QUANTILE ? "share(strcol('metric')) == 0"
                                        : "strcol('metric') ne metric");
    for (int p = 0; p < panels; p++) {
        const char *joint = "        : ";
        for (int k = 0; k < data->key_count; k++) {
            if (data->keys[k].is_of_panel) {
                fprintf(script, "%sstrcol(", joint);
                gnuplot_quote(data->keys[k].name, script);
                fputs(") eq ", script);
                gnuplot_quote(plot_data_cell(data, data->panels[p], k), script);
                joint = " && ";
            }
        }
        fprintf(script, joint[0] == ' ' && joint[1] == '&' ? " ? %d \\\n" : "        : 1 ? %d \\\n",
                p + 1);
    }
    fputs("        : 0\n", script);
}

/* Where a row of the file goes: two expressions, horizontally and vertically. */
static const char *const places[][2] = {
    [PLOT_RATE] = {"column('rate_jobs_per_ms')", "column('mean')"},
    [PLOT_NOISE] = {"noise(0) + aside(0)", "column('mean')"},
    [PLOT_SCHEDULER] = {"scheduler(0)", "column('mean')"},
    [PLOT_QUANTILE] = {"column('mean')", "share(strcol('metric'))"},
};

/* An interval from 1 to 0 is none. gnuplot is slow at reading files and would do so for every
 * curve; so the rows of the picture are read once, into a block of numbers. */
static void write_reading(const struct plot_data *data, int panels, FILE *script)
{
    fputs("\n# The rows of the picture: panel, scheduler, x, y, interval. Read once.\n"
          "if (!exists('is_read')) {\n"
          "    summary = '../summary.csv'\n"
          "    set datafile separator comma\n"
          "    set datafile columnheaders\n"
          "    set datafile commentschars ''\n"
          "    set datafile missing NaN\n"
          "    scheduler(row) = sum [i = 1:|schedulers|] (schedulers[i] eq strcol('scheduler') ? i "
          ": 0)\n",
          script);
    if (data->axis == PLOT_NOISE) {
        fputs("    noise(row) = sum [i = 1:|noises|] (noises[i] eq strcol('noise') ? i : 0)\n"
              "    aside(row) = 0.5 * (scheduler(0) - 0.5 * (|schedulers| + 1)) / |schedulers|\n",
              script);
    }
    if (data->axis == PLOT_QUANTILE) {
        fputs("    share(name) = name[1:1] eq 'p' && name[4:*] eq '_latency_us' ? name[2:3] / 100. "
              ": 0\n",
              script);
    }
    fputs("    end(name, instead) = strcol(name) eq '' ? instead : column(name)\n", script);
    write_panel_numbers(data, panels, script);
    fprintf(script,
            "    set table $rows\n"
            "    plot summary using (panel(0)):(scheduler(0)):(%s):(%s): \\\n"
            "        (end('ci_low', 1)):(end('ci_high', 0)) with table if (panel(0) > 0)\n"
            "    unset table\n"
            "    unset datafile\n"
            "    is_read = 1\n"
            "}\n"
            "set datafile missing NaN\n"
            "is_shown(curve) = $1 == shown && $2 == curve\n"
            "has_interval(curve) = is_shown(curve) && $5 <= $6\n",
            places[data->axis][0], places[data->axis][1]);
}

/* The axis begins at `bottom`; intervals that go on below are cut there. It spans enough for six
 * digits, which is what the script and gnuplot's table have, to tell its ends apart. */
static void write_y_axis(const struct plot_data *data, FILE *script)
{
    double low = data->low, top = data->top, bottom;
    if (data->axis == PLOT_QUANTILE) {
        fputs("set yrange [0:1]\nlow(curve) = has_interval(curve) ? $5 : NaN\n", script);
        return;
    }
    bool is_bars = data->axis == PLOT_SCHEDULER;
    if (!is_bars && low > 0.0 && data->high / low >= WIDE_RANGE) {
        bottom = low / 1.5;
        top *= 1.2;
        fputs("set logscale y\n", script);
    } else if (low >= 0.0 && (is_bars || low <= 0.6 * top)) {
        bottom = 0.0;
        top = top > 0.0 ? 1.05 * top : 1.0;
    } else {
        double margin = top > low ? fmax(0.3 * (top - low), 1e-3 * fabs(top)) : 0.5 * fabs(top);
        bottom = is_bars ? fmin(0.0, low - margin) : low - margin;
        top += margin;
    }
    fprintf(script,
            "bottom = %g\n"
            "set yrange [bottom:%g]\n"
            "low(curve) = !has_interval(curve) ? NaN : $5 > bottom ? $5 : bottom\n",
            bottom, top);
}

/* "KEY VALUE, KEY VALUE" of what sets this panel apart; nothing if there is only one. */
static const char *panel_title(const struct plot_data *data, size_t row)
{
    const char *title = "";
    for (int k = 0; k < data->key_count; k++) {
        const struct plot_key *key = &data->keys[k];
        if (key->is_of_panel) {
            title = arena_printf(data->arena, "%s%s%s %s", title, title[0] != '\0' ? ", " : "",
                                 key->name, plot_data_cell(data, row, k));
        }
    }
    return title;
}

/* The experiment, what is drawn, and under which conditions if they are the same everywhere. */
static const char *page_title(const struct curves *curves, const struct plot_data *data)
{
    const int conditions[] = {data->platform, data->workload, data->noise};
    const char *title = arena_printf(data->arena, "%s: %s",
                                     plot_data_cell(data, 0, data->experiment), curves->title);
    for (size_t c = 0; c < sizeof conditions / sizeof *conditions; c++) {
        if (data->keys[conditions[c]].count == 1) {
            title = arena_printf(data->arena, "%s, %s%s", title,
                                 conditions[c] == data->noise ? "noise " : "",
                                 plot_data_cell(data, 0, conditions[c]));
        }
    }
    if (data->panel_count > PANELS_LIMIT) {
        title = arena_printf(data->arena, "%s (the first %d of %zu panels)", title, PANELS_LIMIT,
                             data->panel_count);
    }
    return title;
}

/* What is drawn of a row that is shown, besides its point: the interval, by where it starts and
 * how far it reaches. */
static const char *interval_of(enum plot_axis axis)
{
    return axis == PLOT_QUANTILE ? "(low(i)):4:($6 - low(i)):(0)" : "3:(low(i)):(0):($6 - low(i))";
}

static void write_panel(const struct curves *curves, const struct plot_data *data, int panel,
                        bool is_leftmost, FILE *script)
{
    bool is_boxes = data->axis == PLOT_SCHEDULER, is_share = data->axis == PLOT_QUANTILE;
    fputs("\nset title ", script);
    gnuplot_quote(panel_title(data, data->panels[panel]), script);
    if (!is_leftmost) {
        fputs("\nunset ylabel", script);
    } else if (is_share) {
        fputs("\nset ylabel 'share of the jobs'", script);
    } else {
        fprintf(script, "\nset ylabel '%s [%s]'", curves->title, curves->unit);
    }
    fprintf(script,
            "\nshown = %d\n"
            "plot for [i = 1:|schedulers|] $rows using (is_shown(i) ? %s : NaN):4%s \\\n"
            "         %s linetype i, \\\n"
            "     for [i = 1:|schedulers|] $rows using %s \\\n"
            "         with vectors heads size screen 0.003,90 fixed linetype i dashtype 1%s\n",
            panel + 1, is_share ? "$3 * (1 + 1e-9 * $4)" : "$3", is_boxes ? ":(0.6)" : "",
            is_boxes ? "with boxes" : "smooth unique with linespoints", interval_of(data->axis),
            is_boxes ? " linecolor rgb '#000000'" : "");
}

static void write_legend(const struct page *page, FILE *script)
{
    fprintf(script,
            "\n# The legend is a plot of its own below the others.\n"
            "set origin 0,0\n"
            "set size 1,%.4f\n"
            "set margins 0,0,0,0\n"
            "unset title\nunset xlabel\nunset ylabel\nunset border\nunset tics\nunset grid\n"
            "unset logscale\n"
            "set xrange [0:1]\nset yrange [0:1]\n"
            "set key center center horizontal Left reverse\n"
            "plot for [i = 1:|schedulers|] NaN with linespoints linetype i title schedulers[i]\n",
            (double)page->legend / page->height);
}

static void write_multiplot(const struct curves *curves, const struct plot_data *data,
                            const struct page *page, FILE *script)
{
    double width = page->width, height = page->height;
    fputs("\nset multiplot title ", script);
    gnuplot_quote(page_title(curves, data), script);
    fprintf(script,
            " font ',13' layout %d,%d \\\n"
            "    margins screen %.4f, screen %.4f, screen %.4f, screen %.4f \\\n"
            "    spacing screen %.4f, screen %.4f\n",
            page->rows, page->columns, page->left / width, 1.0 - page->right / width,
            page->bottom / height, 1.0 - page->top / height, page->gap_x / width,
            page->gap_y / height);
}

void curves_write(const struct curves *curves, const struct plot_data *data, FILE *script)
{
    struct page page = lay_out(data);
    const struct plot_script frame = {
        .name = curves->name,
        .about =
            arena_printf(data->arena, "%s [%s] of every scheduler, with 95 %% confidence intervals",
                         curves->title, curves->unit),
        .file = "summary.csv",
        .width = page.width,
        .height = page.height,
    };
    plot_script_begin(&frame, script);
    write_preamble(curves, data, script);
    write_reading(data, page.panels, script);
    write_x_axis(curves, data, &page, script);
    write_y_axis(data, script);
    write_multiplot(curves, data, &page, script);
    for (int p = 0; p < page.panels; p++) {
        write_panel(curves, data, p, p % page.columns == 0, script);
    }
    if (page.legend > 0) {
        write_legend(&page, script);
    }
    fputs("\nunset multiplot\n", script);
    plot_script_end(&frame, script);
}
