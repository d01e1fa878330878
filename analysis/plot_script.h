/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all gnuplot scripts of a run share: their frame, their colours, and how they are drawn. */
#ifndef HETSOC_ANALYSIS_PLOT_SCRIPT_H
#define HETSOC_ANALYSIS_PLOT_SCRIPT_H

#include <stddef.h>
#include <stdio.h>

#include "base/fault.h"

/* A script that draws DIR/plots/NAME.png and NAME.svg. */
struct plot_script {
    const char *name;
    const char *about; /* what it shows, a sentence without its full stop */
    const char *file;  /* the one file of DIR that it reads */
    int width, height; /* in pixels */
};

/* Writes what comes before the picture: how to run the script, the terminal, the output. */
void plot_script_begin(const struct plot_script *plot, FILE *script);

/* Writes what comes after it: the same once more as SVG. */
void plot_script_end(const struct plot_script *plot, FILE *script);

/* Writes line types 1 .. count: colours that every kind of colour vision tells apart (Okabe & Ito
 * 2008), with points and dashes that tell them apart in black and white. */
void plot_script_linetypes(size_t count, FILE *script);

/* Writes "array NAME[COUNT] = [...]". */
void plot_script_array(const char *name, const char *const *values, size_t count, FILE *script);

/* Characters of the longest of these texts, at most 40. */
int plot_script_longest(const char *const *texts, size_t count);

/* Makes DIR/plots/NAME.gp by `write`, in which numbers have a decimal point whatever the locale,
 * and runs gnuplot on it. Faults: a file cannot be made; gnuplot is missing or fails, then the
 * script stays and the pictures go. */
bool plot_script_draw(const char *dir, const char *name,
                      void (*write)(const void *subject, FILE *script), const void *subject,
                      struct fault *fault);

/* Removes DIR/plots/NAME.gp, .png and .svg. */
void plot_script_remove(const char *dir, const char *name);

#endif
