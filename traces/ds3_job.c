/* SPDX-License-Identifier: GPL-3.0-or-later */
/* job_*.txt of DS3:
 *
 *     job_name NAME [BITS]
 *     add_new_tasks 7
 *     LFM 1 0                           a task, its ID, the IDs of its predecessors
 *     ST HEAD                           or TAIL: follows from the graph
 *     LFM earliest_start 0 deadline 100000 input_vol 192 output_vol 32768
 *     comm_vol 0 1 150                  the data of an edge; none where nothing is said
 */
#include <stdlib.h>
#include <string.h>

#include "base/schema.h"
#include "traces/ds3.h"

/* An edge or the data of one, by IDs. */
struct pair {
    int64_t from, to;
    double volume;
    const char *at;
};

struct pairs {
    struct pair *items;
    size_t count, capacity;
};

struct reader {
    struct text *text;
    struct draft *draft;
    struct arena *arena;
    struct pairs edges, volumes;
    int64_t task_count; /* as it says; -1 = not yet */
    int64_t tasks;
};

static bool read_whole(struct text *text, int64_t *value, const char **at)
{
    *at = text->rest;
    const char *word = text_next_word(text);
    if (word == NULL)
        return text_refuse(text, text->rest, NULL, "the line is too short");
    return (schema_parse_int(word, value) && *value >= 0) ||
           text_refuse(text, word, "a whole number, 0 or more", "'%s' is no number", word);
}

static void add_pair(struct pairs *pairs, struct pair pair)
{
    pairs->items =
        memory_grow(pairs->items, &pairs->capacity, pairs->count + 1, sizeof *pairs->items);
    pairs->items[pairs->count++] = pair;
}

/* Tasks are found by "#ID": a name cannot begin so, for that would be a comment. */
static const char *id_name(struct reader *reader, int64_t id)
{
    return arena_printf(reader->arena, "#%lld", (long long)id);
}

static bool add_task(struct reader *reader, const char *name, int64_t id)
{
    struct text *text = reader->text;
    const char *by_id = id_name(reader, id);
    if (draft_find_task(reader->draft, by_id) >= 0)
        return text_refuse(text, name, "give each task its own ID", "two tasks have the ID %lld",
                           (long long)id);
    int line = text_line_of(text, name);
    int32_t task = draft_add_task(reader->draft, name, line);
    if (task < 0) /* a name may come again: the ID tells them apart */
        task = draft_add_task(reader->draft,
                              arena_printf(reader->arena, "%s#%lld", name, (long long)id), line);
    draft_alias(reader->draft, task, by_id);
    reader->tasks++;
    struct pair edge = {.to = id};
    while (*text->rest != '\0') {
        if (!read_whole(text, &edge.from, &edge.at))
            return false;
        add_pair(&reader->edges, edge);
    }
    return true;
}

/* NAME ID PREDECESSOR..., NAME HEAD, NAME earliest_start ... */
static bool read_task_line(struct reader *reader, const char *name)
{
    struct text *text = reader->text;
    const char *at = text->rest, *word = text_next_word(text);
    int64_t id;
    if (word == NULL)
        return text_refuse(text, at, NULL, "the line is too short");
    if (strcmp(word, "HEAD") == 0 || strcmp(word, "TAIL") == 0 ||
        strcmp(word, "earliest_start") == 0)
        return true;
    if (!schema_parse_int(word, &id) || id < 0)
        return text_refuse(text, word,
                           "a task has an ID and predecessors, HEAD, TAIL or earliest_start",
                           "'%s' is none of what a task may have", word);
    return add_task(reader, name, id);
}

static bool read_line(struct reader *reader)
{
    struct text *text = reader->text;
    const char *word = text_next_word(text), *at;
    struct pair volume;
    if (strcmp(word, "job_name") == 0)
        return true;
    if (strcmp(word, "add_new_tasks") == 0) {
        if (reader->task_count >= 0)
            return text_refuse(text, word, NULL, "add_new_tasks is there twice");
        return read_whole(text, &reader->task_count, &at);
    }
    if (strcmp(word, "comm_vol") != 0)
        return read_task_line(reader, word);
    if (!read_whole(text, &volume.from, &volume.at) || !read_whole(text, &volume.to, &at))
        return false;
    word = text_next_word(text);
    if (word == NULL)
        return text_refuse(text, text->rest, NULL, "the line is too short");
    if (!schema_parse_real(word, &volume.volume) || volume.volume < 0)
        return text_refuse(text, word, "a number, 0 or more", "'%s' is no volume", word);
    add_pair(&reader->volumes, volume);
    return true;
}

static int32_t find_task(struct reader *reader, int64_t id, const char *at)
{
    char name[32];
    snprintf(name, sizeof name, "#%lld", (long long)id);
    int32_t task = draft_find_task(reader->draft, name);
    if (task < 0)
        text_refuse(reader->text, at, NULL, "there is no task with the ID %lld", (long long)id);
    return task;
}

static bool add_edges(struct reader *reader, struct imported *imported)
{
    int32_t strays = 0;
    for (size_t i = 0; i < reader->edges.count; i++) {
        const struct pair *edge = &reader->edges.items[i];
        int32_t from = find_task(reader, edge->from, edge->at);
        if (from < 0)
            return false;
        draft_add_edge(reader->draft, from, find_task(reader, edge->to, edge->at), 0);
    }
    if (draft_merge(reader->draft) > 0)
        import_note(imported, reader->arena, "%s: a predecessor is named twice",
                    reader->text->path);
    for (size_t i = 0; i < reader->volumes.count; i++) {
        const struct pair *volume = &reader->volumes.items[i];
        int32_t from = find_task(reader, volume->from, volume->at);
        int32_t to = from < 0 ? -1 : find_task(reader, volume->to, volume->at);
        if (to < 0)
            return false;
        int32_t edge = draft_find_edge(reader->draft, from, to);
        strays += edge < 0;
        if (edge >= 0)
            draft_set_bytes(reader->draft, edge, volume->volume);
    }
    if (strays > 0)
        import_note(imported, reader->arena,
                    "%s: %d comm_vol are between tasks of which none is the other's predecessor: "
                    "they are passed over, as by DS3",
                    reader->text->path, (int)strays);
    return true;
}

bool ds3_read_job(struct draft *draft, struct text *text, struct imported *imported,
                  struct arena *arena)
{
    struct reader reader = {.text = text, .draft = draft, .arena = arena, .task_count = -1};
    bool ok = true;
    while (ok && text_next_line(text, '#'))
        ok = read_line(&reader);
    if (ok && reader.task_count < 0)
        ok = text_refuse(text, text->data, NULL, "there is no add_new_tasks in it");
    if (ok && reader.tasks != reader.task_count)
        ok = text_refuse(text, text->data + text->size, "is the file cut off?",
                         "it says %lld tasks and has %lld", (long long)reader.task_count,
                         (long long)reader.tasks);
    ok = ok && add_edges(&reader, imported);
    free(reader.edges.items);
    free(reader.volumes.items);
    return ok;
}

const char *ds3_function(const struct draft *draft, struct arena *arena, int32_t task)
{
    const char *id = draft_task_id(draft, task);
    return arena_substring(arena, id, strcspn(id, "#"));
}
