/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of machines and apps in text, and as graphs in the language of Graphviz. */
#ifndef HETSOC_ANALYSIS_PORTRAIT_H
#define HETSOC_ANALYSIS_PORTRAIT_H

#include <stdio.h>

#include "sim/bind.h"

/* Kinds, clusters and their PEs, frequencies, and what connects them. */
void portrait_soc(const struct soc *soc, FILE *stream);

/* The clusters and the ways between them, or the PEs and links of a mesh. */
void portrait_soc_dot(const struct soc *soc, FILE *stream);

/* The tasks by level (the longest way from an entry), what they cost on each PE kind that the app
 * knows, and after which tasks they run, with the bytes that move and the alternatives of branches.
 * With `bind`, the app on a machine, costs are those on its PE kinds, upward ranks stand beside
 * them, and lines on serial time, critical path, bounds, CCR and parallelism follow; NULL without.
 * O(V + E). */
void portrait_app(const struct app *app, const struct bind *bind, FILE *stream);

#endif
