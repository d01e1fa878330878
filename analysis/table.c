/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP        2 /* spaces before every column */
#define TEXT_WIDTH 8 /* least width of a text column that is cut */

void table_init(struct table *table, const struct table_column *columns, int column_count)
{
    *table = (struct table){.columns = columns, .column_count = column_count};
}

void table_finish(struct table *table)
{
    for (size_t i = 0; i < table->cell_count; i++) {
        free(table->cells[i]);
    }
    free(table->cells);
    *table = (struct table){0};
}

void table_add(struct table *table, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    assert(length >= 0);
    char *cell = memory_zeroed((size_t)length + 1, 1);
    vsnprintf(cell, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    table->cells = memory_grow(table->cells, &table->cell_capacity, table->cell_count + 1,
                               sizeof *table->cells);
    table->cells[table->cell_count++] = cell;
}

static int longer(int width, const char *text)
{
    int length = (int)strlen(text);
    return length > width ? length : width;
}

/* Widths that hold every cell, text columns narrowed until the line fits. */
static void fit_widths(const struct table *table, int limit, int *widths)
{
    int total = 0;
    for (int c = 0; c < table->column_count; c++) {
        widths[c] = longer(longer(0, table->columns[c].title), table->columns[c].unit);
        for (size_t i = (size_t)c; i < table->cell_count; i += (size_t)table->column_count) {
            widths[c] = longer(widths[c], table->cells[i]);
        }
        total += GAP + widths[c];
    }
    for (int c = 0; c < table->column_count && total > limit; c++) {
        if (table->columns[c].is_text && widths[c] > TEXT_WIDTH) {
            int narrow = widths[c] - (total - limit);
            narrow = longer(narrow > TEXT_WIDTH ? narrow : TEXT_WIDTH, table->columns[c].title);
            total -= widths[c] - narrow;
            widths[c] = narrow;
        }
    }
}

static void print_cell(const struct table *table, int column, int width, const char *text,
                       FILE *stream)
{
    bool is_last = column == table->column_count - 1;
    if (is_last && text[0] == '\0') {
        return;
    }
    if ((int)strlen(text) > width) {
        fprintf(stream, "%*s%.*s~", GAP, "", width - 1, text);
    } else if (table->columns[column].is_text) {
        fprintf(stream, "%*s%-*s", GAP, "", is_last ? 0 : width, text);
    } else {
        fprintf(stream, "%*s%*s", GAP, "", width, text);
    }
}

void table_print(const struct table *table, int width, FILE *stream)
{
    assert(table->cell_count % (size_t)table->column_count == 0);
    int *widths = memory_zeroed((size_t)table->column_count, sizeof *widths);
    fit_widths(table, width, widths);
    for (int c = 0; c < table->column_count; c++) {
        print_cell(table, c, widths[c], table->columns[c].title, stream);
    }
    putc('\n', stream);
    for (int c = 0; c < table->column_count; c++) {
        print_cell(table, c, widths[c], table->columns[c].unit, stream);
    }
    putc('\n', stream);
    for (size_t i = 0; i < table->cell_count; i++) {
        int column = (int)(i % (size_t)table->column_count);
        print_cell(table, column, widths[column], table->cells[i], stream);
        if (column == table->column_count - 1) {
            putc('\n', stream);
        }
    }
    free(widths);
}
