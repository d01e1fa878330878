/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads any bytes as the manifest.json of a trace; what can be read must survive being written. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/trace_manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In $TMPDIR, best on a file system in memory. */
static char folder[200];
static char path[256];

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (path[0] == '\0') {
        const char *tmp = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%s/hetsoc_fuzz_XXXXXX", tmp != NULL ? tmp : "/tmp");
        if (mkdtemp(folder) == NULL)
            abort();
        snprintf(path, sizeof path, "%s/manifest.json", folder);
        atexit(remove_folder);
    }
    FILE *stream = fopen(path, "wb");
    if (stream == NULL || fwrite(data, 1, size, stream) != size || fclose(stream) != 0)
        abort();
    struct arena *arena = arena_create();
    struct fault fault = FAULT_NONE;
    struct trace_manifest manifest, again;
    bool ok = trace_manifest_read(&manifest, arena, folder, &fault);
    if (ok == fault_is_set(&fault) || (!ok && fault.where[0] == '\0'))
        abort();
    if (ok &&
        (!trace_manifest_write(&manifest, folder, &fault) ||
         !trace_manifest_read(&again, arena, folder, &fault) || again.trial != manifest.trial ||
         again.end_ps != manifest.end_ps || again.app_count != manifest.app_count ||
         strcmp(again.platform, manifest.platform) != 0)) {
        fault_print(&fault, stderr);
        abort();
    }
    arena_destroy(arena);
    return 0;
}
