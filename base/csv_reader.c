/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The half of base/csv.h that reads; base/csv.c writes. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/memory.h"
#include "base/packed.h"

/* Longer and wider than any row of ours; an open quote must not swallow a big file. */
#define ROW_LIMIT   ((size_t)16 << 20)
#define CELLS_LIMIT 4096

/* Where a cell starts: in the row's bytes and in the file. */
struct cell {
    size_t start;
    int line, column;
};

struct csv_reader {
    FILE *stream;
    char *path;
    char **names;
    int name_count;
    char *bytes; /* the cells of the row, each ended by a NUL */
    size_t size, byte_capacity;
    struct cell *cells;
    size_t cell_count, cell_capacity;
    int line, column; /* of the next byte */
};

static char *format_where(const struct csv_reader *reader, int line, int column, char *text,
                          size_t size)
{
    snprintf(text, size, "%s:%d:%d", reader->path, line, column);
    return text;
}

/* Refuses the file for what was found at a place. */
static bool refuse(const struct csv_reader *reader, struct cell place, struct fault *fault,
                   const char *hint, const char *what)
{
    char where[sizeof fault->where];
    return fault_set(fault, format_where(reader, place.line, place.column, where, sizeof where),
                     hint, "%s", what);
}

/* The next byte; counts lines from '\n' and columns in characters of UTF-8. */
static int take(struct csv_reader *reader)
{
    int byte = getc_unlocked(reader->stream);
    if (byte == '\n') {
        reader->line++;
        reader->column = 1;
    } else if ((byte & 0xC0) != 0x80) {
        reader->column++;
    }
    return byte;
}

static int peek(struct csv_reader *reader)
{
    int byte = getc_unlocked(reader->stream);
    return byte == EOF ? EOF : ungetc(byte, reader->stream);
}

static void keep(struct csv_reader *reader, int byte)
{
    if (reader->size == reader->byte_capacity) {
        reader->bytes = memory_grow(reader->bytes, &reader->byte_capacity, reader->size + 1, 1);
    }
    reader->bytes[reader->size++] = (char)byte;
}

static struct cell start_cell(struct csv_reader *reader)
{
    struct cell cell = {reader->size, reader->line, reader->column};
    reader->cells = memory_grow(reader->cells, &reader->cell_capacity, reader->cell_count + 1,
                                sizeof *reader->cells);
    reader->cells[reader->cell_count++] = cell;
    return cell;
}

/* Whether a byte of a cell is, or ends, a control character; `byte` follows what was kept. */
static bool is_control(const struct csv_reader *reader, struct cell cell, int byte)
{
    if (byte < 0x20)
        return byte != EOF && byte != '\t' && byte != '\n' && byte != '\r';
    bool is_high = byte >= 0x80 && byte < 0xa0 && reader->size > cell.start &&
                   reader->bytes[reader->size - 1] == (char)0xc2;
    return byte == 0x7f || is_high;
}

/* Reads the inside of a quoted cell; returns the byte after it, -2 on a fault. */
static int read_quoted(struct csv_reader *reader, struct cell cell, struct fault *fault)
{
    for (;;) {
        int byte = take(reader);
        if (byte == '"' && peek(reader) != '"') {
            return take(reader);
        }
        if (byte == '"') {
            take(reader);
        }
        bool is_odd = byte == '\r' ? peek(reader) != '\n' : is_control(reader, cell, byte);
        if (byte == EOF || is_odd || reader->size > ROW_LIMIT) {
            refuse(reader, cell, fault, "a quote inside of a cell is written twice",
                   byte == EOF    ? "the quote that opens here is never closed"
                   : byte == '\0' ? "the cell has a NUL byte"
                   : is_odd       ? "the cell has a control character"
                                  : "the row is longer than 16 MiB");
            return -2;
        }
        keep(reader, byte);
    }
}

/* Reads one cell; returns ',' or '\n' (also for the end of the file), -2 on a fault. */
static int read_cell(struct csv_reader *reader, struct fault *fault)
{
    struct cell cell = start_cell(reader);
    bool is_quoted = peek(reader) == '"';
    int byte = take(reader);
    if (is_quoted) {
        byte = read_quoted(reader, cell, fault);
    }
    for (; byte != ',' && byte != '\n' && byte != EOF; byte = take(reader)) {
        if (byte == -2) {
            return -2;
        }
        if (byte == '\r' && peek(reader) == '\n') {
            continue;
        }
        const char *what = byte == '\0'   ? "the cell has a NUL byte"
                           : byte == '\r' ? "a carriage return without a line feed"
                           : is_quoted    ? "text follows a closing quote"
                           : byte == '"'  ? "a quote in the middle of a cell"
                           : is_control(reader, cell, byte) ? "the cell has a control character"
                                                            : NULL;
        if (what != NULL || reader->size > ROW_LIMIT) {
            refuse(reader, cell, fault,
                   byte == '\r' ? "lines end with a line feed: save the file with the line ends of "
                                  "Unix or Windows"
                                : "quote the whole cell, and write a quote in it twice",
                   what != NULL ? what : "the row is longer than 16 MiB");
            return -2;
        }
        keep(reader, byte);
    }
    keep(reader, '\0');
    return byte == ',' ? ',' : '\n';
}

