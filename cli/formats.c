/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/formats.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

/* Columns of a line, and those before a summary. */
enum { WIDTH = 78, INDENT = 13 };

/* Prints words from column INDENT on, and each further line from there too: argp would begin those
 * at the margin. */
static void print_summary(FILE *stream, const char *words)
{
    size_t column = INDENT;
    while (*words != '\0') {
        size_t length = strcspn(words, " ");
        if (column > INDENT && column + 1 + length > WIDTH) {
            fprintf(stream, "\n%*s", INDENT, "");
            column = INDENT;
        } else if (column > INDENT) {
            fputc(' ', stream);
            column++;
        }
        fprintf(stream, "%.*s", (int)length, words);
        column += length;
        words += length + strspn(words + length, " ");
    }
    fputc('\n', stream);
}

char *formats_help(int key, const char *text, struct format_line (*line)(int i))
{
    char *help = NULL;
    size_t size;
    FILE *stream = key == ARGP_KEY_HELP_POST_DOC ? open_memstream(&help, &size) : NULL;
    if (stream == NULL)
        return (char *)text;
    fprintf(stream, "%s\n\nFormats:\n", text);
    for (int i = 0; line(i).name != NULL; i++) {
        fprintf(stream, "  %-10s ", line(i).name);
        print_summary(stream, line(i).summary);
    }
    fclose(stream);
    return help;
}
