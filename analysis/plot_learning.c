/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/plot_learning.h"

#include <string.h>

#include "analysis/gnuplot.h"
#include "analysis/plot_script.h"
#include "base/csv.h"
#include "base/memory.h"

static const char prefix[] = "mean_vs_";

/* The schedulers that the policy is held against. */
struct references {
    const char **names;
    size_t count;
};

static bool read_references(struct references *references, struct arena *arena, const char *path,
                            struct fault *fault)
{
    struct csv_reader *csv = csv_open(path, fault);
    if (csv == NULL) {
        return false;
    }
    int columns = csv_column_count(csv);
    references->names = arena_zeroed(arena, (size_t)columns, sizeof *references->names);
    for (int c = 0; c < columns; c++) {
        const char *name = csv_cell(csv, c);
        if (strncmp(name, prefix, strlen(prefix)) == 0) {
            references->names[references->count++] = arena_string(arena, name + strlen(prefix));
        }
    }
    bool is_training = csv_column(csv, "iteration") >= 0 && csv_column(csv, "entropy") >= 0;
    if (!is_training) {
        fault_set(fault, path, "it must be the train.csv of a training",
                  "a column is missing: 'iteration' or 'entropy'");
    } else if (!csv_next(csv, fault)) {
        fault_set(fault, path, "let the training do an iteration", "there is nothing to draw yet");
    }
    csv_close(csv);
    return !fault_is_set(fault);
}

static void write_learning(const void *subject, FILE *script)
{
    const struct references *references = subject;
    const struct plot_script frame = {
        .name = "learning",
        .about = "Mean latency of the policy in validation against other schedulers, by iteration",
        .file = "train.csv",
        .width = 860,
        .height = 680,
    };
    plot_script_begin(&frame, script);
    if (references->count > 0) {
        plot_script_array("schedulers", references->names, references->count, script);
    }
    plot_script_linetypes(references->count > 2 ? references->count : 2, script);
    fputs("set datafile separator comma\n"
          "set datafile columnheaders\n"
          "set datafile commentschars ''\n"
          "set datafile missing NaN\n"
          "set border 3 linecolor rgb '#444444'\n"
          "set tics nomirror textcolor rgb '#222222'\n"
          "set grid ytics linetype 1 linecolor rgb '#d0d0d0' linewidth 1\n"
          "set key outside right top Left reverse\n"
          "set xrange [0:*]\n"
          "set lmargin 12\n"
          "set rmargin 20\n\n"
          "set multiplot layout 2,1\n",
          script);
    if (references->count > 0) {
        fputs("set ylabel 'mean latency against [%]'\n"
              "set xzeroaxis linetype 1 linecolor rgb '#444444'\n"
              "plot for [i = 1:|schedulers|] '../train.csv' \\\n"
              "         using 'iteration':(100 * (column('mean_vs_'.schedulers[i]) - 1)) \\\n"
              "         with linespoints linetype i title schedulers[i]\n",
              script);
    } else {
        fputs("set ylabel 'mean latency [us]'\n"
              "plot '../train.csv' using 'iteration':'validation_mean_us' \\\n"
              "         with linespoints linetype 1 title 'policy'\n",
              script);
    }
    fputs("set ylabel 'entropy, agreement'\n"
          "set xlabel 'iteration'\n"
          "plot '../train.csv' using 'iteration':'entropy' with lines linetype 1 title 'entropy', "
          "\\\n"
          "     '../train.csv' using 'iteration':'agreed' with lines linetype 2 title 'agreement'\n"
          "unset multiplot\n",
          script);
    plot_script_end(&frame, script);
}

bool plot_learning(const char *dir, struct fault *fault)
{
    struct arena *arena = arena_create();
    struct references references = {0};
    const char *path = arena_printf(arena, "%s/train.csv", dir);
    bool ok = read_references(&references, arena, path, fault) &&
              plot_script_draw(dir, "learning", write_learning, &references, fault);
    arena_destroy(arena);
    return ok;
}
