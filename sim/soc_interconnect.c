/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a platform file connects its PEs (sim/soc.h). */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/soc_parts.h"

#define LANES_MAX 65535

static const char *const interconnect_names[] = {
    [SOC_MATRIX] = "matrix",
    [SOC_SHARED_MEMORY] = "shared_memory",
    [SOC_BUS] = "bus",
    [SOC_MESH] = "mesh",
};

#define INTERCONNECT_COUNT ((int32_t)(sizeof interconnect_names / sizeof interconnect_names[0]))

const char *soc_interconnect_name(enum soc_interconnect interconnect)
{
    assert((int32_t)interconnect < INTERCONNECT_COUNT);
    return interconnect_names[interconnect];
}

/* The schema has refused every other name. */
static enum soc_interconnect find_interconnect(const char *name)
{
    int32_t interconnect = 0;
    while (strcmp(interconnect_names[interconnect], name) != 0) {
        interconnect++;
        assert(interconnect < INTERCONNECT_COUNT);
    }
    return (enum soc_interconnect)interconnect;
}

int32_t soc_hops(const struct soc *soc, int32_t from_pe, int32_t to_pe)
{
    if (from_pe == to_pe)
        return 0;
    if (soc->interconnect != SOC_MESH)
        return 1;
    int32_t columns = soc->network.columns;
    return abs(from_pe % columns - to_pe % columns) + abs(from_pe / columns - to_pe / columns);
}

/* Number of the lane with this bandwidth and latency, made if there is none; -1 if all are used. */
static int32_t find_lane(struct soc *soc, double bandwidth_bytes_per_us, double latency_us)
{
    for (int32_t i = 1; i < soc->lane_count; i++) {
        if (soc->lanes[i].bandwidth_bytes_per_us == bandwidth_bytes_per_us &&
            soc->lanes[i].latency_us == latency_us) {
            return i;
        }
    }
    if (soc->lane_count == LANES_MAX) {
        return -1;
    }
    soc->lanes[soc->lane_count] = (struct soc_lane){bandwidth_bytes_per_us, latency_us};
    return soc->lane_count++;
}

/* A link's own number, or the interconnect's. */
static double link_value(const struct yaml_node *link, const struct yaml_node *interconnect,
                         const char *key)
{
    return yaml_get(link, key) != NULL
               ? schema_real(&soc_schema, link, "interconnect.links[]", key)
               : schema_real(&soc_schema, interconnect, "interconnect", key);
}

/* Finds the two clusters of a link. */
static bool read_ends(struct soc_loader *loader, const struct yaml_node *link,
                      int32_t ends[static 2])
{
    const struct soc *soc = &loader->soc;
    const struct yaml_node *between = yaml_get(link, "between");
    char where[512];
    if (between->count != 2) {
        return fault_set(loader->fault, yaml_where(between, where, sizeof where),
                         "write between: [A, B], or [A, A] for the PEs of one cluster",
                         "a link connects two clusters, not %d", between->count);
    }
    for (int32_t i = 0; i < 2; i++) {
        const struct yaml_node *end = between->items[i];
        ends[i] = soc_find_cluster(soc, end->text);
        if (ends[i] < 0) {
            const char *hint = soc_name_hint(loader, end->text, soc->clusters, soc->cluster_count,
                                             sizeof *soc->clusters,
                                             "name a cluster that is listed under clusters");
            return fault_set(loader->fault, yaml_where(end, where, sizeof where), hint,
                             "the link names the unknown cluster '%s'", end->text);
        }
    }
    return true;
}

static bool read_link(struct soc_loader *loader, const struct yaml_node *link,
                      const struct yaml_node *interconnect)
{
    struct soc *soc = &loader->soc;
    char where[512];
    yaml_where(link, where, sizeof where);
    int32_t ends[2] = {-1, -1};
    if (!read_ends(loader, link, ends)) {
        return false;
    }
    if (yaml_get(link, "bandwidth_bytes_per_us") == NULL && yaml_get(link, "latency_us") == NULL) {
        return fault_set(loader->fault, where, "give bandwidth_bytes_per_us or latency_us",
                         "the link says nothing");
    }
    uint16_t *there = &soc->cluster_lane[ends[0] * soc->cluster_count + ends[1]];
    if (*there != 0) {
        return fault_set(loader->fault, where, "links hold in both directions: leave one out",
                         "the pair of '%s' and '%s' is given twice", soc->clusters[ends[0]].name,
                         soc->clusters[ends[1]].name);
    }
    int32_t lane = find_lane(soc, link_value(link, interconnect, "bandwidth_bytes_per_us"),
                             link_value(link, interconnect, "latency_us"));
    if (lane < 0) {
        return fault_set(loader->fault, where, "give links the same numbers where possible",
                         "links differ in more than %d ways", LANES_MAX - 2);
    }
    *there = (uint16_t)lane;
    soc->cluster_lane[ends[1] * soc->cluster_count + ends[0]] = (uint16_t)lane;
    return true;
}

