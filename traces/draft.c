/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/draft.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/tick.h"
#include "base/writing.h"

/* What an app file can hold (workloads/app_schema.c). */
#define TIME_MAX_US (TICK_LIMIT / 1e6)
#define BYTES_MAX   1e15

/* However much there is to do. */
#define SHORTEST_SECOND_US 1e-6

struct draft_task {
    const char *id;
    int32_t kind; /* -1: no costs yet */
    int line;
};

struct draft_kind {
    const char *label;
    struct app_cost *costs;
    int32_t cost_count;
};

struct draft {
    struct arena *arena;
    struct names ids, kind_keys;
    struct names ambiguous; /* aliases of several tasks */
    struct draft_task *tasks;
    struct draft_kind *kinds;
    int32_t *from, *to;
    double *bytes;
    int32_t *first_pred; /* [task_count + 1] after draft_merge */
    int32_t task_count, kind_count, edge_count;
    size_t task_capacity, kind_capacity, from_capacity, to_capacity, bytes_capacity;
};

struct draft *draft_create(void)
{
    struct draft *draft = memory_zeroed(1, sizeof *draft);
    draft->arena = arena_create();
    return draft;
}

void draft_destroy(struct draft *draft)
{
    if (draft == NULL)
        return;
    names_finish(&draft->ids);
    names_finish(&draft->ambiguous);
    names_finish(&draft->kind_keys);
    free(draft->tasks);
    free(draft->kinds);
    free(draft->from);
    free(draft->to);
    free(draft->bytes);
    free(draft->first_pred);
    arena_destroy(draft->arena);
    free(draft);
}

const char *draft_keep(struct draft *draft, const char *text)
{
    return arena_string(draft->arena, text);
}

const char *draft_keep_part(struct draft *draft, const char *text, size_t length)
{
    return arena_substring(draft->arena, text, length);
}

struct arena *draft_arena(struct draft *draft)
{
    return draft->arena;
}

int32_t draft_add_task(struct draft *draft, const char *id, int line)
{
    if (names_add(&draft->ids, id, draft->task_count) < 0)
        return -1;
    size_t count = (size_t)draft->task_count;
    draft->tasks =
        memory_grow(draft->tasks, &draft->task_capacity, count + 1, sizeof *draft->tasks);
    draft->tasks[count] = (struct draft_task){.id = id, .kind = -1, .line = line};
    return draft->task_count++;
}

void draft_alias(struct draft *draft, int32_t task, const char *name)
{
    int32_t before = names_find(&draft->ids, name);
    if (before < 0)
        names_add(&draft->ids, name, task);
    else if (before != task && strcmp(draft->tasks[before].id, name) != 0)
        names_add(&draft->ambiguous, name, task);
}

bool draft_is_ambiguous(const struct draft *draft, const char *name)
{
    return names_find(&draft->ambiguous, name) >= 0;
}

int32_t draft_find_task(const struct draft *draft, const char *id)
{
    return names_find(&draft->ids, id);
}

int32_t draft_task_count(const struct draft *draft)
{
    return draft->task_count;
}

int32_t draft_edge_count(const struct draft *draft)
{
    return draft->edge_count;
}

const char *draft_task_id(const struct draft *draft, int32_t task)
{
    return draft->tasks[task].id;
}

/* The number of a task kind, new or not. */
static int32_t find_kind(struct draft *draft, const char *label, const struct app_cost *costs,
                         int32_t count)
{
    char number[32];
    struct writing key;
    writing_begin(&key);
    fputs(label, key.stream);
    for (int32_t i = 0; i < count; i++)
        fprintf(key.stream, "\n%s\n%s", costs[i].pe_kind,
                csv_format_real(number, costs[i].exec_us));
    writing_end(&key);
    int32_t kind = names_find(&draft->kind_keys, key.text);
    if (kind < 0) {
        kind = names_add(&draft->kind_keys, draft_keep(draft, key.text), -1);
        draft->kinds = memory_grow(draft->kinds, &draft->kind_capacity,
                                   (size_t)draft->kind_count + 1, sizeof *draft->kinds);
        struct app_cost *copy = arena_zeroed(draft->arena, (size_t)count, sizeof *copy);
        memcpy(copy, costs, (size_t)count * sizeof *copy);
        draft->kinds[draft->kind_count++] =
            (struct draft_kind){draft_keep(draft, label), copy, count};
    }
    writing_finish(&key);
    return kind;
}

