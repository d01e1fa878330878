/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/import_write.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/control.h"
#include "base/csv.h"
#include "base/folder.h"
#include "base/yaml.h"

const char *import_path(struct arena *arena, const char *dir, const char *name,
                        const char *extension)
{
    return arena_printf(arena, "%s/%s.%s", dir, name, extension);
}

/* Bytes of the character that a text begins with, 0 if YAML has it: control characters, and U+FFFE
 * and U+FFFF, which are none. */
static size_t unreadable_length(const char *text)
{
    bool is_none = strncmp(text, "\xef\xbf\xbe", 3) == 0 || strncmp(text, "\xef\xbf\xbf", 3) == 0;
    return is_none ? 3 : control_length(text);
}

/* A text in double quotes. */
static void put_quoted(const char *text, FILE *stream)
{
    fputc('"', stream);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', stream);
        size_t length = unreadable_length(text);
        fputc(length > 0 || (unsigned char)*text < ' ' ? ' ' : *text, stream);
        text += length > 1 ? length - 1 : 0;
    }
    fputs("\"\n", stream);
}

static void put_head(const char *what, const char *name, const char *summary, FILE *stream)
{
    fprintf(stream, "format: 1\n%s: %s\nsummary: ", what, name);
    put_quoted(summary, stream);
}

/* ---- apps ---- */

static void put_task_kinds(const struct app *app, FILE *stream)
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

static void put_edges(const struct app *app, FILE *stream)
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

/* Keys and values of the file, of which base/yaml.h reads so many. */
static int64_t count_values(const struct app *app)
{
    int64_t count = 11 + 5 * (int64_t)app->task_count + 5 * (int64_t)app->edge_count;
    for (int32_t k = 0; k < app->kind_count; k++)
        count += 2 + 2 * app->kinds[k].cost_count;
    for (int32_t e = 0; e < app->edge_count; e++)
        count += app->bytes[e] > 0 ? 2 : 0;
    return count + (app->edge_count > 0 ? 2 : 0);
}

static void put_app(const void *subject, FILE *stream)
{
    const struct app *app = subject;
    assert(app->branch_count == 0);
    put_head("app", app->name, app->summary, stream);
    put_task_kinds(app, stream);
    fputs("\ntasks:\n", stream);
    for (int32_t t = 0; t < app->task_count; t++)
        fprintf(stream, "  - {name: %s, kind: %s}\n", app->tasks[t].name,
                app->kinds[app->tasks[t].kind].name);
    put_edges(app, stream);
}

/* ---- platforms ---- */

static void put_comment(const char *text, FILE *stream)
{
    while (*text != '\0') {
        fputs("# ", stream);
        for (; *text != '\0' && *text != '\n'; text++)
            if (control_length(text) == 0)
                fputc(*text, stream);
        fputc('\n', stream);
        text += *text == '\n';
    }
}

static void put_pe_kinds(const struct import_platform *platform, FILE *stream)
{
    char text[32], other[32];
    fputs("\nkinds:\n", stream);
    for (int32_t k = 0; k < platform->kind_count; k++) {
        const struct import_kind_of_pe *kind = &platform->kinds[k];
        fprintf(stream, "  %s:\n    class: %s\n", kind->name, kind->class);
        if (kind->active_mw > 0)
            fprintf(stream, "    active_mw: %s\n", csv_format_real(text, kind->active_mw));
        if (kind->opp_count > 0)
            fputs("    opps:\n", stream);
        for (int32_t i = 0; i < kind->opp_count; i++)
            fprintf(stream, "      - {mhz: %s, mv: %s}\n", csv_format_real(text, kind->opps[i].mhz),
                    csv_format_real(other, kind->opps[i].mv));
    }
}

static void put_platform(const void *subject, FILE *stream)
{
    const struct import_platform *platform = subject;
    char text[32];
    put_comment(platform->comment, stream);
    put_head("platform", platform->name, platform->summary, stream);
    put_pe_kinds(platform, stream);
    fputs("\nclusters:\n", stream);
    for (int32_t c = 0; c < platform->cluster_count; c++)
        fprintf(stream, "  - {name: %s, kind: %s, count: %d}\n", platform->clusters[c].name,
                platform->kinds[platform->clusters[c].kind].name,
                (int)platform->clusters[c].pe_count);
    fprintf(stream, "\ninterconnect:\n  kind: matrix\n%s  bandwidth_bytes_per_us: %s\n",
            platform->truncate_us ? "  truncate_us: true\n" : "",
            csv_format_real(text, platform->bandwidth_bytes_per_us));
    if (platform->memory_bandwidth_bytes_per_us > 0)
        fprintf(stream, "  memory: {bandwidth_bytes_per_us: %s}\n",
                csv_format_real(text, platform->memory_bandwidth_bytes_per_us));
    if (platform->link_count > 0)
        fputs("  links:\n", stream);
    for (int32_t l = 0; l < platform->link_count; l++)
        fprintf(stream, "    - {between: [%s, %s], bandwidth_bytes_per_us: %s}\n",
                platform->clusters[platform->links[l].between[0]].name,
                platform->clusters[platform->links[l].between[1]].name,
                csv_format_real(text, platform->links[l].bandwidth_bytes_per_us));
}

