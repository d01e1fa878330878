/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Standard Task Graph Set (Tobita, Kasahara, J. Scheduling 5(5), 2002): a line with the number
 * of tasks, then a line for each task, numbered from 0:
 *
 *     NUMBER TIME PREDECESSORS PREDECESSOR...
 *
 * The count leaves out two tasks without work, the first and the last. Files with communication
 * have pairs PREDECESSOR TIME in the place of predecessors; then all of them do. Text after `#` is
 * a comment. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/schema.h"
#include "traces/import.h"

/* Keeps one number from asking for more memory than its file is worth. */
#define TASKS_MAX 10000000

/* The two tasks that the count leaves out. */
enum { DUMMY_TASKS = 2 };

struct task_line {
    double time;
    int64_t pred_count;
    int line;
};

/* A file on its way to an app. */
struct reader {
    const char *path;
    struct fault *fault;
    FILE *stream;
    char *text, *rest; /* the current line, and what is not read of it */
    size_t text_size;
    int line;
    int64_t task_count; /* as the first line says, without the dummies */
    struct task_line *tasks;
    size_t count, capacity;
    int32_t *from, *to;
    double *cost; /* of communication */
    size_t edge_count, from_capacity, to_capacity, cost_capacity;
    bool has_costs, knows_costs; /* the form of the predecessors, once a line has shown it */
};

static bool refuse(struct reader *reader, const char *at, const char *hint, const char *what)
{
    char where[512];
    snprintf(where, sizeof where, "%s:%d:%d", reader->path, reader->line,
             at == NULL ? 1 : (int)(at - reader->text) + 1);
    return fault_set(reader->fault, where, hint, "%s", what);
}

/* Goes to the next line with something on it; false at the end of the file. */
static bool next_line(struct reader *reader)
{
    while (getline(&reader->text, &reader->text_size, reader->stream) >= 0) {
        reader->line++;
        reader->text[strcspn(reader->text, "#\r\n")] = '\0';
        reader->rest = reader->text + strspn(reader->text, " \t");
        if (*reader->rest != '\0')
            return true;
    }
    return false;
}

/* Takes the next word of the line; NULL at its end. */
static char *next_word(struct reader *reader)
{
    char *word = reader->rest;
    if (*word == '\0')
        return NULL;
    char *end = word + strcspn(word, " \t");
    reader->rest = end + strspn(end, " \t");
    *end = '\0';
    return word;
}

static int64_t words_left(const struct reader *reader)
{
    int64_t count = 0;
    for (const char *c = reader->rest; *c != '\0'; c += strspn(c, " \t")) {
        c += strcspn(c, " \t");
        count++;
    }
    return count;
}

static bool read_whole(struct reader *reader, int64_t max, const char *what, int64_t *value)
{
    char *word = next_word(reader);
    if (word == NULL)
        return refuse(reader, reader->rest,
                      "a line is: number, time, number of predecessors, predecessors",
                      "the line is too short");
    if (schema_parse_int(word, value) && *value >= 0 && *value <= max)
        return true;
    return refuse(reader, word, "whole numbers from 0 on, tasks in ascending order", what);
}

static bool read_time(struct reader *reader, double *value)
{
    char *word = next_word(reader);
    if (word == NULL)
        return refuse(reader, reader->rest,
                      "a line is: number, time, number of predecessors, predecessors",
                      "the line is too short");
    return (schema_parse_real(word, value) && *value >= 0) ||
           refuse(reader, word, "a number, 0 or more", "this is no time");
}

static bool read_edge(struct reader *reader)
{
    int64_t pred;
    double cost = 0;
    if (!read_whole(reader, reader->task_count + DUMMY_TASKS - 1, "there is no such predecessor",
                    &pred) ||
        (reader->has_costs && !read_time(reader, &cost)))
        return false;
    size_t edge = reader->edge_count++;
    reader->from = memory_grow(reader->from, &reader->from_capacity, edge + 1, sizeof(int32_t));
    reader->to = memory_grow(reader->to, &reader->to_capacity, edge + 1, sizeof(int32_t));
    reader->cost = memory_grow(reader->cost, &reader->cost_capacity, edge + 1, sizeof(double));
    reader->from[edge] = (int32_t)pred;
    reader->to[edge] = (int32_t)reader->count;
    reader->cost[edge] = cost;
    return true;
}

/* Learns from the first line with predecessors whether they come with costs. */
static bool check_form(struct reader *reader, int64_t pred_count)
{
    int64_t words = words_left(reader);
    if (pred_count > 0 && !reader->knows_costs) {
        reader->knows_costs = true;
        reader->has_costs = words == 2 * pred_count;
    }
    return words == pred_count * (reader->has_costs ? 2 : 1) ||
           refuse(reader, reader->rest,
                  "give as many predecessors as the third number says, with or without costs",
                  "the line has another number of predecessors than it says");
}

