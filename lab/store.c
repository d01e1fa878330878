/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/store.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analysis/plot.h"
#include "base/folder.h"
#include "lab/database.h"
#include "lab/export.h"
#include "lab/manifest.h"
#include "traces/trace_folder.h"

struct store {
    struct arena *arena;
    struct database *database;
    int folder; /* locked as long as the store is open */
    const char *dir;
    const char *results; /* where the database is */
    const struct points *points;
    const struct experiment *experiment;
    bool *kept; /* [points->count * points->replicates] trials of an earlier run */
    time_t started;
    bool reused; /* the folder held the results of an earlier run */
};

/* Tries whether files can be made in a folder, which is locked, and removed. */
static bool check_writable(struct arena *arena, const char *dir, struct fault *fault)
{
    const char *probe = arena_printf(arena, "%s/.probe", dir);
    FILE *stream = folder_new_file(probe);
    if (stream != NULL && fclose(stream) == 0 && unlink(probe) == 0)
        return true;
    return fault_set(fault, dir, "choose another folder with -o",
                     "cannot write into the folder: %s", strerror(errno));
}

/* Locks the folder against other processes. */
static bool lock_folder(struct store *store, struct fault *fault)
{
    store->folder = folder_lock(store->dir, fault);
    return store->folder >= 0;
}

/* Removes what was written from the database: where the new run is killed, it would be taken for
 * that of the new one. */
