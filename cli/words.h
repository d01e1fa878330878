/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The texts of an option or an argument that may be repeated. */
#ifndef HETSOC_CLI_WORDS_H
#define HETSOC_CLI_WORDS_H

#include <stddef.h>

/* Zeroed = none. */
struct words {
    const char **list; /* borrowed texts */
    size_t count, capacity;
};

void words_add(struct words *words, const char *text);
void words_finish(struct words *words);

#endif
