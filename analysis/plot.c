/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/plot.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/gnuplot.h"
#include "analysis/plot_data.h"

#define PANELS_LIMIT 12
#define WIDE_RANGE   10.0 /* of the vertical axis: logarithmic from here on */

/* A picture: a metric of summary.csv by scheduler. Another one is another row. */
struct plot {
    const char *name; /* of the files */
    const char *metric;
    const char *title;
    const char *unit;
    enum plot_axis axis;
    bool is_always; /* with another axis if this one has a single value; no metric is a fault */
};

static const struct plot plots[] = {
    {"latency", "mean_latency_us", "mean latency of a job", "us", PLOT_RATE, true},
    {"noise", "mean_latency_us", "mean latency of a job", "us", PLOT_NOISE, false},
    {"utilization", "utilization", "utilization of the PEs", "share", PLOT_SCHEDULER, false},
    {"energy", "energy_uj", "energy", "uJ", PLOT_SCHEDULER, false},
};

#define PLOT_COUNT (sizeof plots / sizeof *plots)

/* Okabe & Ito (2008), apart for every kind of colour vision; points and dashes help in print. */
static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                      "#E69F00", "#56B4E9", "#000000"};
static const char *const dashes[] = {"1", "(7,3)", "(3,2)", "(9,3,2,3)"};
static const int points[] = {7, 5, 9, 11, 13, 4, 6, 8, 10, 12};

/* Sizes in pixels, from which the script's fractions of the page follow. */
struct page {
    int panels, columns, rows;
    int width, height;
    int left, right, top, bottom; /* margins around all panels */
    int gap_x, gap_y;             /* between panels, for axes and titles */
    int legend;                   /* height of the strip at the bottom; 0 = no legend */
};

static int longest_text(const struct plot_key *key)
{
    size_t longest = 0;
    for (size_t v = 0; v < key->count; v++) {
        size_t length = strlen(key->values[v]);
        longest = length > longest ? length : longest;
    }
    return longest < 40 ? (int)longest : 40;
}

/* Whether the names under a horizontal axis with names have to be slanted to have room. */
static bool is_slanted(const struct plot_data *data, const struct page *page)
{
    const struct plot_key *key =
        &data->keys[data->axis == PLOT_NOISE ? data->noise : data->scheduler];
    int panel_width = (page->width - page->left - page->right) / page->columns - page->gap_x;
    return data->axis != PLOT_RATE && (longest_text(key) + 2) * 8 * (int)key->count > panel_width;
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
        int extra =
            4 * longest_text(&data->keys[data->axis == PLOT_NOISE ? data->noise : data->scheduler]);
        page.bottom += extra;
        page.gap_y += extra;
    }
    if (data->axis != PLOT_SCHEDULER) {
        const struct plot_key *scheduler = &data->keys[data->scheduler];
        int entry = 9 * longest_text(scheduler) + 75;
        int per_line = page.width / entry > 0 ? page.width / entry : 1;
        page.legend = 24 * (((int)scheduler->count + per_line - 1) / per_line) + 8;
    }
    page.bottom += page.legend;
    page.height = page.top + page.bottom + 330 * page.rows + page.gap_y * (page.rows - 1);
    return page;
}

static void write_array(const char *name, const struct plot_key *key, FILE *script)
{
    fprintf(script, "array %s[%zu] = [", name, key->count);
    for (size_t v = 0; v < key->count; v++) {
        fputs(v > 0 ? ", " : "", script);
        gnuplot_quote(key->values[v], script);
    }
    fputs("]\n", script);
}

static void write_preamble(const struct plot *plot, const struct plot_data *data,
                           const struct page *page, FILE *script)
{
    fprintf(script,
            "# %s [%s] of every scheduler, with 95 %% confidence intervals.\n"
            "# Reads ../summary.csv. Edit it as you like and run it again in this folder:\n"
            "#   gnuplot %s.gp\n\n"
            "reset\n"
            "if (!exists('format')) { format = 'png' }\n"
            "if (format eq 'svg') {\n"
            "    set terminal svg noenhanced size %d,%d font 'sans,11' background '#ffffff'\n"
            "} else { if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) {\n"
            "    set terminal pngcairo noenhanced size %d,%d font 'sans,11'\n"
            "} else {\n"
            "    set terminal png noenhanced size %d,%d\n"
            "} }\n"
            "set encoding utf8\n"
            "set output '%s.'.format\n\n",
            plot->title, plot->unit, plot->name, page->width, page->height, page->width,
            page->height, page->width, page->height, plot->name);
    fprintf(script,
            "summary = '../summary.csv'\n"
            "set datafile separator comma\n"
            "set datafile columnheaders\n"
            "set datafile commentschars ''\n"
            "set datafile missing NaN\n\n"
            "metric = '%s'\n",
            plot->metric);
    write_array("schedulers", &data->keys[data->scheduler], script);
    if (data->axis == PLOT_NOISE) {
        write_array("noises", &data->keys[data->noise], script);
    }
}

