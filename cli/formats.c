/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/formats.h"

#include <argp.h>
#include <stdio.h>

char *formats_help(int key, const char *text, struct format_line (*line)(int i))
{
    char *help = NULL;
    size_t size;
    FILE *stream = key == ARGP_KEY_HELP_POST_DOC ? open_memstream(&help, &size) : NULL;
    if (stream == NULL)
        return (char *)text;
    fprintf(stream, "%s\n\nFormats:\n", text);
    for (int i = 0; line(i).name != NULL; i++)
        fprintf(stream, "  %-10s %s\n", line(i).name, line(i).summary);
    fclose(stream);
    return help;
}
