/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/manifest.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/folder.h"
#include "base/memory.h"
#include "lab/contender.h"
#include "lab/version.h"

/* Failed trials that are written out; all are counted. */
enum { FAILURE_LIMIT = 100 };

/* Text from outside, such as a path: where it is not UTF-8, which is all that JSON takes, bytes
 * beyond ASCII become question marks. */
static json_t *json_of_text(const char *text)
{
    json_t *json = json_string(text);
    if (json != NULL)
        return json;
    char *ascii = memory_zeroed(strlen(text) + 1, 1);
    for (size_t i = 0; text[i] != '\0'; i++)
        ascii[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
    json = json_string(ascii);
    free(ascii);
    return json;
}

/* Significant digits that a real needs to read back. */
static int digits_of(double value)
{
    char text[32];
    int digits = 0;
    for (const char *c = csv_format_real(text, value); *c != '\0' && *c != 'e'; c++)
        digits += *c >= (digits == 0 ? '1' : '0') && *c <= '9';
    return digits;
}

static json_t *json_of_scalar(const struct yaml_node *node, const struct schema_row *row,
                              int *digits)
{
    int64_t whole;
    double real;
    if (row->type == SCHEMA_BOOL)
        return json_boolean(strcmp(node->text, "true") == 0);
    bool is_any = row->type == SCHEMA_ANY && !node->quoted;
    if ((is_any || row->type == SCHEMA_INT) && schema_parse_int(node->text, &whole))
        return json_integer((json_int_t)whole);
    if ((is_any || row->type == SCHEMA_REAL) && schema_parse_real(node->text, &real)) {
        if (digits_of(real) > *digits)
            *digits = digits_of(real);
        return json_real(real);
    }
    return json_string(node->text);
}

/* A checked tree as JSON; numbers and booleans where its schema says so. */
static json_t *json_of_node(const struct experiment *experiment, const struct schema *schema,
                            const struct yaml_node *node, const struct schema_row *row, int *digits)
{
    json_t *json;
    switch (node->type) {
    case YAML_LIST:
        json = json_array();
        if (row->type == SCHEMA_LIST)
            row = schema_below(schema, row->path, "[]");
        for (int i = 0; i < node->count; i++)
            json_array_append_new(json,
                                  json_of_node(experiment, schema, node->items[i], row, digits));
        return json;
    case YAML_MAP:
        json = json_object();
        if (strcmp(row->path, "schedulers[]") == 0) {
            const char *name = yaml_get(node, "name")->text;
            schema = contender_schema(experiment->arena, roster_find(experiment->roster, name));
            row = &schema->rows[0];
        } else if (strcmp(row->path, "sweep") == 0) {
            schema = &sweep_schema;
            row = &schema->rows[0];
        }
        for (int i = 0; i < node->count; i++) {
            const char *key = node->keys[i]->text;
            const struct schema_row *below =
                row->type == SCHEMA_ANY ? row : schema_below(schema, row->path, key);
            json_object_set_new(json, key,
                                json_of_node(experiment, schema, node->items[i], below, digits));
        }
        return json;
    case YAML_SCALAR:
        break;
    }
    return json_of_scalar(node, row, digits);
}

static json_t *json_of_plugins(const struct roster *roster)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < roster->plugin_count; i++)
        json_array_append_new(list, json_pack("{s:o, s:s, s:s}", "file",
                                              json_of_text(roster->plugins[i].path), "sha256",
                                              roster->plugins[i].digest, "scheduler",
                                              roster->plugins[i].policy->name));
    return list;
}

/* The files that schedulers work with. Neighbouring points differ in the scheduler first. */
static json_t *json_of_policies(const struct points *points)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < points->count; i++) {
        const struct point *point = &points->list[i];
        if (i > 0 && strcmp(point->scheduler, points->list[0].scheduler) == 0)
            break;
        if (point->file->path != NULL)
            json_array_append_new(list, json_pack("{s:s, s:o, s:s}", "scheduler", point->scheduler,
                                                  "file", json_of_text(point->file->path), "sha256",
                                                  point->file->digest));
    }
    return list;
}

