/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DS3 and DASH-Sim: chips, jobs and runs, told apart by what is in them. Jobs get their times from
 * the chips that are read with them; a run also reads the files that it names, from its folder and
 * from config_SoC and config_Jobs beside that. Times are microseconds in DS3 and nanoseconds in
 * DASH-Sim: --unit-us 0.001. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/draft.h"
#include "traces/ds3.h"

enum part { PART_UNKNOWN, PART_SOC, PART_JOB, PART_CONFIG };

/* A chip, and what the names of its PE kinds begin with. */
struct chip {
    struct ds3_soc soc;
    const char *prefix;
};

/* Files that belong together. */
struct reader {
    struct imported *imported;
    struct arena *arena;
    const char *pe_kind; /* of jobs without a chip */
    double us_per_unit;
    struct fault *fault;
    const char **paths;
    enum part *parts;
    size_t count, path_capacity, part_capacity;
    struct chip *chips;
    int32_t chip_count;
    struct ds3_config config;
};

static enum part part_of(const char *head)
{
    for (const char *line = head; line != NULL; line = strchr(line, '\n')) {
        line += strspn(line, " \t\r\n");
        if (strncmp(line, "add_new_resource", 16) == 0)
            return PART_SOC;
        if (strncmp(line, "job_name", 8) == 0 || strncmp(line, "add_new_tasks", 13) == 0)
            return PART_JOB;
        if (strncmp(line, "[DEFAULT]", 9) == 0)
            return PART_CONFIG;
    }
    return PART_UNKNOWN;
}

static bool add_path(struct reader *reader, const char *path)
{
    struct text text;
    bool ok = text_load(&text, path, reader->fault);
    enum part part = ok ? part_of(text.data) : PART_UNKNOWN;
    text_finish(&text);
    if (!ok)
        return false;
    if (part == PART_UNKNOWN)
        return fault_set(reader->fault, path,
                         "a chip has add_new_resource, a job add_new_tasks, a run [DEFAULT]",
                         "this is no file of DS3");
    reader->paths = memory_grow(reader->paths, &reader->path_capacity, reader->count + 1,
                                sizeof *reader->paths);
    reader->parts = memory_grow(reader->parts, &reader->part_capacity, reader->count + 1,
                                sizeof *reader->parts);
    reader->paths[reader->count] = path;
    reader->parts[reader->count++] = part;
    return true;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* Adds a file that a run names, unless it was given. */
static bool add_named(struct reader *reader, const char *config_path, const char *name)
{
    static const char *const folders[] = {"", "../config_SoC/", "../config_Jobs/"};
    for (size_t i = 0; i < reader->count; i++)
        if (strcmp(base_name(reader->paths[i]), base_name(name)) == 0)
            return true;
    size_t folder = (size_t)(base_name(config_path) - config_path);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const char *path =
            arena_printf(reader->arena, "%.*s%s%s", (int)folder, config_path, folders[i], name);
        if (access(path, F_OK) == 0)
            return add_path(reader, path);
    }
    return fault_set(reader->fault, config_path, "give it too",
                     "it names %s, which is neither given nor beside it", name);
}

static bool read_config(struct reader *reader)
{
    const char *path = NULL;
    for (size_t i = 0; i < reader->count; i++) {
        if (reader->parts[i] != PART_CONFIG)
            continue;
        if (path != NULL)
            return fault_set(reader->fault, reader->paths[i], "import them one by one",
                             "this is a second run");
        path = reader->paths[i];
    }
    if (path == NULL)
        return true;
    struct text text;
    bool ok = text_load(&text, path, reader->fault) &&
              ds3_read_config(&reader->config, &text, reader->imported, reader->arena,
                              reader->us_per_unit);
    text_finish(&text);
    ok = ok && add_named(reader, path, reader->config.resource_file);
    for (int32_t j = 0; ok && j < reader->config.job_file_count; j++)
        ok = add_named(reader, path, reader->config.job_files[j]);
    return ok;
}

static bool read_chips(struct reader *reader)
{
    int32_t count = 0;
    for (size_t i = 0; i < reader->count; i++)
        count += reader->parts[i] == PART_SOC;
    reader->chips = memory_zeroed((size_t)count + 1, sizeof *reader->chips);
    for (size_t i = 0; i < reader->count; i++) {
        if (reader->parts[i] != PART_SOC)
            continue;
        struct chip *chip = &reader->chips[reader->chip_count++];
        struct text text;
        bool ok = text_load(&text, reader->paths[i], reader->fault) &&
                  ds3_read_soc(&chip->soc, &text, reader->imported, reader->arena);
        if (ok) {
            chip->prefix = count > 1 ? arena_printf(reader->arena, "%s.", chip->soc.name) : "";
            ds3_add_platform(&chip->soc, chip->prefix, reader->imported, reader->arena,
                             reader->us_per_unit);
        }
        text_finish(&text);
        if (!ok)
            return false;
    }
    return true;
}

