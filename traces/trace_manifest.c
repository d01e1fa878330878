/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/trace_manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"

enum { WHERE_SIZE = 512 };

static const char *const category_names[TRACE_CATEGORIES] = {
    "arrivals",  "routes", "factors", "episodes",  "tables", "failures",
    "decisions", "plans",  "tasks",   "transfers", "jobs",   "points",
};

const char *trace_category_name(enum trace_category category)
{
    return category_names[category];
}

static const struct schema_row rows[] = {
    {.path = "",
     .type = SCHEMA_MAP,
     .help = "What a trace holds. JSON, in the part that YAML shares."},
    {.path = "format",
     .type = SCHEMA_INT,
     .min = TRACE_FORMAT,
     .max = TRACE_FORMAT,
     .required = true,
     .help = "Version of the trace directory."},
    {.path = "trace",
     .type = SCHEMA_NAME,
     .required = true,
     .help = "Name of the experiment that was recorded."},
    {.path = "program", .type = SCHEMA_TEXT, .help = "Name and version of what recorded it."},
    {.path = "commit", .type = SCHEMA_TEXT, .help = "State of its source."},
    {.path = "identity",
     .type = SCHEMA_TEXT,
     .help = "Digest of everything that the trial depends on but its replicate."},
    {.path = "trial",
     .type = SCHEMA_INT,
     .min = 0,
     .max = INT32_MAX,
     .fallback = "0",
     .help = "Number of the trial in its experiment."},
    {.path = "replicate",
     .type = SCHEMA_INT,
     .min = 0,
     .max = INT32_MAX,
     .fallback = "0",
     .help = "Number of its replicate."},
    {.path = "seed",
     .type = SCHEMA_INT,
     .min = 0,
     .max = 9e15,
     .fallback = "1",
     .help = "Master seed of the experiment."},
    {.path = "scheduler", .type = SCHEMA_NAME, .required = true, .help = "Label of the scheduler."},
    {.path = "engine", .type = SCHEMA_NAME, .required = true, .help = "simgrid or heap."},
    {.path = "status",
     .type = SCHEMA_CHOICE,
     .choices = "done|failed|deadlock",
     .fallback = "done",
     .help = "How the trial ended."},
    {.path = "end_us",
     .type = SCHEMA_TEXT,
     .required = true,
     .help = "Date of its last event in us, six decimals."},
    {.path = "from_us",
     .type = SCHEMA_TEXT,
     .fallback = "0",
     .help = "Beginning of the window in us; what ended before is left out of the files below "
             "*what happened*."},
    {.path = "until_us",
     .type = SCHEMA_TEXT,
     .help = "End of the window in us; what began then or later is left out. None if absent."},
    {.path = "platform",
     .type = SCHEMA_TEXT,
     .required = true,
     .help = "File of the platform, in this directory."},
    {.path = "apps", .type = SCHEMA_LIST, .required = true, .help = "Files of the apps."},
    {.path = "apps[]", .type = SCHEMA_TEXT, .help = "An app file, in this directory."},
    {.path = "files", .type = SCHEMA_LIST, .required = true, .help = "What was recorded."},
    {.path = "files[]", .type = SCHEMA_MAP, .help = "A category."},
    {.path = "files[].category",
     .type = SCHEMA_CHOICE,
     .choices = TRACE_CATEGORY_CHOICES,
     .required = true,
     .help = "What the rows are."},
    {.path = "files[].file",
     .type = SCHEMA_TEXT,
     .required = true,
     .help = "Its file in this directory: CSV; compressed with zstd if the name ends in .zst."},
    {.path = "files[].rows",
     .type = SCHEMA_INT,
     .min = 0,
     .max = 9e15,
     .help = "Rows below the header; a file with fewer or more is refused."},
    {.path = "files[].crc32",
     .type = SCHEMA_TEXT,
     .help = "CRC-32 of its bytes before compression, 8 hexadecimal digits; a file that differs is "
             "refused. Remove it from here if you edit the file."},
};

const struct schema trace_manifest_schema = {
    .title = "manifest.json", .rows = rows, .count = sizeof rows / sizeof *rows};

/* ---- reading ---- */

static bool fault_at(struct fault *fault, const struct yaml_node *node, const char *hint,
                     const char *what)
{
    char where[WHERE_SIZE];
    return fault_set(fault, yaml_where(node, where, sizeof where), hint, "%s: `%s`", what,
                     node->text);
}

