/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of the readers of traces/trace.h: cells of the row at hand, held against what the
 * trace says of itself. trace_cells.c reads cells, trace_drawn.c and trace_happened.c put rows
 * together. Nobody else includes it.
 *
 * `column` counts the columns of the category as trace_cells.c lists them. What returns false has
 * set a fault at the cell. */
#ifndef HETSOC_TRACES_TRACE_CELLS_H
#define HETSOC_TRACES_TRACE_CELLS_H

#include "base/csv.h"
#include "base/packed.h"
#include "traces/trace.h"

enum { COLUMNS_MAX = 17 };

struct trace_reader {
    const struct trace *trace;
    enum trace_category category;
    const struct trace_file *file;
    char *path;
    struct csv_reader *csv;
    struct packed_sum sum;
    int64_t row;            /* rows read */
    int at[COLUMNS_MAX];    /* column of the file, -1 = missing; the bar does not count */
    int64_t date_ps;        /* of the row before, where rows are in order of dates */
    int32_t subject, index; /* of the episode or failure before */
    struct fault *fault;    /* of the call that is being served */
};

/* Goes to the next row; false after the last one, too. */
bool cell_next_row(struct trace_reader *reader, enum trace_category category, struct fault *fault);

/* Refuses a cell. */
bool cell_refuse(const struct trace_reader *reader, int column, const char *hint, const char *what);

/* The text of a cell; "" where the column is missing. */
const char *cell_text(const struct trace_reader *reader, int column);

/* A whole number from `min` to `max`. */
bool cell_int(const struct trace_reader *reader, int column, int64_t min, int64_t max,
              int64_t *value);
bool cell_int32(const struct trace_reader *reader, int column, int32_t min, int32_t max,
                int32_t *value);

/* A number, 0 or more. */
bool cell_real(const struct trace_reader *reader, int column, double *value);

/* A date or a duration; where the cell may be empty, TICK_NEVER. */
bool cell_us(const struct trace_reader *reader, int column, int64_t *ps);
bool cell_us_if_any(const struct trace_reader *reader, int column, int64_t *ps);

/* Holds a date against that of the row before. */
bool cell_in_order(struct trace_reader *reader, int column, int64_t date_ps);

/* A job that arrived; what a name stands for. `what` is said of a name that stands for nothing. */
bool cell_job(const struct trace_reader *reader, int column, int32_t *job);
bool cell_name(const struct trace_reader *reader, int column, const struct names *names,
               const char *what, int32_t *number);
bool cell_task(const struct trace_reader *reader, int column, int32_t job, int32_t *task);
bool cell_pe(const struct trace_reader *reader, int column, int32_t *pe);
bool cell_app(const struct trace_reader *reader, int column, int32_t *app);

#endif