static json_t *json_of_host(void)
{
    struct utsname host;
    if (uname(&host) != 0)
        return json_null();
    return json_pack("{s:o, s:s, s:s, s:s, s:I}", "name", json_of_text(host.nodename), "system",
                     host.sysname, "release", host.release, "machine", host.machine, "cpus",
                     (json_int_t)sysconf(_SC_NPROCESSORS_ONLN));
}

/* How many trials ended how, and the first failures with their reasons. */
struct tally {
    int64_t run, counts[TRIAL_CRASHED + 1];
    json_t *failures;
};

static void count_trial(void *context, const struct database_entry *entry)
{
    struct tally *tally = context;
    const struct trial_row *row = &entry->row;
    tally->run++;
    tally->counts[row->status]++;
    if (row->status != TRIAL_DONE && json_array_size(tally->failures) < FAILURE_LIMIT)
        json_array_append_new(tally->failures,
                              json_pack("{s:i, s:s, s:o, s:o, s:o}", "trial", (int)row->trial,
                                        "status", trial_status_name(row->status), "where",
                                        json_of_text(row->fault.where), "what",
                                        json_of_text(row->fault.what), "hint",
                                        json_of_text(row->fault.hint)));
}

static bool add_trials(json_t *root, const struct manifest *manifest, struct fault *fault)
{
    struct tally tally = {.failures = json_array()};
    bool ok = database_each(manifest->database, count_trial, &tally, fault);
    int64_t planned = (int64_t)manifest->points->count * manifest->points->replicates;
    json_t *trials =
        json_pack("{s:I, s:I}", "planned", (json_int_t)planned, "run", (json_int_t)tally.run);
    for (int s = TRIAL_DONE; s <= TRIAL_CRASHED; s++)
        json_object_set_new(trials, trial_status_name((enum trial_status)s),
                            json_integer((json_int_t)tally.counts[s]));
    json_object_set_new(root, "trials", trials);
    json_object_set_new(root, "failures", tally.failures);
    return ok;
}

/* Of this process or the largest of its children, in KiB. */
static json_int_t peak_rss_kib(void)
{
    struct rusage own, children;
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    return own.ru_maxrss > children.ru_maxrss ? own.ru_maxrss : children.ru_maxrss;
}

bool manifest_write(const struct manifest *manifest, const char *path, struct fault *fault)
{
    const struct experiment *experiment = manifest->experiment;
    struct tm utc;
    char started[32];
    int digits = 15;
    size_t layout = JSON_INDENT(2);
    strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&manifest->started, &utc));
    json_t *root =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:i}", "program", "hetsoc", "version",
                  version_number, "commit", version_commit, "libraries", version_libraries,
                  "experiment", experiment->name, "experiment_file", json_of_text(experiment->path),
                  "seed", (json_int_t)experiment->seed, "replicates", (int)experiment->replicates);
    json_object_set_new(root, "started", json_string(started));
    json_object_set_new(root, "wall_s", json_real(manifest->wall_s));
    json_object_set_new(root, "peak_rss_kib", json_integer(peak_rss_kib()));
    json_object_set_new(root, "stop_reason", json_string(manifest->stop_reason));
    json_object_set_new(root, "plugins", json_of_plugins(experiment->roster));
    json_object_set_new(root, "policies", json_of_policies(manifest->points));
    json_object_set_new(root, "host", json_of_host());
    bool has_trials = add_trials(root, manifest, fault);
    const struct yaml_node *config = experiment_config(experiment);
    json_object_set_new(
        root, "config",
        json_of_node(experiment, &experiment_schema, config, &experiment_schema.rows[0], &digits));
    layout |= JSON_REAL_PRECISION((size_t)(digits > 17 ? 17 : digits));
    FILE *stream = folder_new_file(path);
    bool ok = has_trials && stream != NULL && json_dumpf(root, stream, layout) == 0 &&
              fputc('\n', stream) != EOF;
    int error = errno;
    if (stream != NULL && fclose(stream) != 0) {
        ok = false;
        error = errno;
    }
    json_decref(root);
    return ok || fault_set(fault, path, "is the disk full?", "cannot write: %s", strerror(error));
}

