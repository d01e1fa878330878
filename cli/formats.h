/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of formats in the help of `import` and `export`. */
#ifndef HETSOC_CLI_FORMATS_H
#define HETSOC_CLI_FORMATS_H

/* One format of a registry. */
struct format_line {
    const char *name, *summary;
};

/* For a help_filter of argp: appends a line for each format to the text that ends the help, and
 * leaves others as they are. `line` gives format i; its name is NULL after the last. What comes
 * back is `text`, or owned by the caller. */
char *formats_help(int key, const char *text, struct format_line (*line)(int i));

#endif
