/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aligned columns for a person to read: two heading lines (title, unit), then rows of text. */
#ifndef HETSOC_ANALYSIS_TABLE_H
#define HETSOC_ANALYSIS_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/memory.h"

struct table_column {
    const char *title;
    const char *unit;
    bool is_text; /* aligned to the left, and cut with '~' where the table would get too wide */
};

/* Caller's memory, cells on the heap. */
struct table {
    const struct table_column *columns; /* borrowed */
    int column_count;
    char **cells; /* [row * column_count + column] */
    size_t cell_count, cell_capacity;
};

void table_init(struct table *table, const struct table_column *columns, int column_count);
void table_finish(struct table *table);

/* Appends a cell, left to right, row by row; the text is copied. */
void table_add(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints headings and rows with a two-space indent in at most `width` columns, if cutting text
 * columns down to 8 characters, or to their titles, is enough for that. */
void table_print(const struct table *table, int width, FILE *stream);

#endif
