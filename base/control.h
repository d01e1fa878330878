/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control characters: what a terminal obeys instead of showing. Text that comes from files has
 * none, and messages show those that names and paths may have. */
#ifndef HETSOC_BASE_CONTROL_H
#define HETSOC_BASE_CONTROL_H

#include <stddef.h>
#include <stdio.h>

/* Bytes of the control character that a text begins with, 0 if it begins with something else or
 * with a tab or newline. These are those of ASCII, and U+0080 to U+009F in UTF-8. O(1). */
size_t control_length(const char *text);

/* The first control character of a text, NULL if it has none. O(length). */
const char *control_find(const char *text);

/* Writes a text with its control characters as \xHH, byte by byte. */
void control_print(const char *text, FILE *stream);

#endif
