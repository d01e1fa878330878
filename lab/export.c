/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/export.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"

const char *export_aside(struct arena *arena, const char *dir, const char *name)
{
    return arena_printf(arena, "%s/.%s.new", dir, name);
}

bool export_settle(struct arena *arena, const char *dir, const char *name, bool ok,
                   struct fault *fault)
{
    const char *path = arena_printf(arena, "%s/%s", dir, name);
    const char *aside = export_aside(arena, dir, name);
    if (ok && rename(aside, path) == 0)
        return true;
    fault_set(fault, path, NULL, "cannot write: %s", strerror(errno));
    unlink(aside);
    return false;
}

/* trials.csv on its way. */
struct trials_file {
    struct csv_writer csv;
    const struct database_run *run;
};

void export_trial_header(struct csv_writer *csv)
{
    static const char *const keys[] = {
        "trial", "experiment", "platform", "workload", "engine", "scheduler", "rate_jobs_per_ms",
        "noise", "replicate",  "seed",     "status"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        csv_text(csv, keys[i]);
    for (int i = 0; i < trial_figure_count; i++)
        csv_text(csv, trial_figures[i].name);
}

void export_trial_cells(struct csv_writer *csv, const struct export_trial *trial)
{
    const struct trial_row *row = trial->row;
    csv_int(csv, row->trial);
    csv_text(csv, trial->experiment);
    csv_text(csv, trial->platform);
    csv_text(csv, trial->workload);
    csv_text(csv, trial->engine);
    csv_text(csv, trial->scheduler);
    csv_real(csv, trial->rate_jobs_per_ms);
    csv_text(csv, trial->noise);
    csv_int(csv, row->replicate);
    csv_int(csv, trial->seed);
    csv_text(csv, trial_status_name(row->status));
    for (int i = 0; i < trial_figure_count; i++) {
        const void *figure = (const char *)row + trial_figures[i].offset;
        if (trial_figures[i].is_count)
            csv_int(csv, *(const int64_t *)figure);
        else
            csv_real(csv, *(const double *)figure);
    }
}

static void write_header(struct csv_writer *csv, const struct database_run *run)
{
    export_trial_header(csv);
    for (int32_t i = 0; i < run->key_count; i++)
        csv_text(csv, run->keys[i]);
    csv_end_row(csv);
}

static void write_trial(void *context, const struct database_entry *entry)
{
    struct trials_file *file = context;
    const struct export_trial trial = {
        .experiment = file->run->experiment,
        .platform = entry->platform,
        .workload = entry->workload,
        .engine = entry->engine,
        .scheduler = entry->scheduler,
        .noise = entry->noise,
        .rate_jobs_per_ms = entry->rate_jobs_per_ms,
        .seed = file->run->seed,
        .row = &entry->row,
    };
    export_trial_cells(&file->csv, &trial);
    for (int32_t i = 0; i < file->run->key_count; i++)
        csv_text(&file->csv, entry->values[i]);
    csv_end_row(&file->csv);
}

static bool export_trials(struct arena *arena, struct database *database, const char *dir,
                          const struct database_run *run, struct fault *fault)
{
    struct trials_file file = {.run = run};
    if (!csv_create_new(&file.csv, export_aside(arena, dir, "trials.csv"), fault))
        return false;
    write_header(&file.csv, run);
    bool ok = database_each(database, write_trial, &file, fault);
    ok = csv_finish(&file.csv, fault) && ok;
    return export_settle(arena, dir, "trials.csv", ok, fault);
}

/* Rows begin with the number that their trial had when it was run; a plan that has grown gives it
 * another one. */
static void write_part(void *context, int32_t trial, const char *rows)
{
    struct csv_writer *csv = context;
    while (*rows != '\0') {
        const char *rest = strchr(rows, ',');
        const char *end = rest == NULL ? NULL : strchr(rest, '\n');
        if (end == NULL)
            return;
        fprintf(csv->stream, "%d%.*s", (int)trial, (int)(end + 1 - rest), rest);
        rows = end + 1;
    }
}

static bool export_table(struct arena *arena, struct database *database, const char *dir, int table,
                         struct fault *fault)
{
    const char *name = tables_names[table];
    struct csv_writer csv;
    if (!csv_create_new(&csv, export_aside(arena, dir, name), fault))
        return false;
    csv_header(&csv, tables_columns[table]);
    csv_flush(&csv);
    bool ok = database_each_part(database, table, write_part, &csv, fault);
    ok = csv_finish(&csv, fault) && ok;
    return export_settle(arena, dir, name, ok, fault);
}

bool export_csv(struct database *database, const char *dir, struct fault *fault)
{
    struct database_run run;
    if (!database_read_run(database, &run, fault))
        return false;
    struct arena *arena = arena_create();
    bool ok = export_trials(arena, database, dir, &run, fault);
    for (int table = 0; ok && run.has_parts && table < TABLES_COUNT; table++)
        ok = export_table(arena, database, dir, table, fault);
    arena_destroy(arena);
    return ok;
}