static void print_difference(const char *path, const json_t *a, const json_t *b, FILE *stream)
{
    const json_t *const values[] = {a, b};
    fprintf(stream, "%s: ", path);
    for (int side = 0; side < 2; side++) {
        char *text = values[side] == NULL
                         ? NULL
                         : json_dumps(values[side],
                                      JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
        fprintf(stream, "%s in %s", text == NULL ? "nothing" : text, side == 0 ? "A, " : "B\n");
        free(text);
    }
}

/* What an item of a list goes by; NULL if it has no name. */
static const char *item_name(const json_t *item)
{
    static const char *const keys[] = {"as", "name", "app", "file"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        const char *name = json_string_value(json_object_get(item, keys[k]));
        if (name != NULL)
            return name;
    }
    return NULL;
}

/* A list as an object by the names of its items; NULL if an item has none or shares it. */
static json_t *by_name(const json_t *list)
{
    json_t *object = json_object(), *item;
    size_t place;
    json_array_foreach((json_t *)list, place, item)
    {
        const char *name = item_name(item);
        if (name == NULL || json_object_get(object, name) != NULL) {
            json_decref(object);
            return NULL;
        }
        json_object_set(object, name, item);
    }
    return object;
}

static void compare_values(struct arena *arena, const char *path, json_t *a, json_t *b,
                           FILE *stream);

static void compare_objects(struct arena *arena, const char *path, json_t *a, json_t *b,
                            FILE *stream)
{
    const char *key, *joint = *path == '\0' ? "" : ".";
    json_t *value;
    json_object_foreach(a, key, value)
        compare_values(arena, arena_printf(arena, "%s%s%s", path, joint, key), value,
                       json_object_get(b, key), stream);
    json_object_foreach(b, key, value) if (json_object_get(a, key) == NULL)
        compare_values(arena, arena_printf(arena, "%s%s%s", path, joint, key), NULL, value, stream);
}

static void compare_values(struct arena *arena, const char *path, json_t *a, json_t *b,
                           FILE *stream)
{
    if (json_is_object(a) && json_is_object(b)) {
        compare_objects(arena, path, a, b, stream);
        return;
    }
    if (json_equal(a, b))
        return;
    json_t *named_a = json_is_array(a) && json_is_array(b) ? by_name(a) : NULL;
    json_t *named_b = named_a != NULL ? by_name(b) : NULL;
    if (named_b != NULL)
        compare_objects(arena, path, named_a, named_b, stream);
    else
        print_difference(path, a, b, stream);
    json_decref(named_a);
    json_decref(named_b);
}

static json_t *manifest_read(struct arena *arena, const char *dir, struct fault *fault)
{
    const char *path = arena_printf(arena, "%s/manifest.json", dir);
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    if (!json_is_object(root))
        fault_set(fault, path, "is this the folder of a run?", "cannot read the manifest: %s",
                  root == NULL ? error.text : "it is no object");
    return root;
}

bool manifest_compare(const char *dir_a, const char *dir_b, FILE *stream, struct fault *fault)
{
    static const char *const parts[] = {"version", "commit", "plugins"};
    struct arena *arena = arena_create();
    json_t *a = manifest_read(arena, dir_a, fault), *b = manifest_read(arena, dir_b, fault);
    for (size_t p = 0; p < sizeof parts / sizeof *parts && !fault_is_set(fault); p++)
        compare_values(arena, parts[p], json_object_get(a, parts[p]), json_object_get(b, parts[p]),
                       stream);
    if (!fault_is_set(fault))
        compare_objects(arena, "", json_object_get(a, "config"), json_object_get(b, "config"),
                        stream);
    json_decref(a);
    json_decref(b);
    arena_destroy(arena);
    return !fault_is_set(fault);
}
