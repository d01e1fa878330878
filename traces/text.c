/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { CHUNK_BYTES = 1 << 16 };

/* Length of the UTF-8 character at `at`, 0 if there is none (RFC 3629). */
static size_t character_length(const unsigned char *at, size_t left)
{
    static const unsigned lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (at[0] < 0x80)
        return at[0] != '\0';
    size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || left < length)
        return 0;
    unsigned value = at[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (at[i] & 0x3fu);
    }
    bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
    return value >= lowest[length] && value <= 0x10ffff && !is_surrogate ? length : 0;
}

/* Notes a byte that continues the character before it. */
static void add_inside(struct text *text, size_t offset)
{
    if (text->is_inside == NULL)
        text->is_inside = memory_zeroed(text->size / 8 + 1, 1);
    text->is_inside[offset / 8] |= (unsigned char)(1u << offset % 8);
}

static bool check_characters(struct text *text)
{
    for (size_t i = 0; i < text->size;) {
        size_t length = character_length((const unsigned char *)text->data + i, text->size - i);
        if (length == 0)
            return text_refuse(text, text->data + i, "save the file as UTF-8",
                               text->data[i] == '\0' ? "there is a NUL in the text"
                                                     : "this is not UTF-8");
        for (size_t k = 1; k < length; k++)
            add_inside(text, i + k);
        i += length;
    }
    return true;
}

void text_end_lines(char *data, size_t size)
{
    for (char *at = data; (at = memchr(at, '\r', size - (size_t)(at - data))) != NULL; at++)
        if (at[1] != '\n')
            *at = '\n';
}

static void find_lines(struct text *text)
{
    size_t capacity = 0;
    const char *at = text->data;
    while (at != NULL) {
        text->line_starts = memory_grow(text->line_starts, &capacity, text->line_count + 1,
                                        sizeof *text->line_starts);
        text->line_starts[text->line_count++] = (size_t)(at - text->data);
        at = memchr(at, '\n', text->size - (size_t)(at - text->data));
        at = at == NULL ? NULL : at + 1;
    }
}

static bool read_all(struct text *text, FILE *stream)
{
    size_t capacity = 0, got;
    do {
        text->data = memory_grow(text->data, &capacity, text->size + CHUNK_BYTES + 1, 1);
        got = fread(text->data + text->size, 1, capacity - text->size - 1, stream);
        text->size += got;
        if (text->size > TEXT_MAX_BYTES)
            return fault_set(text->fault, text->path, NULL, "the file is larger than %u MiB",
                             TEXT_MAX_BYTES >> 20);
    } while (got > 0);
    text->data[text->size] = '\0';
    if (ferror(stream) != 0)
        return fault_set(text->fault, text->path, "give the path of a file that can be read",
                         "cannot read: %s", strerror(errno));
    return text->size > 0 || fault_set(text->fault, text->path, NULL, "the file is empty");
}

bool text_load(struct text *text, const char *path, struct fault *fault)
{
    *text = (struct text){.path = path, .fault = fault};
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return fault_set(fault, path, "give the path of a file that can be read", "cannot read: %s",
                         strerror(errno));
    bool ok = read_all(text, stream);
    fclose(stream);
    if (ok && text->size >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0) {
        text->size -= 3;
        memmove(text->data, text->data + 3, text->size + 1);
    }
    if (ok) {
        text_end_lines(text->data, text->size);
        find_lines(text);
    }
    return ok && check_characters(text);
}

void text_finish(struct text *text)
{
    free(text->data);
    free(text->line_starts);
    free(text->is_inside);
    *text = (struct text){0};
}

int text_line_of(const struct text *text, const char *at)
{
    size_t offset = (size_t)(at - text->data), low = 0, high = text->line_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (text->line_starts[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return (int)low + 1;
}

/* From 1, in characters. */
static size_t column_of(const struct text *text, size_t line_start, size_t offset)
{
    size_t column = 1 + offset - line_start;
    for (size_t i = line_start; text->is_inside != NULL && i < offset; i++)
        column -= text->is_inside[i / 8] >> i % 8 & 1;
    return column;
}

bool text_refuse(const struct text *text, const char *at, const char *hint, const char *format, ...)
{
    char where[sizeof text->fault->where], what[sizeof text->fault->what];
    int line = text_line_of(text, at);
    size_t column = column_of(text, text->line_starts[line - 1], (size_t)(at - text->data));
    snprintf(where, sizeof where, "%s:%d:%zu", text->path, line, column);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return fault_set(text->fault, where, hint, "%s", what);
}

bool text_next_line(struct text *text, char comment)
{
    const char stops[] = {comment, '\r', '\n', '\0'};
    while (text->line < text->line_count) {
        char *start = text->data + text->line_starts[text->line++];
        start[strcspn(start, stops)] = '\0';
        text->rest = start + strspn(start, " \t");
        if (*text->rest != '\0')
            return true;
    }
    return false;
}

char *text_next_word(struct text *text)
{
    char *word = text->rest;
    if (*word == '\0')
        return NULL;
    char *end = word + strcspn(word, " \t");
    text->rest = end + strspn(end, " \t");
    *end = '\0';
    return word;
}

int64_t text_words_left(const struct text *text)
{
    int64_t count = 0;
    for (const char *c = text->rest; *c != '\0'; c += strspn(c, " \t")) {
        c += strcspn(c, " \t");
        count++;
    }
    return count;
}
