/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/database.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lab/database_parts.h"

/* "hets": tells our files from others' (PRAGMA application_id). */
#define APPLICATION_ID 0x68657473

/* Columns of `trials` before and after the figures. */
enum { COLUMNS_BEFORE = 3, COLUMNS_AFTER = 3 };

static const char schema_sql[] =
    "CREATE TABLE run (name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE points (identity TEXT PRIMARY KEY, place INTEGER, platform TEXT, workload TEXT,"
    " engine TEXT, scheduler TEXT, rate_jobs_per_ms REAL, noise TEXT) WITHOUT ROWID;"
    "CREATE TABLE settings (identity TEXT, number INTEGER, path TEXT, value TEXT,"
    " PRIMARY KEY (identity, number)) WITHOUT ROWID;"
    "CREATE TABLE parts (identity TEXT, replicate INTEGER, name TEXT, rows TEXT,"
    " PRIMARY KEY (identity, replicate, name));"
    "CREATE VIEW results AS SELECT place * (SELECT value FROM run WHERE name = 'replicates') +"
    " replicate AS trial, * FROM points JOIN trials USING (identity) ORDER BY place, replicate;";

/* "CREATE TABLE trials (...)" from the table of figures. In the arena. */
static const char *trials_sql(struct arena *arena)
{
    const char *sql = "CREATE TABLE trials (identity TEXT, replicate INTEGER, status TEXT";
    for (int i = 0; i < trial_figure_count; i++)
        sql = arena_printf(arena, "%s, %s %s", sql, trial_figures[i].name,
                           trial_figures[i].is_count ? "INTEGER" : "REAL");
    return arena_printf(arena,
                        "%s, fault_where TEXT, fault_what TEXT, fault_hint TEXT,"
                        " PRIMARY KEY (identity, replicate))",
                        sql);
}

static bool create_tables(struct database *database, struct fault *fault)
{
    const char *text = arena_printf(database->arena, "BEGIN; PRAGMA application_id = %d; %s; %s",
                                    APPLICATION_ID, trials_sql(database->arena), schema_sql);
    return sql_settle(database->sql, sql_run(database->sql, text, fault), fault);
}

/* Whether the first text that a query gives is this one. */
static bool gives(struct database *database, const char *text, const char *expected,
                  struct fault *fault)
{
    struct sql_query *query = sql_prepare(database->sql, text, fault);
    bool same =
        query != NULL && sql_next(query, fault) && strcmp(sql_text(query, 0), expected) == 0;
    sql_finish(query);
    return same;
}

/* Makes the tables of a new file; looks whether an old one is ours and sound. */
static bool check_file(struct database *database, struct fault *fault)
{
    static const char move_hint[] = "move the file away, or choose another folder with -o";
    int64_t tables, id;
    if (!sql_number(database->sql, "SELECT count(*) FROM sqlite_master", &tables, fault) ||
        !sql_number(database->sql, "PRAGMA application_id", &id, fault))
        return false;
    if (tables == 0)
        return create_tables(database, fault);
    if (id != APPLICATION_ID)
        return fault_set(fault, database->path, move_hint,
                         "it is a database, but none of hetsoc's");
    if (!gives(database, "PRAGMA quick_check(1)", "ok", fault))
        return fault_set(fault, database->path, move_hint, "the database is damaged");
    return gives(database, "SELECT sql FROM sqlite_master WHERE name = 'trials'",
                 trials_sql(database->arena), fault) ||
           fault_set(fault, database->path,
                     "choose another folder with -o, or start anew with --overwrite",
                     "it was written by another version of hetsoc, with other columns");
}

static bool prepare_puts(struct database *database, struct fault *fault)
{
    const char *put = "INSERT OR REPLACE INTO trials VALUES (?";
    for (int i = 1; i < COLUMNS_BEFORE + trial_figure_count + COLUMNS_AFTER; i++)
        put = arena_printf(database->arena, "%s, ?", put);
    database->put = sql_prepare(database->sql, arena_printf(database->arena, "%s)", put), fault);
    database->put_part =
        sql_prepare(database->sql, "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?)", fault);
    return database->put != NULL && database->put_part != NULL;
}

