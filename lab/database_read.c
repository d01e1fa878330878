/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lab/database.h"
#include "lab/database_parts.h"

/* The value of a name in `run`; NULL and a fault if there is none. In the arena. */
static const char *read_value(struct database *database, const char *name, struct fault *fault)
{
    struct sql_query *query =
        sql_prepare(database->sql, "SELECT value FROM run WHERE name = ?", fault);
    const char *value = NULL;
    if (query == NULL)
        return NULL;
    sql_bind_text(query, 1, name);
    if (sql_next(query, fault))
        value = arena_string(database->arena, sql_text(query, 0));
    else
        fault_set(fault, database->path, "run the experiment into this folder first",
                  "it does not say what was run");
    sql_finish(query);
    return value;
}

/* Paths of the settings that every point has. */
static bool read_keys(struct database *database, struct database_run *run, struct fault *fault)
{
    struct sql_query *query =
        sql_prepare(database->sql,
                    "SELECT path, count(*) OVER () FROM settings WHERE identity ="
                    " (SELECT identity FROM points WHERE place = 0) ORDER BY number",
                    fault);
    const char **keys = NULL;
    while (query != NULL && sql_next(query, fault)) {
        if (keys == NULL)
            keys = arena_zeroed(database->arena, (size_t)sql_int(query, 1), sizeof *keys);
        keys[run->key_count++] = arena_string(database->arena, sql_text(query, 0));
    }
    run->keys = keys;
    sql_finish(query);
    return !fault_is_set(fault);
}

/* Whether trials have the numbers that they should have; others would lead out of arrays. */
static bool check_numbers(struct database *database, int64_t points, int64_t replicates,
                          struct fault *fault)
{
    int64_t strays;
    if (!sql_number(database->sql,
                    "SELECT count(*) FROM points WHERE place NOT BETWEEN 0 AND"
                    " (SELECT count(*) FROM points) - 1 OR typeof(place) <> 'integer'",
                    &strays, fault))
        return false;
    bool is_sound = strays == 0 && replicates > 0 && replicates <= INT32_MAX &&
                    points <= INT32_MAX / replicates;
    return is_sound ||
           fault_set(fault, database->path, "move the file away, or choose another folder with -o",
                     "the database is damaged: its trials have impossible numbers");
}

bool database_read_run(struct database *database, struct database_run *run, struct fault *fault)
{
    const char *seed, *replicates, *trace;
    int64_t points;
    *run = (struct database_run){0};
    if ((run->experiment = read_value(database, "experiment", fault)) == NULL ||
        (run->baseline = read_value(database, "baseline", fault)) == NULL ||
        (seed = read_value(database, "seed", fault)) == NULL ||
        (replicates = read_value(database, "replicates", fault)) == NULL ||
        (trace = read_value(database, "trace", fault)) == NULL ||
        !sql_number(database->sql, "SELECT count(*) FROM points", &points, fault))
        return false;
    run->seed = strtoll(seed, NULL, 10);
    int64_t repeats = strtoll(replicates, NULL, 10);
    if (!check_numbers(database, points, repeats, fault))
        return false;
    run->replicates = (int32_t)repeats;
    run->has_parts = strcmp(trace, "0") != 0;
    run->point_count = (int32_t)points;
    return read_keys(database, run, fault);
}

bool database_kept(struct database *database, bool with_parts, bool *kept, struct fault *fault)
{
    static const char text[] =
        "SELECT place, replicate FROM points CROSS JOIN trials USING (identity)"
        " WHERE replicate >= 0 AND replicate < ? AND status IN " DATABASE_KEPT " AND"
        " (SELECT count(*) FROM parts WHERE parts.identity = trials.identity AND"
        " parts.replicate = trials.replicate) >= ?";
    struct database_run run;
    struct sql_query *query;
    if (!database_read_run(database, &run, fault) ||
        (query = sql_prepare(database->sql, text, fault)) == NULL)
        return false;
    sql_bind_int(query, 1, run.replicates);
    sql_bind_int(query, 2, with_parts ? TABLES_COUNT : 0);
    while (sql_next(query, fault))
        kept[sql_int(query, 0) * run.replicates + sql_int(query, 1)] = true;
    sql_finish(query);
    return !fault_is_set(fault);
}

static enum trial_status status_of(const char *name)
{
    enum trial_status status = TRIAL_DONE;
    while (status < TRIAL_CRASHED && strcmp(trial_status_name(status), name) != 0)
        status++;
    return status;
}