static bool read_task(struct reader *reader)
{
    int64_t number, pred_count;
    struct task_line task = {.line = reader->line};
    if (!read_whole(reader, TASKS_MAX, "this is no number of a task", &number))
        return false;
    if (number != (int64_t)reader->count)
        return refuse(reader, reader->text, "tasks are numbered from 0 without gaps",
                      "this is not the next task");
    if ((int64_t)reader->count >= reader->task_count + DUMMY_TASKS)
        return refuse(reader, reader->text,
                      "the first line counts all tasks but the first and the last",
                      "there are more tasks than the first line says");
    if (!read_time(reader, &task.time) ||
        !read_whole(reader, TASKS_MAX, "this is no number of predecessors", &pred_count) ||
        !check_form(reader, pred_count))
        return false;
    for (int64_t i = 0; i < pred_count; i++)
        if (!read_edge(reader))
            return false;
    reader->tasks = memory_grow(reader->tasks, &reader->capacity, reader->count + 1, sizeof task);
    reader->tasks[reader->count++] = task;
    return true;
}

static bool read_lines(struct reader *reader)
{
    if (!next_line(reader))
        return refuse(reader, NULL, "it begins with the number of tasks", "the file is empty");
    if (!read_whole(reader, TASKS_MAX, "this is no number of tasks", &reader->task_count))
        return false;
    if (*reader->rest != '\0')
        return refuse(reader, reader->rest, "the first line has the number of tasks alone",
                      "there is something after the number of tasks");
    while (next_line(reader))
        if (!read_task(reader))
            return false;
    int64_t count = (int64_t)reader->count;
    if (ferror(reader->stream) != 0)
        return fault_set(reader->fault, reader->path, NULL, "cannot read: %s", strerror(errno));
    return count == reader->task_count + DUMMY_TASKS ||
           refuse(reader, NULL, "is the file cut off? the count leaves out the first and last task",
                  "there are fewer tasks than the first line says");
}

/* ---- to an app ---- */

/* The task kind for a time: tasks of equal times share one. */
static int compare_times(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Makes a kind for each distinct time, ascending; returns the times. */
static double *make_kinds(struct app *app, struct arena *arena, const struct reader *reader,
                          const struct import_options *options)
{
    double *times = arena_zeroed(arena, reader->count, sizeof *times);
    for (size_t i = 0; i < reader->count; i++)
        times[i] = reader->tasks[i].time;
    qsort(times, reader->count, sizeof *times, compare_times);
    for (size_t i = 0; i < reader->count; i++)
        if (i == 0 || times[i] > times[app->kind_count - 1])
            times[app->kind_count++] = times[i];
    app->kinds = arena_zeroed(arena, (size_t)app->kind_count, sizeof *app->kinds);
    for (int32_t k = 0; k < app->kind_count; k++) {
        struct app_cost *cost = arena_zeroed(arena, 1, sizeof *cost);
        char text[32];
        *cost = (struct app_cost){.pe_kind = options->pe_kind,
                                  .exec_us = times[k] * options->us_per_unit};
        app->kinds[k] = (struct app_task_kind){
            .name = arena_printf(arena, "time_%s", csv_format_real(text, times[k])),
            .costs = cost,
            .cost_count = 1,
        };
    }
    return times;
}

static bool make_app(struct app *app, struct arena *arena, const struct reader *reader,
                     const struct import_options *options)
{
    const char *name = import_name(arena, reader->path);
    *app = (struct app){
        .name = name,
        .file = arena_string(arena, reader->path),
        .summary = arena_printf(arena, "%s of the Standard Task Graph Set, %zu tasks, %zu edges",
                                name, reader->count, reader->edge_count),
        .tasks = arena_zeroed(arena, reader->count, sizeof *app->tasks),
        .task_count = (int32_t)reader->count,
        .bytes = arena_zeroed(arena, reader->edge_count + 1, sizeof *app->bytes),
        .edge_count = (int32_t)reader->edge_count,
    };
    const double *times = make_kinds(app, arena, reader, options);
    for (size_t i = 0; i < reader->count; i++) {
        const double *time = bsearch(&reader->tasks[i].time, times, (size_t)app->kind_count,
                                     sizeof *times, compare_times);
        app->tasks[i] = (struct app_task){
            .name = arena_printf(arena, "task_%zu", i),
            .kind = (int32_t)(time - times),
            .line = reader->tasks[i].line,
        };
    }
    for (size_t i = 0; i < reader->edge_count; i++) {
        app->bytes[i] = reader->cost[i] * options->bytes_per_unit;
        if ((size_t)reader->from[i] >= reader->count)
            return fault_set(reader->fault, reader->path, NULL,
                             "task %d is a predecessor, but is not there", (int)reader->from[i]);
    }
    return app_finish(app, arena, reader->from, reader->to, reader->fault);
}

static bool stg_read(struct app *app, struct arena *arena, const char *path,
                     const struct import_options *options, struct fault *fault)
{
    struct reader reader = {.path = path, .fault = fault, .stream = fopen(path, "r")};
    if (reader.stream == NULL)
        return fault_set(fault, path, NULL, "cannot read: %s", strerror(errno));
    bool ok = read_lines(&reader) && make_app(app, arena, &reader, options);
    fclose(reader.stream);
    free(reader.text);
    free(reader.tasks);
    free(reader.from);
    free(reader.to);
    free(reader.cost);
    return ok;
}

const struct import_kind import_stg = {
    .name = "stg",
    .summary = "Standard Task Graph Set; a unit of time becomes --unit-us, a unit of "
               "communication --unit-bytes",
    .read = stg_read,
};
