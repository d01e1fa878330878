/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The thermal model of a platform file (struct soc_thermal). */
#include <math.h>
#include <string.h>

#include "base/tick.h"
#include "sim/soc_parts.h"

/* The matrix is squared so often to see whether temperatures settle: 2^30 periods. */
#define SQUARINGS 30

#define MAX_HOTSPOTS 64

static bool fault_at(struct soc_loader *loader, const struct yaml_node *node, const char *hint,
                     const char *what)
{
    char where[512];
    return fault_set(loader->fault, yaml_where(node, where, sizeof where), hint, "%s", what);
}

/* Reads a list of a number for each hotspot. */
static bool read_numbers(struct soc_loader *loader, const struct yaml_node *list, int32_t count,
                         double *numbers)
{
    if (list->count != count)
        return fault_at(
            loader, list, "give one number for each of thermal.hotspots",
            arena_printf(loader->arena, "%d numbers for %d hotspots", list->count, (int)count));
    for (int32_t i = 0; i < count; i++)
        schema_parse_real(list->items[i]->text, &numbers[i]);
    return true;
}

/* Whether warmth fades if nothing heats. Gelfand: powers of the matrix vanish, or grow. */
static bool is_stable(struct arena *arena, const double *keep, int32_t count)
{
    size_t n = (size_t)count;
    double *power = arena_zeroed(arena, n * n, sizeof *power);
    double *square = arena_zeroed(arena, n * n, sizeof *square);
    memcpy(power, keep, n * n * sizeof *power);
    double largest = 0.0;
    for (int i = 0; i < SQUARINGS && largest < 1e100; i++) {
        largest = 0.0;
        for (size_t row = 0; row < n; row++)
            for (size_t column = 0; column < n; column++) {
                double sum = 0.0;
                for (size_t k = 0; k < n; k++)
                    sum += power[row * n + k] * power[k * n + column];
                square[row * n + column] = sum;
                largest = isnan(sum) ? INFINITY : fmax(largest, fabs(sum));
            }
        memcpy(power, square, n * n * sizeof *power);
    }
    return largest < 1e-3;
}

static bool read_hotspots(struct soc_loader *loader, const struct yaml_node *list,
                          struct soc_thermal *thermal)
{
    if (list->count == 0 || list->count > MAX_HOTSPOTS)
        return fault_at(loader, list, "list from 1 to 64",
                        arena_printf(loader->arena, "there are %d hotspots", list->count));
    size_t count = (size_t)list->count;
    double *keep = arena_zeroed(loader->arena, count * count, sizeof *keep);
    thermal->hotspot_count = list->count;
    thermal->keep = keep;
    for (size_t i = 0; i < count; i++)
        if (!read_numbers(loader, yaml_get(list->items[i], "keeps"), list->count, &keep[i * count]))
            return false;
    return is_stable(loader->arena, keep, list->count) ||
           fault_at(loader, list,
                    "what hotspots keep of warmth has to fade: each row below 1 in all",
                    "the temperatures never settle");
}

/* Index of the cluster that a node names; -1 and a fault if there is none. */
static int32_t read_cluster_name(struct soc_loader *loader, const struct yaml_node *node)
{
    const struct soc *soc = &loader->soc;
    int32_t cluster = soc_find_cluster(soc, node->text);
    if (cluster < 0)
        fault_at(loader, node,
                 soc_name_hint(loader, node->text, soc->clusters, soc->cluster_count,
                               sizeof *soc->clusters, "name a cluster of this file"),
                 arena_printf(loader->arena, "there is no cluster '%s'", node->text));
    return cluster;
}

static bool read_source(struct soc_loader *loader, const struct yaml_node *item,
                        int32_t hotspot_count, struct soc_heat *source)
{
    const struct yaml_node *cluster = yaml_get(item, "cluster");
    bool is_constant = yaml_get(item, "constant_mw") != NULL;
    if (is_constant == (cluster != NULL))
        return fault_at(loader, item, "give exactly one of cluster and constant_mw",
                        "a source is a cluster or a constant");
    double *numbers = arena_zeroed(loader->arena, (size_t)hotspot_count, sizeof *numbers);
    source->c_per_w = numbers;
    source->cluster = is_constant ? -1 : read_cluster_name(loader, cluster);
    source->constant_mw =
        is_constant ? schema_real(&soc_schema, item, "thermal.sources[]", "constant_mw") : 0.0;
    return (is_constant || source->cluster >= 0) &&
           read_numbers(loader, yaml_get(item, "c_per_w"), hotspot_count, numbers);
}

