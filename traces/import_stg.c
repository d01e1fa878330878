/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Standard Task Graph Set (Tobita, Kasahara, J. Scheduling 5(5), 2002): a line with the number
 * of tasks, then a line for each task, numbered from 0:
 *
 *     NUMBER TIME PREDECESSORS PREDECESSOR...
 *
 * The count leaves out two tasks without work, the first and the last; with a number of processors
 * behind it, it is that of all tasks (the graphs of YASA). Files with communication have pairs
 * PREDECESSOR TIME in the place of predecessors; then all of them do. Predecessors may each have a
 * line of their own. Text after `#` is a comment. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/csv.h"
#include "base/schema.h"
#include "traces/draft.h"
#include "traces/text.h"

/* The two tasks that the count leaves out. */
enum { DUMMY_TASKS = 2 };

/* A file on its way to an app. */
struct reader {
    struct text text;
    struct draft *draft;
    const struct import_options *options;
    const char *pe_kind;
    double us_per_unit;
    int64_t task_count;          /* with the dummies */
    bool has_costs, knows_costs; /* the form of the predecessors, once a line has shown it */
};

static const char line_form[] = "a line is: number, time, number of predecessors, predecessors";

static bool read_whole(struct reader *reader, int64_t max, const char *what, int64_t *value)
{
    const char *word = text_next_word(&reader->text);
    if (word == NULL)
        return text_refuse(&reader->text, reader->text.rest, line_form, "the line is too short");
    if (schema_parse_int(word, value) && *value >= 0 && *value <= max)
        return true;
    return text_refuse(&reader->text, word, "whole numbers from 0 on, tasks in ascending order",
                       "%s", what);
}

static bool read_time(struct reader *reader, double *value)
{
    const char *word = text_next_word(&reader->text);
    if (word == NULL)
        return text_refuse(&reader->text, reader->text.rest, line_form, "the line is too short");
    return (schema_parse_real(word, value) && *value >= 0) ||
           text_refuse(&reader->text, word, "a number, 0 or more", "this is no time");
}

static bool read_edge(struct reader *reader, int32_t task)
{
    int64_t pred;
    double cost = 0;
    if (!read_whole(reader, reader->task_count - 1, "there is no such predecessor", &pred) ||
        (reader->has_costs && !read_time(reader, &cost)))
        return false;
    draft_add_edge(reader->draft, (int32_t)pred, task, cost * reader->options->bytes_per_unit);
    return true;
}

/* Learns from the first predecessors whether they come with costs. */
static bool check_form(struct reader *reader, int64_t pred_count)
{
    int64_t words = text_words_left(&reader->text);
    if (pred_count > 0 && !reader->knows_costs) {
        reader->knows_costs = true;
        reader->has_costs = words == 2 * pred_count;
    }
    return words == pred_count * (reader->has_costs ? 2 : 1) ||
           text_refuse(&reader->text, reader->text.rest,
                       "give as many predecessors as the third number says, with or without costs",
                       "the line has another number of predecessors than it says");
}

/* Reads predecessors: the rest of the line, or lines of their own. */
static bool read_preds(struct reader *reader, int32_t task, int64_t count)
{
    bool has_lines = count > 0 && *reader->text.rest == '\0';
    if (!has_lines && !check_form(reader, count))
        return false;
    for (int64_t i = 0; i < count; i++) {
        if (has_lines && !text_next_line(&reader->text, '#'))
            return text_refuse(&reader->text, reader->text.data + reader->text.size,
                               "is the file cut off?", "predecessors of task %d are missing",
                               (int)task);
        if ((has_lines && !check_form(reader, 1)) || !read_edge(reader, task))
            return false;
    }
    return true;
}

