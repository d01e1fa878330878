/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A libFuzzer target for the reader FUZZ_READER: whatever a file holds, it becomes an app or a
 * fault, and nothing is read or written that should not be. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "traces/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int file = memfd_create("fuzz", 0);
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    const char *paths[] = {path};
    struct arena *arena = arena_create();
    struct imported imported = {0};
    struct fault fault = FAULT_NONE;
    bool ok = FUZZ_READER.read(&imported, arena, paths, 1, &import_options_default, &fault);
    if (ok == fault_is_set(&fault))
        abort();
    for (int32_t a = 0; ok && a < imported.app_count; a++)
        if (imported.apps[a].task_count == 0 || imported.apps[a].order == NULL)
            abort();
    arena_destroy(arena);
    close(file);
    return 0;
}
