/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SoC.*.txt of DS3:
 *
 *     add_new_resource resource_type LTL resource_name A7 resource_ID 0 capacity 4
 *         num_supported_functionalities 94 DVFS_mode performance         (one line)
 *     opp 600 1000                      MHz mV
 *     power_profile 1000 0.19 0.29      MHz, W for 1, 2, ... busy PEs
 *     ifft_1 296                        a function and its time
 *     comm_band 0 3 10                  between clusters, both ways; 1 where nothing is said
 *
 * Older files have the values of add_new_resource without their names. */
#include "traces/ds3.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/schema.h"
#include "sim/soc.h"

/* Lines that say nothing that a platform of ours has. */
static const char *const passed_over[] = {
    "trip_freq",      "DTPM_trip_freq",        "PG_profile",           "mesh_information",
    "comm_band_self", "acc_supported_configs", "SoC_mesh_information", NULL,
};

static bool is_passed_over(const char *word)
{
    for (int i = 0; passed_over[i] != NULL; i++)
        if (strcmp(word, passed_over[i]) == 0)
            return true;
    return false;
}

static bool read_real(struct text *text, double *value)
{
    const char *word = text_next_word(text);
    if (word == NULL)
        return text_refuse(text, text->rest, NULL, "the line is too short");
    return (schema_parse_real(word, value) && *value >= 0) ||
           text_refuse(text, word, "a number, 0 or more", "'%s' is no amount", word);
}

static bool read_whole(struct text *text, const char *word, int64_t *value)
{
    if (word == NULL)
        return text_refuse(text, text->rest, NULL, "the line is too short");
    return (schema_parse_int(word, value) && *value >= 0) ||
           text_refuse(text, word, "a whole number, 0 or more", "'%s' is no number", word);
}

/* ---- reading ---- */

static bool add_resource(struct ds3_soc *soc, struct text *text, struct arena *arena)
{
    const char *words[12] = {0};
    int count = 0;
    for (char *word; count < 12 && (word = text_next_word(text)) != NULL;)
        words[count++] = word;
    bool has_names = count >= 10; /* every other word is the name of the one behind it */
    if (!has_names && count < 5)
        return text_refuse(text, text->rest, "type, name, ID, capacity, number of functions, DVFS",
                           "the line is too short");
    int step = has_names ? 2 : 1, first = has_names ? 1 : 0;
    struct ds3_resource resource = {.type = arena_string(arena, words[first]),
                                    .name = arena_string(arena, words[first + step])};
    int64_t functions;
    if (!read_whole(text, words[first + 2 * step], &resource.id) ||
        !read_whole(text, words[first + 3 * step], &resource.pe_count) ||
        !read_whole(text, words[first + 4 * step], &functions))
        return false;
    if (resource.pe_count > SOC_PES_MAX)
        return text_refuse(text, words[first + 3 * step], NULL, "a machine has at most %d PEs",
                           SOC_PES_MAX);
    for (int32_t r = 0; r < soc->resource_count; r++)
        if (soc->resources[r].id == resource.id)
            return text_refuse(text, words[first + 2 * step], "give each resource its own ID",
                               "two resources have the ID %lld", (long long)resource.id);
    if (resource.pe_count == 0)
        resource.pe_count = 1;
    resource.is_pe = strcmp(resource.type, "MEM") != 0 && strcmp(resource.type, "CAC") != 0;
    soc->resources = memory_grow(soc->resources, &soc->resource_capacity,
                                 (size_t)soc->resource_count + 1, sizeof resource);
    soc->resources[soc->resource_count++] = resource;
    return true;
}

static bool add_opp(struct ds3_resource *resource, struct text *text)
{
    struct import_opp opp;
    if (!read_real(text, &opp.mhz) || !read_real(text, &opp.mv))
        return false;
    if (opp.mhz <= 0 || opp.mv <= 0)
        return text_refuse(text, text->rest, NULL, "an operating point of nothing");
    size_t count = (size_t)resource->opp_count;
    resource->opps = memory_grow(resource->opps, &resource->opp_capacity, count + 1, sizeof opp);
    while (count > 0 && resource->opps[count - 1].mhz > opp.mhz) {
        resource->opps[count] = resource->opps[count - 1];
        count--;
    }
    if (count > 0 && resource->opps[count - 1].mhz == opp.mhz)
        return text_refuse(text, text->rest, NULL, "two operating points have %g MHz", opp.mhz);
    resource->opps[count] = opp;
    resource->opp_count++;
    return true;
}

