/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/csv.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digits.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/tick.h"

/* Has what an open has given be written to; NULL and errno if it failed. */
static bool attach_opened(struct csv_writer *csv, FILE *stream, const char *path,
                          struct fault *fault)
{
    if (stream == NULL) {
        return fault_set(fault, path, "does the folder exist, and may you write there?",
                         "cannot create the file: %s", strerror(errno));
    }
    csv_attach(csv, stream, path);
    return true;
}

bool csv_create(struct csv_writer *csv, const char *path, struct fault *fault)
{
    return attach_opened(csv, fopen(path, "wb"), path, fault);
}

bool csv_create_new(struct csv_writer *csv, const char *path, struct fault *fault)
{
    return attach_opened(csv, folder_new_file(path), path, fault);
}

bool csv_append(struct csv_writer *csv, const char *path, struct fault *fault)
{
    return attach_opened(csv, fopen(path, "ab"), path, fault);
}

void csv_attach(struct csv_writer *csv, FILE *stream, const char *path)
{
    *csv = (struct csv_writer){.stream = stream,
                               .path = memory_string(path),
                               .block = memory_resize(NULL, CSV_BLOCK_SIZE, 1)};
}

/* Gives the block to the stream. */
static void pass_on(struct csv_writer *csv)
{
    fwrite_unlocked(csv->block, 1, csv->length, csv->stream);
    csv->length = 0;
}

/* Room for so many more bytes, at most CSV_BLOCK_SIZE. */
static char *room(struct csv_writer *csv, size_t size)
{
    if (csv->length + size > CSV_BLOCK_SIZE) {
        pass_on(csv);
    }
    return csv->block + csv->length;
}

/* The bytes since room() up to `end` are written. */
static void keep(struct csv_writer *csv, const char *end)
{
    csv->length = (size_t)(end - csv->block);
}

char *csv_start_row(struct csv_writer *csv, size_t size)
{
    assert(csv->column == 0 && size <= CSV_BLOCK_SIZE);
    return room(csv, size);
}

void csv_keep_row(struct csv_writer *csv, const char *end)
{
    keep(csv, end);
}

/* Room for a cell of a few bytes, with the comma before it. */
static char *start_cell(struct csv_writer *csv, size_t size)
{
    char *at = room(csv, size + 1);
    if (csv->column++ > 0) {
        *at++ = ',';
    }
    return at;
}

/* Whether a cell can be written as it is; `length` is its own. */
static bool is_plain(const char *text, size_t *length)
{
    const char *at = text;
    while (*at != '\0' && *at != ',' && *at != '"' && *at != '\r' && *at != '\n') {
        at++;
    }
    *length = (size_t)(at - text);
    return *at == '\0';
}

void csv_text(struct csv_writer *csv, const char *text)
{
    size_t length;
    char *at = start_cell(csv, 1);
    if (text == NULL) {
        keep(csv, at);
    } else if (is_plain(text, &length) && length < CSV_BLOCK_SIZE / 2) {
        keep(csv, at);
        at = room(csv, length);
        memcpy(at, text, length);
        keep(csv, at + length);
    } else {
        *at = '"';
        keep(csv, at + 1);
        for (; *text != '\0'; text++) {
            at = room(csv, 2);
            if (*text == '"') {
                *at++ = '"';
            }
            *at++ = *text;
            keep(csv, at);
        }
        at = room(csv, 1);
        *at = '"';
        keep(csv, at + 1);
    }
}

void csv_int(struct csv_writer *csv, int64_t value)
{
    keep(csv, digits_put_signed(start_cell(csv, DIGITS_MAX), value));
}

char *csv_format_real(char text[static 32], double value)
{
    *digits_put_real(text, value) = '\0';
    return text;
}

void csv_real(struct csv_writer *csv, double value)
{
    char *at = start_cell(csv, DIGITS_MAX);
    keep(csv, isnan(value) ? at : digits_put_real(at, value));
}

void csv_exact(struct csv_writer *csv, double value)
{
    char *at = start_cell(csv, DIGITS_MAX);
    keep(csv, isnan(value) ? at : digits_put_exact(at, value));
}

void csv_us(struct csv_writer *csv, int64_t ps)
{
    char *at = start_cell(csv, DIGITS_MAX);
    keep(csv, ps == TICK_NEVER ? at : digits_put_us(at, ps));
}

void csv_end_row(struct csv_writer *csv)
{
    char *at = room(csv, 1);
    *at = '\n';
    keep(csv, at + 1);
    csv->column = 0;
}

void csv_header(struct csv_writer *csv, const char *const *names)
{
    assert(csv->column == 0);
    for (int i = 0; names[i] != NULL; i++) {
        csv_text(csv, names[i]);
    }
    csv_end_row(csv);
}

void csv_flush(struct csv_writer *csv)
{
    pass_on(csv);
    fflush(csv->stream);
}

bool csv_finish(struct csv_writer *csv, struct fault *fault)
{
    assert(csv->stream != NULL && csv->column == 0);
    errno = 0;
    csv_flush(csv);
    int reason = errno;
    bool failed = ferror(csv->stream) != 0;
    if (fclose(csv->stream) != 0 && !failed) {
        failed = true;
        reason = errno;
    }
    if (failed) {
        fault_set(fault, csv->path, "is the disk full?", "cannot write the file: %s",
                  reason != 0 ? strerror(reason) : "an earlier write failed");
    }
    free(csv->path);
    free(csv->block);
    *csv = (struct csv_writer){0};
    return !failed;
}

bool csv_finish_as(struct csv_writer *csv, const char *path, struct fault *fault)
{
    char *aside = memory_string(csv->path);
    bool done = csv_finish(csv, fault);
    if (done && rename(aside, path) != 0) {
        done =
            fault_set(fault, path, NULL, "cannot put the file in its place: %s", strerror(errno));
    }
    if (!done) {
        unlink(aside);
    }
    free(aside);
    return done;
}
