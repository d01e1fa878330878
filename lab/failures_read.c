/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/failures_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "lab/experiment.h"
#include "sim/links.h"

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

/* The two links between neighbours, one in each direction: "A<>B" for A>B and B>A. */
static bool is_pair(const char *link, const char *name)
{
    const char *both = strstr(name, "<>"), *one = strchr(link, '>');
    if (both == NULL || one == NULL)
        return false;
    size_t first = (size_t)(both - name), from = (size_t)(one - link);
    const char *second = both + 2, *to = one + 1;
    return (first == from && strncmp(name, link, first) == 0 && strcmp(second, to) == 0) ||
           (strlen(second) == from && strncmp(second, link, from) == 0 && strlen(to) == first &&
            strncmp(name, to, first) == 0);
}

/* The same for links. */
static bool mark_links(bool *is_marked, struct arena *arena, const struct soc *soc,
                       const struct yaml_node *name, struct fault *fault)
{
    bool is_found = false;
    for (int32_t link = 0; link < links_count(soc); link++) {
        if (!links_is_there(soc, link))
            continue;
        const char *its_name = links_name(soc, arena, link);
        bool is_it = strcmp(its_name, name->text) == 0 || is_pair(its_name, name->text);
        is_marked[link] |= is_it;
        is_found |= is_it;
    }
    char where[WHERE_SIZE];
    return is_found ||
           fault_set(
               fault, yaml_where(name, where, sizeof where),
               soc->interconnect == SOC_BUS
                   ? "its only link is called bus"
                   : "A>B, as in `link` of links.csv, from a PE or node to its neighbour; A<>B "
                     "for both directions",
               "%s has no link `%s`", soc->name, name->text);
}

/* Whether a machine has links that can fail. */
static bool has_links(const struct soc *soc, const struct yaml_node *node, struct fault *fault)
{
    char where[WHERE_SIZE];
    return soc_is_contended(soc) ||
           fault_set(fault, yaml_where(node, where, sizeof where),
                     "give the platform a bus or a mesh, or have PEs fail",
                     "%s has no links that fail: on a %s each delay stands for a way of its own",
                     soc->name, soc_interconnect_name(soc->interconnect));
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

static bool read_random_links(struct failures *failures, struct arena *arena, const struct soc *soc,
                              const struct yaml_node *node, struct fault *fault)
{
    static const char at[] = "noise[].link_failure";
    const struct yaml_node *links = yaml_get(node, "links");
    if (!has_links(soc, node, fault))
        return false;
    failures->mtbf_us = schema_real(&experiment_schema, node, at, "mtbf_us");
    failures->repair_us = schema_real(&experiment_schema, node, at, "repair_us");
    if (links == NULL)
        return true;
    bool *is_fragile = arena_zeroed(arena, (size_t)links_count(soc), sizeof *is_fragile);
    for (int i = 0; i < links->count; i++)
        if (!mark_links(is_fragile, arena, soc, links->items[i], fault))
            return false;
    failures->is_fragile = is_fragile;
    return true;
}

/* Marks what an item of `outages` means: PEs, or links. */
static bool mark_outage(bool *is_marked, struct arena *arena, const struct soc *soc,
                        const struct yaml_node *node, struct fault *fault)
{
    const struct yaml_node *pe = yaml_get(node, "pe"), *link = yaml_get(node, "link");
    char where[WHERE_SIZE];
    if ((pe == NULL) == (link == NULL))
        return fault_set(fault, yaml_where(node, where, sizeof where),
                         "write either pe: or link: in each item", "an outage of %s",
                         pe == NULL ? "nothing" : "both a PE and a link");
    return pe != NULL
               ? mark(is_marked, soc, pe, fault)
               : has_links(soc, link, fault) && mark_links(is_marked, arena, soc, link, fault);
}

/* Adds an outage for each PE or link that it means. */
static bool add_listed(struct failures *failures, struct failures_listed *list, struct arena *arena,
                       const struct soc *soc, const struct yaml_node *node, struct fault *fault)
{
    static const char at[] = "noise[].outages[]";
    const struct yaml_node *until = yaml_get(node, "until_us");
    double until_us = schema_real(&experiment_schema, node, at, "until_us");
    int64_t start_ps = tick_from_us(schema_real(&experiment_schema, node, at, "at_us"));
    int64_t end_ps = isnan(until_us) ? TICK_NEVER : tick_from_us(until_us);
    int32_t count = yaml_get(node, "pe") != NULL ? soc->pe_count : links_count(soc);
    char where[WHERE_SIZE];
    if (end_ps <= start_ps)
        return fault_set(fault, yaml_where(until, where, sizeof where),
                         "until_us is a date, not a length; without it the loss is for good",
                         "the outage ends before it begins");
    bool *is_marked = memory_zeroed((size_t)count + 1, sizeof *is_marked);
    bool ok = mark_outage(is_marked, arena, soc, node, fault);
    for (int32_t subject = 0; ok && subject < count; subject++)
        if (is_marked[subject])
            list[failures->count++] = (struct failures_listed){subject, start_ps, end_ps};
    free(is_marked);
    return ok;
}

static int compare_starts(const void *left, const void *right)
{
    const struct failures_listed *a = left, *b = right;
    if (a->start_ps != b->start_ps)
        return a->start_ps < b->start_ps ? -1 : 1;
    return a->subject - b->subject;
}

/* Reads those of PEs, or those of links. */
static bool read_listed(struct failures *failures, struct arena *arena, const struct soc *soc,
                        const struct yaml_node *outages, bool is_of_links, struct fault *fault)
{
    int32_t subjects = is_of_links ? links_count(soc) : soc->pe_count;
    struct failures_listed *list =
        arena_zeroed(arena, (size_t)outages->count * (size_t)subjects + 1, sizeof *list);
    for (int i = 0; i < outages->count; i++)
        if (is_of_links == (yaml_get(outages->items[i], "link") != NULL) &&
            !add_listed(failures, list, arena, soc, outages->items[i], fault))
            return false;
    qsort(list, (size_t)failures->count, sizeof *list, compare_starts);
    failures->list = list;
    return true;
}

bool failures_read(struct failures *failures, struct failures *link_failures, struct arena *arena,
                   const struct soc *soc, const struct yaml_node *noise, struct fault *fault)
{
    const struct yaml_node *failure = yaml_get(noise, "failure");
    const struct yaml_node *link_failure = yaml_get(noise, "link_failure");
    const struct yaml_node *outages = yaml_get(noise, "outages");
    *failures = *link_failures = (struct failures){0};
    return (failure == NULL || read_random(failures, arena, soc, failure, fault)) &&
           (link_failure == NULL ||
            read_random_links(link_failures, arena, soc, link_failure, fault)) &&
           (outages == NULL || (read_listed(failures, arena, soc, outages, false, fault) &&
                                read_listed(link_failures, arena, soc, outages, true, fault)));
}
