/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WfFormat (https://github.com/wfcommons/WfFormat): recorded workflows as JSON.
 *
 * Up to 1.4 a task has everything with it and names its parents; from 1.5 on `specification` has
 * the graph and the files, `execution` the times and machines, and tasks refer to each other by id.
 * Keys of versions before 1.4 (jobs, runtime, size) are understood. Parents and children are the
 * graph; files only say how much data an edge carries. The machines become a platform. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "traces/data_files.h"
#include "traces/draft.h"
#include "traces/json.h"
#include "traces/machines.h"

/* A file on its way to an app. */
struct reader {
    struct text text;
    struct imported *imported;
    struct arena *arena;
    const struct import_options *options;
    struct fault *fault;
    struct draft *draft;
    struct data_files *files;
    struct machines *machines;
    const struct json *tasks;     /* the list that has the graph */
    struct app_cost *costs;       /* of the task at hand, one for each kind of machine */
    double *written_bytes;        /* by task of type transfer; NULL = there is none */
    int32_t many_cores, homeless; /* tasks on several cores, on no machine of the list */
};

static bool refuse(struct reader *reader, const struct json *value, const char *hint,
                   const char *what)
{
    return text_refuse(&reader->text, value->at, hint, "%s", what);
}

/* The value of a key under the first of two names that is there and not null. */
static const struct json *get(const struct json *map, const char *key, const char *older)
{
    const struct json *value = json_get(map, key);
    if (value == NULL && older != NULL)
        value = json_get(map, older);
    return value == NULL || value->type == JSON_NULL ? NULL : value;
}

/* Sets `value` to that of a key, NULL if it is absent; false if it has another type. */
static bool get_typed(struct reader *reader, const struct json *map, const char *key,
                      const char *older, enum json_type type, const struct json **value)
{
    *value = get(map, key, older);
    return *value == NULL || (*value)->type == type ||
           text_refuse(&reader->text, (*value)->at, NULL, "`%s` is %s here, not %s", key,
                       json_type_name((*value)->type), json_type_name(type));
}

static bool get_amount(struct reader *reader, const struct json *map, const char *key,
                       const char *older, double *amount)
{
    const struct json *value;
    if (!get_typed(reader, map, key, older, JSON_NUMBER, &value))
        return false;
    *amount = value == NULL ? NAN : value->number;
    return value == NULL || value->number >= 0 ||
           text_refuse(&reader->text, value->at, NULL, "`%s` is below 0", key);
}

static bool check_item(struct reader *reader, const struct json *item, enum json_type type)
{
    return item->type == type || text_refuse(&reader->text, item->at, NULL, "this is %s, not %s",
                                             json_type_name(item->type), json_type_name(type));
}

/* ---- tasks and edges ---- */

static bool add_tasks(struct reader *reader)
{
    for (int32_t i = 0; i < reader->tasks->count; i++) {
        const struct json *task = &reader->tasks->items[i], *id, *name;
        if (!check_item(reader, task, JSON_MAP) ||
            !get_typed(reader, task, "id", NULL, JSON_TEXT, &id) ||
            !get_typed(reader, task, "name", NULL, JSON_TEXT, &name))
            return false;
        if (id == NULL)
            id = name;
        if (id == NULL)
            return refuse(reader, task, NULL, "the task has neither an id nor a name");
        if (draft_add_task(reader->draft, id->text, text_line_of(&reader->text, task->at)) < 0)
            return text_refuse(&reader->text, id->at, "give each task its own id",
                               "two tasks are called '%s'", id->text);
    }
    for (int32_t i = 0; i < reader->tasks->count; i++) {
        const struct json *name = get(&reader->tasks->items[i], "name", NULL);
        if (name != NULL)
            draft_alias(reader->draft, i, name->text);
    }
    return true;
}

/* Adds the edges of one list of parents or children. */
static bool add_edges(struct reader *reader, int32_t task, const char *key)
{
    const struct json *list;
    if (!get_typed(reader, &reader->tasks->items[task], key, NULL, JSON_LIST, &list))
        return false;
    for (int32_t i = 0; list != NULL && i < list->count; i++) {
        if (!check_item(reader, &list->items[i], JSON_TEXT))
            return false;
        int32_t other = draft_find_task(reader->draft, list->items[i].text);
        if (other < 0)
            return text_refuse(&reader->text, list->items[i].at, NULL, "there is no task '%s'",
                               list->items[i].text);
        if (draft_is_ambiguous(reader->draft, list->items[i].text))
            return text_refuse(&reader->text, list->items[i].at, "refer to tasks by their ids",
                               "several tasks are called '%s'", list->items[i].text);
        bool is_parent = key[0] == 'p';
        draft_add_edge(reader->draft, is_parent ? other : task, is_parent ? task : other, 0);
    }
    return true;
}

/* Parents and children say the same from both ends; what only one end says is an edge too. */
static bool add_all_edges(struct reader *reader)
{
    bool has_children = false, has_parents = false;
    for (int32_t t = 0; t < reader->tasks->count; t++) {
        has_parents = has_parents || get(&reader->tasks->items[t], "parents", NULL) != NULL;
        has_children = has_children || get(&reader->tasks->items[t], "children", NULL) != NULL;
        if (!add_edges(reader, t, "parents"))
            return false;
    }
    int32_t twice = draft_merge(reader->draft), by_parents = draft_edge_count(reader->draft);
    if (twice > 0)
        import_note(reader->imported, reader->arena, "%s: %d parents are named twice",
                    reader->text.path, (int)twice);
    for (int32_t t = 0; t < reader->tasks->count; t++)
        if (!add_edges(reader, t, "children"))
            return false;
    int32_t by_children = draft_edge_count(reader->draft) - by_parents;
    draft_merge(reader->draft);
    int32_t more = draft_edge_count(reader->draft) - by_parents;
    if (has_parents && has_children && (more > 0 || by_children - more < by_parents))
        import_note(reader->imported, reader->arena,
                    "%s: %d edges are only among children, %d only among parents: all are taken",
                    reader->text.path, (int)more, (int)(by_parents - (by_children - more)));
    return true;
}

/* ---- files ---- */

/* From 1.5 on: lists of ids. */
static bool add_uses(struct reader *reader, int32_t task, const char *key, bool writes)
{
    const struct json *list;
    if (!get_typed(reader, &reader->tasks->items[task], key, NULL, JSON_LIST, &list))
        return false;
    for (int32_t i = 0; list != NULL && i < list->count; i++) {
        if (!check_item(reader, &list->items[i], JSON_TEXT))
            return false;
        if (writes)
            data_files_write(reader->files, list->items[i].text, task, NAN);
        else
            data_files_read(reader->files, list->items[i].text, task, NAN);
    }
    return true;
}

/* Up to 1.4: files with link, name and size in the task. `task` -1: a list of all files. */
static bool add_files(struct reader *reader, const struct json *map, int32_t task)
{
    const struct json *list, *name, *link;
    double bytes;
    if (!get_typed(reader, map, "files", NULL, JSON_LIST, &list))
        return false;
    for (int32_t i = 0; list != NULL && i < list->count; i++) {
        const struct json *file = &list->items[i];
        if (!check_item(reader, file, JSON_MAP) ||
            !get_typed(reader, file, task < 0 ? "id" : "name", "name", JSON_TEXT, &name) ||
            !get_typed(reader, file, "link", NULL, JSON_TEXT, &link) ||
            !get_amount(reader, file, "sizeInBytes", "size", &bytes))
            return false;
        if (name == NULL)
            return refuse(reader, file, NULL, "the file has no name");
        bool writes = link != NULL && strcasecmp(link->text, "output") == 0;
        if (task < 0 && !isnan(bytes))
            data_files_size(reader->files, name->text, bytes);
        else if (task >= 0 && writes)
            data_files_write(reader->files, name->text, task, bytes);
        else if (task >= 0)
            data_files_read(reader->files, name->text, task, bytes);
    }
    return true;
}

/* Sizes are listed in the specification; some have them a level higher. */
static bool add_all_files(struct reader *reader, const struct json *workflow,
                          const struct json *specification)
{
    if (!add_files(reader, specification, -1) ||
        (workflow != specification && !add_files(reader, workflow, -1)))
        return false;
    for (int32_t t = 0; t < reader->tasks->count; t++)
        if (!add_uses(reader, t, "outputFiles", true) ||
            !add_uses(reader, t, "inputFiles", false) ||
            !add_files(reader, &reader->tasks->items[t], t))
            return false;
    return data_files_assign(reader->files, reader->draft, reader->imported, reader->arena,
                             reader->text.path, reader->fault);
}

/* ---- machines and times ---- */

static bool add_machines(struct reader *reader, const struct json *execution)
{
    const struct json *list;
    if (!get_typed(reader, execution, "machines", NULL, JSON_LIST, &list))
        return false;
    for (int32_t i = 0; list != NULL && i < list->count; i++) {
        const struct json *map = &list->items[i], *name, *architecture, *cpu;
        double cores, mhz;
        if (!check_item(reader, map, JSON_MAP) ||
            !get_typed(reader, map, "nodeName", NULL, JSON_TEXT, &name) ||
            !get_typed(reader, map, "architecture", NULL, JSON_TEXT, &architecture) ||
            !get_typed(reader, map, "cpu", NULL, JSON_MAP, &cpu) ||
            !get_amount(reader, cpu, "coreCount", "count", &cores) ||
            !get_amount(reader, cpu, "speedInMHz", "speed", &mhz))
            return false;
        if (name == NULL)
            return refuse(reader, map, NULL, "the machine has no nodeName");
        machines_add(reader->machines, name->text, architecture == NULL ? NULL : architecture->text,
                     mhz, cores);
    }
    return true;
}

/* The machine that a task ran on, -1 if that is not known: the first of a list, or the only one. */
static bool find_machine(struct reader *reader, const struct json *map, int32_t *machine)
{
    const struct json *value = get(map, "machines", "machine");
    *machine = -1;
    if (value != NULL && value->type == JSON_LIST) {
        if (value->count == 0)
            return true;
        value = &value->items[0];
    }
    if (value == NULL)
        return true;
    if (!check_item(reader, value, JSON_TEXT))
        return false;
    *machine = machines_find(reader->machines, value->text);
    return true;
}

/* The label of a task's kind: its category, otherwise its name up to a number ("_ID0007"). */
static const char *find_label(struct reader *reader, const struct json *map, int32_t task)
{
    const struct json *label = get(map, "category", NULL);
    if (label != NULL && label->type == JSON_TEXT && *label->text != '\0')
        return label->text;
    const char *name = get(&reader->tasks->items[task], "name", "id")->text;
    size_t length = strlen(name);
    while (length > 1 && strchr("0123456789", name[length - 1]) != NULL)
        length--;
    if (length > 2 && strncmp(name + length - 2, "ID", 2) == 0)
        length -= 2;
    while (length > 1 && strchr("_-.", name[length - 1]) != NULL)
        length--;
    return arena_substring(reader->arena, name, length);
}

/* A transfer that SimGrid writes as a task: it takes no time, and what follows needs its data. */
static bool add_transfer(struct reader *reader, const struct json *map, int32_t task)
{
    double bytes;
    if (!get_amount(reader, map, "writtenBytes", NULL, &bytes))
        return false;
    if (reader->written_bytes == NULL)
        reader->written_bytes =
            arena_zeroed(reader->arena, (size_t)reader->tasks->count, sizeof(double));
    reader->written_bytes[task] = isnan(bytes) ? 0 : bytes;
    return true;
}

/* `map` has the time of a task. */
static bool add_time(struct reader *reader, const struct json *map, int32_t task)
{
    const struct json *type = get(map, "type", NULL);
    double seconds, cores;
    int32_t machine;
    if (!get_amount(reader, map, "runtimeInSeconds", "runtime", &seconds) ||
        !get_amount(reader, map, "coreCount", "cores", &cores) ||
        !find_machine(reader, map, &machine))
        return false;
    if (type != NULL && type->type == JSON_TEXT && strcmp(type->text, "transfer") == 0) {
        if (!add_transfer(reader, map, task))
            return false;
        seconds = 0;
    }
    if (isnan(seconds))
        return true;
    reader->many_cores += cores > 1;
    reader->homeless += machine < 0 && seconds > 0;
    machines_costs(reader->machines, reader->costs, machine, seconds);
    draft_set_costs(reader->draft, task, find_label(reader, map, task), reader->costs,
                    machines_kind_count(reader->machines));
    return true;
}

/* From 1.5 on: times by id. */
static bool add_executions(struct reader *reader, const struct json *execution)
{
    const struct json *list, *id;
    if (!get_typed(reader, execution, "tasks", NULL, JSON_LIST, &list))
        return false;
    for (int32_t i = 0; list != NULL && i < list->count; i++) {
        if (!check_item(reader, &list->items[i], JSON_MAP) ||
            !get_typed(reader, &list->items[i], "id", "name", JSON_TEXT, &id))
            return false;
        if (id == NULL)
            return refuse(reader, &list->items[i], NULL, "the execution has no id of a task");
        int32_t task = draft_find_task(reader->draft, id->text);
        if (task < 0)
            return text_refuse(&reader->text, id->at, NULL,
                               "there is no task '%s' in the specification", id->text);
        if (draft_has_costs(reader->draft, task))
            return text_refuse(&reader->text, id->at, NULL, "the task '%s' was executed twice",
                               id->text);
        if (!add_time(reader, &list->items[i], task))
            return false;
    }
    return true;
}

static bool add_times(struct reader *reader, const struct json *specification,
                      const struct json *execution)
{
    if (!add_machines(reader, execution))
        return false;
    machines_finish(reader->machines, reader->options->pe_kind);
    reader->costs = arena_zeroed(reader->arena, (size_t)machines_kind_count(reader->machines),
                                 sizeof *reader->costs);
    if (specification != execution)
        return add_executions(reader, execution);
    for (int32_t t = 0; t < reader->tasks->count; t++)
        if (!add_time(reader, &reader->tasks->items[t], t))
            return false;
    return true;
}

/* ---- the document ---- */

static void add_transfers(struct reader *reader)
{
    if (reader->written_bytes == NULL)
        return;
    for (int32_t e = 0; e < draft_edge_count(reader->draft); e++)
        draft_set_bytes(reader->draft, e,
                        draft_bytes(reader->draft, e) +
                            reader->written_bytes[draft_producer(reader->draft, e)]);
}

static bool read_document(struct reader *reader, const struct json *root)
{
    const struct json *workflow, *specification, *execution, *version;
    if (!check_item(reader, root, JSON_MAP) ||
        !get_typed(reader, root, "workflow", NULL, JSON_MAP, &workflow) ||
        !get_typed(reader, root, "schemaVersion", NULL, JSON_TEXT, &version))
        return false;
    if (workflow == NULL)
        return refuse(reader, root, NULL, "there is no workflow in it");
    if (!get_typed(reader, workflow, "specification", NULL, JSON_MAP, &specification) ||
        !get_typed(reader, workflow, "execution", NULL, JSON_MAP, &execution))
        return false;
    if (specification == NULL)
        specification = execution = workflow;
    if (!get_typed(reader, specification, "tasks", "jobs", JSON_LIST, &reader->tasks))
        return false;
    if (reader->tasks == NULL || reader->tasks->count == 0)
        return refuse(reader, specification, NULL, "there is no task in it");
    if (!add_tasks(reader) || !add_all_edges(reader) ||
        !add_times(reader, specification, execution) ||
        !add_all_files(reader, workflow, specification))
        return false;
    add_transfers(reader);
    if (reader->many_cores > 0)
        import_note(reader->imported, reader->arena,
                    "%s: %d tasks used several cores: here each is on one PE, for the same time",
                    reader->text.path, (int)reader->many_cores);
    if (reader->homeless > 0 && machines_kind_count(reader->machines) > 1)
        import_note(reader->imported, reader->arena,
                    "%s: %d tasks name no machine of the list: they take the same time on all",
                    reader->text.path, (int)reader->homeless);
    double us_per_s = draft_make_us(reader->draft, reader->options);
    machines_costs(reader->machines, reader->costs, -1, us_per_s);
    machines_platform(reader->machines, reader->imported, reader->text.path, us_per_s);
    reader->imported->units = arena_printf(reader->arena, "a second is %g us, a byte is a byte%s",
                                           us_per_s, machines_explain(reader->machines));
    const char *what = arena_printf(reader->arena, "from WfFormat %s",
                                    version == NULL ? "of no version" : version->text);
    return draft_finish(reader->draft, reader->imported, reader->arena, reader->text.path, what,
                        reader->costs, machines_kind_count(reader->machines), reader->fault);
}

static bool wfformat_read(struct imported *imported, struct arena *arena, const char *const *paths,
                          int32_t count, const struct import_options *options, struct fault *fault)
{
    (void)count;
    struct reader reader = {.imported = imported,
                            .arena = arena,
                            .options = options,
                            .fault = fault,
                            .draft = draft_create(),
                            .files = data_files_create(),
                            .machines = machines_create(arena)};
    struct arena *tree = arena_create();
    bool ok = text_load(&reader.text, paths[0], fault);
    const struct json *root = ok ? json_parse(&reader.text, tree) : NULL;
    ok = root != NULL && read_document(&reader, root);
    machines_destroy(reader.machines);
    data_files_destroy(reader.files);
    draft_destroy(reader.draft);
    arena_destroy(tree);
    text_finish(&reader.text);
    return ok;
}

static bool wfformat_claims(const char *head)
{
    return head[strspn(head, " \t\r\n")] == '{' &&
           (strstr(head, "\"workflow\"") != NULL || strstr(head, "\"schemaVersion\"") != NULL);
}

const struct import_kind import_wfformat = {
    .name = "wfformat",
    .summary = "WfCommons' workflows, 1.0 to 1.6, and their machines; a second is 1e6 us, less if "
               "that is too long, or --unit-us",
    .claims = wfformat_claims,
    .read = wfformat_read,
};
