/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/control.h"

size_t control_length(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    if (first == '\0' || first == '\t' || first == '\n')
        return 0;
    if (first < 0x20 || first == 0x7f)
        return 1;
    unsigned char second = (unsigned char)text[1];
    return first == 0xc2 && second >= 0x80 && second < 0xa0 ? 2 : 0;
}

const char *control_find(const char *text)
{
    for (; *text != '\0'; text++)
        if (control_length(text) > 0)
            return text;
    return NULL;
}

void control_print(const char *text, FILE *stream)
{
    while (*text != '\0') {
        size_t length = control_length(text);
        if (length == 0)
            putc(*text++, stream);
        for (; length > 0; length--)
            fprintf(stream, "\\x%02x", (unsigned)(unsigned char)*text++);
    }
}