static double read_real(const struct yaml_node *interconnect, const char *key)
{
    return schema_real(&soc_schema, interconnect, "interconnect", key);
}

/* Refuses a key that says nothing about this kind of interconnect. */
static bool refuse_key(const struct soc_loader *loader, const struct yaml_node *interconnect,
                       const char *key, const char *hint)
{
    const struct yaml_node *item = yaml_get(interconnect, key);
    char where[512];
    return item == NULL || fault_set(loader->fault, yaml_where(item, where, sizeof where), hint,
                                     "interconnect.%s has no meaning for the kind %s", key,
                                     soc_interconnect_name(loader->soc.interconnect));
}

static bool need_key(const struct soc_loader *loader, const struct yaml_node *interconnect,
                     const char *key, const char *hint)
{
    char where[512];
    return yaml_get(interconnect, key) != NULL ||
           fault_set(loader->fault, yaml_where(interconnect, where, sizeof where), hint,
                     "interconnect.%s is missing", key);
}

/* Whether the file has the keys that its kind of interconnect needs, and no others. */
static bool check_keys(const struct soc_loader *loader, const struct yaml_node *interconnect)
{
    enum soc_interconnect kind = loader->soc.interconnect;
    bool is_plain = kind == SOC_MATRIX || kind == SOC_SHARED_MEMORY;
    const char *alone = "a matrix is connected by links; others are alike everywhere";
    const char *free = "only transfers on a bus or a mesh keep each other waiting";
    if (kind == SOC_SHARED_MEMORY) {
        if (!need_key(loader, interconnect, "memory",
                      "write memory: {bandwidth_bytes_per_us: ...}") ||
            !refuse_key(loader, interconnect, "bandwidth_bytes_per_us",
                        "give the bandwidth of the memory, under memory"))
            return false;
    } else if (!need_key(loader, interconnect, "bandwidth_bytes_per_us", "give it in bytes/us")) {
        return false;
    }
    return (kind == SOC_MATRIX || refuse_key(loader, interconnect, "links", alone)) &&
           (kind == SOC_MESH ||
            refuse_key(loader, interconnect, "columns", "only a mesh has columns")) &&
           (!is_plain || refuse_key(loader, interconnect, "dma_channels", free)) &&
           (is_plain || refuse_key(loader, interconnect, "truncate_us",
                                   "only delays without contention can be truncated"));
}

/* When transfers start: with the data where nothing else was said and the interconnect can. */
static bool read_start(struct soc_loader *loader, const struct yaml_node *interconnect)
{
    struct soc *soc = &loader->soc;
    const char *text = schema_text(&soc_schema, interconnect, "interconnect", "transfer");
    bool is_contended = soc_is_contended(soc);
    soc->at_assign = text == NULL ? is_contended : strcmp(text, "at_assign") == 0;
    char where[512];
    return soc->at_assign || !is_contended ||
           fault_set(loader->fault,
                     yaml_where(yaml_get(interconnect, "transfer"), where, sizeof where),
                     "a transfer on a bus or a mesh needs to know where it goes; leave it out",
                     "interconnect.transfer cannot be at_finish for the kind %s",
                     soc_interconnect_name(soc->interconnect));
}

static bool read_matrix(struct soc_loader *loader, const struct yaml_node *interconnect)
{
    struct soc *soc = &loader->soc;
    const struct yaml_node *links = yaml_get(interconnect, "links");
    int32_t link_count = links != NULL ? links->count : 0;
    size_t clusters = (size_t)soc->cluster_count;
    size_t lanes_needed = (size_t)link_count + 2;
    soc->lanes = arena_zeroed(loader->arena, lanes_needed < LANES_MAX ? lanes_needed : LANES_MAX,
                              sizeof *soc->lanes);
    soc->lanes[0] = (struct soc_lane){.bandwidth_bytes_per_us = INFINITY};
    soc->lane_count = 1;
    int32_t rest = find_lane(soc, read_real(interconnect, "bandwidth_bytes_per_us"),
                             read_real(interconnect, "latency_us"));
    for (int32_t i = 0; i < link_count; i++) {
        if (!read_link(loader, links->items[i], interconnect)) {
            return false;
        }
    }
    for (size_t i = 0; i < clusters * clusters; i++) {
        if (soc->cluster_lane[i] == 0) {
            soc->cluster_lane[i] = (uint16_t)rest;
        }
    }
    return true;
}

