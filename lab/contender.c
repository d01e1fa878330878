/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/contender.h"

#include <assert.h>
#include <string.h>

#include "base/csv.h"
#include "lab/library.h"
#include "sched/registry.h"

/* Most schedulers a hint chooses from. */
enum { NAME_LIMIT = 256, WHERE_SIZE = 512 };

/* Word `number` of "a|b|c". */
static const char *choice_name(struct arena *arena, const char *choices, int number)
{
    for (; number > 0; number--)
        choices = strchr(choices, '|') + 1;
    return arena_substring(arena, choices, strcspn(choices, "|"));
}

/* The number of a word of "a|b|c", which it is. */
static int choice_number(struct arena *arena, const char *choices, const char *word)
{
    int number = 0;
    while (strcmp(choice_name(arena, choices, number), word) != 0)
        number++;
    return number;
}

static struct schema_row param_row(struct arena *arena, const char *path,
                                   const struct policy_param *param)
{
    char fallback[32];
    if (param->choices != NULL)
        return (struct schema_row){
            .path = path,
            .type = SCHEMA_CHOICE,
            .choices = param->choices,
            .fallback = choice_name(arena, param->choices, (int)param->fallback),
            .help = param->help,
        };
    return (struct schema_row){
        .path = path,
        .type = param->is_whole ? SCHEMA_INT : SCHEMA_REAL,
        .unit = param->unit,
        .min = param->min,
        .max = param->max,
        .fallback = arena_string(arena, csv_format_real(fallback, param->fallback)),
        .help = param->help,
    };
}

static struct schema_row file_row(const char *path, const struct policy_file *file)
{
    return (struct schema_row){
        .path = path, .type = SCHEMA_TEXT, .fallback = file->fallback, .help = file->help};
}

const struct schema *contender_schema(struct arena *arena, const struct policy_kind *policy)
{
    static const struct schema_row common[] = {
        {.path = "", .type = SCHEMA_MAP, .help = "A scheduler."},
        {.path = "name", .type = SCHEMA_NAME, .required = true, .help = "Name of the scheduler."},
        {.path = "as", .type = SCHEMA_NAME, .help = "Its label in the CSV files."},
    };
    enum { COMMON = sizeof common / sizeof *common };
    struct schema_row *rows =
        arena_zeroed(arena, COMMON + (size_t)policy->param_count + 1, sizeof *rows);
    int count = COMMON;
    for (int32_t i = 0; i < COMMON; i++)
        rows[i] = common[i];
    for (int32_t i = 0; i < policy->param_count; i++)
        rows[count++] = param_row(arena, policy->params[i].name, &policy->params[i]);
    if (policy->file != NULL)
        rows[count++] = file_row(policy->file->key, policy->file);
    struct schema *schema = arena_zeroed(arena, 1, sizeof *schema);
    *schema = (struct schema){
        .title = arena_printf(arena, "scheduler %s", policy->name), .rows = rows, .count = count};
    return schema;
}

/* Whether the documentation of two parameters is the same but for the policy. */
static bool is_same_param(const struct schema_row *a, const struct schema_row *b)
{
    return strcmp(a->path, b->path) == 0 && strcmp(a->help, b->help) == 0 && a->min == b->min &&
           a->max == b->max && strcmp(a->fallback, b->fallback) == 0;
}

/* Appends a row, or joins the policy to `owners` of the row that says the same. Returns the count.
 */
static size_t add_documented(struct arena *arena, struct schema_row *rows, const char **owners,
                             size_t count, const char *policy, struct schema_row row)
{
    for (size_t r = 1; r < count; r++) {
        if (is_same_param(&rows[r], &row)) {
            owners[r] = arena_printf(arena, "%s, %s", owners[r], policy);
            return count;
        }
    }
    rows[count] = row;
    owners[count] = policy;
    return count + 1;
}

