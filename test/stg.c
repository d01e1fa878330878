/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test/stg.h"

#include <stdlib.h>
#include <string.h>

#include "test/fixture.h"

static FILE *open_shared(const char *file)
{
    const char *shared = getenv("HETSOC_SHARED_DATA");
    char path[1024];
    if (shared == NULL)
        return NULL;
    snprintf(path, sizeof path, "%s/stg/%s", shared, file);
    return fopen(path, "r");
}

FILE *stg_open(void)
{
    FILE *stream = open_shared("optima.csv");
    char line[256];
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
    FILE *stream = open_shared(file);
    int count;
    if (stream == NULL || fscanf(stream, "%d", &count) != 1)
        abort();
    int32_t task_count = count + 2; /* an entry and an exit of no length */
    struct fixture_task *tasks = arena_zeroed(arena, (size_t)task_count, sizeof *tasks);
    struct fixture_edge *edges =
        arena_zeroed(arena, (size_t)task_count * (size_t)task_count, sizeof *edges);
    int32_t edge_count = 0;
    for (int32_t task = 0; task < task_count; task++) {
        int id, pred_count, pred;
        double exec_us;
        if (fscanf(stream, "%d %lf %d", &id, &exec_us, &pred_count) != 3 || id != task)
            abort();
        tasks[task] =
            (struct fixture_task){arena_printf(arena, "t%d", (int)task), {exec_us, -1, -1, -1}};
        for (int32_t p = 0; p < pred_count; p++) {
            if (fscanf(stream, "%d", &pred) != 1)
                abort();
            edges[edge_count++] = (struct fixture_edge){pred, task, 0};
        }
    }
    fclose(stream);
    return fixture_app(arena, "stg", 1, tasks, task_count, edges, edge_count);
}