/* Everything goes through the memory, also what a PE gives itself: one lane. */
static void read_shared_memory(struct soc_loader *loader, const struct yaml_node *interconnect)
{
    struct soc *soc = &loader->soc;
    soc->lanes = arena_zeroed(loader->arena, 1, sizeof *soc->lanes);
    soc->lanes[0] = (struct soc_lane){soc->memory_bandwidth_bytes_per_us,
                                      read_real(interconnect, "latency_us")};
    soc->lane_count = 1;
}

/* Mean number of links between different PEs of two clusters. */
static double mean_hops(const struct soc *soc, int32_t from_cluster, int32_t to_cluster)
{
    const struct soc_cluster *from = &soc->clusters[from_cluster];
    const struct soc_cluster *to = &soc->clusters[to_cluster];
    double sum = 0.0, pairs = 0.0;
    for (int32_t a = from->first_pe; a < from->first_pe + from->pe_count; a++) {
        for (int32_t b = to->first_pe; b < to->first_pe + to->pe_count; b++) {
            sum += soc_hops(soc, a, b);
            pairs += a != b;
        }
    }
    return pairs > 0.0 ? sum / pairs : 1.0;
}

/* The links of a bus or a mesh, and lanes as they are for a transfer that is alone; on a mesh it
 * goes as far as PEs of the two clusters are from each other on average. */
static bool read_network(struct soc_loader *loader, const struct yaml_node *interconnect)
{
    struct soc *soc = &loader->soc;
    size_t clusters = (size_t)soc->cluster_count;
    struct soc_network *network = &soc->network;
    network->bandwidth_bytes_per_us = read_real(interconnect, "bandwidth_bytes_per_us");
    network->latency_us = read_real(interconnect, "latency_us");
    network->dma_channels =
        (int32_t)schema_int(&soc_schema, interconnect, "interconnect", "dma_channels");
    network->columns = soc->pe_count;
    if (soc->interconnect == SOC_MESH)
        network->columns =
            yaml_get(interconnect, "columns") != NULL
                ? (int32_t)schema_int(&soc_schema, interconnect, "interconnect", "columns")
                : (int32_t)ceil(sqrt(soc->pe_count));
    network->rows = (soc->pe_count + network->columns - 1) / network->columns;
    size_t lanes = clusters * clusters + 1;
    soc->lanes =
        arena_zeroed(loader->arena, lanes < LANES_MAX ? lanes : LANES_MAX, sizeof *soc->lanes);
    soc->lanes[0] = (struct soc_lane){.bandwidth_bytes_per_us = INFINITY};
    soc->lane_count = 1;
    for (int32_t a = 0; a < soc->cluster_count; a++) {
        for (int32_t b = 0; b < soc->cluster_count; b++) {
            int32_t lane = find_lane(soc, network->bandwidth_bytes_per_us,
                                     mean_hops(soc, a, b) * network->latency_us);
            char where[512];
            if (lane < 0)
                return fault_set(loader->fault, yaml_where(interconnect, where, sizeof where),
                                 "make fewer clusters", "clusters lie apart in more than %d ways",
                                 LANES_MAX - 1);
            soc->cluster_lane[a * soc->cluster_count + b] = (uint16_t)lane;
        }
    }
    return true;
}

bool soc_read_interconnect(struct soc_loader *loader, const struct yaml_node *interconnect)
{
    struct soc *soc = &loader->soc;
    size_t clusters = (size_t)soc->cluster_count;
    soc->interconnect =
        find_interconnect(schema_text(&soc_schema, interconnect, "interconnect", "kind"));
    if (!check_keys(loader, interconnect) || !read_start(loader, interconnect))
        return false;
    soc->truncate_us = schema_bool(&soc_schema, interconnect, "interconnect", "truncate_us");
    const struct yaml_node *memory = yaml_get(interconnect, "memory");
    if (memory != NULL)
        soc->memory_bandwidth_bytes_per_us =
            schema_real(&soc_schema, memory, "interconnect.memory", "bandwidth_bytes_per_us");
    soc->cluster_lane = arena_zeroed(loader->arena, clusters * clusters, sizeof *soc->cluster_lane);
    switch (soc->interconnect) {
    case SOC_MATRIX:
        return read_matrix(loader, interconnect);
    case SOC_SHARED_MEMORY:
        read_shared_memory(loader, interconnect);
        return true;
    case SOC_BUS:
    case SOC_MESH:
        break;
    }
    return read_network(loader, interconnect);
}
