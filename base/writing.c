/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/writing.h"

#include <stdlib.h>

void writing_begin(struct writing *writing)
{
    *writing = (struct writing){0};
    writing->stream = open_memstream(&writing->text, &writing->size);
    if (writing->stream == NULL)
        memory_exhausted(1, BUFSIZ);
}

void writing_end(struct writing *writing)
{
    if (fclose(writing->stream) != 0)
        memory_exhausted(1, writing->size);
}

void writing_finish(struct writing *writing)
{
    free(writing->text);
}

const char *writing_keep(struct writing *writing, struct arena *arena)
{
    writing_end(writing);
    const char *kept = arena_string(arena, writing->text);
    writing_finish(writing);
    return kept;
}

void writing_digest(struct writing *writing, char digest[static DIGEST_SIZE])
{
    writing_end(writing);
    digest_bytes(digest, writing->text, writing->size);
    writing_finish(writing);
}
