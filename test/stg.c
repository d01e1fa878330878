/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test/stg.h"

#include <stdlib.h>

#include "traces/import.h"

FILE *stg_open(void)
{
    const char *shared = getenv("HETSOC_SHARED_DATA");
    char path[1024], line[256];
    if (shared == NULL)
        return NULL;
    snprintf(path, sizeof path, "%s/stg/optima.csv", shared);
    FILE *stream = fopen(path, "r");
    if (stream != NULL && fgets(line, sizeof line, stream) == NULL)
        abort();
    return stream;
}

bool stg_next(FILE *stream, struct stg_row *row)
{
    char line[256];
    if (fgets(line, sizeof line, stream) == NULL)
        return false;
    int fields =
        sscanf(line, "%63[^,],%d,%d,%d", row->file, &row->processors, &row->optimum, &row->upper);
    row->is_open = fields == 4;
    if (!row->is_open)
        row->upper = row->optimum;
    return fields >= 3;
}

struct app *stg_app(struct arena *arena, const char *file)
{
    struct import_options options = import_options_default;
    options.pe_kind = "K0";
    struct imported imported = {0};
    struct fault fault = FAULT_NONE;
    const char *path = arena_printf(arena, "%s/stg/%s", getenv("HETSOC_SHARED_DATA"), file);
    if (!import_stg.read(&imported, arena, &path, 1, &options, &fault))
        abort();
    return &imported.apps[0];
}
