/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char prefix[] = ".parts-";

const char *parts_dir(struct arena *arena, const char *dir)
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    return arena_printf(arena, "%s/%s%s-%d", dir, prefix, host, (int)getpid());
}

/* A whole file as a string on the heap; NULL and a fault if it cannot be read. */
static char *read_file(const char *path, struct fault *fault)
{
    FILE *stream = fopen(path, "r");
    struct stat status;
    if (stream == NULL || fstat(fileno(stream), &status) != 0) {
        fault_set(fault, path, NULL, "cannot read: %s", strerror(errno));
        if (stream != NULL)
            fclose(stream);
        return NULL;
    }
    size_t size = (size_t)status.st_size;
    char *text = memory_zeroed(size + 1, 1);
    bool ok = fread(text, 1, size, stream) == size ||
              fault_set(fault, path, NULL, "cannot read: %s", strerror(errno));
    fclose(stream);
    if (ok)
        return text;
    free(text);
    return NULL;
}

bool parts_take(struct parts *parts, const char *folder, int32_t trial, struct fault *fault)
{
    struct arena *arena = arena_create();
    bool ok = true;
    *parts = (struct parts){{NULL}};
    for (int table = 0; ok && table < TABLES_COUNT; table++) {
        const char *path = arena_printf(arena, "%s/%d.%s", folder, (int)trial, tables_names[table]);
        ok = (parts->rows[table] = read_file(path, fault)) != NULL;
        unlink(path);
    }
    arena_destroy(arena);
    if (!ok)
        parts_finish(parts);
    return ok;
}

void parts_finish(struct parts *parts)
{
    for (int table = 0; table < TABLES_COUNT; table++)
        free(parts->rows[table]);
    *parts = (struct parts){{NULL}};
}

void parts_remove(const char *folder)
{
    DIR *stream = opendir(folder);
    if (stream == NULL)
        return;
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(stream), entry->d_name, 0);
    closedir(stream);
    rmdir(folder);
}

void parts_sweep(const char *dir)
{
    DIR *stream = opendir(dir);
    struct arena *arena = arena_create();
    if (stream != NULL) {
        for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream))
            if (strncmp(entry->d_name, prefix, sizeof prefix - 1) == 0)
                parts_remove(arena_printf(arena, "%s/%s", dir, entry->d_name));
        closedir(stream);
    }
    arena_destroy(arena);
}
