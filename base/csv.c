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
    FILE *stream = fopen(path, "wb");
    if (stream == NULL) {
        return fault_set(fault, path, "does the folder exist, and may you write there?",
                         "cannot create the file: %s", strerror(errno));
    }
    csv_attach(csv, stream, path);
    return true;
}

void csv_attach(struct csv_writer *csv, FILE *stream, const char *path)
{
    csv->stream = stream;
    csv->column = 0;
    csv->length = 0;
    csv->path = memory_zeroed(strlen(path) + 1, 1);
    strcpy(csv->path, path);
}

/* Room for so many more bytes of the row, at most CSV_ROW_SIZE; what does not fit any more goes to
 * the stream. */
static char *room(struct csv_writer *csv, size_t size)
{
    if (csv->length + size > CSV_ROW_SIZE) {
        fwrite_unlocked(csv->row, 1, csv->length, csv->stream);
        csv->length = 0;
    }
    return csv->row + csv->length;
}

/* The bytes since room() up to `end` belong to the row. */
static void keep(struct csv_writer *csv, const char *end)
{
    csv->length = (size_t)(end - csv->row);
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

static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324"
                                  "25262728293031323334353637383940414243444546474849"
                                  "50515253545556575859606162636465666768697071727374"
                                  "75767778798081828384858687888990919293949596979899";

/* Writes the digits of a number so that they end before `end`; returns where they begin. */
static char *format_digits(char *end, uint64_t number)
{
    for (; number >= 100; number /= 100) {
        memcpy(end -= 2, digit_pairs + 2 * (number % 100), 2);
    }
    if (number >= 10) {
        return memcpy(end - 2, digit_pairs + 2 * number, 2);
    }
    *--end = (char)('0' + number);
    return end;
}

/* Writes the digits of a number; returns the end. */
static char *put_digits(char *at, uint64_t number)
{
    char text[20], *end = text + sizeof text;
    char *begin = format_digits(end, number);
    memcpy(at, begin, (size_t)(end - begin));
    return at + (end - begin);
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
    } else if (is_plain(text, &length) && length < CSV_ROW_SIZE / 2) {
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
    char *at = start_cell(csv, 24);
    if (value < 0) {
        *at++ = '-';
    }
    keep(csv, put_digits(at, value < 0 ? -(uint64_t)value : (uint64_t)value));
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
    char *at = start_cell(csv, 32);
    keep(csv, isnan(value) ? at : at + strlen(csv_format_real(at, value)));
}

enum { EXACT_DIGITS = 17, EXACT_POWER_MIN = -2 };

__extension__ typedef unsigned __int128 wide;

/* A number in [0.01, 1e15) as 17 digits, rounded half up, and the power of ten of the first of
 * them; whole numbers of 128 bits hold all that is on the way. */
static uint64_t find_digits(double value, int *power)
{
    static const double powers[] = {1e-2, 1e-1, 1e0, 1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                    1e7,  1e8,  1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    int exponent, place = 0;
    uint64_t mantissa = (uint64_t)ldexp(frexp(value, &exponent), 53);
    uint64_t scale = 1;
    while (value >= powers[place + 1])
        place++;
    *power = EXACT_POWER_MIN + place;
    for (int i = *power; i < EXACT_DIGITS - 1; i++)
        scale *= 10;
    wide product = (wide)mantissa * scale;
    int shift = 53 - exponent; /* > 0: value < 2^50 */
    uint64_t digits = (uint64_t)((product >> shift) + (product >> (shift - 1) & 1));
    if (digits == UINT64_C(100000000000000000)) {
        digits /= 10;
        ++*power;
    }
    return digits;
}

void csv_exact(struct csv_writer *csv, double value)
{
    if (!(value >= 1e-2 && value < 1e15)) {
        csv_real(csv, value);
        return;
    }
    int power;
    char text[EXACT_DIGITS + 1], *end = text + EXACT_DIGITS;
    format_digits(end, find_digits(value, &power));
    while (end[-1] == '0' && end - text > power + 1 && end - text > 1) {
        end--;
    }
    size_t count = (size_t)(end - text), whole = power < 0 ? 0 : (size_t)power + 1;
    char *at = start_cell(csv, 32);
    if (power < 0) {
        memcpy(at, "0.0", 3);
        at += 1 - power;
    } else {
        memcpy(at, text, whole);
        at += whole;
        if (count > whole) {
            *at++ = '.';
        }
    }
    memcpy(at, text + whole, count - whole);
    keep(csv, at + count - whole);
}

void csv_us(struct csv_writer *csv, int64_t ps)
{
    char *at = start_cell(csv, 32);
    if (ps == TICK_NEVER) {
        keep(csv, at);
        return;
    }
    if (ps < 0) {
        *at++ = '-';
    }
    uint64_t size = ps < 0 ? -(uint64_t)ps : (uint64_t)ps;
    uint64_t rest = size % (uint64_t)TICK_PER_US;
    at = put_digits(at, size / (uint64_t)TICK_PER_US);
    *at = '.';
    memcpy(at + 1, digit_pairs + 2 * (rest / 10000), 2);
    memcpy(at + 3, digit_pairs + 2 * (rest / 100 % 100), 2);
    memcpy(at + 5, digit_pairs + 2 * (rest % 100), 2);
    keep(csv, at + 7);
}

void csv_end_row(struct csv_writer *csv)
{
    char *at = room(csv, 1);
    *at = '\n';
    fwrite_unlocked(csv->row, 1, (size_t)(at + 1 - csv->row), csv->stream);
    csv->length = 0;
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