const struct schema *contender_document(struct arena *arena)
{
    size_t count = 1;
    for (int32_t i = 0; sched_registry[i] != NULL; i++)
        count += (size_t)sched_registry[i]->param_count + 1;
    struct schema_row *rows = arena_zeroed(arena, count, sizeof *rows);
    const char **owners = arena_zeroed(arena, count, sizeof *owners);
    rows[0] = (struct schema_row){
        .path = "",
        .type = SCHEMA_MAP,
        .help = "What else an item of `schedulers` may say: `{name: POLICY, PARAMETER: value}`. A "
                "policy that is not in this table has no parameters; braces hold those that share "
                "one."};
    count = 1;
    for (int32_t i = 0; sched_registry[i] != NULL; i++) {
        const struct policy_kind *policy = sched_registry[i];
        for (int32_t p = 0; p < policy->param_count; p++)
            count = add_documented(arena, rows, owners, count, policy->name,
                                   param_row(arena, policy->params[p].name, &policy->params[p]));
        if (policy->file != NULL)
            count = add_documented(arena, rows, owners, count, policy->name,
                                   file_row(policy->file->key, policy->file));
    }
    for (size_t r = 1; r < count; r++)
        rows[r].path = arena_printf(arena, strchr(owners[r], ',') != NULL ? "{%s}.%s" : "%s.%s",
                                    owners[r], rows[r].path);
    struct schema *schema = arena_zeroed(arena, 1, sizeof *schema);
    *schema =
        (struct schema){.title = "parameters of schedulers", .rows = rows, .count = (int)count};
    return schema;
}

/* The policy that an item names. */
static const struct policy_kind *find_policy(const struct roster *roster, struct arena *arena,
                                             const struct yaml_node *item, struct fault *fault)
{
    const struct yaml_node *name = yaml_get(item, "name");
    const struct policy_kind *policy = roster_find(roster, name->text);
    if (policy != NULL)
        return policy;
    const char *names[NAME_LIMIT];
    int count = 0;
    for (; count < NAME_LIMIT && roster->policies[count] != NULL; count++)
        names[count] = roster->policies[count]->name;
    const char *nearest = schema_nearest(name->text, names, count);
    const char *question =
        nearest == NULL ? "" : arena_printf(arena, "did you mean `%s`? ", nearest);
    char where[WHERE_SIZE];
    fault_set(fault, yaml_where(name, where, sizeof where),
              arena_printf(arena, "%s`hetsoc list schedulers` names all", question),
              "unknown scheduler `%s`", name->text);
    return NULL;
}

bool contender_check(const struct roster *roster, struct arena *arena, struct yaml_node *item,
                     struct fault *fault)
{
    const struct policy_kind *policy = find_policy(roster, arena, item, fault);
    if (policy == NULL)
        return false;
    const struct schema *schema = contender_schema(arena, policy);
    if (!schema_check(schema, arena, item, fault))
        return false;
    *item = *schema_complete(schema, arena, item);
    return true;
}

const struct yaml_node *contender_label(const struct yaml_node *item)
{
    const struct yaml_node *label = yaml_get(item, "as");
    return label != NULL ? label : yaml_get(item, "name");
}

struct contender contender_read(const struct roster *roster, struct arena *arena,
                                const struct yaml_node *item)
{
    const struct policy_kind *policy = roster_find(roster, yaml_get(item, "name")->text);
    assert(policy != NULL);
    const struct schema *schema = contender_schema(arena, policy);
    double *params = arena_zeroed(arena, (size_t)policy->param_count, sizeof *params);
    for (int32_t i = 0; i < policy->param_count; i++) {
        const struct policy_param *param = &policy->params[i];
        params[i] =
            param->choices == NULL
                ? schema_real(schema, item, "", param->name)
                : choice_number(arena, param->choices, schema_text(schema, item, "", param->name));
    }
    const struct roster_plugin *plugin = roster_plugin_of(roster, policy);
    return (struct contender){
        .policy = policy,
        .label = contender_label(item)->text,
        .params = params,
        .content = plugin == NULL ? NULL : plugin->digest,
    };
}

bool contender_load(struct contender_file *file, struct arena *arena,
                    const struct policy_kind *policy, const struct yaml_node *item,
                    const char *folder, struct fault *fault)
{
    *file = (struct contender_file){.path = NULL};
    if (policy->file == NULL)
        return true;
    const struct yaml_node *name = yaml_get(item, policy->file->key);
    char where[WHERE_SIZE];
    file->path = library_find(arena, LIBRARY_POLICIES, name->text, folder,
                              yaml_where(name, where, sizeof where), fault);
    if (file->path == NULL || !digest_file(file->digest, file->path, fault))
        return false;
    file->loaded = policy->file->load(arena, file->path, fault);
    return file->loaded != NULL;
}
