/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Foreign files that a test writes into a folder of its own and imports. */
#ifndef HETSOC_TEST_IMPORTING_H
#define HETSOC_TEST_IMPORTING_H

#include "test/scratch.h"
#include "traces/import.h"

struct importing {
    struct scratch scratch;
    const struct import_kind *kind;
    struct import_options options; /* the defaults, unless the test changes them */
    struct imported made;          /* by the last import; zeroed if there was a fault */
    struct fault fault;
};

void importing_init(struct importing *importing, const struct import_kind *kind);
void importing_finish(struct importing *importing);

/* Imports files that belong together from where they are; false if there is a fault. */
bool importing_read(struct importing *importing, const char *const *paths, int32_t count);

/* Writes files and imports them; false if there is a fault. */
bool importing_texts(struct importing *importing, const char *const *names,
                     const char *const *texts, int32_t count);

/* The same for one file. */
bool importing_text(struct importing *importing, const char *name, const char *text);

/* The only app that is made of one file; fails the test if there is a fault. */
const struct app *importing_app(struct importing *importing, const char *name, const char *text);

/* A text whose lines end with CR alone. */
const char *importing_with_cr(struct importing *importing, const char *text);

/* Data of the edge between two tasks, -1 if there is none. */
double importing_bytes(const struct app *app, int32_t from, int32_t to);

/* Whether a note of the last import holds a part. */
bool importing_notes(const struct importing *importing, const char *part);

#endif
