/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/words.h"

#include <stdlib.h>

#include "base/memory.h"

void words_add(struct words *words, const char *text)
{
    words->list = memory_grow(words->list, &words->capacity, words->count + 1, sizeof *words->list);
    words->list[words->count++] = text;
}

void words_finish(struct words *words)
{
    free(words->list);
}