static bool add_band(struct ds3_soc *soc, struct text *text)
{
    struct ds3_band band;
    if (!read_whole(text, text_next_word(text), &band.from) ||
        !read_whole(text, text_next_word(text), &band.to) || !read_real(text, &band.value))
        return false;
    soc->bands =
        memory_grow(soc->bands, &soc->band_capacity, (size_t)soc->band_count + 1, sizeof band);
    soc->bands[soc->band_count++] = band;
    return true;
}

/* A function of the resource at hand; counts those that are there already. */
static bool add_function(struct ds3_resource *resource, struct text *text, struct arena *arena,
                         const char *name, int32_t *twice)
{
    double time;
    if (resource == NULL)
        return text_refuse(text, name, "a chip begins with add_new_resource",
                           "'%s' belongs to no resource", name);
    if (!read_real(text, &time))
        return false;
    int32_t number = names_add(&resource->functions, arena_string(arena, name), -1);
    if (number < 0) {
        ++*twice;
        return true;
    }
    resource->times = memory_grow(resource->times, &resource->time_capacity, (size_t)number + 1,
                                  sizeof *resource->times);
    resource->times[number] = time;
    return true;
}

static bool read_line(struct ds3_soc *soc, struct text *text, struct arena *arena, int32_t *twice)
{
    const char *word = text_next_word(text);
    struct ds3_resource *last =
        soc->resource_count == 0 ? NULL : &soc->resources[soc->resource_count - 1];
    if (strcmp(word, "add_new_resource") == 0)
        return add_resource(soc, text, arena);
    if (strcmp(word, "comm_band") == 0)
        return add_band(soc, text);
    if (last != NULL && strcmp(word, "opp") == 0)
        return add_opp(last, text);
    if (last != NULL && strcmp(word, "power_profile") == 0) {
        double mhz;
        return read_real(text, &mhz) && read_real(text, &last->active_w);
    }
    return is_passed_over(word) || add_function(last, text, arena, word, twice);
}

bool ds3_read_soc(struct ds3_soc *soc, struct text *text, struct imported *imported,
                  struct arena *arena)
{
    int32_t twice = 0, pe_count = 0;
    soc->name = import_name(arena, text->path);
    while (text_next_line(text, '#'))
        if (!read_line(soc, text, arena, &twice))
            return false;
    for (int32_t r = 0; r < soc->resource_count; r++)
        pe_count += soc->resources[r].is_pe ? (int32_t)soc->resources[r].pe_count : 0;
    if (pe_count == 0 || pe_count > SOC_PES_MAX)
        return text_refuse(text, text->data, NULL, "it has %d PEs, and a machine 1 to %d",
                           (int)pe_count, SOC_PES_MAX);
    if (twice > 0)
        import_note(imported, arena,
                    "%s: %d functions have several times on one cluster: the first is taken, as "
                    "DS3 does",
                    text->path, (int)twice);
    return true;
}

void ds3_finish_soc(struct ds3_soc *soc)
{
    for (int32_t r = 0; r < soc->resource_count; r++) {
        names_finish(&soc->resources[r].functions);
        free(soc->resources[r].times);
        free(soc->resources[r].opps);
    }
    free(soc->resources);
    free(soc->bands);
}

/* ---- to a platform ---- */

static const char *class_of(const char *type)
{
    if (strcmp(type, "LTL") == 0 || strcmp(type, "BIG") == 0 || strncmp(type, "CPU", 3) == 0)
        return "cpu";
    if (strncmp(type, "GPU", 3) == 0)
        return "gpu";
    if (strncmp(type, "DSP", 3) == 0)
        return "dsp";
    return strncmp(type, "FPGA", 4) == 0 ? "fpga" : "accelerator";
}