struct database *database_open(const char *path, struct fault *fault)
{
    struct database *database = memory_zeroed(1, sizeof *database);
    database->arena = arena_create();
    database->path = arena_string(database->arena, path);
    database->sql = sql_open(path, fault);
    /* WAL with NORMAL: a killed process loses nothing, a crashed machine the last moments. */
    bool ok =
        database->sql != NULL && check_file(database, fault) &&
        sql_run(database->sql, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", fault) &&
        prepare_puts(database, fault);
    if (ok)
        return database;
    database_close(database);
    return NULL;
}

void database_close(struct database *database)
{
    if (database == NULL)
        return;
    sql_finish(database->put);
    sql_finish(database->put_part);
    sql_close(database->sql);
    arena_destroy(database->arena);
    free(database);
}

static bool write_run(struct database *database, const struct points *points,
                      const struct experiment *experiment, struct fault *fault)
{
    const struct {
        const char *name, *text;
        int64_t number;
    } values[] = {
        {"experiment", experiment->name, 0},       {"baseline", experiment->baseline, 0},
        {"seed", NULL, (int64_t)experiment->seed}, {"replicates", NULL, points->replicates},
        {"trace", NULL, experiment->trace},
    };
    struct sql_query *query =
        sql_prepare(database->sql, "INSERT OR REPLACE INTO run VALUES (?, ?)", fault);
    bool ok = query != NULL;
    for (size_t i = 0; ok && i < sizeof values / sizeof *values; i++) {
        sql_bind_text(query, 1, values[i].name);
        if (values[i].text != NULL)
            sql_bind_text(query, 2, values[i].text);
        else
            sql_bind_int(query, 2, values[i].number);
        ok = sql_do(query, fault);
    }
    sql_finish(query);
    return ok;
}

static bool write_settings(struct sql_query *query, const struct point *point, struct fault *fault)
{
    for (int32_t k = 0; k < point->key_count; k++) {
        sql_bind_text(query, 1, point->identity);
        sql_bind_int(query, 2, k);
        sql_bind_text(query, 3, point->keys[k].path);
        sql_bind_text(query, 4, point->keys[k].value);
        if (!sql_do(query, fault))
            return false;
    }
    return true;
}

static bool write_points(struct database *database, const struct points *points,
                         struct fault *fault)
{
    struct sql *sql = database->sql;
    if (!sql_run(sql, "DELETE FROM points; DELETE FROM settings", fault))
        return false;
    struct sql_query *of_point =
        sql_prepare(sql, "INSERT INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?)", fault);
    struct sql_query *of_setting =
        sql_prepare(sql, "INSERT INTO settings VALUES (?, ?, ?, ?)", fault);
    bool ok = of_point != NULL && of_setting != NULL;
    for (int32_t i = 0; ok && i < points->count; i++) {
        const struct point *point = &points->list[i];
        sql_bind_text(of_point, 1, point->identity);
        sql_bind_int(of_point, 2, i);
        sql_bind_text(of_point, 3, point->platform);
        sql_bind_text(of_point, 4, point->workload);
        sql_bind_text(of_point, 5, point->engine->name);
        sql_bind_text(of_point, 6, point->scheduler);
        sql_bind_real(of_point, 7, point->rate_jobs_per_ms);
        sql_bind_text(of_point, 8, point->noise.name);
        ok = sql_do(of_point, fault) && write_settings(of_setting, point, fault);
    }
    sql_finish(of_point);
    sql_finish(of_setting);
    return ok;
}

bool database_plan(struct database *database, const struct points *points,
                   const struct experiment *experiment, struct fault *fault)
{
    static const char count_strangers[] = "SELECT count(*) FROM trials WHERE identity NOT IN"
                                          " (SELECT identity FROM points)";
    int64_t strangers = 0;
    if (!sql_run(database->sql, "BEGIN IMMEDIATE", fault))
        return false;
    bool ok = write_run(database, points, experiment, fault) &&
              write_points(database, points, fault) &&
              sql_number(database->sql, count_strangers, &strangers, fault);
    if (ok && strangers > 0)
        ok = fault_set(fault, database->path,
                       "choose another folder with -o, or start anew with --overwrite",
                       "the folder holds %lld trials of another experiment, or of this one before "
                       "it, a file that it names, or hetsoc was changed",
                       (long long)strangers);
    return sql_settle(database->sql, ok, fault);
}

static void bind_row(struct sql_query *query, const struct point *point,
                     const struct trial_row *row)
{
    int place = 1;
    sql_bind_text(query, place++, point->identity);
    sql_bind_int(query, place++, row->replicate);
    sql_bind_text(query, place++, trial_status_name(row->status));
    assert(place == COLUMNS_BEFORE + 1);
    for (int i = 0; i < trial_figure_count; i++) {
        const void *figure = (const char *)row + trial_figures[i].offset;
        if (trial_figures[i].is_count)
            sql_bind_int(query, place++, *(const int64_t *)figure);
        else
            sql_bind_real(query, place++, *(const double *)figure);
    }
    sql_bind_text(query, place++, row->fault.where);
    sql_bind_text(query, place++, row->fault.what);
    sql_bind_text(query, place++, row->fault.hint);
}

bool database_put(struct database *database, const struct point *point, const struct trial_row *row,
                  const struct parts *parts, struct fault *fault)
{
    if (!sql_run(database->sql, "BEGIN IMMEDIATE", fault))
        return false;
    bind_row(database->put, point, row);
    bool ok = sql_do(database->put, fault);
    for (int table = 0; ok && parts != NULL && table < TABLES_COUNT; table++) {
        sql_bind_text(database->put_part, 1, point->identity);
        sql_bind_int(database->put_part, 2, row->replicate);
        sql_bind_text(database->put_part, 3, tables_names[table]);
        sql_bind_text(database->put_part, 4, parts->rows[table]);
        ok = sql_do(database->put_part, fault);
    }
    return sql_settle(database->sql, ok, fault);
}

/* Whether the plan of "other", the attached file at `path`, is that of this one. */
static bool check_attached(struct database *database, const char *path, struct fault *fault)
{
    int64_t differences, strangers;
    if (!sql_number(database->sql,
                    "SELECT count(*) FROM main.run AS a LEFT JOIN other.run AS b USING (name)"
                    " WHERE a.value IS NOT b.value",
                    &differences, fault) ||
        !sql_number(database->sql,
                    "SELECT count(*) FROM other.points AS b LEFT JOIN main.points AS a"
                    " USING (identity) WHERE a.place IS NOT b.place",
                    &strangers, fault))
        return false;
    return (differences == 0 && strangers == 0) ||
           fault_set(fault, path, "merge the shards of one experiment, run by one version",
                     "it holds another experiment than %s", database->path);
}

/* Takes over what "other", the attached file at `path`, holds. */
static bool merge_attached(struct database *database, const char *path, struct fault *fault)
{
    int64_t planned;
    if (!sql_number(database->sql, "SELECT count(*) FROM main.run", &planned, fault))
        return false;
    if (planned == 0 && !sql_run(database->sql,
                                 "INSERT INTO main.run SELECT * FROM other.run;"
                                 "INSERT INTO main.points SELECT * FROM other.points;"
                                 "INSERT INTO main.settings SELECT * FROM other.settings",
                                 fault))
        return false;
    return check_attached(database, path, fault) &&
           sql_run(database->sql,
                   "INSERT OR REPLACE INTO main.trials SELECT b.* FROM other.trials AS b"
                   " LEFT JOIN main.trials AS a USING (identity, replicate)"
                   " WHERE a.status IS NULL OR"
                   " (a.status NOT IN " DATABASE_KEPT " AND b.status IN " DATABASE_KEPT ");"
                   "INSERT OR IGNORE INTO main.parts SELECT * FROM other.parts",
                   fault);
}

/* Whether a file is sound and has a plan. */
static bool is_sound(const char *path, struct fault *fault)
{
    struct database_run run;
    struct database *database = database_open(path, fault);
    bool ok = database != NULL && database_read_run(database, &run, fault);
    database_close(database);
    return ok;
}

/* Does something with the file at `path`, which is "other" meanwhile, all or nothing. Others may
 * write that file: an immediate transaction would lock both. */
static bool with_attached(struct database *database, const char *path,
                          bool (*act)(struct database *database, const char *path,
                                      struct fault *fault),
                          struct fault *fault)
{
    if (!is_sound(path, fault))
        return false;
    struct sql_query *attach = sql_prepare(database->sql, "ATTACH ? AS other", fault);
    if (attach == NULL)
        return false;
    sql_bind_text(attach, 1, path);
    bool ok = sql_do(attach, fault);
    sql_finish(attach);
    if (!ok)
        return false;
    ok = sql_run(database->sql, "BEGIN", fault) &&
         sql_settle(database->sql, act(database, path, fault), fault);
    return sql_run(database->sql, "DETACH other", fault) && ok;
}

bool database_check(struct database *database, const char *path, struct fault *fault)
{
    return with_attached(database, path, check_attached, fault);
}

bool database_merge(struct database *database, const char *path, struct fault *fault)
{
    return with_attached(database, path, merge_attached, fault);
}
