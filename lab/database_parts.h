/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of the results database, shared by its parts: database.c (opens and writes) and
 * database_read.c (reads). Nobody else includes it. */
#ifndef HETSOC_LAB_DATABASE_PARTS_H
#define HETSOC_LAB_DATABASE_PARTS_H

#include "base/memory.h"
#include "base/sql.h"

struct database {
    struct sql *sql;
    struct arena *arena;
    const char *path;
    struct sql_query *put, *put_part; /* run for every trial */
};

/* SQL: the ends of a trial that running it again would not change. */
#define DATABASE_KEPT "('done', 'failed', 'deadlock')"

#endif
