/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV as RFC 4180 writes it: comma, quotes where needed, header first, '\n', point as decimal mark.
 *
 * Writing is a thin layer on FILE; an error (disk full) is remembered and reported by csv_finish.
 * Reading is row by row with lines and columns for faults; CRLF and a byte order mark are accepted,
 * and refused are control characters (base/control.h), stray quotes and carriage returns, and rows
 * above 16 MiB or 4096 cells. */
#ifndef HETSOC_BASE_CSV_H
#define HETSOC_BASE_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

/* Bytes of rows that wait for the stream. */
#define CSV_BLOCK_SIZE (64 * 1024)

/* One file being written; caller's memory. Cells are written left to right. */
struct csv_writer {
    FILE *stream;
    char *path;
    int column;
    size_t length; /* bytes in `block` */
    char *block;   /* [CSV_BLOCK_SIZE] what csv_flush will hand to the stream */
};

/* Creates or truncates the file. */
bool csv_create(struct csv_writer *csv, const char *path, struct fault *fault);

/* Makes a new file by folder_new_file: for csv_finish_as, and in folders where others may write. */
bool csv_create_new(struct csv_writer *csv, const char *path, struct fault *fault);

/* Adds rows to a file, behind what it holds. */
bool csv_append(struct csv_writer *csv, const char *path, struct fault *fault);

/* Writes to a stream that csv_finish closes; `path` names it in faults. */
void csv_attach(struct csv_writer *csv, FILE *stream, const char *path);

void csv_text(struct csv_writer *csv, const char *text); /* NULL = empty cell */
void csv_int(struct csv_writer *csv, int64_t value);
void csv_real(struct csv_writer *csv, double value); /* by csv_format_real; NAN = empty */
/* With 17 significant digits, which read back to the same double; a little faster. NAN = empty. */
void csv_exact(struct csv_writer *csv, double value);
void csv_us(struct csv_writer *csv, int64_t ps); /* ticks as microseconds; TICK_NEVER = empty */
void csv_end_row(struct csv_writer *csv);

/* A header row from a NULL-terminated list. */
void csv_header(struct csv_writer *csv, const char *const *names);

/* A row in one go: room for `size` bytes, at most CSV_BLOCK_SIZE, of which those before `end` are a
 * row, cells and commas and line feed. For those who write millions of rows. */
char *csv_start_row(struct csv_writer *csv, size_t size);
void csv_keep_row(struct csv_writer *csv, const char *end);

/* Hands what has been written to the system. */
void csv_flush(struct csv_writer *csv);

/* Flushes and closes; a fault if anything since csv_create failed. */
bool csv_finish(struct csv_writer *csv, struct fault *fault);

/* The same for a file that was written aside, which then takes the place of another one, or goes if
 * anything failed: readers of `path` see the old file or the whole new one. */
bool csv_finish_as(struct csv_writer *csv, const char *path, struct fault *fault);

/* Shortest decimal text of at least 15 digits, without trailing zeros, that reads back to the same
 * double, in any locale. Whole numbers below 1e15 have no exponent. Returns `text`. */
char *csv_format_real(char text[static 32], double value);

/* One file being read. */
struct csv_reader;

/* Opens a file and reads its header. NULL and a fault if it cannot, if the file is empty or if a
 * column is named twice. */
struct csv_reader *csv_open(const char *path, struct fault *fault);

/* The same from a stream that csv_close closes; `name` stands for the file in faults. */
struct csv_reader *csv_open_stream(FILE *stream, const char *name, struct fault *fault);
void csv_close(struct csv_reader *reader); /* NULL is fine */

/* Index of a column by name, -1 if absent; how many there are. */
int csv_column(const struct csv_reader *reader, const char *name);
int csv_column_count(const struct csv_reader *reader);

/* Reads the next row; false at the end or on a fault (check fault_is_set). Rows whose number of
 * cells differs from the header's are faults. */
bool csv_next(struct csv_reader *reader, struct fault *fault);

/* A cell of the current row, borrowed until csv_next; "file:line:column" of it for faults. */
const char *csv_cell(const struct csv_reader *reader, int column);
char *csv_where(const struct csv_reader *reader, int column, char *text, size_t size);

#endif