void draft_set_costs(struct draft *draft, int32_t task, const char *label,
                     const struct app_cost *costs, int32_t count)
{
    assert(count > 0);
    draft->tasks[task].kind = find_kind(draft, label, costs, count);
}

bool draft_has_costs(const struct draft *draft, int32_t task)
{
    return draft->tasks[task].kind >= 0;
}

void draft_add_edge(struct draft *draft, int32_t from, int32_t to, double bytes)
{
    assert(from >= 0 && from < draft->task_count && to >= 0 && to < draft->task_count);
    size_t count = (size_t)draft->edge_count + 1;
    draft->from = memory_grow(draft->from, &draft->from_capacity, count, sizeof *draft->from);
    draft->to = memory_grow(draft->to, &draft->to_capacity, count, sizeof *draft->to);
    draft->bytes = memory_grow(draft->bytes, &draft->bytes_capacity, count, sizeof *draft->bytes);
    draft->from[count - 1] = from;
    draft->to[count - 1] = to;
    draft->bytes[count - 1] = bytes;
    draft->edge_count++;
}

/* Sums up how many of `keys` there are below each number: start[k] .. start[k + 1). */
static int32_t *count_starts(const int32_t *keys, int32_t count, int32_t key_count)
{
    int32_t *start = memory_zeroed((size_t)key_count + 1, sizeof *start);
    for (int32_t i = 0; i < count; i++)
        start[keys[i] + 1]++;
    for (int32_t k = 0; k < key_count; k++)
        start[k + 1] += start[k];
    return start;
}

/* Appends edges to `sorted`, in the order of `keys`, equal ones in the order of `before`. */
static int32_t *sort_edges(const int32_t *keys, const int32_t *before, int32_t count,
                           int32_t key_count)
{
    int32_t *next = count_starts(keys, count, key_count);
    int32_t *sorted = memory_zeroed((size_t)count + 1, sizeof *sorted);
    for (int32_t i = 0; i < count; i++) {
        int32_t edge = before == NULL ? i : before[i];
        sorted[next[keys[edge]]++] = edge;
    }
    free(next);
    return sorted;
}

int32_t draft_merge(struct draft *draft)
{
    size_t size = (size_t)draft->edge_count + 1;
    int32_t *by_from = sort_edges(draft->from, NULL, draft->edge_count, draft->task_count);
    int32_t *sorted = sort_edges(draft->to, by_from, draft->edge_count, draft->task_count);
    int32_t *from = memory_zeroed(size, sizeof *from);
    int32_t *to = memory_zeroed(size, sizeof *to);
    double *bytes = memory_zeroed(size, sizeof *bytes);
    int32_t kept = 0;
    for (int32_t i = 0; i < draft->edge_count; i++) {
        int32_t edge = sorted[i];
        bool is_new =
            kept == 0 || from[kept - 1] != draft->from[edge] || to[kept - 1] != draft->to[edge];
        kept += is_new;
        from[kept - 1] = draft->from[edge];
        to[kept - 1] = draft->to[edge];
        bytes[kept - 1] += draft->bytes[edge];
    }
    int32_t merged = draft->edge_count - kept;
    free(by_from);
    free(sorted);
    free(draft->from);
    free(draft->to);
    free(draft->bytes);
    free(draft->first_pred);
    draft->from = from;
    draft->to = to;
    draft->bytes = bytes;
    draft->from_capacity = draft->to_capacity = draft->bytes_capacity = size;
    draft->edge_count = kept;
    draft->first_pred = count_starts(to, kept, draft->task_count);
    return merged;
}

