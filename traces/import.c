/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/import.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/text.h"

enum { NAME_MAX_LENGTH = 64, HEAD_BYTES = 16384 };

const struct import_options import_options_default = {.us_per_unit = NAN, .bytes_per_unit = 1000};

const struct import_kind *const import_kinds[] = {&import_ds3, &import_wfformat, &import_stg,
                                                  &import_dot, &import_dax,      NULL};

const struct import_kind *import_find(const char *name)
{
    for (int i = 0; import_kinds[i] != NULL; i++)
        if (strcmp(import_kinds[i]->name, name) == 0)
            return import_kinds[i];
    return NULL;
}

/* Where the text begins. XML says of itself how it is encoded; of UTF-16 the first byte tells. */
static const char *skip_mark(const char *head)
{
    if (strncmp(head, "\xef\xbb\xbf", 3) == 0)
        return head + 3;
    return memcmp(head, "\xff\xfe<", 4) == 0 || memcmp(head, "\xfe\xff\0<", 4) == 0 ? "<" : head;
}

const struct import_kind *import_recognize(const char *path)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return NULL;
    char *head = memory_zeroed(HEAD_BYTES + 1, 1);
    size_t size = fread(head, 1, HEAD_BYTES, stream);
    fclose(stream);
    head[size] = '\0';
    text_end_lines(head, size);
    const char *start = skip_mark(head);
    const struct import_kind *kind = NULL;
    for (int i = 0; kind == NULL && import_kinds[i] != NULL; i++)
        if (import_kinds[i]->claims(start))
            kind = import_kinds[i];
    free(head);
    return kind;
}

const char *import_clean(struct arena *arena, const char *text)
{
    size_t length = strlen(text);
    char *name = arena_zeroed(arena, (length < NAME_MAX_LENGTH ? length : NAME_MAX_LENGTH) + 2, 1);
    char *end = name;
    if (!isalnum((unsigned char)*text) && *text != '_')
        *end++ = '_';
    for (; *text != '\0' && end - name < NAME_MAX_LENGTH; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c & 0xc0) == 0x80) /* of a character that is there already */
            continue;
        *end++ = c < 0x80 && (isalnum(c) || strchr("_-.+", c) != NULL) ? (char)c : '_';
    }
    return name;
}

const char *import_name(struct arena *arena, const char *path)
{
    const char *base = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
    const char *dot = strrchr(base, '.');
    size_t length = dot == NULL || dot == base ? strlen(base) : (size_t)(dot - base);
    return import_clean(arena, arena_substring(arena, base, length));
}

void import_note(struct imported *imported, struct arena *arena, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t count = (size_t)imported->note_count;
    const char **notes = arena_zeroed(arena, count + 1, sizeof *notes);
    if (count > 0)
        memcpy(notes, imported->notes, count * sizeof *notes);
    notes[count] = arena_string(arena, text);
    imported->notes = notes;
    imported->note_count++;
}