static void write_style(const struct plot_data *data, FILE *script)
{
    size_t colour_count = sizeof colours / sizeof *colours;
    size_t dash_count = sizeof dashes / sizeof *dashes;
    size_t point_count = sizeof points / sizeof *points;
    fputs("\n# Okabe & Ito's palette: apart for every kind of colour vision.\n", script);
    for (size_t s = 0; s < data->keys[data->scheduler].count; s++) {
        fprintf(script,
                "set linetype %zu linecolor rgb '%s' pointtype %d dashtype %s linewidth 2\n", s + 1,
                colours[s % colour_count], points[s % point_count],
                dashes[s / colour_count % dash_count]);
    }
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
    fputs("set xlabel 'arrival rate [jobs/ms]'\n"
          "x(scheduler) = column('rate_jobs_per_ms')\n",
          script);
    if (is_logarithmic) {
        double margin = pow(last / first, 0.05);
        fprintf(script, "set logscale x\nset xrange [%g:%g]\n", first / margin, last * margin);
    } else {
        double margin = 0.05 * (last - first);
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

static void write_x_axis(const struct plot_data *data, const struct page *page, FILE *script)
{
    fputs("\n# Where a row of the file goes.\n", script);
    if (data->axis == PLOT_RATE) {
        write_rate_axis(data, script);
    } else if (data->axis == PLOT_NOISE) {
        write_named_axis(data, page, "noise", &data->keys[data->noise], script);
        fputs("place(name) = sum [i = 1:|noises|] (noises[i] eq name ? i : 0)\n"
              "aside(scheduler) = 0.5 * (scheduler - 0.5 * (|schedulers| + 1)) / |schedulers|\n"
              "x(scheduler) = place(strcol('noise')) + aside(scheduler)\n",
              script);
    } else {
        write_named_axis(data, page, "scheduler", &data->keys[data->scheduler], script);
        fputs("x(scheduler) = scheduler\n", script);
    }
    fputs("is_of(scheduler) = strcol('metric') eq metric && "
          "strcol('scheduler') eq schedulers[scheduler]\n"
          "at(scheduler) = is_of(scheduler) && is_here(scheduler) ? x(scheduler) : NaN\n",
          script);
}

/* The axis begins at `bottom`; intervals that go on below are cut there. */
static void write_y_axis(const struct plot_data *data, FILE *script)
{
    double low = data->low, top = data->top, bottom;
    bool is_bars = data->axis == PLOT_SCHEDULER;
    if (!is_bars && low > 0.0 && data->high / low >= WIDE_RANGE) {
        bottom = low / 1.5;
        top *= 1.2;
        fputs("set logscale y\n", script);
    } else if (low >= 0.0 && (is_bars || low < 0.6 * top)) {
        bottom = 0.0;
        top = top > 0.0 ? 1.05 * top : 1.0;
    } else {
        double margin = top > low ? 0.3 * (top - low) : 0.5 * fabs(top);
        bottom = is_bars ? fmin(0.0, low - margin) : low - margin;
        top += margin;
    }
    fprintf(script,
            "bottom = %g\n"
            "set yrange [bottom:%g]\n"
            "ci_low(scheduler) = column('ci_low') > bottom ? column('ci_low') : bottom\n",
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
static const char *page_title(const struct plot *plot, const struct plot_data *data)
{
    const int conditions[] = {data->platform, data->workload, data->noise};
    const char *title =
        arena_printf(data->arena, "%s: %s", plot_data_cell(data, 0, data->experiment), plot->title);
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

static void write_panel(const struct plot *plot, const struct plot_data *data, size_t row,
                        bool is_leftmost, FILE *script)
{
    fputs("\nset title ", script);
    gnuplot_quote(panel_title(data, row), script);
    if (is_leftmost) {
        fprintf(script, "\nset ylabel '%s [%s]'", plot->title, plot->unit);
    } else {
        fputs("\nunset ylabel", script);
    }
    fputs("\nis_here(scheduler) = ", script);
    const char *joint = "";
    for (int k = 0; k < data->key_count; k++) {
        if (data->keys[k].is_of_panel) {
            fprintf(script, "%sstrcol(", joint);
            gnuplot_quote(data->keys[k].name, script);
            fputs(") eq ", script);
            gnuplot_quote(plot_data_cell(data, row, k), script);
            joint = " && ";
        }
    }
    fputs(joint[0] == '\0' ? "1" : "", script);
    bool is_boxes = data->axis == PLOT_SCHEDULER;
    fprintf(script,
            "\nplot for [i = 1:|schedulers|] summary using (at(i)):(column('mean'))%s \\\n"
            "         %s linetype i, \\\n"
            "     for [i = 1:|schedulers|] summary "
            "using (at(i)):(ci_low(i)):(0):(column('ci_high') - ci_low(i)) \\\n"
            "         with vectors heads size screen 0.003,90 fixed linetype i dashtype 1%s\n",
            is_boxes ? ":(0.6)" : "", is_boxes ? "with boxes" : "smooth unique with linespoints",
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

static void write_multiplot(const struct plot *plot, const struct plot_data *data,
                            const struct page *page, FILE *script)
{
    double width = page->width, height = page->height;
    fputs("\nset multiplot title ", script);
    gnuplot_quote(page_title(plot, data), script);
    fprintf(script,
            " font ',13' layout %d,%d \\\n"
            "    margins screen %.4f, screen %.4f, screen %.4f, screen %.4f \\\n"
            "    spacing screen %.4f, screen %.4f\n",
            page->rows, page->columns, page->left / width, 1.0 - page->right / width,
            page->bottom / height, 1.0 - page->top / height, page->gap_x / width,
            page->gap_y / height);
}

static void write_script(const struct plot *plot, const struct plot_data *data, FILE *script)
{
    struct page page = lay_out(data);
    write_preamble(plot, data, &page, script);
    write_style(data, script);
    write_x_axis(data, &page, script);
    write_y_axis(data, script);
    write_multiplot(plot, data, &page, script);
    for (int p = 0; p < page.panels; p++) {
        write_panel(plot, data, data->panels[p], p % page.columns == 0, script);
    }
    if (page.legend > 0) {
        write_legend(&page, script);
    }
    fprintf(script,
            "\nunset multiplot\nset output\n\n# Once more, for print.\n"
            "if (format eq 'png') {\n    format = 'svg'\n    load '%s.gp'\n}\n",
            plot->name);
}

static bool save_script(const struct plot *plot, const struct plot_data *data, const char *path,
                        struct fault *fault)
{
    FILE *script = fopen(path, "wb");
    if (script == NULL) {
        return fault_set(fault, path, NULL, "cannot create the file: %s", strerror(errno));
    }
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(plain);
    write_script(plot, data, script);
    uselocale(before);
    freelocale(plain);
    bool is_written = ferror(script) == 0;
    if (fclose(script) != 0 || !is_written) {
        return fault_set(fault, path, "is the disk full?", "cannot write the file");
    }
    return true;
}

/* Whether there is something to see on the picture's axis, and not on an earlier picture. */
static bool is_worth_it(const struct plot *plot, const struct plot_data *data)
{
    return plot->is_always ||
           (plot->axis == PLOT_NOISE ? data->keys[data->noise].count > 1 && data->rate_count > 1
                                     : data->keys[data->scheduler].count > 1);
}

static bool write_and_run(const struct plot *plot, const struct plot_data *data, const char *dir,
                          struct fault *fault)
{
    const char *folder = arena_printf(data->arena, "%s/plots", dir);
    const char *script = arena_printf(data->arena, "%s.gp", plot->name);
    const char *path = arena_printf(data->arena, "%s/%s", folder, script);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return fault_set(fault, folder, NULL, "cannot make the folder: %s", strerror(errno));
    }
    if (!save_script(plot, data, path, fault)) {
        return false;
    }
    bool is_drawn = gnuplot_run(folder, script, fault);
    if (!is_drawn) {
        unlink(arena_printf(data->arena, "%s/%s.png", folder, plot->name));
        unlink(arena_printf(data->arena, "%s/%s.svg", folder, plot->name));
    }
    return is_drawn;
}

static bool draw(const struct plot *plot, const char *dir, struct fault *fault)
{
    struct plot_data data;
    struct fault no_metric = FAULT_NONE;
    bool is_loaded = plot_data_load(&data, dir, plot->metric, plot->is_always ? NULL : &plot->axis,
                                    plot->is_always ? fault : &no_metric);
    bool ok = is_loaded ? !is_worth_it(plot, &data) || write_and_run(plot, &data, dir, fault)
                        : !plot->is_always;
    plot_data_finish(&data);
    return ok;
}

/* What an earlier run drew is not of this one. */
static void remove_old(const char *dir)
{
    static const char *const endings[] = {"gp", "png", "svg"};
    struct arena *arena = arena_create();
    for (size_t p = 0; p < PLOT_COUNT; p++) {
        for (size_t e = 0; e < sizeof endings / sizeof *endings; e++) {
            unlink(arena_printf(arena, "%s/plots/%s.%s", dir, plots[p].name, endings[e]));
        }
    }
    arena_destroy(arena);
}

const char *plot_name(size_t number)
{
    return number < PLOT_COUNT ? plots[number].name : NULL;
}

bool plot_write(const char *dir, struct fault *fault)
{
    remove_old(dir);
    for (size_t p = 0; p < PLOT_COUNT; p++) {
        if (!draw(&plots[p], dir, fault)) {
            return false;
        }
    }
    return true;
}