int32_t draft_find_edge(const struct draft *draft, int32_t from, int32_t to)
{
    int32_t low = draft->first_pred[to], high = draft->first_pred[to + 1];
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (draft->from[middle] < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low < draft->first_pred[to + 1] && draft->from[low] == from ? low : -1;
}

int32_t draft_producer(const struct draft *draft, int32_t edge)
{
    return draft->from[edge];
}

double draft_bytes(const struct draft *draft, int32_t edge)
{
    return draft->bytes[edge];
}

void draft_set_bytes(struct draft *draft, int32_t edge, double bytes)
{
    draft->bytes[edge] = bytes;
}

double draft_make_us(struct draft *draft, const struct import_options *options)
{
    bool has_costs = false;
    double serial_s = 0, us_per_s = isnan(options->us_per_unit) ? 1e6 : options->us_per_unit;
    for (int32_t t = 0; t < draft->task_count; t++) {
        int32_t kind = draft->tasks[t].kind;
        double most = 0;
        for (int32_t c = 0; kind >= 0 && c < draft->kinds[kind].cost_count; c++)
            most = fmax(most, draft->kinds[kind].costs[c].exec_us);
        serial_s += most;
        has_costs = has_costs || kind >= 0;
    }
    if (!has_costs) /* each will take one */
        serial_s = draft->task_count;
    while (isnan(options->us_per_unit) && serial_s * us_per_s > TIME_MAX_US / 2 &&
           us_per_s > SHORTEST_SECOND_US)
        us_per_s /= 10;
    for (int32_t k = 0; k < draft->kind_count; k++)
        for (int32_t c = 0; c < draft->kinds[k].cost_count; c++)
            draft->kinds[k].costs[c].exec_us *= us_per_s;
    return us_per_s;
}

/* ---- to an app ---- */

/* Names that are taken, and the number to try next behind each of them. */
struct taken {
    struct names names;
    int32_t *next;
    size_t capacity;
};

static bool take(struct taken *taken, const char *name)
{
    int32_t place = names_add(&taken->names, name, -1);
    if (place < 0)
        return false;
    taken->next =
        memory_grow(taken->next, &taken->capacity, (size_t)place + 1, sizeof *taken->next);
    taken->next[place] = 0;
    return true;
}

static void finish_taken(struct taken *taken)
{
    names_finish(&taken->names);
    free(taken->next);
}

/* A name that is not taken yet: the text cleaned, with a number from `number` on behind it if need
 * be. Numbers of a text do not fall from call to call, so none is tried twice. */
static const char *find_name(struct taken *taken, struct arena *arena, const char *text,
                             int32_t number)
{
    const char *clean = import_clean(arena, text);
    if (take(taken, clean))
        return clean;
    int32_t place = names_find(&taken->names, clean);
    const char *name;
    if (number < taken->next[place])
        number = taken->next[place];
    do
        name = arena_printf(arena, "%s_%d", clean, (int)number++);
    while (!take(taken, name));
    taken->next[place] = number;
    return name;
}

/* Task kinds are called by their label, with the time behind it where a label has several. */
static void make_kinds(const struct draft *draft, struct app *app, struct arena *arena)
{
    struct names labels = {0};
    struct taken taken = {0};
    int32_t *uses = memory_zeroed((size_t)draft->kind_count + 1, sizeof *uses);
    for (int32_t k = 0; k < draft->kind_count; k++) {
        int32_t label = names_add(&labels, draft->kinds[k].label, -1);
        uses[label < 0 ? names_find(&labels, draft->kinds[k].label) : label]++;
    }
    app->kind_count = draft->kind_count;
    app->kinds = arena_zeroed(arena, (size_t)draft->kind_count, sizeof *app->kinds);
    for (int32_t k = 0; k < draft->kind_count; k++) {
        const struct draft_kind *kind = &draft->kinds[k];
        char number[32];
        const char *text = kind->label;
        if (uses[names_find(&labels, text)] > 1)
            text = arena_printf(arena, "%s_%s", import_clean(arena, text),
                                csv_format_real(number, kind->costs[0].exec_us));
        struct app_cost *costs = arena_zeroed(arena, (size_t)kind->cost_count, sizeof *costs);
        for (int32_t c = 0; c < kind->cost_count; c++) {
            costs[c] = kind->costs[c];
            costs[c].pe_kind = arena_string(arena, costs[c].pe_kind);
        }
        app->kinds[k] =
            (struct app_task_kind){find_name(&taken, arena, text, 2), costs, kind->cost_count};
    }
    free(uses);
    names_finish(&labels);
    finish_taken(&taken);
}

/* Tasks of which the file does not say what they cost. */
static void fill_costs(struct draft *draft, struct imported *imported, struct arena *arena,
                       const char *path, const struct app_cost *fallback, int32_t count)
{
    int32_t missing = 0;
    for (int32_t t = 0; t < draft->task_count; t++)
        missing += draft->tasks[t].kind < 0;
    if (missing == 0)
        return;
    bool all = missing == draft->task_count;
    struct app_cost *costs = arena_zeroed(draft->arena, (size_t)count, sizeof *costs);
    for (int32_t i = 0; i < count; i++) {
        costs[i] = fallback[i];
        costs[i].exec_us = all ? fallback[i].exec_us : 0;
    }
    for (int32_t t = 0; t < draft->task_count; t++)
        if (draft->tasks[t].kind < 0)
            draft_set_costs(draft, t, all ? "unit" : "untimed", costs, count);
    if (all)
        import_note(imported, arena, "%s: no task says how long it takes: each takes one unit",
                    path);
    else
        import_note(imported, arena, "%s: %d of %d tasks do not say how long they take: no time",
                    path, (int)missing, (int)draft->task_count);
}

static bool check_amounts(const struct draft *draft, const char *path, struct fault *fault)
{
    for (int32_t t = 0; t < draft->task_count; t++) {
        const struct draft_kind *kind = &draft->kinds[draft->tasks[t].kind];
        for (int32_t c = 0; c < kind->cost_count; c++)
            if (!(kind->costs[c].exec_us <= TIME_MAX_US)) {
                char where[sizeof fault->where];
                snprintf(where, sizeof where, "%s:%d", path, draft->tasks[t].line);
                return fault_set(
                    fault, where, "simulated time ends at 2^53 ps: make a unit shorter (--unit-us)",
                    "task '%s' would take %g us", draft->tasks[t].id, kind->costs[c].exec_us);
            }
    }
    for (int32_t e = 0; e < draft->edge_count; e++)
        if (!(draft->bytes[e] <= BYTES_MAX))
            return fault_set(fault, path, "an app has edges of up to 1e15 bytes",
                             "the edge %s -> %s would carry %g bytes",
                             draft->tasks[draft->from[e]].id, draft->tasks[draft->to[e]].id,
                             draft->bytes[e]);
    return true;
}

/* Tells of what is right, and yet might surprise. */
static void tell(const struct draft *draft, struct imported *imported, struct arena *arena,
                 const char *path, int32_t renamed)
{
    double serial_us = 0;
    for (int32_t t = 0; t < draft->task_count; t++)
        serial_us += draft->kinds[draft->tasks[t].kind].costs[0].exec_us;
    if (serial_us > TIME_MAX_US)
        import_note(imported, arena,
                    "%s: one task after the other would take %g us, beyond the end of simulated "
                    "time (2^53 ps); --unit-us makes a unit shorter",
                    path, serial_us);
    if (renamed > 0)
        import_note(imported, arena,
                    "%s: %d of %d tasks have other names here: letters, digits, _ - . +, no more "
                    "than 64, each once",
                    path, (int)renamed, (int)draft->task_count);
}

bool draft_finish(struct draft *draft, struct imported *imported, struct arena *arena,
                  const char *path, const char *what, const struct app_cost *fallback,
                  int32_t fallback_count, struct fault *fault)
{
    if (draft->task_count == 0)
        return fault_set(fault, path, NULL, "there is no task in it");
    fill_costs(draft, imported, arena, path, fallback, fallback_count);
    if (!check_amounts(draft, path, fault))
        return false;
    struct app app = {
        .name = import_name(arena, path),
        .file = arena_string(arena, path),
        .summary = arena_printf(arena, "%s, %d tasks, %d edges", what, (int)draft->task_count,
                                (int)draft->edge_count),
        .tasks = arena_zeroed(arena, (size_t)draft->task_count, sizeof *app.tasks),
        .task_count = draft->task_count,
        .bytes = arena_zeroed(arena, (size_t)draft->edge_count + 1, sizeof *app.bytes),
        .edge_count = draft->edge_count,
    };
    make_kinds(draft, &app, arena);
    struct taken taken = {0};
    int32_t renamed = 0;
    for (int32_t t = 0; t < draft->task_count; t++) {
        const struct draft_task *task = &draft->tasks[t];
        const char *name = find_name(&taken, arena, task->id, t);
        renamed += strcmp(name, task->id) != 0;
        app.tasks[t] = (struct app_task){.name = name, .kind = task->kind, .line = task->line};
    }
    finish_taken(&taken);
    if (draft->edge_count > 0)
        memcpy(app.bytes, draft->bytes, (size_t)draft->edge_count * sizeof *app.bytes);
    tell(draft, imported, arena, path, renamed);
    struct app *apps = arena_zeroed(arena, (size_t)imported->app_count + 1, sizeof *imported->apps);
    if (imported->app_count > 0)
        memcpy(apps, imported->apps, (size_t)imported->app_count * sizeof *apps);
    imported->apps = apps;
    apps[imported->app_count] = app;
    return app_finish(&apps[imported->app_count++], arena, draft->from, draft->to, fault);
}