static bool read_task(struct reader *reader, int32_t task)
{
    char number[32], label[40];
    int64_t id, pred_count;
    double time;
    const char *line = reader->text.rest;
    if (!read_whole(reader, IMPORT_TASKS_MAX, "this is no number of a task", &id))
        return false;
    if (id != task)
        return text_refuse(&reader->text, line, "tasks are numbered from 0 without gaps",
                           "this is not the next task");
    if (!read_time(reader, &time) ||
        !read_whole(reader, IMPORT_TASKS_MAX, "this is no number of predecessors", &pred_count))
        return false;
    snprintf(label, sizeof label, "time_%s", csv_format_real(number, time));
    const struct app_cost cost = {.pe_kind = reader->pe_kind,
                                  .exec_us = time * reader->us_per_unit};
    draft_set_costs(reader->draft, task, label, &cost, 1);
    return read_preds(reader, task, pred_count);
}

static bool read_count(struct reader *reader)
{
    struct text *text = &reader->text;
    int64_t processors;
    if (!text_next_line(text, '#'))
        return text_refuse(text, text->data, "it begins with the number of tasks",
                           "there is nothing in it");
    if (!read_whole(reader, IMPORT_TASKS_MAX, "this is no number of tasks", &reader->task_count))
        return false;
    if (*text->rest == '\0')
        reader->task_count += DUMMY_TASKS;
    else if (!read_whole(reader, INT64_MAX, "this is no number of processors", &processors))
        return false;
    if (*text->rest != '\0')
        return text_refuse(text, text->rest,
                           "the first line has the number of tasks, and processors at most",
                           "there is something after the number of tasks");
    if ((size_t)reader->task_count > text->line_count)
        return text_refuse(text, text->data + text->size,
                           "is the file cut off? the count leaves out the first and last task",
                           "there are fewer tasks than the first line says");
    for (int64_t task = 0; task < reader->task_count; task++) {
        char id[32];
        snprintf(id, sizeof id, "task_%d", (int)task);
        draft_add_task(reader->draft, draft_keep(reader->draft, id), 0);
    }
    return true;
}

static bool read_file(struct reader *reader)
{
    struct text *text = &reader->text;
    if (!read_count(reader))
        return false;
    for (int32_t task = 0; task < reader->task_count; task++) {
        if (!text_next_line(text, '#'))
            return text_refuse(text, text->data + text->size,
                               "is the file cut off? the count leaves out the first and last task",
                               "there are fewer tasks than the first line says");
        if (!read_task(reader, task))
            return false;
    }
    return !text_next_line(text, '#') ||
           text_refuse(text, text->rest,
                       "the first line counts all tasks but the first and the last",
                       "there are more tasks than the first line says");
}

static bool stg_read(struct imported *imported, struct arena *arena, const char *const *paths,
                     int32_t count, const struct import_options *options, struct fault *fault)
{
    (void)count;
    struct reader reader = {.draft = draft_create(),
                            .options = options,
                            .pe_kind = options->pe_kind == NULL ? "core" : options->pe_kind,
                            .us_per_unit = isnan(options->us_per_unit) ? 1 : options->us_per_unit};
    bool ok = text_load(&reader.text, paths[0], fault) && read_file(&reader) &&
              draft_finish(reader.draft, imported, arena, paths[0],
                           "from the Standard Task Graph Set", NULL, 0, fault);
    imported->units =
        arena_printf(arena, "a unit of time is %g us%s on the PE kind %s", reader.us_per_unit,
                     reader.has_costs ? arena_printf(arena, ", one of communication %g bytes,",
                                                     options->bytes_per_unit)
                                      : "",
                     reader.pe_kind);
    text_finish(&reader.text);
    draft_destroy(reader.draft);
    return ok;
}

/* One or two whole numbers on the first line that is not a comment. */
static bool stg_claims(const char *head)
{
    while (*head == '#' || isspace((unsigned char)*head))
        head += *head == '#' ? strcspn(head, "\n") : 1;
    size_t digits = strspn(head, "0123456789");
    head += digits;
    head += strspn(head, " \t\r");
    head += strspn(head, "0123456789");
    head += strspn(head, " \t\r");
    return digits > 0 && (*head == '\n' || *head == '#' || *head == '\0');
}

const struct import_kind import_stg = {
    .name = "stg",
    .summary = "Standard Task Graph Set, with or without communication; a unit of time becomes "
               "--unit-us, one of communication --unit-bytes",
    .claims = stg_claims,
    .read = stg_read,
};
