/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/failures_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "lab/experiment.h"

enum { WHERE_SIZE = 512 };

/* Whether a PE is meant by a name. */
static bool is_meant(const struct soc *soc, int32_t pe, const char *name)
{
    const struct soc_pe *what = &soc->pes[pe];
    return strcmp(what->name, name) == 0 || strcmp(soc->clusters[what->cluster].name, name) == 0 ||
           strcmp(soc->kinds[what->kind].name, name) == 0;
}

/* Marks the PEs that a name means; a fault if there is none. */
static bool mark(bool *is_marked, const struct soc *soc, const struct yaml_node *name,
                 struct fault *fault)
{
    bool is_found = false;
    for (int32_t pe = 0; pe < soc->pe_count; pe++) {
        bool is_it = is_meant(soc, pe, name->text);
        is_marked[pe] |= is_it;
        is_found |= is_it;
    }
    char where[WHERE_SIZE];
    return is_found || fault_set(fault, yaml_where(name, where, sizeof where),
                                 "name a PE as in `pe` of pes.csv, a cluster or a PE kind",
                                 "%s has no PE, cluster or kind `%s`", soc->name, name->text);
}

static bool read_random(struct failures *failures, struct arena *arena, const struct soc *soc,
                        const struct yaml_node *node, struct fault *fault)
{
    static const char at[] = "noise[].failure";
    const struct yaml_node *pes = yaml_get(node, "pes");
    failures->mtbf_us = schema_real(&experiment_schema, node, at, "mtbf_us");
    failures->repair_us = schema_real(&experiment_schema, node, at, "repair_us");
    if (pes == NULL)
        return true;
    bool *is_fragile = arena_zeroed(arena, (size_t)soc->pe_count, sizeof *is_fragile);
    for (int i = 0; i < pes->count; i++)
        if (!mark(is_fragile, soc, pes->items[i], fault))
            return false;
    failures->is_fragile = is_fragile;
    return true;
}

/* Adds an outage for each PE that it means. */
static bool add_listed(struct failures_listed *list, int32_t *count, bool *is_meant_by,
                       const struct soc *soc, const struct yaml_node *node, struct fault *fault)
{
    static const char at[] = "noise[].outages[]";
    const struct yaml_node *until = yaml_get(node, "until_us");
    double until_us = schema_real(&experiment_schema, node, at, "until_us");
    int64_t start_ps = tick_from_us(schema_real(&experiment_schema, node, at, "at_us"));
    int64_t end_ps = isnan(until_us) ? TICK_NEVER : tick_from_us(until_us);
    char where[WHERE_SIZE];
    if (end_ps <= start_ps)
        return fault_set(fault, yaml_where(until, where, sizeof where),
                         "until_us is a date, not a length; without it the PE is lost for good",
                         "the outage ends before it begins");
    memset(is_meant_by, 0, (size_t)soc->pe_count * sizeof *is_meant_by);
    if (!mark(is_meant_by, soc, yaml_get(node, "pe"), fault))
        return false;
    for (int32_t pe = 0; pe < soc->pe_count; pe++)
        if (is_meant_by[pe])
            list[(*count)++] = (struct failures_listed){pe, start_ps, end_ps};
    return true;
}

static int compare_starts(const void *left, const void *right)
{
    const struct failures_listed *a = left, *b = right;
    if (a->start_ps != b->start_ps)
        return a->start_ps < b->start_ps ? -1 : 1;
    return a->pe - b->pe;
}

static bool read_listed(struct failures *failures, struct arena *arena, const struct soc *soc,
                        const struct yaml_node *outages, struct fault *fault)
{
    size_t most = (size_t)outages->count * (size_t)soc->pe_count;
    struct failures_listed *list = arena_zeroed(arena, most, sizeof *list);
    bool *is_meant_by = arena_zeroed(arena, (size_t)soc->pe_count, sizeof *is_meant_by);
    int32_t count = 0;
    for (int i = 0; i < outages->count; i++)
        if (!add_listed(list, &count, is_meant_by, soc, outages->items[i], fault))
            return false;
    qsort(list, (size_t)count, sizeof *list, compare_starts);
    failures->list = list;
    failures->count = count;
    return true;
}

bool failures_read(struct failures *failures, struct arena *arena, const struct soc *soc,
                   const struct yaml_node *noise, struct fault *fault)
{
    const struct yaml_node *failure = yaml_get(noise, "failure");
    const struct yaml_node *outages = yaml_get(noise, "outages");
    *failures = (struct failures){0};
    return (failure == NULL || read_random(failures, arena, soc, failure, fault)) &&
           (outages == NULL || read_listed(failures, arena, soc, outages, fault));
}
