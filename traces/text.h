/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A text file in memory that knows its lines, for readers of foreign formats.
 *
 * Readers may cut words in place by putting NULs into it; places stay right. */
#ifndef HETSOC_TRACES_TEXT_H
#define HETSOC_TRACES_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

/* What one file may hold. */
#define TEXT_MAX_BYTES (512u << 20)

struct text {
    const char *path;
    char *data; /* NUL-terminated, without byte order mark; no CR but before a LF */
    size_t size;
    size_t *line_starts;
    size_t line_count;
    unsigned char *is_inside; /* bits of bytes that continue a character; NULL if there are none */
    size_t line;              /* of text_next_line, from 1 */
    char *rest;               /* of this line, what text_next_word has not taken */
    struct fault *fault;
};

/* Reads a file whole. Faults: it cannot be read, is empty, is larger than TEXT_MAX_BYTES, has a
 * NUL, is not UTF-8. `path` and `fault` are borrowed. O(size). */
bool text_load(struct text *text, const char *path, struct fault *fault);
void text_finish(struct text *text);

/* Makes each CR that no LF follows a LF: lines may end with it alone. A NUL ends the data. O(size).
 */
void text_end_lines(char *data, size_t size);

/* The line of a place in the text, from 1. O(log lines). */
int text_line_of(const struct text *text, const char *at);

/* Records a fault at a place of the text, its column in characters; returns false. `format` is
 * printf's. */
bool text_refuse(const struct text *text, const char *at, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Goes to the next line on which something is left of `comment`, a character that starts a comment
 * anywhere. False at the end. */
bool text_next_line(struct text *text, char comment);

/* Cuts the next word out of the line; NULL at its end. */
char *text_next_word(struct text *text);

/* How many words are left on the line. */
int64_t text_words_left(const struct text *text);

#endif
