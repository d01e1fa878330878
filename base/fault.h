/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fault: what is wrong with the user's input, where, and what to do about it.
 *
 * Functions that can fail because of input return false (or NULL) and fill the fault that the
 * caller passed; the first fault wins, a later fault_set on the same object is ignored, so that
 * the cause is reported and not its consequences. A programmer's mistake is an assertion instead,
 * and running out of memory stops the program (base/memory.h). */
#ifndef HETSOC_BASE_FAULT_H
#define HETSOC_BASE_FAULT_H

#include <stdbool.h>
#include <stdio.h>

struct fault {
    char where[512]; /* "file.yaml:12:3", a path, a flag; may be empty */
    char what[768];  /* one sentence without a full stop; empty = no fault */
    char hint[512];  /* how to mend it; may be empty */
};

/* The fault that says nothing happened. */
#define FAULT_NONE ((struct fault){{0}, {0}, {0}})

/* Records a fault, unless one is there already; always returns false, so that a caller can write
 * `return fault_set(...)`. `where` and `hint` may be NULL; `format` is printf's. */
bool fault_set(struct fault *fault, const char *where, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Whether a fault has been recorded. */
bool fault_is_set(const struct fault *fault);

/* Prints "hetsoc: WHERE: WHAT" and, if there is one, an indented line "hint: HINT". */
void fault_print(const struct fault *fault, FILE *stream);

#endif
