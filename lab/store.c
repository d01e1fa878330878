/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/store.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/csv.h"
#include "lab/manifest.h"
#include "lab/tables.h"

struct store {
    struct arena *arena;
    const char *dir;
    const char *parts_dir; /* NULL = no trace */
    const struct points *points;
    const struct experiment *experiment;
    struct trial_row **rows; /* [trial_count], NULL = not there */
    int64_t trial_count;
    time_t started;
    bool reused; /* the folder held the results of an earlier run */
};

/* Makes a folder and its parents. */
static bool make_folder(struct arena *arena, const char *dir, struct fault *fault)
{
    char *path = arena_string(arena, dir);
    for (char *c = path + 1;; c++) {
        if (*c != '/' && *c != '\0')
            continue;
        char rest = *c;
        *c = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return fault_set(fault, dir, "choose another folder with -o",
                             "cannot make the folder %s: %s", path, strerror(errno));
        *c = rest;
        if (rest == '\0')
            return true;
    }
}

/* Tries whether files can be made in a folder. */
static bool check_writable(struct arena *arena, const char *dir, struct fault *fault)
{
    char *probe = arena_printf(arena, "%s/.probe-XXXXXX", dir);
    int file = mkstemp(probe);
    if (file < 0)
        return fault_set(fault, dir, "choose another folder with -o",
                         "cannot write into the folder: %s", strerror(errno));
    close(file);
    unlink(probe);
    return true;
}

/* Removes a folder of parts with all that is in it. */
static void remove_parts(const struct store *store, const char *dir)
{
    DIR *stream = opendir(dir);
    if (stream == NULL)
        return;
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream))
        if (entry->d_name[0] != '.')
            unlink(arena_printf(store->arena, "%s/%s", dir, entry->d_name));
    closedir(stream);
    rmdir(dir);
}

struct store *store_open(const char *dir, const struct points *points,
                         const struct experiment *experiment, struct fault *fault)
{
    struct store *store = memory_zeroed(1, sizeof *store);
    *store = (struct store){
        .arena = arena_create(),
        .points = points,
        .experiment = experiment,
        .trial_count = (int64_t)points->count * points->replicates,
        .started = time(NULL),
    };
    store->dir = arena_string(store->arena, dir);
    store->rows = memory_zeroed((size_t)store->trial_count, sizeof *store->rows);
    const char *parts_dir = arena_printf(store->arena, "%s/.parts", dir);
    bool ok = make_folder(store->arena, dir, fault) && check_writable(store->arena, dir, fault);
    if (ok) {
        store->reused = access(arena_printf(store->arena, "%s/manifest.json", dir), F_OK) == 0;
        remove_parts(store, parts_dir); /* of a run that was killed */
    }
    if (ok && experiment->trace) {
        store->parts_dir = parts_dir;
        ok = make_folder(store->arena, parts_dir, fault);
    }
    if (ok)
        return store;
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    if (store->parts_dir != NULL)
        remove_parts(store, store->parts_dir);
    for (int64_t i = 0; i < store->trial_count; i++)
        free(store->rows[i]);
    free(store->rows);
    arena_destroy(store->arena);
    free(store);
}

const char *store_trace_dir(const struct store *store)
{
    return store->parts_dir;
}

void store_put(struct store *store, const struct trial_row *row)
{
    assert(row->trial >= 0 && row->trial < store->trial_count);
    if (store->rows[row->trial] == NULL)
        store->rows[row->trial] = memory_zeroed(1, sizeof *row);
    *store->rows[row->trial] = *row;
}

/* Where a file is written before it gets its name. */
static const char *aside_path(const struct store *store, const char *name)
{
    return arena_printf(store->arena, "%s/.%s.new", store->dir, name);
}

/* Gives a file that was written aside its name, or removes it if that failed. */
static bool settle(const struct store *store, const char *name, bool ok, struct fault *fault)
{
    const char *path = arena_printf(store->arena, "%s/%s", store->dir, name);
    if (ok && rename(aside_path(store, name), path) == 0)
        return true;
    fault_set(fault, path, NULL, "cannot write: %s", strerror(errno));
    unlink(aside_path(store, name));
    return false;
}