static void remove_exports(const struct store *store)
{
    static const char *const files[] = {"trials.csv", "summary.csv", "wins.csv", "report.html",
                                        "manifest.json"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(arena_printf(store->arena, "%s/%s", store->dir, files[i]));
    for (int table = 0; table < TABLES_COUNT; table++)
        unlink(arena_printf(store->arena, "%s/%s", store->dir, tables_names[table]));
    plot_remove(store->dir);
}

/* Opens the database, after removing the old one with all else of its run if that is to be
 * overwritten. */
static bool open_database(struct store *store, bool overwrite, struct fault *fault)
{
    static const char *const files[] = {"results.db", "results.db-wal", "results.db-shm"};
    store->results = arena_printf(store->arena, "%s/results.db", store->dir);
    store->reused = access(store->results, F_OK) == 0;
    if (!store->reused && !trace_folder_spare(store->dir, fault))
        return false;
    if (overwrite && store->reused)
        remove_exports(store);
    for (size_t i = 0; overwrite && i < sizeof files / sizeof *files; i++)
        unlink(arena_printf(store->arena, "%s/%s", store->dir, files[i]));
    store->database = database_open(store->results, fault);
    return store->database != NULL &&
           database_plan(store->database, store->points, store->experiment, fault) &&
           database_kept(store->database, store->experiment->trace, store->kept, fault);
}

struct store *store_open(const char *dir, const struct points *points,
                         const struct experiment *experiment, bool overwrite, struct fault *fault)
{
    struct store *store = memory_zeroed(1, sizeof *store);
    *store = (struct store){
        .arena = arena_create(),
        .folder = -1,
        .points = points,
        .experiment = experiment,
        .kept = memory_zeroed((size_t)points->count * (size_t)points->replicates, sizeof(bool)),
        .started = time(NULL),
    };
    store->dir = arena_string(store->arena, dir);
    bool ok = folder_make(dir, fault) && lock_folder(store, fault) &&
              check_writable(store->arena, dir, fault) && open_database(store, overwrite, fault);
    if (ok) {
        parts_sweep(dir);
        return store;
    }
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    database_close(store->database);
    if (store->folder >= 0)
        close(store->folder);
    free(store->kept);
    arena_destroy(store->arena);
    free(store);
}

static const struct point *point_of(const struct store *store, int32_t trial)
{
    assert(trial >= 0 && trial / store->points->replicates < store->points->count);
    return &store->points->list[trial / store->points->replicates];
}

bool store_has(const struct store *store, int32_t trial)
{
    return store->kept[trial];
}

bool store_put(struct store *store, const struct trial_row *row, const struct parts *parts,
               struct fault *fault)
{
    return database_put(store->database, point_of(store, row->trial), row, parts, fault) &&
           (access(store->results, F_OK) == 0 ||
            fault_set(fault, store->results,
                      "if the folder has been moved, what was run is there: go on with -o",
                      "the results cannot be found any more: %s", strerror(errno)));
}

/* Trials that ended, of them those that are done. */
struct count {
    int64_t ended, done;
};

static void count_trial(void *context, const struct database_entry *entry)
{
    struct count *count = context;
    count->ended++;
    count->done += entry->row.status == TRIAL_DONE;
}

bool store_count(struct store *store, int64_t *ended, int64_t *done, struct fault *fault)
{
    struct count count = {0};
    bool ok = database_each(store->database, count_trial, &count, fault);
    *ended = count.ended;
    *done = count.done;
    return ok;
}

bool store_export(struct store *store, struct fault *fault)
{
    if (!export_csv(store->database, store->dir, fault))
        return false;
    for (int table = 0; !store->experiment->trace && store->reused && table < TABLES_COUNT; table++)
        unlink(arena_printf(store->arena, "%s/%s", store->dir, tables_names[table]));
    return true;
}

bool store_manifest(struct store *store, double wall_s, const char *stop_reason,
                    struct fault *fault)
{
    const struct manifest manifest = {
        .experiment = store->experiment,
        .points = store->points,
        .database = store->database,
        .started = store->started,
        .wall_s = wall_s,
        .stop_reason = stop_reason,
    };
    const char *aside = export_aside(store->arena, store->dir, "manifest.json");
    return export_settle(store->arena, store->dir, "manifest.json",
                         manifest_write(&manifest, aside, fault), fault);
}

static const char *results_of(const char *dir, struct arena *arena)
{
    return arena_printf(arena, "%s/results.db", dir);
}

/* Whether all shards are of one experiment. */
static bool check_plans(const char *const *shards, size_t shard_count, struct arena *arena,
                        struct fault *fault)
{
    struct database *first = database_open(results_of(shards[0], arena), fault);
    bool ok = first != NULL;
    for (size_t i = 1; ok && i < shard_count; i++)
        ok = database_check(first, results_of(shards[i], arena), fault);
    database_close(first);
    return ok;
}

static bool check_shards(const char *dir, const char *const *shards, size_t shard_count,
                         struct arena *arena, struct fault *fault)
{
    for (size_t i = 0; i < shard_count; i++) {
        const char *path = results_of(shards[i], arena);
        if (folder_is_same(shards[i], dir))
            return fault_set(fault, shards[i], "choose another folder with -o",
                             "this is where the results of all would go");
        if (access(path, R_OK) != 0)
            return fault_set(fault, path, "name folders that `hetsoc run` has written",
                             "cannot read: %s", strerror(errno));
    }
    return check_plans(shards, shard_count, arena, fault);
}

/* Takes over the results of each shard, and writes the tables. */
static bool merge_shards(struct store *store, const char *const *shards, size_t shard_count,
                         struct fault *fault)
{
    for (size_t i = 0; i < shard_count; i++)
        if (!database_merge(store->database, results_of(shards[i], store->arena), fault))
            return false;
    return export_csv(store->database, store->dir, fault);
}

bool store_merge(const char *dir, const char *const *shards, size_t shard_count,
                 struct arena *arena, struct store_merged *merged, struct fault *fault)
{
    struct store store = {.arena = arena, .folder = -1, .dir = dir};
    struct database_run run;
    bool ok = check_shards(dir, shards, shard_count, arena, fault) && folder_make(dir, fault) &&
              lock_folder(&store, fault) && check_writable(arena, dir, fault);
    if (ok)
        store.database = database_open(results_of(dir, arena), fault);
    ok = store.database != NULL && merge_shards(&store, shards, shard_count, fault) &&
         database_read_run(store.database, &run, fault) &&
         store_count(&store, &merged->ended, &merged->done, fault);
    if (ok) {
        merged->planned = (int64_t)run.point_count * run.replicates;
        merged->baseline = arena_string(arena, run.baseline);
    }
    database_close(store.database);
    if (store.folder >= 0)
        close(store.folder);
    return ok;
}
