/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A database in one file (SQLite), one process writing, faults instead of error codes. */
#ifndef HETSOC_BASE_SQL_H
#define HETSOC_BASE_SQL_H

#include <stdint.h>

#include "base/fault.h"

struct sql;

/* Opens a file, or makes it when something is written. A fault if it cannot be opened. */
struct sql *sql_open(const char *path, struct fault *fault);
void sql_close(struct sql *sql); /* NULL is fine */

/* Runs statements that give no rows. */
bool sql_run(struct sql *sql, const char *text, struct fault *fault);

/* Ends a transaction that sql_run began: commits if `ok`, else, or if that fails, undoes it. */
bool sql_settle(struct sql *sql, bool ok, struct fault *fault);

/* The whole number that a query gives in its first row and column. */
bool sql_number(struct sql *sql, const char *text, int64_t *number, struct fault *fault);

/* A statement that can be run again and again. NULL and a fault if it is wrong. */
struct sql_query;
struct sql_query *sql_prepare(struct sql *sql, const char *text, struct fault *fault);
void sql_finish(struct sql_query *query); /* NULL is fine */

/* Values of its `?`, from 1. Text is borrowed until the statement has run; NULL text and NAN become
 * NULL. */
void sql_bind_text(struct sql_query *query, int place, const char *text);
void sql_bind_int(struct sql_query *query, int place, int64_t value);
void sql_bind_real(struct sql_query *query, int place, double value);

/* Runs a statement without rows, to be used again. */
bool sql_do(struct sql_query *query, struct fault *fault);

/* Goes to the next row; false at the end, when the query can be used again, or on a fault. */
bool sql_next(struct sql_query *query, struct fault *fault);

/* Columns of the current row, from 0; text is borrowed until sql_next. NULL gives "", 0, NAN. */
const char *sql_text(struct sql_query *query, int column);
int64_t sql_int(struct sql_query *query, int column);
double sql_real(struct sql_query *query, int column);

#endif