static void put_text(const void *subject, FILE *stream)
{
    fputs(subject, stream);
}

/* ---- files ---- */

/* A file to be written. */
struct target {
    const char *name, *extension;
    const void *subject;
    void (*put)(const void *subject, FILE *stream);
};

static const char *aside_of(const struct target *target, const char *dir, struct arena *arena)
{
    return arena_printf(arena, "%s/.%s.%s.new", dir, target->name, target->extension);
}

static bool refuse_size(const char *path, struct fault *fault)
{
    return fault_set(fault, path, "import a part of it",
                     "the file would be larger than `hetsoc run` reads: %u MiB, %d values",
                     YAML_MAX_BYTES >> 20, YAML_MAX_NODES);
}

static bool write_aside(const struct target *target, const char *dir, struct arena *arena,
                        struct fault *fault)
{
    const char *path = import_path(arena, dir, target->name, target->extension);
    FILE *stream = folder_new_file(aside_of(target, dir, arena));
    if (stream == NULL)
        return fault_set(fault, path, "name another folder with -o", "cannot write: %s",
                         strerror(errno));
    target->put(target->subject, stream);
    bool fits = target->put != put_app || ftello(stream) <= YAML_MAX_BYTES;
    bool ok = ferror(stream) == 0;
    ok = fclose(stream) == 0 && ok;
    if (!ok)
        return fault_set(fault, path, "is the disk full?", "cannot write: %s", strerror(errno));
    return fits || refuse_size(path, fault);
}

/* All are on the disk before the first takes its name. */
static bool write_targets(const struct target *targets, int32_t count, const char *dir,
                          struct arena *arena, struct fault *fault)
{
    bool ok = true;
    for (int32_t i = 0; ok && i < count; i++)
        ok = write_aside(&targets[i], dir, arena, fault);
    for (int32_t i = 0; ok && i < count; i++) {
        const char *path = import_path(arena, dir, targets[i].name, targets[i].extension);
        ok = rename(aside_of(&targets[i], dir, arena), path) == 0 ||
             fault_set(fault, path, NULL, "cannot write: %s", strerror(errno));
    }
    for (int32_t i = 0; !ok && i < count; i++)
        unlink(aside_of(&targets[i], dir, arena));
    return ok;
}

/* Everything that is to be written, in the order in which files name each other. */
static struct target *list_targets(const struct imported *imported, struct arena *arena,
                                   int32_t *count)
{
    size_t most = (size_t)(imported->app_count + imported->platform_count) + 2;
    struct target *targets = arena_zeroed(arena, most, sizeof *targets), *next = targets;
    for (int32_t p = 0; p < imported->platform_count; p++)
        *next++ = (struct target){imported->platforms[p].name, "yaml", &imported->platforms[p],
                                  put_platform};
    for (int32_t a = 0; a < imported->app_count; a++)
        *next++ = (struct target){imported->apps[a].name, "yaml", &imported->apps[a], put_app};
    const struct import_experiment *experiment = imported->experiment;
    if (experiment != NULL && experiment->arrivals != NULL)
        *next++ = (struct target){experiment->name, "csv", experiment->arrivals, put_text};
    if (experiment != NULL)
        *next++ = (struct target){experiment->name, "yaml", experiment->text, put_text};
    *count = (int32_t)(next - targets);
    return targets;
}

bool import_write(const struct imported *imported, const char *dir, bool overwrite,
                  struct arena *arena, struct fault *fault)
{
    int32_t count;
    const struct target *targets = list_targets(imported, arena, &count);
    for (int32_t i = 0; i < count; i++) {
        const char *path = import_path(arena, dir, targets[i].name, targets[i].extension);
        if (!overwrite && access(path, F_OK) == 0)
            return fault_set(fault, path, "name another folder with -o, or add --overwrite",
                             "the file is there already");
        for (int32_t k = 0; k < i; k++)
            if (strcmp(targets[k].name, targets[i].name) == 0 &&
                strcmp(targets[k].extension, targets[i].extension) == 0)
                return fault_set(fault, path, "give one of the files another name",
                                 "two of the files would be written here");
        if (targets[i].put == put_app && count_values(targets[i].subject) > YAML_MAX_NODES)
            return refuse_size(path, fault);
    }
    return write_targets(targets, count, dir, arena, fault);
}
