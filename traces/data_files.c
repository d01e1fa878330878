/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/data_files.h"

#include <math.h>
#include <stdlib.h>

/* Keeps files that everybody writes and everybody reads from costing hours. */
#define PAIRS_MAX 100000000

/* A task and a file. */
struct use {
    int32_t task, file;
    double bytes;  /* NAN: it does not say */
    int64_t order; /* in which it was told */
};

struct uses {
    struct use *items;
    size_t count, capacity;
};

struct data_files {
    struct names names;
    double *bytes; /* by file; NAN: nobody said */
    size_t bytes_capacity;
    struct uses writes, reads;
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
    free(files->bytes);
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
    files->bytes =
        memory_grow(files->bytes, &files->bytes_capacity, (size_t)file + 1, sizeof *files->bytes);
    files->bytes[file] = NAN;
    return file;
}

void data_files_size(struct data_files *files, const char *name, double bytes)
{
    int32_t file = find_file(files, name);
    if (isnan(files->bytes[file]))
        files->bytes[file] = bytes;
}

static void add_use(struct uses *uses, int32_t task, int32_t file, double bytes)
{
    uses->items = memory_grow(uses->items, &uses->capacity, uses->count + 1, sizeof *uses->items);
    uses->items[uses->count] = (struct use){task, file, bytes, (int64_t)uses->count};
    uses->count++;
}

void data_files_write(struct data_files *files, const char *name, int32_t task, double bytes)
{
    add_use(&files->writes, task, find_file(files, name), bytes);
}

void data_files_read(struct data_files *files, const char *name, int32_t task, double bytes)
{
    add_use(&files->reads, task, find_file(files, name), bytes);
}

static int compare_uses(const void *a, const void *b)
{
    const struct use *one = a, *other = b;
    if (one->file != other->file)
        return one->file < other->file ? -1 : 1;
    if (one->task != other->task)
        return one->task < other->task ? -1 : 1;
    return (one->order > other->order) - (one->order < other->order);
}

/* Sorts by file and task, and keeps the first of those that are equal in both. */
static void sort_unique(struct uses *uses)
{
    if (uses->count == 0)
        return;
    qsort(uses->items, uses->count, sizeof *uses->items, compare_uses);
    size_t kept = 1;
    for (size_t i = 1; i < uses->count; i++)
        if (uses->items[i].file != uses->items[kept - 1].file ||
            uses->items[i].task != uses->items[kept - 1].task)
            uses->items[kept++] = uses->items[i];
    uses->count = kept;
}

/* What assigning found. */
struct found {
    int64_t pairs, unsized, contradicted, strays;
    struct use stray_write, stray_read;
};

/* A file may go along an edge. */
static void hand_on(const struct data_files *files, struct draft *draft, const struct use *write,
                    const struct use *read, struct found *found)
{
    found->pairs++;
    if (write->task == read->task)
        return;
    int32_t edge = draft_find_edge(draft, write->task, read->task);
    if (edge < 0) {
        if (found->strays++ == 0) {
            found->stray_write = *write;
            found->stray_read = *read;
        }
        return;
    }
    double bytes = !isnan(write->bytes)  ? write->bytes
                   : !isnan(read->bytes) ? read->bytes
                                         : files->bytes[read->file];
    found->contradicted += !isnan(read->bytes) && read->bytes != bytes;
    found->unsized += isnan(bytes);
    if (!isnan(bytes))
        draft_set_bytes(draft, edge, draft_bytes(draft, edge) + bytes);
}

static void assign(struct data_files *files, struct draft *draft, struct found *found)
{
    size_t first = 0; /* write of the file at hand */
    for (size_t r = 0; r < files->reads.count && found->pairs <= PAIRS_MAX; r++) {
        const struct use *read = &files->reads.items[r];
        while (first < files->writes.count && files->writes.items[first].file < read->file)
            first++;
        for (size_t w = first; w < files->writes.count && files->writes.items[w].file == read->file;
             w++)
            hand_on(files, draft, &files->writes.items[w], read, found);
    }
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
                    path, (long long)found.strays, files->names.texts[found.stray_read.file],
                    draft_task_id(draft, found.stray_write.task),
                    draft_task_id(draft, found.stray_read.task));
    if (found.unsized > 0)
        import_note(imported, arena, "%s: %lld times a file of unknown size is handed on: 0 bytes",
                    path, (long long)found.unsized);
    if (found.contradicted > 0)
        import_note(imported, arena,
                    "%s: %lld times a task reads a file of another size than it was written with: "
                    "that of the writer is taken",
                    path, (long long)found.contradicted);
    return true;
}
