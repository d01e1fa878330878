/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test/scratch.h"

#include <check.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void scratch_init(struct scratch *scratch)
{
    char folder[] = P_tmpdir "/hetsoc_test_XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    scratch->arena = arena_create();
    scratch->folder = arena_string(scratch->arena, folder);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void scratch_finish(struct scratch *scratch)
{
    nftw(scratch->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    arena_destroy(scratch->arena);
}

const char *scratch_path(struct scratch *scratch, const char *name)
{
    return arena_printf(scratch->arena, "%s%s%s", scratch->folder, *name == '\0' ? "" : "/", name);
}

const char *scratch_write(struct scratch *scratch, const char *name, const char *text)
{
    const char *path = scratch_path(scratch, name);
    char *folder = arena_string(scratch->arena, path);
    for (char *c = folder + strlen(scratch->folder) + 1; *c != '\0'; c++)
        if (*c == '/') {
            *c = '\0';
            mkdir(folder, 0777);
            *c = '/';
        }
    FILE *stream = fopen(path, "w");
    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    ck_assert_int_eq(fclose(stream), 0);
    return path;
}

const char *scratch_read(struct scratch *scratch, const char *name)
{
    FILE *stream = fopen(scratch_path(scratch, name), "r");
    if (stream == NULL)
        return NULL;
    char *text = NULL;
    size_t length = 0;
    ssize_t got = getdelim(&text, &length, '\0', stream);
    fclose(stream);
    const char *copy = arena_string(scratch->arena, got < 0 ? "" : text);
    free(text);
    return copy;
}

bool scratch_has(struct scratch *scratch, const char *name)
{
    return access(scratch_path(scratch, name), F_OK) == 0;
}

int scratch_count(struct scratch *scratch, const char *name)
{
    DIR *stream = opendir(scratch_path(scratch, name));
    if (stream == NULL)
        return -1;
    int count = 0;
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(stream);
    return count;
}

void scratch_write_shelf(struct scratch *scratch)
{
    scratch_write(scratch, "duo.yaml",
                  "format: 1\nplatform: duo\nsummary: three PEs\n"
                  "kinds:\n  A: {class: cpu}\n  B: {class: dsp}\n"
                  "clusters:\n  - {name: a, kind: A, count: 2}\n  - {name: b, kind: B, count: 1}\n"
                  "interconnect:\n  kind: matrix\n  bandwidth_bytes_per_us: 1\n");
    scratch_write(scratch, "pair.yaml",
                  "format: 1\napp: pair\nsummary: two tasks\n"
                  "kinds:\n  work: {A: 10, B: 4}\n"
                  "tasks:\n  - {name: first, kind: work}\n  - {name: second, kind: work}\n"
                  "edges:\n  - {from: first, to: second, bytes: 2}\n");
    scratch_write(scratch, "solo.yaml",
                  "format: 1\napp: solo\nsummary: one task\n"
                  "kinds:\n  only: {A: 3}\ntasks: [only]\n");
    scratch_write(scratch, "many.yaml",
                  "format: 1\napp: many\nsummary: random DAGs\n"
                  "generate: {variants: 4, tasks: 5, base_us: 10, costs: {A: {}, B: {}}}\n");
}