/* Tells why the stream could not be read. */
static bool refuse_read(const struct csv_reader *reader, struct fault *fault)
{
    const int error = errno;
    const char *reason = packed_reason(error);
    return fault_set(fault, reader->path, reason != NULL ? "copy or make it again" : NULL,
                     "cannot read the file: %s", reason != NULL ? reason : strerror(error));
}

/* Reads a row of any number of cells; false at the end and on a fault. */
static bool read_row(struct csv_reader *reader, struct fault *fault)
{
    reader->size = 0;
    reader->cell_count = 0;
    bool is_end = peek(reader) == EOF;
    int separator = is_end ? '\n' : ',';
    while (separator == ',') {
        if (reader->cell_count == CELLS_LIMIT) {
            struct cell place = {0, reader->line, reader->column};
            return refuse(reader, place, fault, "is it a table of ours?",
                          "the row has more than 4096 cells");
        }
        separator = read_cell(reader, fault);
    }
    if (ferror(reader->stream))
        return refuse_read(reader, fault);
    return !is_end && separator == '\n';
}

/* Copies the row that has just been read as the names of the columns. */
static bool keep_names(struct csv_reader *reader, struct fault *fault)
{
    reader->name_count = (int)reader->cell_count;
    reader->names = memory_zeroed(reader->cell_count, sizeof *reader->names);
    for (int i = 0; i < reader->name_count; i++) {
        const char *name = csv_cell(reader, i);
        char where[sizeof fault->where];
        if (name[0] != '\0' && csv_column(reader, name) != -1) {
            return fault_set(fault, csv_where(reader, i, where, sizeof where),
                             "give every column a name of its own",
                             "the column '%s' is there twice", name);
        }
        reader->names[i] = memory_string(name);
    }
    return true;
}

/* A mark that some editors put at the beginning of UTF-8 text. */
static void skip_byte_order_mark(struct csv_reader *reader)
{
    if (peek(reader) == 0xEF) {
        char mark[3];
        bool is_mark =
            fread(mark, 1, 3, reader->stream) == 3 && memcmp(mark, "\xEF\xBB\xBF", 3) == 0;
        if (!is_mark) {
            rewind(reader->stream);
        }
    }
}

struct csv_reader *csv_open(const char *path, struct fault *fault)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        fault_set(fault, path, NULL, "cannot open the file: %s", strerror(errno));
        return NULL;
    }
    return csv_open_stream(stream, path, fault);
}

struct csv_reader *csv_open_stream(FILE *stream, const char *name, struct fault *fault)
{
    struct csv_reader *reader = memory_zeroed(1, sizeof *reader);
    reader->stream = stream;
    reader->path = memory_string(name);
    reader->line = reader->column = 1;
    skip_byte_order_mark(reader);
    bool has_header = read_row(reader, fault);
    if (!has_header && !fault_is_set(fault)) {
        fault_set(fault, name, "the first line names the columns", "the file is empty");
    }
    if (!has_header || !keep_names(reader, fault)) {
        csv_close(reader);
        return NULL;
    }
    return reader;
}

void csv_close(struct csv_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    for (int i = 0; i < reader->name_count; i++) {
        free(reader->names[i]);
    }
    free(reader->names);
    free(reader->bytes);
    free(reader->cells);
    free(reader->path);
    fclose(reader->stream);
    free(reader);
}

int csv_column(const struct csv_reader *reader, const char *name)
{
    for (int i = 0; i < reader->name_count; i++) {
        if (reader->names[i] != NULL && strcmp(reader->names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

int csv_column_count(const struct csv_reader *reader)
{
    return reader->name_count;
}

bool csv_next(struct csv_reader *reader, struct fault *fault)
{
    struct cell row = {0, reader->line, 1};
    if (!read_row(reader, fault)) {
        return false;
    }
    if (reader->cell_count != (size_t)reader->name_count) {
        char where[sizeof fault->where];
        return fault_set(fault, format_where(reader, row.line, row.column, where, sizeof where),
                         "every row has a cell for every column of the header",
                         "the row has %zu cells, the header %d", reader->cell_count,
                         reader->name_count);
    }
    return true;
}

const char *csv_cell(const struct csv_reader *reader, int column)
{
    assert(column >= 0 && (size_t)column < reader->cell_count);
    return reader->bytes + reader->cells[column].start;
}

char *csv_where(const struct csv_reader *reader, int column, char *text, size_t size)
{
    assert(column >= 0 && (size_t)column < reader->cell_count);
    const struct cell *cell = &reader->cells[column];
    return format_where(reader, cell->line, cell->column, text, size);
}