/* The last point of a cluster that does not exceed a cap. */
static bool read_cap(struct soc_loader *loader, const struct yaml_node *name,
                     const struct yaml_node *value, int32_t *caps)
{
    int32_t cluster = read_cluster_name(loader, name);
    if (cluster < 0)
        return false;
    const struct soc_kind *kind = &loader->soc.kinds[loader->soc.clusters[cluster].kind];
    double mhz;
    schema_parse_real(value->text, &mhz);
    int32_t opp = kind->opp_count - 1;
    while (opp >= 0 && kind->opps[opp].freq_mhz > mhz)
        opp--;
    if (opp < 0)
        return fault_at(loader, value, "name a frequency of its `opps`, or a higher one",
                        arena_printf(loader->arena,
                                     "cluster '%s' has no operating point up to %g MHz", name->text,
                                     mhz));
    caps[cluster] = opp < caps[cluster] ? opp : caps[cluster];
    return true;
}

static bool read_trip(struct soc_loader *loader, const struct yaml_node *item,
                      const struct soc_trip *lower, struct soc_trip *trip)
{
    static const char at[] = "thermal.trips[]";
    const struct soc *soc = &loader->soc;
    int32_t *caps = arena_zeroed(loader->arena, (size_t)soc->cluster_count, sizeof *caps);
    for (int32_t c = 0; c < soc->cluster_count; c++)
        caps[c] = lower != NULL ? lower->caps[c] : INT32_MAX;
    trip->above_c = schema_real(&soc_schema, item, at, "above_c");
    trip->hysteresis_c = schema_real(&soc_schema, item, at, "hysteresis_c");
    trip->caps = caps;
    if (lower != NULL && trip->above_c <= lower->above_c)
        return fault_at(loader, item, "list the trips from the coolest to the hottest",
                        "the temperatures of the trips do not ascend");
    const struct yaml_node *map = yaml_get(item, "caps");
    for (int32_t i = 0; i < map->count; i++)
        if (!read_cap(loader, map->keys[i], map->items[i], caps))
            return false;
    return true;
}

bool soc_read_thermal(struct soc_loader *loader, const struct yaml_node *node)
{
    static const char at[] = "thermal";
    if (node == NULL)
        return true;
    if (!loader->soc.has_power)
        return fault_at(loader, node, "give `power` to each kind, or remove this",
                        "temperatures follow from the power of every PE kind");
    struct soc_thermal *thermal = arena_zeroed(loader->arena, 1, sizeof *thermal);
    thermal->period_ps = tick_from_us(schema_real(&soc_schema, node, at, "period_us"));
    thermal->ambient_c = schema_real(&soc_schema, node, at, "ambient_c");
    if (!read_hotspots(loader, yaml_get(node, "hotspots"), thermal))
        return false;
    const struct yaml_node *list = yaml_get(node, "sources");
    struct soc_heat *sources = arena_zeroed(loader->arena, (size_t)list->count, sizeof *sources);
    thermal->sources = sources;
    thermal->source_count = list->count;
    for (int32_t i = 0; i < list->count; i++)
        if (!read_source(loader, list->items[i], thermal->hotspot_count, &sources[i]))
            return false;
    list = yaml_get(node, "trips");
    thermal->trip_count = list != NULL ? list->count : 0;
    struct soc_trip *trips =
        arena_zeroed(loader->arena, (size_t)thermal->trip_count, sizeof *trips);
    thermal->trips = trips;
    for (int32_t i = 0; i < thermal->trip_count; i++)
        if (!read_trip(loader, list->items[i], i > 0 ? &trips[i - 1] : NULL, &trips[i]))
            return false;
    loader->soc.thermal = thermal;
    return true;
}
