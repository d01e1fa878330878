/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/import.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"

const struct import_options import_options_default = {
    .pe_kind = "core", .us_per_unit = 1, .bytes_per_unit = 1000};

const struct import_kind *const import_kinds[] = {&import_stg, NULL};

const struct import_kind *import_find(const char *name)
{
    for (int i = 0; import_kinds[i] != NULL; i++)
        if (strcmp(import_kinds[i]->name, name) == 0)
            return import_kinds[i];
    return NULL;
}

const char *import_name(struct arena *arena, const char *path)
{
    const char *base = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
    const char *dot = strrchr(base, '.');
    size_t length = dot == NULL || dot == base ? strlen(base) : (size_t)(dot - base);
    char *name = arena_substring(arena, base, length);
    for (char *c = name; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr("_-.+", *c) == NULL)
            *c = '_';
    return *name == '\0' ? "imported" : name;
}

static void write_kinds(const struct app *app, FILE *stream)
{
    char text[32];
    fputs("\nkinds:\n", stream);
    for (int32_t k = 0; k < app->kind_count; k++) {
        const struct app_task_kind *kind = &app->kinds[k];
        fprintf(stream, "  %s: {", kind->name);
        for (int32_t c = 0; c < kind->cost_count; c++)
            fprintf(stream, "%s%s: %s", c == 0 ? "" : ", ", kind->costs[c].pe_kind,
                    csv_format_real(text, kind->costs[c].exec_us));
        fputs("}\n", stream);
    }
}

static void write_tasks(const struct app *app, FILE *stream)
{
    fputs("\ntasks:\n", stream);
    for (int32_t t = 0; t < app->task_count; t++)
        fprintf(stream, "  - {name: %s, kind: %s}\n", app->tasks[t].name,
                app->kinds[app->tasks[t].kind].name);
}

static void write_edges(const struct app *app, FILE *stream)
{
    char text[32];
    if (app->edge_count == 0)
        return;
    fputs("\nedges:\n", stream);
    for (int32_t t = 0; t < app->task_count; t++)
        for (int32_t i = 0; i < app->tasks[t].pred_count; i++) {
            const struct app_edge *pred = &app->preds[app->tasks[t].first_pred + i];
            fprintf(stream, "  - {from: %s, to: %s", app->tasks[pred->task].name,
                    app->tasks[t].name);
            if (app->bytes[pred->edge] > 0)
                fprintf(stream, ", bytes: %s", csv_format_real(text, app->bytes[pred->edge]));
            fputs("}\n", stream);
        }
}

static bool write_app(const struct app *app, const char *path, struct fault *fault)
{
    FILE *stream = fopen(path, "w");
    if (stream == NULL)
        return fault_set(fault, path, "name another folder with -o", "cannot write: %s",
                         strerror(errno));
    fprintf(stream, "format: 1\napp: %s\nsummary: \"%s\"\n", app->name, app->summary);
    write_kinds(app, stream);
    write_tasks(app, stream);
    write_edges(app, stream);
    bool ok = ferror(stream) == 0;
    ok = fclose(stream) == 0 && ok;
    return ok || fault_set(fault, path, "is the disk full?", "cannot write: %s", strerror(errno));
}

bool import_write(const struct app *app, const char *dir, bool overwrite, struct arena *arena,
                  const char **written, struct fault *fault)
{
    assert(app->branch_count == 0);
    const char *path = arena_printf(arena, "%s/%s.yaml", dir, app->name);
    const char *aside = arena_printf(arena, "%s/.%s.yaml.new", dir, app->name);
    *written = path;
    if (!overwrite && access(path, F_OK) == 0)
        return fault_set(fault, path, "name another folder with -o, or add --overwrite",
                         "the file is there already");
    if (!write_app(app, aside, fault)) {
        unlink(aside);
        return false;
    }
    if (rename(aside, path) == 0)
        return true;
    fault_set(fault, path, NULL, "cannot write: %s", strerror(errno));
    unlink(aside);
    return false;
}
