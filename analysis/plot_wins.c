/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/plot_wins.h"

#include <string.h>
#include <unistd.h>

#include "analysis/gnuplot.h"
#include "analysis/plot_script.h"
#include "base/csv.h"
#include "base/memory.h"

struct matrix {
    const char *name;
    const char **schedulers; /* [count] in order of appearance */
    size_t count;
};

static bool is_known(const struct matrix *matrix, const char *scheduler)
{
    for (size_t s = 0; s < matrix->count; s++) {
        if (strcmp(matrix->schedulers[s], scheduler) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_names(struct matrix *matrix, struct arena *arena, const char *path,
                       struct fault *fault)
{
    struct csv_reader *csv = csv_open(path, fault);
    int column = csv == NULL ? -1 : csv_column(csv, "scheduler");
    if (csv != NULL && column < 0) {
        fault_set(fault, path, "it must be the wins.csv of a run",
                  "the column 'scheduler' is missing");
    }
    while (column >= 0 && csv_next(csv, fault)) {
        if (!is_known(matrix, csv_cell(csv, column))) {
            const char **grown = arena_zeroed(arena, matrix->count + 1, sizeof *grown);
            for (size_t s = 0; s < matrix->count; s++) {
                grown[s] = matrix->schedulers[s];
            }
            grown[matrix->count++] = arena_string(arena, csv_cell(csv, column));
            matrix->schedulers = grown;
        }
    }
    csv_close(csv);
    return !fault_is_set(fault);
}

static void write_tics(const char *axis, const struct matrix *matrix, FILE *script)
{
    fprintf(script, "set %stics%s (", axis, axis[0] == 'x' ? " rotate by 25 right" : "");
    for (size_t s = 0; s < matrix->count; s++) {
        fputs(s > 0 ? ", " : "", script);
        gnuplot_quote_label(matrix->schedulers[s], script);
        fprintf(script, " %zu", s + 1);
    }
    fputs(")\n", script);
}

static void write_matrix(const void *subject, FILE *script)
{
    const struct matrix *matrix = subject;
    int names = 8 * plot_script_longest(matrix->schedulers, matrix->count);
    int side = 56 * (int)matrix->count;
    const struct plot_script frame = {
        .name = matrix->name,
        .about = "Share of the pairs in which a scheduler has the lower mean latency",
        .file = "wins.csv",
        .width = names + side + 180 > 640 ? names + side + 180 : 640,
        .height = names / 2 + side + 130,
    };
    plot_script_begin(&frame, script);
    plot_script_array("schedulers", matrix->schedulers, matrix->count, script);
    fputs("set datafile separator comma\n"
          "set datafile columnheaders\n"
          "set datafile commentschars ''\n"
          "number(name) = sum [i = 1:|schedulers|] (schedulers[i] eq name ? i : 0)\n"
          "x(row) = number(strcol('rival'))\n"
          "y(row) = number(strcol('scheduler'))\n"
          "percent(row) = 100 * (column('wins') + 0.5 * column('ties')) / column('pairs')\n\n"
          "set title 'Pairs of trials [%] in which the scheduler at the left has the lower mean "
          "latency' offset 0,0.5\n"
          "set xlabel 'against'\n",
          script);
    fprintf(script,
            "set xrange [0.5:%zu.5]\n"
            "set yrange [%zu.5:0.5]\n",
            matrix->count, matrix->count);
    write_tics("x", matrix, script);
    write_tics("y", matrix, script);
    fputs("set tics scale 0\n"
          "unset border\n"
          "unset key\n"
          "# Orange loses, blue wins; the figures tell them apart in black and white.\n"
          "set palette defined (0 '#e08214', 50 '#f7f7f7', 100 '#5aa2d0')\n"
          "set cbrange [0:100]\n"
          "set cbtics 25\n"
          "set style fill solid 1.0 border linecolor rgb '#ffffff'\n\n"
          "plot '../wins.csv' using (x(0)):(y(0)):(0.48):(0.48):(percent(0)) \\\n"
          "         with boxxyerror fillcolor palette, \\\n"
          "     '../wins.csv' using (x(0)):(y(0)):(sprintf('%.0f', percent(0))) with labels\n",
          script);
    plot_script_end(&frame, script);
}

bool plot_wins(const char *dir, const char *name, struct fault *fault)
{
    struct arena *arena = arena_create();
    struct matrix matrix = {.name = name};
    const char *path = arena_printf(arena, "%s/wins.csv", dir);
    bool ok = access(path, F_OK) != 0 ||
              (read_names(&matrix, arena, path, fault) &&
               (matrix.count == 0 || plot_script_draw(dir, name, write_matrix, &matrix, fault)));
    arena_destroy(arena);
    return ok;
}