/* The costs of a function on all chips. */
static int32_t find_costs(const struct reader *reader, const char *function, struct app_cost *costs)
{
    int32_t count = 0;
    for (int32_t c = 0; c < reader->chip_count; c++) {
        const struct import_platform *platform = &reader->imported->platforms[c];
        const struct ds3_soc *soc = &reader->chips[c].soc;
        for (int32_t r = 0, kind = 0; r < soc->resource_count; r++) {
            if (!soc->resources[r].is_pe)
                continue;
            int32_t number = names_find(&soc->resources[r].functions, function);
            if (number >= 0)
                costs[count++] = (struct app_cost){.pe_kind = platform->kinds[kind].name,
                                                   .exec_us = soc->resources[r].times[number] *
                                                              reader->us_per_unit};
            kind++;
        }
    }
    return count;
}

static bool set_all_costs(struct reader *reader, struct draft *draft, const char *path)
{
    size_t most = 1;
    for (int32_t p = 0; p < reader->imported->platform_count; p++)
        most += (size_t)reader->imported->platforms[p].kind_count;
    struct app_cost *costs = arena_zeroed(reader->arena, most, sizeof *costs);
    for (int32_t t = 0; reader->chip_count > 0 && t < draft_task_count(draft); t++) {
        const char *function = ds3_function(draft, reader->arena, t);
        int32_t count = find_costs(reader, function, costs);
        if (count == 0)
            return fault_set(reader->fault, path, "give the chip that this job is for",
                             "no PE of %s%s can run '%s'", reader->chips[0].soc.name,
                             reader->chip_count > 1 ? " and the others" : "", function);
        draft_set_costs(draft, t, function, costs, count);
    }
    return true;
}

static bool read_jobs(struct reader *reader)
{
    for (size_t i = 0; i < reader->count; i++) {
        if (reader->parts[i] != PART_JOB)
            continue;
        struct text text;
        struct draft *draft = draft_create();
        const struct app_cost fallback = {.pe_kind = reader->pe_kind,
                                          .exec_us = reader->us_per_unit};
        bool ok = text_load(&text, reader->paths[i], reader->fault) &&
                  ds3_read_job(draft, &text, reader->imported, reader->arena) &&
                  set_all_costs(reader, draft, reader->paths[i]) &&
                  draft_finish(draft, reader->imported, reader->arena, reader->paths[i], "from DS3",
                               &fallback, 1, reader->fault);
        draft_destroy(draft);
        text_finish(&text);
        if (!ok)
            return false;
    }
    return true;
}

static bool ds3_read(struct imported *imported, struct arena *arena, const char *const *paths,
                     int32_t count, const struct import_options *options, struct fault *fault)
{
    struct reader reader = {.imported = imported,
                            .arena = arena,
                            .pe_kind = options->pe_kind == NULL ? "core" : options->pe_kind,
                            .us_per_unit = isnan(options->us_per_unit) ? 1 : options->us_per_unit,
                            .fault = fault};
    bool ok = true;
    for (int32_t i = 0; ok && i < count; i++)
        ok = add_path(&reader, paths[i]);
    ok = ok && read_config(&reader) && read_chips(&reader) && read_jobs(&reader);
    if (ok && reader.config.name != NULL)
        ds3_add_experiment(&reader.config, imported, arena, reader.us_per_unit);
    imported->units = arena_printf(arena,
                                   "a unit of time is %g us (DASH-Sim's are ns: --unit-us 0.001), "
                                   "one of volume a byte",
                                   reader.us_per_unit);
    for (int32_t c = 0; c < reader.chip_count; c++)
        ds3_finish_soc(&reader.chips[c].soc);
    free(reader.chips);
    free(reader.paths);
    free(reader.parts);
    return ok;
}

static bool ds3_claims(const char *head)
{
    return part_of(head) != PART_UNKNOWN;
}

const struct import_kind import_ds3 = {
    .name = "ds3",
    .summary = "DS3 and DASH-Sim: SoC.*.txt, job_*.txt and config_file.ini, given together; a unit "
               "of time becomes --unit-us",
    .takes_several = true,
    .claims = ds3_claims,
    .read = ds3_read,
};