/* Index of the cluster that a resource became, -1 for memories and unknown ones. */
static int32_t cluster_of(const struct ds3_soc *soc, int64_t id, bool *is_memory)
{
    int32_t cluster = 0;
    *is_memory = false;
    for (int32_t r = 0; r < soc->resource_count; r++) {
        if (soc->resources[r].id == id) {
            *is_memory = strcmp(soc->resources[r].type, "MEM") == 0;
            return soc->resources[r].is_pe ? cluster : -1;
        }
        cluster += soc->resources[r].is_pe;
    }
    return -1;
}

/* Adds the links; of several for a pair the last counts, as in DS3's matrix. */
static void add_links(const struct ds3_soc *soc, struct import_platform *platform,
                      struct imported *imported, struct arena *arena, double us_per_unit)
{
    int32_t unusable = 0;
    platform->links = arena_zeroed(arena, (size_t)soc->band_count, sizeof *platform->links);
    for (int32_t b = 0; b < soc->band_count; b++) {
        bool from_memory, to_memory;
        int32_t from = cluster_of(soc, soc->bands[b].from, &from_memory);
        int32_t to = cluster_of(soc, soc->bands[b].to, &to_memory);
        double bandwidth = soc->bands[b].value / us_per_unit;
        if ((from_memory && to >= 0) || (to_memory && from >= 0))
            platform->memory_bandwidth_bytes_per_us = bandwidth;
        if (from < 0 || to < 0)
            continue;
        if (bandwidth <= 0) {
            unusable++;
            continue;
        }
        struct import_link *link = platform->links;
        const struct import_link *end = link + platform->link_count;
        while (link < end && !(link->between[0] == from && link->between[1] == to) &&
               !(link->between[0] == to && link->between[1] == from))
            link++;
        platform->link_count += link == end;
        *link = (struct import_link){{from, to}, bandwidth};
    }
    if (unusable > 0)
        import_note(imported, arena, "%s: %d bandwidths of 0 between PEs are passed over: DS3's 1",
                    platform->name, (int)unusable);
}

void ds3_add_platform(const struct ds3_soc *soc, const char *prefix, struct imported *imported,
                      struct arena *arena, double us_per_unit)
{
    size_t count = (size_t)soc->resource_count;
    struct import_platform platform = {
        .name = soc->name,
        .summary = arena_printf(arena, "DS3's chip %s", soc->name),
        .comment =
            "A unit of DS3's volume is a byte here. Bandwidth is 1 where the file gives none, "
            "as\nin DS3. Memories and caches are no PEs.",
        .truncate_us = us_per_unit == 1,
        .bandwidth_bytes_per_us = 1 / us_per_unit,
        .kinds = arena_zeroed(arena, count, sizeof *platform.kinds),
        .clusters = arena_zeroed(arena, count, sizeof *platform.clusters),
    };
    struct names names = {0};
    for (int32_t r = 0; r < soc->resource_count; r++) {
        const struct ds3_resource *resource = &soc->resources[r];
        if (!resource->is_pe)
            continue;
        const char *name = import_clean(arena, resource->name);
        while (names_add(&names, name, -1) < 0)
            name = arena_printf(arena, "%s_%lld", name, (long long)resource->id);
        struct import_opp *opps = arena_zeroed(arena, (size_t)resource->opp_count, sizeof *opps);
        if (resource->opp_count > 0)
            memcpy(opps, resource->opps, (size_t)resource->opp_count * sizeof *opps);
        platform.clusters[platform.cluster_count++] =
            (struct import_cluster){name, platform.kind_count, (int32_t)resource->pe_count};
        platform.kinds[platform.kind_count++] = (struct import_kind_of_pe){
            .name = arena_printf(arena, "%s%s", prefix, name),
            .class = class_of(resource->type),
            .opps = opps,
            .opp_count = resource->opp_count,
            .active_mw = 1000 * resource->active_w,
        };
    }
    names_finish(&names);
    add_links(soc, &platform, imported, arena, us_per_unit);
    struct import_platform *platforms =
        arena_zeroed(arena, (size_t)imported->platform_count + 1, sizeof *platforms);
    if (imported->platform_count > 0)
        memcpy(platforms, imported->platforms,
               (size_t)imported->platform_count * sizeof *platforms);
    platforms[imported->platform_count++] = platform;
    imported->platforms = platforms;
}
