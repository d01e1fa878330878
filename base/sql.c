/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/sql.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct sql {
    sqlite3 *connection;
    char *path;
};

struct sql_query {
    struct sql *sql;
    sqlite3_stmt *statement;
};

static const char *hint_of(int code)
{
    switch (code) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
        return "is the disk full? what was there is kept, and running again goes on from it";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return "the file is damaged or not ours: move it away, or choose another folder with -o";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return "may it be written? choose another folder with -o";
    default:
        return NULL;
    }
}

static bool fail(struct sql *sql, struct fault *fault)
{
    return fault_set(fault, sql->path, hint_of(sqlite3_errcode(sql->connection)), "%s",
                     sqlite3_errmsg(sql->connection));
}

/* The file may be anybody's: its schema must not do more than hold tables, nor its pages mislead.
 */
static void distrust(sqlite3 *connection)
{
    sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_limit(connection, SQLITE_LIMIT_ATTACHED, 1);
}

struct sql *sql_open(const char *path, struct fault *fault)
{
    struct sql *sql = memory_zeroed(1, sizeof *sql);
    sql->path = memory_string(path);
    if (sqlite3_open(path, &sql->connection) == SQLITE_OK) {
        distrust(sql->connection);
        return sql;
    }
    fail(sql, fault);
    sql_close(sql);
    return NULL;
}

void sql_close(struct sql *sql)
{
    if (sql == NULL)
        return;
    sqlite3_close(sql->connection);
    free(sql->path);
    free(sql);
}

bool sql_run(struct sql *sql, const char *text, struct fault *fault)
{
    return sqlite3_exec(sql->connection, text, NULL, NULL, NULL) == SQLITE_OK || fail(sql, fault);
}

bool sql_settle(struct sql *sql, bool ok, struct fault *fault)
{
    if (ok && sql_run(sql, "COMMIT", fault))
        return true;
    sqlite3_exec(sql->connection, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool sql_number(struct sql *sql, const char *text, int64_t *number, struct fault *fault)
{
    struct sql_query *query = sql_prepare(sql, text, fault);
    bool ok = query != NULL && sql_next(query, fault);
    if (ok)
        *number = sql_int(query, 0);
    sql_finish(query);
    return ok;
}

struct sql_query *sql_prepare(struct sql *sql, const char *text, struct fault *fault)
{
    struct sql_query *query = memory_zeroed(1, sizeof *query);
    query->sql = sql;
    if (sqlite3_prepare_v2(sql->connection, text, -1, &query->statement, NULL) == SQLITE_OK)
        return query;
    fail(sql, fault);
    free(query);
    return NULL;
}

void sql_finish(struct sql_query *query)
{
    if (query == NULL)
        return;
    sqlite3_finalize(query->statement);
    free(query);
}

void sql_bind_text(struct sql_query *query, int place, const char *text)
{
    sqlite3_bind_text(query->statement, place, text, -1, SQLITE_STATIC);
}

void sql_bind_int(struct sql_query *query, int place, int64_t value)
{
    sqlite3_bind_int64(query->statement, place, value);
}

void sql_bind_real(struct sql_query *query, int place, double value)
{
    sqlite3_bind_double(query->statement, place, value); /* which makes NAN a NULL */
}

bool sql_do(struct sql_query *query, struct fault *fault)
{
    bool ok = sqlite3_step(query->statement) == SQLITE_DONE || fail(query->sql, fault);
    sqlite3_reset(query->statement);
    return ok;
}

bool sql_next(struct sql_query *query, struct fault *fault)
{
    int result = sqlite3_step(query->statement);
    if (result == SQLITE_ROW)
        return true;
    if (result != SQLITE_DONE)
        fail(query->sql, fault);
    sqlite3_reset(query->statement);
    return false;
}

const char *sql_text(struct sql_query *query, int column)
{
    const unsigned char *text = sqlite3_column_text(query->statement, column);
    return text == NULL ? "" : (const char *)text;
}

int64_t sql_int(struct sql_query *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

double sql_real(struct sql_query *query, int column)
{
    return sqlite3_column_type(query->statement, column) == SQLITE_NULL
               ? NAN
               : sqlite3_column_double(query->statement, column);
}