/* Faults unless a name stays below the directory. */
static bool check_name(const struct yaml_node *name, struct fault *fault)
{
    const char *text = name->text;
    bool is_inside = *text != '\0' && *text != '/' && strcmp(text, "..") != 0 &&
                     strncmp(text, "../", 3) != 0 && strstr(text, "/../") == NULL &&
                     (strlen(text) < 3 || strcmp(text + strlen(text) - 3, "/..") != 0);
    return is_inside || fault_at(fault, name, "name files below the trace directory",
                                 "the name leads out of the trace");
}

static bool read_date(const struct yaml_node *root, const char *key, int64_t fallback, int64_t *ps,
                      struct fault *fault)
{
    const struct yaml_node *node = yaml_get(root, key);
    *ps = fallback;
    return node == NULL || tick_parse_us(node->text, ps) ||
           fault_at(fault, node, "a decimal number from 0 on, at most 2^53 ps",
                    "not a number of microseconds");
}

static bool read_crc32(const struct yaml_node *item, int64_t *crc32, struct fault *fault)
{
    const struct yaml_node *node = yaml_get(item, "crc32");
    *crc32 = -1;
    if (node == NULL)
        return true;
    if (strlen(node->text) != 8 || strspn(node->text, "0123456789abcdefABCDEF") != 8)
        return fault_at(fault, node, "remove it to have the file taken as it is",
                        "not 8 hexadecimal digits");
    *crc32 = (int64_t)strtoul(node->text, NULL, 16);
    return true;
}

static bool read_files(struct trace_manifest *manifest, const struct yaml_node *files,
                       struct fault *fault)
{
    for (int i = 0; i < files->count; i++) {
        const struct yaml_node *item = files->items[i];
        const struct yaml_node *category = yaml_get(item, "category");
        const struct yaml_node *name = yaml_get(item, "file");
        int which = 0;
        while (strcmp(category_names[which], category->text) != 0)
            which++;
        struct trace_file *file = &manifest->files[which];
        if (file->name != NULL)
            return fault_at(fault, category, "list every category once", "listed twice");
        int64_t count = schema_int(&trace_manifest_schema, item, "files[]", "rows");
        file->name = name->text;
        file->rows = count == INT64_MIN ? -1 : count;
        if (!check_name(name, fault) || !read_crc32(item, &file->crc32, fault))
            return false;
    }
    return true;
}

static bool read_apps(struct trace_manifest *manifest, struct arena *arena,
                      const struct yaml_node *apps, struct fault *fault)
{
    const char **names = arena_zeroed(arena, (size_t)apps->count, sizeof *names);
    for (int i = 0; i < apps->count; i++) {
        if (!check_name(apps->items[i], fault))
            return false;
        names[i] = apps->items[i]->text;
    }
    manifest->apps = names;
    manifest->app_count = apps->count;
    return true;
}

bool trace_manifest_read(struct trace_manifest *manifest, struct arena *arena, const char *dir,
                         struct fault *fault)
{
    const struct schema *schema = &trace_manifest_schema;
    const char *path = arena_printf(arena, "%s/manifest.json", dir);
    struct yaml_node *root = yaml_load(arena, path, fault);
    if (root == NULL)
        return false;
    if (yaml_get(root, "trace") == NULL && yaml_get(root, "stop_reason") != NULL)
        return fault_set(fault, path, "its traces, if it recorded any, are in traces/NUMBER",
                         "this is the folder of a run, not a trace");
    if (!schema_check(schema, arena, root, fault))
        return false;
    *manifest = (struct trace_manifest){
        .experiment = schema_text(schema, root, "", "trace"),
        .scheduler = schema_text(schema, root, "", "scheduler"),
        .engine = schema_text(schema, root, "", "engine"),
        .program = schema_text(schema, root, "", "program"),
        .commit = schema_text(schema, root, "", "commit"),
        .status = schema_text(schema, root, "", "status"),
        .identity = schema_text(schema, root, "", "identity"),
        .trial = (int32_t)schema_int(schema, root, "", "trial"),
        .replicate = (int32_t)schema_int(schema, root, "", "replicate"),
        .seed = schema_int(schema, root, "", "seed"),
        .platform = schema_text(schema, root, "", "platform"),
    };
    if (!check_name(yaml_get(root, "platform"), fault) ||
        !read_apps(manifest, arena, yaml_get(root, "apps"), fault) ||
        !read_files(manifest, yaml_get(root, "files"), fault) ||
        !read_date(root, "end_us", 0, &manifest->end_ps, fault) ||
        !read_date(root, "from_us", 0, &manifest->from_ps, fault) ||
        !read_date(root, "until_us", TICK_NEVER, &manifest->until_ps, fault))
        return false;
    return manifest->from_ps < manifest->until_ps ||
           fault_at(fault, yaml_get(root, "until_us"), "make until_us later than from_us",
                    "the window is empty");
}

