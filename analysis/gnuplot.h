/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running gnuplot on a script, and writing text into one safely. */
#ifndef HETSOC_ANALYSIS_GNUPLOT_H
#define HETSOC_ANALYSIS_GNUPLOT_H

#include <stdio.h>

#include "base/fault.h"

/* Writes text as a literal (or a sum of two) in which gnuplot substitutes nothing; control
 * characters, which no literal can hold, become '?'. */
void gnuplot_quote(const char *text, FILE *script);

/* The same where gnuplot takes the literal for a number format, as it does with labels of tics. */
void gnuplot_quote_label(const char *text, FILE *script);

/* Runs DIR/SCRIPT with DIR as working directory, without a shell and without the user's init files.
 * Faults: gnuplot is not installed, or it failed (with what it said). */
bool gnuplot_run(const char *dir, const char *script, struct fault *fault);

#endif
