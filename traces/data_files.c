/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/data_files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Keeps files that everybody writes and everybody reads from costing hours. */
#define PAIRS_MAX 100000000

struct data_file {
    double bytes; /* NAN: nobody said */
    bool by_writer;
};

/* A task and a file. */
struct use {
    int32_t task, file;
};

struct uses {
    struct use *items;
    size_t count, capacity;
};

struct data_files {
    struct names names;
    struct data_file *files;
    size_t file_capacity;
    struct uses writes, reads;
    int32_t contradicted; /* sizes that differ from the one taken */
};

struct data_files *data_files_create(void)
{
    return memory_zeroed(1, sizeof(struct data_files));
}

void data_files_destroy(struct data_files *files)
{
    if (files == NULL)
        return;
    names_finish(&files->names);
    free(files->files);
    free(files->writes.items);
    free(files->reads.items);
    free(files);
}

static int32_t find_file(struct data_files *files, const char *name)
{
    int32_t file = names_find(&files->names, name);
    if (file >= 0)
        return file;
    file = names_add(&files->names, name, -1);
    files->files =
        memory_grow(files->files, &files->file_capacity, (size_t)file + 1, sizeof *files->files);
    files->files[file] = (struct data_file){.bytes = NAN};
    return file;
}

void data_files_size(struct data_files *files, const char *name, double bytes, bool by_writer)
{
    int32_t number = find_file(files, name);
    struct data_file *file = &files->files[number];
    if (!isnan(file->bytes))
        files->contradicted += file->bytes != bytes;
    if (isnan(file->bytes) || (by_writer && !file->by_writer))
        *file = (struct data_file){bytes, by_writer};
}

static void add_use(struct uses *uses, int32_t task, int32_t file)
{
    uses->items = memory_grow(uses->items, &uses->capacity, uses->count + 1, sizeof *uses->items);
    uses->items[uses->count++] = (struct use){task, file};
}

void data_files_write(struct data_files *files, const char *name, int32_t task)
{
    add_use(&files->writes, task, find_file(files, name));
}

void data_files_read(struct data_files *files, const char *name, int32_t task)
{
    add_use(&files->reads, task, find_file(files, name));
}

static int compare_uses(const void *a, const void *b)
{
    const struct use *one = a, *other = b;
    if (one->task != other->task)
        return one->task < other->task ? -1 : 1;
    return (one->file > other->file) - (one->file < other->file);
}

static void sort_unique(struct uses *uses)
{
    if (uses->count == 0)
        return;
    qsort(uses->items, uses->count, sizeof *uses->items, compare_uses);
    size_t kept = 1;
    for (size_t i = 1; i < uses->count; i++)
        if (compare_uses(&uses->items[i], &uses->items[kept - 1]) != 0)
            uses->items[kept++] = uses->items[i];
    uses->count = kept;
}

/* The writers of each file: writers[first[f] .. first[f + 1]). */
static int32_t *list_writers(const struct data_files *files, int32_t **first)
{
    size_t file_count = (size_t)files->names.count;
    *first = memory_zeroed(file_count + 2, sizeof **first);
    int32_t *writers = memory_zeroed(files->writes.count + 1, sizeof *writers);
    for (size_t i = 0; i < files->writes.count; i++)
        (*first)[files->writes.items[i].file + 2]++;
    for (size_t f = 0; f < file_count; f++)
        (*first)[f + 2] += (*first)[f + 1];
    for (size_t i = 0; i < files->writes.count; i++)
        writers[(*first)[files->writes.items[i].file + 1]++] = files->writes.items[i].task;
    return writers;
}

/* What assigning found. */
struct found {
    int64_t pairs, unsized, strays;
    int32_t stray_from, stray_to, stray_file;
};

static void assign(struct data_files *files, struct draft *draft, struct found *found)
{
    int32_t *first, *writers = list_writers(files, &first);
    int32_t tasks = draft_task_count(draft);
    int32_t *edge_from = memory_resize(NULL, (size_t)tasks + 1, sizeof *edge_from);
    int32_t *stamp = memory_zeroed((size_t)tasks + 1, sizeof *stamp);
    for (size_t i = 0; i < files->reads.count && found->pairs <= PAIRS_MAX; i++) {
        const struct use *read = &files->reads.items[i];
        int32_t start, count;
        draft_preds(draft, read->task, &start, &count);
        if (i == 0 || read[-1].task != read->task)
            for (int32_t e = start; e < start + count; e++) {
                edge_from[draft_producer(draft, e)] = e;
                stamp[draft_producer(draft, e)] = read->task + 1;
            }
        const struct data_file *file = &files->files[read->file];
        for (int32_t w = first[read->file]; w < first[read->file + 1]; w++) {
            found->pairs++;
            if (writers[w] == read->task)
                continue;
            if (stamp[writers[w]] != read->task + 1) {
                if (found->strays++ == 0) {
                    found->stray_from = writers[w];
                    found->stray_to = read->task;
                    found->stray_file = read->file;
                }
                continue;
            }
            found->unsized += isnan(file->bytes);
            if (!isnan(file->bytes))
                draft_add_bytes(draft, edge_from[writers[w]], file->bytes);
        }
    }
    free(first);
    free(writers);
    free(edge_from);
    free(stamp);
}

bool data_files_assign(struct data_files *files, struct draft *draft, struct imported *imported,
                       struct arena *arena, const char *path, struct fault *fault)
{
    struct found found = {0};
    sort_unique(&files->writes);
    sort_unique(&files->reads);
    assign(files, draft, &found);
    if (found.pairs > PAIRS_MAX)
        return fault_set(fault, path, "a file has one task that writes it",
                         "the files have more than %d pairs of writers and readers", PAIRS_MAX);
    if (found.strays > 0)
        import_note(imported, arena,
                    "%s: %lld times a task reads what a task writes that is not its parent (first: "
                    "'%s' of '%s', read by '%s'): parents are taken, files not",
                    path, (long long)found.strays, files->names.texts[found.stray_file],
                    draft_task_id(draft, found.stray_from), draft_task_id(draft, found.stray_to));
    if (found.unsized > 0)
        import_note(imported, arena, "%s: %lld times a file of unknown size is handed on: 0 bytes",
                    path, (long long)found.unsized);
    if (files->contradicted > 0)
        import_note(imported, arena,
                    "%s: %d times a file has another size than before: its writer's is taken, or "
                    "the first",
                    path, (int)files->contradicted);
    return true;
}
