/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads any bytes as a file of a trace (traces/trace.h): the first line says which category, with
 * ".zst" if it is compressed, the rest is the file. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char platform[] =
    "format: 1\nplatform: duo\nsummary: three PEs\n"
    "kinds:\n  A: {class: cpu}\n  B: {class: dsp}\n"
    "clusters:\n  - {name: a, kind: A, count: 2}\n  - {name: b, kind: B, count: 1}\n"
    "interconnect:\n  kind: matrix\n  bandwidth_bytes_per_us: 1\n";
static const char app[] =
    "format: 1\napp: pair\nsummary: two tasks\nkinds:\n  work: {A: 10, B: 4}\n"
    "tasks:\n  - {name: first, kind: work}\n  - {name: second, kind: work}\n"
    "edges:\n  - {from: first, to: second, bytes: 2}\n";
static const char arrivals[] = "job_id,arrival_us,app\n0,0.000000,pair\n1,2.000001,pair\n";

/* In $TMPDIR, best on a file system in memory. */
static char folder[200];

static void write_file(const char *name, const void *bytes, size_t size)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "wb");
    if (stream == NULL || fwrite(bytes, 1, size, stream) != size || fclose(stream) != 0)
        abort();
}

static void remove_folder(void)
{
    static const char *const names[] = {"duo.yaml", "pair.yaml", "arrivals.csv", "rows.csv",
                                        "rows.csv.zst"};
    char path[256];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

/* Opened once: what the rows refer to. */
static struct trace *open_trace(void)
{
    static char platform_path[256], app_path[256];
    const char *const apps[] = {app_path};
    struct fault fault = FAULT_NONE;
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/hetsoc_fuzz_XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(folder) == NULL)
        abort();
    atexit(remove_folder);
    write_file("duo.yaml", platform, sizeof platform - 1);
    write_file("pair.yaml", app, sizeof app - 1);
    write_file("arrivals.csv", arrivals, sizeof arrivals - 1);
    snprintf(platform_path, sizeof platform_path, "%s/duo.yaml", folder);
    snprintf(app_path, sizeof app_path, "%s/pair.yaml", folder);
    struct trace *trace = trace_open_measured(folder, platform_path, apps, 1, &fault);
    if (trace == NULL)
        abort();
    return trace;
}

/* The category whose name is `name` [length]; TRACE_CATEGORIES if none. */
static enum trace_category category_named(const char *name, size_t length)
{
    enum trace_category category = 0;
    while (category < TRACE_CATEGORIES &&
           (strlen(trace_category_name(category)) != length ||
            memcmp(trace_category_name(category), name, length) != 0))
        category++;
    return category;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct trace *trace;
    if (trace == NULL)
        trace = open_trace();
    static const char zst[] = ".zst";
    const size_t zst_length = sizeof zst - 1;
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
    if (end == NULL)
        return -1;
    size_t length = (size_t)(end - data);
    bool is_compressed = length > zst_length && memcmp(end - zst_length, zst, zst_length) == 0;
    enum trace_category category =
        category_named((const char *)data, is_compressed ? length - zst_length : length);
    if (category == TRACE_CATEGORIES)
        return -1;
    const char *name = is_compressed ? "rows.csv.zst" : "rows.csv";
    struct fault fault = FAULT_NONE;
    write_file(name, end + 1, size - length - 1);
    trace->manifest.files[category] = (struct trace_file){name, -1, -1};
    bool ok = trace_check(trace, category, &fault);
    if (ok == fault_is_set(&fault) || (!ok && fault.where[0] == '\0'))
        abort();
    return 0;
}