static void write_trial_header(const struct store *store, struct csv_writer *csv)
{
    static const char *const keys[] = {
        "trial", "experiment", "platform", "workload", "engine", "scheduler", "rate_jobs_per_ms",
        "noise", "replicate",  "seed",     "status"};
    const struct point *first = &store->points->list[0];
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        csv_text(csv, keys[i]);
    for (int i = 0; i < trial_figure_count; i++)
        csv_text(csv, trial_figures[i].name);
    for (int32_t i = 0; i < first->key_count; i++)
        csv_text(csv, first->keys[i].path);
    csv_end_row(csv);
}

static void write_trial_row(const struct store *store, struct csv_writer *csv,
                            const struct trial_row *row)
{
    const struct point *point = &store->points->list[row->trial / store->points->replicates];
    csv_int(csv, row->trial);
    csv_text(csv, store->experiment->name);
    csv_text(csv, point->platform);
    csv_text(csv, point->workload);
    csv_text(csv, point->engine->name);
    csv_text(csv, point->scheduler);
    csv_real(csv, point->rate_jobs_per_ms);
    csv_text(csv, point->noise.name);
    csv_int(csv, row->replicate);
    csv_int(csv, (int64_t)store->experiment->seed);
    csv_text(csv, trial_status_name(row->status));
    for (int i = 0; i < trial_figure_count; i++) {
        const void *figure = (const char *)row + trial_figures[i].offset;
        if (trial_figures[i].is_count)
            csv_int(csv, *(const int64_t *)figure);
        else
            csv_real(csv, *(const double *)figure);
    }
    for (int32_t i = 0; i < point->key_count; i++)
        csv_text(csv, point->keys[i].value);
    csv_end_row(csv);
}

static bool export_trials(struct store *store, struct fault *fault)
{
    struct csv_writer csv;
    if (!csv_create(&csv, aside_path(store, "trials.csv"), fault))
        return false;
    write_trial_header(store, &csv);
    for (int64_t i = 0; i < store->trial_count; i++)
        if (store->rows[i] != NULL)
            write_trial_row(store, &csv, store->rows[i]);
    return settle(store, "trials.csv", csv_finish(&csv, fault), fault);
}

/* Appends a part to a stream; a part that is not there is empty. */
static bool append_file(FILE *stream, const char *path, struct fault *fault)
{
    char block[1 << 16];
    FILE *part = fopen(path, "r");
    if (part == NULL)
        return errno == ENOENT || fault_set(fault, path, NULL, "cannot read: %s", strerror(errno));
    for (size_t got = sizeof block; got == sizeof block;) {
        got = fread(block, 1, sizeof block, part);
        fwrite(block, 1, got, stream);
    }
    bool ok = ferror(part) == 0 || fault_set(fault, path, NULL, "cannot read: %s", strerror(errno));
    fclose(part);
    return ok;
}

/* Whether a trial came to an end and so left whole parts. */
static bool has_parts(const struct trial_row *row)
{
    return row != NULL && row->status != TRIAL_CRASHED && row->status != TRIAL_TIMEOUT;
}

static bool export_table(struct store *store, int table, struct fault *fault)
{
    struct csv_writer csv;
    if (!csv_create(&csv, aside_path(store, tables_names[table]), fault))
        return false;
    csv_header(&csv, tables_columns[table]);
    bool ok = true;
    for (int64_t i = 0; ok && i < store->trial_count; i++)
        if (has_parts(store->rows[i]))
            ok = append_file(csv.stream,
                             arena_printf(store->arena, "%s/%lld.%s", store->parts_dir,
                                          (long long)i, tables_names[table]),
                             fault);
    ok = csv_finish(&csv, fault) && ok;
    return settle(store, tables_names[table], ok, fault);
}

bool store_export(struct store *store, struct fault *fault)
{
    if (!export_trials(store, fault))
        return false;
    for (int table = 0; table < TABLES_COUNT; table++) {
        if (store->parts_dir != NULL && !export_table(store, table, fault))
            return false;
        if (store->parts_dir == NULL && store->reused) /* rows of the earlier run */
            unlink(arena_printf(store->arena, "%s/%s", store->dir, tables_names[table]));
    }
    return true;
}

bool store_manifest(struct store *store, double wall_s, const char *stop_reason,
                    struct fault *fault)
{
    const struct manifest manifest = {
        .experiment = store->experiment,
        .points = store->points,
        .rows = (const struct trial_row *const *)store->rows,
        .started = store->started,
        .wall_s = wall_s,
        .stop_reason = stop_reason,
    };
    bool ok = manifest_write(&manifest, aside_path(store, "manifest.json"), fault);
    return settle(store, "manifest.json", ok, fault);
}
