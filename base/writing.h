/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A text in memory that is written like a file. Where memory runs out, the program stops. */
#ifndef HETSOC_BASE_WRITING_H
#define HETSOC_BASE_WRITING_H

#include <stdio.h>

#include "base/digest.h"
#include "base/memory.h"

struct writing {
    FILE *stream; /* to be written to, from writing_begin until the text is taken */
    char *text;   /* valid between writing_end and writing_finish; ends with a NUL */
    size_t size;  /* without it */
};

void writing_begin(struct writing *writing);

/* What was written is the text now; writing_finish frees it. */
void writing_end(struct writing *writing);
void writing_finish(struct writing *writing);

/* Ends and frees it. Returns a copy of the text in the arena. */
const char *writing_keep(struct writing *writing, struct arena *arena);

/* Ends and frees it. Tells the digest of the text. */
void writing_digest(struct writing *writing, char digest[static DIGEST_SIZE]);

#endif
