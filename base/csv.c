/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/csv.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/tick.h"

bool csv_create(struct csv_writer *csv, const char *path, struct fault *fault)
{
    *csv = (struct csv_writer){.stream = fopen(path, "wb")};
    if (csv->stream == NULL) {
        return fault_set(fault, path, "does the folder exist, and may you write there?",
                         "cannot create the file: %s", strerror(errno));
    }
    csv->path = memory_zeroed(strlen(path) + 1, 1);
    strcpy(csv->path, path);
    return true;
}

static void start_cell(struct csv_writer *csv)
{
    if (csv->column++ > 0) {
        putc(',', csv->stream);
    }
}

void csv_text(struct csv_writer *csv, const char *text)
{
    start_cell(csv);
    if (text == NULL || text[strcspn(text, ",\"\r\n")] == '\0') {
        fputs(text == NULL ? "" : text, csv->stream);
        return;
    }
    putc('"', csv->stream);
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"') {
            putc('"', csv->stream);
        }
        putc(*at, csv->stream);
    }
    putc('"', csv->stream);
}

void csv_int(struct csv_writer *csv, int64_t value)
{
    start_cell(csv);
    fprintf(csv->stream, "%" PRId64, value);
}

char *csv_format_real(char text[static 32], double value)
{
    if (fabs(value) < 1e15 && value == trunc(value) && value != 0.0) {
        snprintf(text, 32, "%" PRId64, (int64_t)value);
        return text;
    }
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(plain);
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    uselocale(before);
    freelocale(plain);
    return text;
}

void csv_real(struct csv_writer *csv, double value)
{
    char text[32];
    start_cell(csv);
    if (!isnan(value)) {
        fputs(csv_format_real(text, value), csv->stream);
    }
}

void csv_us(struct csv_writer *csv, int64_t ps)
{
    char text[TICK_TEXT_SIZE];
    start_cell(csv);
    if (ps != TICK_NEVER) {
        fputs(tick_format_us(text, ps), csv->stream);
    }
}

void csv_end_row(struct csv_writer *csv)
{
    putc('\n', csv->stream);
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

bool csv_finish(struct csv_writer *csv, struct fault *fault)
{
    assert(csv->stream != NULL && csv->column == 0);
    errno = 0;
    fflush(csv->stream);
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
    *csv = (struct csv_writer){0};
    return !failed;
}

bool csv_finish_as(struct csv_writer *csv, const char *path, struct fault *fault)
{
    char *aside = strdup(csv->path);
    if (aside == NULL) {
        memory_exhausted(1, strlen(csv->path));
    }
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