/* ---- writing ---- */

/* Text as JSON and YAML both read it. */
static void write_text(const char *text, FILE *stream)
{
    putc('"', stream);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', stream);
        if ((unsigned char)*text < ' ')
            fprintf(stream, "\\u%04x", (unsigned)(unsigned char)*text);
        else
            putc(*text, stream);
    }
    putc('"', stream);
}

static void write_pair(const char *key, const char *value, FILE *stream)
{
    if (value == NULL)
        return;
    fprintf(stream, "  \"%s\": ", key);
    write_text(value, stream);
    fputs(",\n", stream);
}

static void write_files(const struct trace_manifest *manifest, FILE *stream)
{
    const char *separator = "";
    fputs("  \"files\": [", stream);
    for (int i = 0; i < TRACE_CATEGORIES; i++) {
        const struct trace_file *file = &manifest->files[i];
        if (file->name == NULL)
            continue;
        fprintf(stream, "%s\n    {\"category\": \"%s\", \"file\": ", separator, category_names[i]);
        write_text(file->name, stream);
        if (file->rows >= 0)
            fprintf(stream, ", \"rows\": %" PRId64, file->rows);
        if (file->crc32 >= 0)
            fprintf(stream, ", \"crc32\": \"%08" PRIx32 "\"", (uint32_t)file->crc32);
        putc('}', stream);
        separator = ",";
    }
    fputs("\n  ]\n", stream);
}

static void write_manifest(const struct trace_manifest *manifest, FILE *stream)
{
    char text[TICK_TEXT_SIZE];
    fprintf(stream, "{\n  \"format\": %d,\n", TRACE_FORMAT);
    write_pair("trace", manifest->experiment, stream);
    write_pair("program", manifest->program, stream);
    write_pair("commit", manifest->commit, stream);
    write_pair("identity", manifest->identity, stream);
    fprintf(stream,
            "  \"trial\": %" PRId32 ",\n  \"replicate\": %" PRId32 ",\n  \"seed\": %" PRId64 ",\n",
            manifest->trial, manifest->replicate, manifest->seed);
    write_pair("scheduler", manifest->scheduler, stream);
    write_pair("engine", manifest->engine, stream);
    write_pair("status", manifest->status, stream);
    fprintf(stream, "  \"end_us\": %s,\n", tick_format_us(text, manifest->end_ps));
    fprintf(stream, "  \"from_us\": %s,\n", tick_format_us(text, manifest->from_ps));
    if (manifest->until_ps != TICK_NEVER)
        fprintf(stream, "  \"until_us\": %s,\n", tick_format_us(text, manifest->until_ps));
    write_pair("platform", manifest->platform, stream);
    fputs("  \"apps\": [", stream);
    for (int32_t i = 0; i < manifest->app_count; i++) {
        fputs(i == 0 ? "" : ", ", stream);
        write_text(manifest->apps[i], stream);
    }
    fputs("],\n", stream);
    write_files(manifest, stream);
    fputs("}\n", stream);
}

bool trace_manifest_write(const struct trace_manifest *manifest, const char *dir,
                          struct fault *fault)
{
    struct arena *arena = arena_create();
    const char *path = arena_printf(arena, "%s/manifest.json", dir);
    FILE *stream = fopen(path, "w");
    bool ok = stream != NULL;
    if (ok) {
        write_manifest(manifest, stream);
        ok = ferror(stream) == 0;
        ok = fclose(stream) == 0 && ok;
    }
    if (!ok)
        fault_set(fault, path, "is the disk full?", "cannot write: %s", strerror(errno));
    arena_destroy(arena);
    return ok;
}
