/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Graphs of the Standard Task Graph Set with their proven optima, from the folder of reference data
 * that the project does not ship. */
#ifndef HETSOC_TEST_STG_H
#define HETSOC_TEST_STG_H

#include <stdio.h>

#include "base/memory.h"
#include "workloads/app.h"

/* A row of optima.csv: a graph on equal processors; times in us. */
struct stg_row {
    char file[64]; /* "50/rand0001.stg" */
    int processors;
    int optimum; /* proven, or a lower bound if `is_open` */
    int upper;   /* best known */
    bool is_open;
};

/* Opens optima.csv; NULL if this machine does not have it. */
FILE *stg_open(void);

/* Next row; false at the end. */
bool stg_next(FILE *stream, struct stg_row *row);

/* The graph as an app whose tasks take their time on the kind "K0". Aborts if it is malformed. */
struct app *stg_app(struct arena *arena, const char *file);

#endif