/* Reads a row from the columns of `trials` that begin at `column` with the replicate. */
static void read_row(struct sql_query *query, int column, int32_t trial, struct trial_row *row)
{
    trial_row_clear(row, trial, (int32_t)sql_int(query, column));
    row->status = status_of(sql_text(query, column + 1));
    column += 2;
    for (int i = 0; i < trial_figure_count; i++, column++) {
        void *figure = (char *)row + trial_figures[i].offset;
        if (trial_figures[i].is_count)
            *(int64_t *)figure = sql_int(query, column);
        else
            *(double *)figure = sql_real(query, column);
    }
    if (*sql_text(query, column + 1) != '\0')
        fault_set(&row->fault, sql_text(query, column), sql_text(query, column + 2), "%s",
                  sql_text(query, column + 1));
}

/* The settings of one point after the other. */
struct settings {
    struct sql_query *query;
    struct arena *arena; /* of the values of the current point */
    const char **values;
    int32_t key_count;
    int64_t place; /* of the current point; -1 before the first */
};

static bool settings_follow(struct settings *settings, int64_t place, const char *identity,
                            struct fault *fault)
{
    if (place == settings->place)
        return true;
    arena_destroy(settings->arena);
    settings->arena = arena_create();
    settings->values =
        arena_zeroed(settings->arena, (size_t)settings->key_count + 1, sizeof *settings->values);
    settings->place = place;
    sql_bind_text(settings->query, 1, identity);
    for (int k = 0; sql_next(settings->query, fault); k++)
        if (k < settings->key_count)
            settings->values[k] = arena_string(settings->arena, sql_text(settings->query, 0));
    return !fault_is_set(fault);
}

/* Columns of the query of database_each. */
enum {
    EACH_PLACE,
    EACH_PLATFORM,
    EACH_WORKLOAD,
    EACH_ENGINE,
    EACH_SCHEDULER,
    EACH_RATE,
    EACH_NOISE,
    EACH_IDENTITY,
    EACH_REPLICATE
};

bool database_each(struct database *database,
                   void (*visit)(void *context, const struct database_entry *entry), void *context,
                   struct fault *fault)
{
    struct database_run run;
    if (!database_read_run(database, &run, fault))
        return false;
    struct sql_query *rows = sql_prepare(
        database->sql,
        "SELECT place, platform, workload, engine, scheduler, rate_jobs_per_ms, noise, trials.*"
        " FROM points CROSS JOIN trials USING (identity)"
        " WHERE replicate >= 0 AND replicate < ? ORDER BY place, replicate",
        fault);
    struct settings settings = {.place = -1, .key_count = run.key_count};
    settings.query = sql_prepare(
        database->sql, "SELECT value FROM settings WHERE identity = ? ORDER BY number", fault);
    bool ok = rows != NULL && settings.query != NULL;
    if (ok)
        sql_bind_int(rows, 1, run.replicates);
    while (ok && sql_next(rows, fault)) {
        int64_t place = sql_int(rows, EACH_PLACE);
        ok = settings_follow(&settings, place, sql_text(rows, EACH_IDENTITY), fault);
        struct database_entry entry = {
            .platform = sql_text(rows, EACH_PLATFORM),
            .workload = sql_text(rows, EACH_WORKLOAD),
            .engine = sql_text(rows, EACH_ENGINE),
            .scheduler = sql_text(rows, EACH_SCHEDULER),
            .rate_jobs_per_ms = sql_real(rows, EACH_RATE),
            .noise = sql_text(rows, EACH_NOISE),
            .values = settings.values,
        };
        int64_t trial = place * run.replicates + sql_int(rows, EACH_REPLICATE);
        read_row(rows, EACH_REPLICATE, (int32_t)trial, &entry.row);
        visit(context, &entry);
    }
    arena_destroy(settings.arena);
    sql_finish(rows);
    sql_finish(settings.query);
    return !fault_is_set(fault);
}

bool database_each_part(struct database *database, int table,
                        void (*visit)(void *context, int32_t trial, const char *rows),
                        void *context, struct fault *fault)
{
    static const char text[] =
        "SELECT place, parts.replicate, rows FROM points CROSS JOIN parts USING (identity)"
        " WHERE parts.replicate >= 0 AND parts.replicate < ? AND name = ? ORDER BY place, "
        "parts.replicate";
    struct database_run run;
    struct sql_query *query;
    if (!database_read_run(database, &run, fault) ||
        (query = sql_prepare(database->sql, text, fault)) == NULL)
        return false;
    sql_bind_int(query, 1, run.replicates);
    sql_bind_text(query, 2, tables_names[table]);
    while (sql_next(query, fault))
        visit(context, (int32_t)(sql_int(query, 0) * run.replicates + sql_int(query, 1)),
              sql_text(query, 2));
    sql_finish(query);
    return !fault_is_set(fault);
}
